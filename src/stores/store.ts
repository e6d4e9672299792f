/**
 * The store port: the ledger of runs. Append-only facts, written in batches by the one process that owns a run,
 * read by anybody, also from a second process while the first writes.
 *
 * Promised by a store: a batch is applied whole or not at all, and is durable when `commit` returns (or its
 * promise resolves), as durable as `open` was told; facts of a run whose fence is no longer the caller's are
 * refused (L3) and nothing else of that batch is; a run id exists once; reads see whole batches only.
 * Deliberately not in it: what the facts mean. The runtime decides what to record and how to go on after a
 * crash; a store keeps text and numbers and never decodes a payload except to answer a reader.
 */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome } from '../../machines/protocol.ts';

/** `strict`: a commit survives power loss. `relaxed`: it survives the process; the last ones may not survive power loss. */
export type Durability = 'strict' | 'relaxed';

/** Who writes: one process, told apart from another that got its pid later, and one scheduler in it (rule 8). */
export interface OwnerIdentity {
  /** One boot of one kernel; empty where the platform does not tell. */
  readonly bootId: string;
  /** The pid namespace: pids are only comparable inside one. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Start time of the process as the platform tells it; a pid that was given out again has another one. */
  readonly startTime: string;
  readonly host: string;
  /** Unique per open store session. */
  readonly session: string;
}

/** A run that a session created or claimed. The store fills `key` and `fence` in; commits are conditional on `fence`. */
export interface OwnedRun {
  readonly id: string;
  /** The store's own number of the run; 0 until it is created. */
  key: number;
  /** Grows with every claim. */
  fence: number;
}

