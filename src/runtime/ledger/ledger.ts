/**
 * The ledger: what makes a run outlive its process. Writes down what the supervisor's rows do, one transaction per
 * turn, and lets others see it once it is durable.
 *
 * Owns: the batch of this turn, its commit, what happens when the store fails (rule 7).
 * Does not own: leases (leases.ts), when messages are looked for (inbox.ts), what a run's code is given again after a crash (replay.ts), taking runs over
 * (recovery.ts).
 * - (L1) strict: the events of a turn, and with them handles and dependents, wait for the commit of that turn.
 * - (L3) a run that another owner has claimed is let go: nothing of it is written or told from then on.
 */
import type { Clock } from '../../core/clock.ts';
import { encode } from '../../core/codec.ts';
import { SignalboxError } from '../../core/errors.ts';
import { LEDGER_RETRY_FIRST_MS, LEDGER_RETRY_LONGEST_MS } from '../../core/limits.ts';
import { type Logger, logSafely } from '../../core/logger.ts';
import { type AttemptMark, eventsOf, moveCode } from '../../stores/moves.ts';
import type {
  Durability,
  RecordedTask,
  Refusal,
  RunMessage,
  RunRecord,
  SentMessage,
  Soon,
  Store,
  StoreSession,
} from '../../stores/store.ts';
import type { EventBody } from '../events.ts';
import type { Moves } from '../moves.ts';
import type { PipelineRow, Row, StageRow, TaskRow } from '../rows.ts';
import { LedgerBatch } from './batch.ts';
import { isPassing, leaseLost, persistenceFailed, runExists, storeError } from './failures.ts';
import { specOf } from './identity.ts';
import { Leases } from './leases.ts';
import { isEnd } from './replay.ts';
import { RunLedger } from './run-ledger.ts';

/** What the ledger asks of the engine. */
export interface LedgerHost {
  /** Takes the events that nobody has seen yet; undefined for none. */
  takeEvents(): Moves | undefined;
  /** Shows events, but for those of runs that are no longer ours. */
  showEvents(events: Moves): void;
  /** Tells an event of the ledger itself, which waits for no commit. */
  tell(event: EventBody): void;
  /** Nothing new is admitted while the store fails. */
  stall(stalled: boolean): void;
  /** The run is not ours: its handles reject with `error`, its attempts are aborted. */
  letGo(run: PipelineRow, error: Error): void;
  /** The store does not take the run: it ends with `error`. */
  refuse(run: PipelineRow, error: Error): void;
  /** The store has the run: it may start. */
  accepted(run: PipelineRow): void;
  /** The run was sent this through the store. */
  obey(run: PipelineRow, message: RunMessage): void;
  /** Carries something into a turn. */
  post(message: () => void): void;
}

export interface LedgerOptions {
  readonly store: Store;
  readonly durability: Durability;
  /** How long a failing store is tried again before its runs are given up, in milliseconds. */
  readonly retryMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: LedgerHost;
}

export type RunFacts = Omit<RunRecord, 'run'>;

type Turn = { readonly batch: LedgerBatch; readonly events: Moves | undefined };

export class Ledger {
  readonly strict: boolean;
  readonly #options: LedgerOptions;
  readonly leases: Leases;
  #batch = new LedgerBatch();
  /** `busy`: a commit or the opening is under way. `failing`: the store did not take the last batch. */
  #state: 'idle' | 'busy' | 'failing' = 'idle';
  #failingSince = 0;
  /** The last commit was not taken. */
  #away = false;
  #retryAfterMs = 0;
  readonly #drained: (() => void)[] = [];