export interface RunRecord {
  readonly run: OwnedRun;
  readonly name: string;
  /** The authoring style: `code`, `graph`, ... */
  readonly style: string;
  readonly version: string | undefined;
  /** What the style needs to build the run again from data alone (codec text); undefined where code is needed. */
  readonly definition: string | undefined;
  /** Codec text of the run's input; undefined for none. */
  readonly input: string | undefined;
  readonly priority: number;
  /** `continue`, `wait` or `cancel`. */
  readonly children: string;
  /** Ids of the runs that it comes after. */
  readonly after: readonly string[];
  /** The run that submitted this one, and the position of its task if a task did. */
  readonly parentId: string | undefined;
  readonly parentTask: number | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What tasks of one kind have in common. The same object is passed for equal tasks, so a store may keep it once. */
export interface SpecRecord {
  readonly name: string;
  /** `function`, `module`, `command`, or the kind of a data task: `bash`, ... */
  readonly kind: string;
  readonly executor: string;
  /** JSON of the options worth showing: resources, priority, retry, time-outs. */
  readonly options: string;
}

export interface TaskRecord {
  readonly run: OwnedRun;
  /** Unique in the run, growing in the order of submission, 1 or more; last part of the queue key (rule 4). */
  readonly position: number;
  readonly id: string;
  readonly stage: number;
  readonly spec: SpecRecord;
  /** Tells whether a task submitted after a restart is this one (rule 9). */
  readonly fingerprint: string;
  /** Positions of the direct parents, in declaration order. */
  readonly parents: readonly number[];
  readonly isFinally: boolean;
  readonly at: number;
}

export interface StageRecord {
  readonly run: OwnedRun;
  readonly index: number;
  readonly name: string | undefined;
}

/**
 * Moves of rows as columns, one narrow row each; `seq` is the run's own numbering of events (`runSeq`).
 * `subject`: a task's position; 0 the run itself; -1 - index a stage. `move`: see `moveCode` in moves.ts.
 */
export interface MoveColumns {
  readonly size: number;
  readonly run: readonly OwnedRun[];
  readonly seq: readonly number[];
  readonly subject: readonly number[];
  readonly move: readonly number[];
  /** Number of the attempt the move belongs to; 0 before the first. */
  readonly attempt: readonly number[];
  readonly at: readonly number[];
}

/** What a move carries, as codec text of `MovePayload`; only where there is something. */
export interface PayloadRecord {
  readonly run: OwnedRun;
  readonly seq: number;
  readonly text: string;
}

export interface MovePayload {
  readonly value?: unknown;
  readonly error?: unknown;
  readonly reason?: string;
  /** Until when a task is held or backs off, epoch milliseconds. */
  readonly until?: number;
}

/** A value that the run's code was given and must be given again: `now()`, `random()`, `uuid()`. */
export interface ValueRecord {
  readonly run: OwnedRun;
  /** 0 for the first value of the run. */
  readonly ordinal: number;
  readonly kind: 'now' | 'random' | 'uuid';
  readonly value: number | string;
}

/** The process group of an attempt: a recovery ends what survived of it before it goes on (rule 8). */
export interface GroupRecord {
  readonly run: OwnedRun;
  readonly position: number;
  readonly attempt: number;
  readonly pid: number;
  readonly startTime: string;
}

/**
 * What anybody may send to a run, from any process. `terminate`: as `handle.requestTerminate(reason)` where the run
 * lives; a second one gives up its finally tasks too. More kinds may come.
 */
export type RunMessage = { readonly kind: 'terminate'; readonly reason?: string };

/** A message as the run that it was sent to gets it. */
export interface SentMessage {
  readonly runId: string;
  /** 1 for the first message of its run. */
  readonly ordinal: number;
  readonly message: RunMessage;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The facts of a batch are what followed from this message: it is not given again. */
export interface TakenRecord {
  readonly run: OwnedRun;
  readonly ordinal: number;
}

/** One transaction. Applied in the order of the fields. */
export interface Batch {
  readonly runs: readonly RunRecord[];
  readonly stages: readonly StageRecord[];
  readonly tasks: readonly TaskRecord[];
  readonly moves: MoveColumns;
  readonly payloads: readonly PayloadRecord[];
  readonly values: readonly ValueRecord[];
  readonly groups: readonly GroupRecord[];
  readonly taken: readonly TakenRecord[];
  /** Runs of which everything is final: no longer open, owned by nobody. Messages that they did not take are dropped. */
  readonly closed: readonly OwnedRun[];
}

/** Runs of a batch that were refused: nothing of theirs was written. */
export interface Refusal {
  readonly run: OwnedRun;
  /** `exists`: the id is taken. `fence`: another owner has claimed the run, or it was deleted (L3). */
  readonly reason: 'exists' | 'fence';
}

/** A task as its facts leave it. */
export interface RecordedTask {
  readonly position: number;
  readonly id: string;
  readonly stage: number;
  readonly name: string;
  readonly kind: string;
  readonly executor: string;
  readonly fingerprint: string;
  readonly parents: readonly number[];
  readonly isFinally: boolean;
  /** When it was submitted. */
  readonly at: number;
  /** Path of the chart's leaf it is in: `queued.eligible`, `running.executing`, `succeeded`, ... */
  readonly path: string;
  /** State before its last move. */
  readonly previous: LifecycleState | undefined;
  /** `runSeq` and time of the last move. */
  readonly seq: number;
  readonly movedAt: number;
  readonly attempt: number;
  /** Attempts that failed and were followed by a back-off. */
  readonly failures: number;
  readonly lost: number;
  /** Codec text of the last move's payload. */
  readonly payload: string | undefined;
}

export interface RecordedStage {
  readonly index: number;
  readonly name: string | undefined;
  readonly path: string;
}

/** A run as its facts leave it: all that is needed to go on with it. */
export interface RecordedRun extends Omit<RunRecord, 'run'> {
  readonly id: string;
  readonly path: string;
  readonly previous: LifecycleState | undefined;
  readonly movedAt: number;
  readonly payload: string | undefined;
  /** Everything of it is final. */
  readonly closed: boolean;
  /** Number of the run's next event. */
  readonly nextSeq: number;
  /** In the order of `index`. */
  readonly stages: readonly RecordedStage[];
  /** In the order of `position`. */
  readonly tasks: readonly RecordedTask[];
  /** In the order of `ordinal`. */
  readonly values: readonly Omit<ValueRecord, 'run'>[];
  /** Groups of attempts that are not over. */
  readonly groups: readonly Omit<GroupRecord, 'run'>[];
  /** Messages that it did not take, in the order of `ordinal`. */
  readonly messages: readonly SentMessage[];
  /** Ids of the runs it submitted, in order. */
  readonly childRuns: readonly {
    readonly id: string;
    readonly name: string;
    readonly parentTask: number | undefined;
  }[];
}

export type Claim =
  /** The run is this session's now, under a new fence; `run` is what its commits are to name. */
  | { readonly kind: 'claimed'; readonly run: OwnedRun; readonly recorded: RecordedRun }
  /** Everything of it is final, and `reopen` was not asked. Nothing changed. */
  | { readonly kind: 'closed'; readonly recorded: RecordedRun }
  /** Another owner is alive, or may be, until `expiresAt`. Nothing changed. */
  | { readonly kind: 'leased'; readonly owner: OwnerIdentity; readonly expiresAt: number }
  | { readonly kind: 'unknown' };

/** A run that is not closed, for `recover()`. */
export interface OpenRun {
  readonly id: string;
  readonly name: string;
  readonly style: string;
  readonly version: string | undefined;
  readonly parentId: string | undefined;
}

export interface OpenOptions {
  readonly durability: Durability;
  /** Epoch milliseconds; leases are counted in it. */
  readonly now: () => number;
}

/** May be answered at once, by a store in this process, or later. */
export type Soon<T> = T | Promise<T>;

/** The writing side: one per scheduler. */
export interface StoreSession {
  readonly owner: OwnerIdentity;
  /** How long a lease lasts without `renew`, in milliseconds. */
  readonly leaseMs: number;
  /** Writes a batch; gives the runs that were refused, if any. Throws or rejects when nothing was written. */
  commit(batch: Batch): Soon<readonly Refusal[] | undefined>;
  /**
   * Takes a run over for this session under a new fence: at once when its owner released it, is dead, or let its
   * lease run out. A closed run only with `reopen`, which opens it again.
   */
  claim(runId: string, options?: { readonly reopen?: boolean }): Soon<Claim>;
  /** Gives runs up without closing them: anybody may claim them at once. */
  release(runs: readonly OwnedRun[]): Soon<void>;
  /**
   * Extends the lease of everything this session owns. Gives those of `runs` that are not its own any more: another
   * has claimed them, or they were deleted.
   */
  renew(runs?: readonly OwnedRun[]): Soon<readonly OwnedRun[]>;
  /** Every run that is not closed, in the order of creation. */
  openRuns(): Soon<readonly OpenRun[]>;
  /**
   * Messages to runs that are this session's, which no batch has taken, of each run in order. Asked for several
   * times a second, so it costs little where there are none; it is given the same ones until they are taken.
   */
  inbox(): Soon<readonly SentMessage[]>;
  /**
   * Only where a store can tell by itself that a run of this session was sent something: it calls `told` then, and
   * `inbox` is not asked for otherwise. Called at most once.
   */
  watch?(told: () => void): void;
  close(): Soon<void>;
}

// --- the reading side, which users see ------------------------------------------------------------------

export interface StoredRun {
  readonly id: string;
  readonly name: string;
  readonly style: string;
  readonly version: string | undefined;
  readonly state: LifecycleState;
  readonly input: unknown;
  /** How it ended; undefined while it has not. */
  readonly outcome: Outcome | undefined;
  readonly createdAt: number;
  /** Of the last start of its body. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** Tasks by state. */
  readonly tasks: Readonly<Record<LifecycleState, number>>;
  readonly parentId: string | undefined;
  /** It and everything in it is final; a run that is not closed can be resumed. */
  readonly closed: boolean;
  /** Who runs it now, or ran it when it stopped; undefined for a run that nobody holds. */
  readonly owner: OwnerIdentity | undefined;
}

export interface StoredTask {
  readonly id: string;
  readonly runId: string;
  readonly name: string;
  readonly kind: string;
  readonly executor: string;
  readonly stage: number;
  readonly position: number;
  readonly state: LifecycleState;
  /** `waiting eligible backoff held`, `executing suspended terminating`; else undefined. */
  readonly phase: string | undefined;
  /** Attempts started. */
  readonly attempts: number;
  readonly outcome: Outcome | undefined;
  /** Ids of its direct parents. */
  readonly dependsOn: readonly string[];
  readonly isFinally: boolean;
  readonly createdAt: number;
  /** Of the last attempt. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** Resources, priority, retry, time-outs: as they were given. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** An event as it is stored: the fields of the live one, but numbered by its run instead of by a scheduler. */
export interface StoredEvent {
  /** Counts up in its run from 1, going on after a restart; a number may be missing. */
  readonly runSeq: number;
  /** `pipeline:running`, `stage:ready`, `task:succeeded`, `attempt:started`, ... */
  readonly type: string;
  readonly at: number;
  readonly runId: string;
  readonly stage?: number;
  readonly taskId?: string;
  readonly name?: string;
  readonly attempt?: number;
  readonly previous?: LifecycleState;
  readonly state?: LifecycleState;
  readonly error?: unknown;
  readonly reason?: string;
}

export interface RunFilter {
  readonly state?: LifecycleState;
  readonly name?: string;
  /** Created at or after this time, epoch milliseconds. */
  readonly since?: number;
  /** At most so many, the newest first. Default 100. */
  readonly limit?: number;
}

export interface Store {
  /** Opens the writing side. Sessions of one store object share what it holds. */
  open(options: OpenOptions): Soon<StoreSession>;
  readonly runs: {
    /** Newest first. */
    list(filter?: RunFilter): Promise<readonly StoredRun[]>;
    get(id: string): Promise<StoredRun | undefined>;
    /** Deletes a run and all that belongs to it, child runs included. Gives false for an unknown one; rejects RUN_LEASED while it is being run. */
    delete(id: string): Promise<boolean>;
    /**
     * Sends a message to a run, wherever it is run; works from any process. It is kept when this resolves: a run
     * that nobody runs now gets it when it is resumed, one that ends by itself first never does. Gives false for an
     * unknown run and for a closed one. Rejects INVALID_ARGUMENT, STORE_UNAVAILABLE.
     */
    send(id: string, message: RunMessage): Promise<boolean>;
  };
  readonly tasks: {
    /** In the order of submission; none for an unknown run. */
    list(runId: string): Promise<readonly StoredTask[]>;
    get(id: string): Promise<StoredTask | undefined>;
  };
  /** Events of a run in order, after `afterRunSeq`. */
  events(
    runId: string,
    options?: { readonly afterRunSeq?: number; readonly limit?: number },
  ): Promise<readonly StoredEvent[]>;
  /** Deletes closed runs that finished before a time (epoch milliseconds); gives how many. */
  prune(options: { readonly finishedBefore: number }): Promise<number>;
  /** Closes what the store holds open (files, connections). Reading or opening again opens it again. */
  close(): Promise<void>;
}