  constructor(options: LedgerOptions) {
    this.#options = options;
    const { post } = options.host;
    this.leases = new Leases({
      ...options,
      onLost: (run) => post(() => this.#lost(run)),
      onSent: (sent) => post(() => this.#deliver(sent)),
      isAway: () => this.#failingSince !== 0,
    });
    this.strict = options.durability === 'strict';
  }

  get durability(): Durability {
    return this.#options.durability;
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** The writing side of the store, opened once. Throws or rejects STORE_SCHEMA, STORE_UNAVAILABLE. */
  session(): Soon<StoreSession> {
    return this.leases.session();
  }

  // --- what is written down ------------------------------------------------------------------------------

  /** A new run: it starts once the store has it. */
  create(row: PipelineRow, facts: RunFacts): RunLedger {
    const run = new RunLedger(row, 'creating', this.strict);
    this.#batch.runs.push({ run, ...facts });
    return run;
  }

  /** A move of a row, with what it carries; gives the number of its first event, 0 where nothing is recorded. */
  note(row: Row, mark: AttemptMark, at: number, payload: string | undefined): number {
    const run = row.kind === 'pipeline' ? row.ledger : row.run.ledger;
    if (run === undefined) return 0;
    if (!this.strict && row.kind === 'task' && row.snapshot.leaf.final) this.#taskEnded(run, row);
    if (!run.recording) return 0;
    const { path } = row.snapshot.leaf;
    if (row.kind === 'stage' && !run.isNews(row.index, path)) return 0;
    const code = moveCode(path, mark);
    const seq = run.take(eventsOf(code));
    const attempt = row.kind === 'task' ? row.snapshot.context.attempt : 0;
    this.#batch.move(run, seq, subjectOf(row), code, attempt, at);
    if (payload !== undefined) this.#batch.payloads.push({ run, seq, text: payload });
    return seq;
  }

  #taskEnded(run: RunLedger, row: TaskRow): void {
    if (run.recording) this.#batch.ended.push(row);
    else if (run.unkept !== undefined) {
      const { unkept } = run;
      this.#options.host.post(() => this.#options.host.tell(persistenceFailed(row, unkept)));
    }
  }

  /** A row in its first state. */
  submitted(row: Row, at: number): number {
    if (row.kind === 'task') this.#task(row, at);
    else if (row.kind === 'stage') this.#stage(row);
    return this.note(row, 'none', at, undefined);
  }

  #task(row: TaskRow, at: number): void {
    const run = row.run.ledger;
    if (run === undefined || !run.recording) return;
    const { position, taskId, stageIndex: stage, spec, links } = row;
    this.#batch.tasks.push({
      run,
      position,
      id: taskId,
      stage,
      spec: specOf(spec, row.work),
      fingerprint: row.fingerprint ?? '',
      parents: links === undefined ? NO_PARENTS : links.parents.map((parent) => parent.position),
      isFinally: row.isFinally,
      at,
    });
  }

  #stage(row: StageRow): void {
    const run = row.run.ledger;
    if (run?.recording && !run.knownStages.has(row.index)) {
      run.knownStages.add(row.index);
      this.#batch.stages.push({ run, index: row.index, name: row.name });
    }
  }

  /** A value that the run's code was given: it is given again after a crash. */
  value(run: RunLedger, kind: 'now' | 'random' | 'uuid', value: number | string): void {
    if (!run.recording) return;
    this.#batch.values.push({ run, ordinal: run.values, kind, value });
    run.values += 1;
    this.turnDue();
  }

  /** The process group of a task's live attempt (rule 8). */
  group(row: TaskRow, pid: number, startTime: string): void {
    const run = row.run.ledger;
    if (!run?.recording) return;
    const { position, snapshot } = row;
    this.#batch.groups.push({ run, position, attempt: snapshot.context.attempt, pid, startTime });
    this.turnDue();
  }

  /** Everything of the run is final. Recorded tasks that its code did not ask for again end here. */
  closed(row: PipelineRow): void {
    const run = row.ledger;
    if (run?.lost !== undefined || run?.unkept !== undefined) return this.leases.giveBack([run]);
    if (!run?.recording) return;
    for (const task of run.replay?.leftOver ?? []) this.#orphan(run, task);
    run.replay = undefined;
    this.#batch.closed.push(run);
  }

  #orphan(run: RunLedger, { position, path, attempt }: RecordedTask): void {
    if (isEnd(path)) return;
    const code = moveCode('cancelled', path.startsWith('running') ? 'lost' : 'none');
    const seq = run.take(eventsOf(code));
    this.#batch.move(run, seq, position, code, attempt, this.now());
    this.#batch.payloads.push({ run, seq, text: encode({ reason: 'not submitted again' }) });
  }

  // --- what runs are sent ----------------------------------------------------------------------------------

  #deliver(sent: readonly SentMessage[]): void {
    for (const one of sent) {
      const run = this.leases.find(one.runId);
      if (run === undefined) this.leases.inbox.missed();
      else if (run.waiting === undefined) this.obey(run, [one]);
      // It is given again until it is taken.
      else if ((run.waiting.at(-1)?.ordinal ?? 0) < one.ordinal) run.waiting.push(one);
    }
  }

  /** The code of the run is entered again. */
  obeyWaiting(run: RunLedger): void {
    const { waiting = [] } = run;
    run.waiting = undefined;
    this.obey(run, waiting);
  }

  /**
   * Does what a run was sent, in order, each once: that a message was taken is written in one piece with what
   * followed from it, so that a crash before that leaves it for whoever goes on.
   */
  obey(run: RunLedger, sent: readonly SentMessage[]): void {
    for (const { ordinal, message } of sent) {
      if (ordinal <= run.lastMessage || !run.recording) continue;
      run.lastMessage = ordinal;
      this.#batch.taken.push({ run, ordinal });
      this.#options.host.obey(run.row, message);
    }
  }

  /** Calls back once everything noted so far is durable, or was given up. */
  whenCommitted(then: () => void): void {
    this.#batch.committed.push(then);
    this.turnDue();
  }

  turnDue(): void {
    this.#options.host.post(NOTHING);
  }

  // --- turns ---------------------------------------------------------------------------------------------

  /** The end of a turn: commits what it noted and then shows its events. */
  turn(): void {
    if (this.#state !== 'idle') return;
    if (this.leases.closed) return this.#tellDrained();
    const batch = this.#batch;
    const events = this.strict ? this.#options.host.takeEvents() : undefined;
    if (batch.empty && events === undefined) return this.#tellDrained();
    if (!batch.empty) this.#batch = new LedgerBatch();
    const turn = { batch, events };
    if (batch.writes) this.#write(turn);
    else this.#done(turn, undefined);
  }

  #write(turn: Turn): void {
    const session = this.leases.opened;
    if (session === undefined) return this.#openFirst(turn);
    this.#await(
      () => session.commit(turn.batch),
      (refusals) => this.#done(turn, refusals),
      (error) => this.#failed(turn, error),
    );
  }

  #openFirst(turn: Turn): void {
    this.#await(
      () => this.session(),
      () => this.#write(turn),
      (error) => (isPassing(error) ? this.#failed(turn, error) : this.#giveUp(turn, storeError(error))),
    );
  }

  /** Calls a store, which may answer at once or later; what follows happens in a turn either way. */
  #await<T>(call: () => Soon<T>, then: (value: T) => void, otherwise: (error: unknown) => void): void {
    this.#state = 'busy';
    const go = (next: () => void) => {
      this.#state = 'idle';
      next();
    };
    let answer: Soon<T>;
    try {
      answer = call();
    } catch (error) {
      return go(() => otherwise(error));
    }
    if (!(answer instanceof Promise)) {
      const value = answer;
      return go(() => then(value));
    }
    const { post } = this.#options.host;
    answer.then(
      (value) => post(() => go(() => then(value))),
      (error) => post(() => go(() => otherwise(error))),
    );
    return undefined;
  }

  #done({ batch, events }: Turn, refusals: readonly Refusal[] | undefined): void {
    const { host } = this.#options;
    if (this.#away && batch.writes) this.#recovered();
    const refused = new Map(refusals?.map((refusal) => [refusal.run as RunLedger, refusal.reason]));
    const { run, seq, move } = batch.moves;
    for (let i = 0; i < run.length; i += 1) {
      const ledger = run[i] as RunLedger;
      if (!refused.has(ledger)) ledger.committedSeq = (seq[i] ?? 0) + eventsOf(move[i] ?? 0) - 1;
    }
    for (const [ledger, reason] of refused) this.#refused(ledger, reason);
    for (const record of batch.runs) this.#accepted(record.run as RunLedger);
    for (const closed of batch.closed) this.leases.disown(closed as RunLedger);
    for (const then of batch.committed) then();
    if (events !== undefined) host.showEvents(events);
    this.leases.giveBack([]);
    if (this.#drained.length > 0) this.turnDue();
  }

  #accepted(run: RunLedger): void {
    if (run.state !== 'creating') return;
    run.state = 'open';
    this.leases.own(run);
    run.accept();
    this.#options.host.accepted(run.row);
  }

  #refused(run: RunLedger, reason: Refusal['reason']): void {
    const { host } = this.#options;
    this.leases.disown(run);
    if (reason === 'exists') {
      this.#batch.drop(new Set([run]));
      return this.#refuse(run, runExists(run.row));
    }
    // Whoever has it now goes on with its child runs too.
    const children = childRunsOf(run.row);
    host.letGo(run.row, leaseLost(run.row));
    this.leases.giveBack(children);
  }

  /** A renewal has found it out; what it was about to write would have been refused. */
  #lost(run: RunLedger): void {
    if (this.leases.owns(run)) this.#refused(run, 'fence');
  }

  #refuse(run: RunLedger, error: SignalboxError): void {
    if (run.state === 'creating') run.state = 'answered';
    run.accept(error);
    this.#options.host.refuse(run.row, error);
  }

  // --- a store that fails (rule 7) -------------------------------------------------------------------------

  #failed(turn: Turn, problem: unknown): void {
    const { clock, host, retryMs, logger } = this.#options;
    const now = clock.now();
    const error = storeError(problem);
    if (this.#failingSince === 0) {
      this.#failingSince = now;
      this.#retryAfterMs = LEDGER_RETRY_FIRST_MS;
      if (this.strict) host.stall(true);
      logSafely(logger, 'error', 'the store takes no commits; trying again', error);
      host.tell({ type: 'store:failing', error });
    }
    this.#away = true;
    // Once for each: what was told of is told of no more when it fails again.
    for (const row of turn.batch.ended.splice(0)) host.tell(persistenceFailed(row, error));
    if (now - this.#failingSince >= retryMs) return this.#giveUp(turn, error);
    this.#state = 'failing';
    const wait = Math.min(this.#retryAfterMs, retryMs - (now - this.#failingSince));
    this.#retryAfterMs = Math.min(this.#retryAfterMs * 2, LEDGER_RETRY_LONGEST_MS);
    clock.setTimeout(() => host.post(() => this.#write(turn)), wait);
    return undefined;
  }

  #recovered(): void {
    this.#failingSince = 0;
    this.#away = false;
    this.#options.host.stall(false);
    this.#options.host.tell({ type: 'store:recovered' });
  }

  /** Strict: the runs of the batch are let go and stay resumable. Relaxed: they go on, unrecorded. */
  #giveUp({ batch, events }: Turn, error: SignalboxError): void {
    const { host } = this.#options;
    this.#failingSince = 0;
    this.#state = 'idle';
    const created = new Set(batch.runs.map((record) => record.run));
    const runs = batch.owners;
    // What was noted of them since would stand in the store without what came before it.
    for (const row of this.#batch.ended) if (runs.has(row.run.ledger as RunLedger)) batch.ended.push(row);
    this.#batch.drop(runs);
    for (const owned of runs) {
      const run = owned as RunLedger;
      this.leases.disown(run);
      if (created.has(run)) this.#refuse(run, error);
      else if (this.strict) host.letGo(run.row, error);
      else Object.assign(run, { state: 'gone', unkept: error });
    }
    for (const row of batch.ended.splice(0)) host.tell(persistenceFailed(row, error));
    host.stall(false);
    // Attempts that waited for it: those of runs that were let go see that they are to stop.
    for (const then of batch.committed) then();
    if (events !== undefined) host.showEvents(events);
    this.turnDue();
  }

  /** Resolves when everything noted is written, or given up. */
  async drained(): Promise<void> {
    await this.leases.claimsOver();
    await new Promise<void>((resolve) => {
      this.#drained.push(resolve);
      this.turnDue();
    });
  }

  #tellDrained(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Whoever comes next may go on with what is not final. */
  close(): Promise<void> {
    return this.leases.close();
  }
}

const NO_PARENTS: readonly number[] = Object.freeze([]);
const NOTHING = (): void => {};

function subjectOf(row: Row): number {
  if (row.kind === 'task') return row.position;
  return row.kind === 'stage' ? -1 - row.index : 0;
}

/** Codec text of a run's input. @throws INVALID_ARGUMENT for what cannot be written */
export function encodeInput(input: unknown): string | undefined {
  if (input === undefined) return undefined;
  try {
    return encode(input, 'the input of the run');
  } catch (cause) {
    const { message } = cause as Error;
    throw new SignalboxError('INVALID_ARGUMENT', message, {
      hint: 'a run with a store keeps its input',
      cause,
    });
  }
}

/** The child runs of a run, theirs, ... */
function childRunsOf({ childRuns }: PipelineRow): RunLedger[] {
  return [...childRuns].flatMap((child) => [
    ...(child.ledger === undefined ? [] : [child.ledger]),
    ...childRunsOf(child),
  ]);
}
