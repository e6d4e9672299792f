/**
 * The supervisor's rows: everything it knows of a task, a stage and a run. A queued task is only its row; the
 * row's `snapshot` *is* the persisted state of its machine, and an actor is that snapshot made live (rule:
 * lazy actors, one lifecycle). Rows are plain and hold no promise, timer or listener of their own.
 */
import type {
  PipelineSnapshot,
  StageSnapshot,
  SupervisorSnapshot,
  TaskSnapshot,
} from '../../machines/compiled.ts';
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { PipelineEvent, StageEvent, StageTally, TaskEvent } from '../../machines/protocol.ts';
import type { QueuedPipeline, ResourceVector, Ticket, TicketPlace } from '../admission/index.ts';
import type { IdSource } from '../core/ids.ts';
import type { Work } from '../executors/executor.ts';
import type { TaskBinding } from '../task/index.ts';
import type { Attempt } from './attempt.ts';
import type { Body } from './body.ts';
import type { RunLedger } from './ledger/run-ledger.ts';
import type { PipelineHandle } from './pipeline-handle.ts';
import type { RunnablePipeline } from './run-options.ts';
import type { StageHandle } from './stage-handle.ts';
import type { TaskHandle } from './task-handle.ts';
import type { TaskSpec } from './task-spec.ts';
import type { TimerEntry } from './timers.ts';
import type { Waiter } from './waits.ts';

/** The live end of a row: an XState actor that the supervisor drives. */
export interface RowActor<E> {
  deliver(event: E): void;
  /** It takes no more events. */
  readonly stopped: boolean;
}

/** What the event of an end said that the row does not know: who subscribes later gets that same event. */
export interface EndMark {
  readonly seq: number;
  readonly at: number;
  readonly previous: LifecycleState | undefined;
  /** Number of the event in its run's ledger; 0 without one. */
  readonly runSeq: number;
}

/** What a run does with its tasks when its body ends before them (rule 11). */
export type ChildrenPolicy = 'continue' | 'wait' | 'cancel';

export const NO_ROWS: readonly TaskRow[] = Object.freeze([]);

/** What a task that comes after others, or before others, knows of them. Most tasks have none. */
export class TaskLinks {
  /** Direct parents, in the order of declaration. */
  parents: readonly TaskRow[];
  /** Starts once its parents are inactive, however they ended, and is never blocked (P2). */
  readonly isFinally: boolean;
  /** Parents whose end was not seen yet; -1 once one of them ended badly and its BLOCK is on the way. */
  open = 0;
  /** Counted in `open`: it waits until what earlier lives of its run have recorded was given again (rule 9). */
  held = false;
  /** The first makes an array of one: what grows from nothing takes room for many. */
  dependents: readonly TaskRow[] = NO_ROWS;

  constructor(parents: readonly TaskRow[], isFinally: boolean) {
    this.parents = parents;
    this.isFinally = isFinally;
  }

  add(dependent: TaskRow): void {
    if (this.dependents.length === 0) this.dependents = [dependent];
    else (this.dependents as TaskRow[]).push(dependent);
  }

  /** A task that is final waits for nobody: what came before it need not stay for its sake. */
  forgetParents(): void {
    this.parents = NO_ROWS;
  }
}

export class TaskRow implements Ticket {
  readonly run: PipelineRow;
  readonly stageRow: StageRow;
  readonly spec: TaskSpec;
  readonly vector: ResourceVector;
  /** Last part of the queue key (-priority, -stage, pipeline, position), which never changes (rule 4). */
  readonly position: number;
  place: TicketPlace = 'out';
  passedBy = 0;

  snapshot: TaskSnapshot;
  /** What to run and with what; dropped at the end. */
  work: Work | undefined;
  args: readonly unknown[] | undefined;
  actor: RowActor<TaskEvent> | undefined = undefined;
  /** Slot and resources are held (S5: set by `admit`, cleared by `release`). */
  holding = false;
  /** Its outcome was reported while its body still runs and holds (rule 1). */
  abandoned = false;
  /** Set when the final outcome was delivered. */
  end: EndMark | undefined = undefined;
  /** Somebody looked at the outcome; an unobserved failure is logged at the end of the run. */
  observed = false;
  attempt: Attempt | undefined = undefined;
  timer: TimerEntry | undefined = undefined;
  waiters: Waiter | Set<Waiter> | undefined = undefined;
  handle: TaskHandle<unknown> | undefined = undefined;
  links: TaskLinks | undefined = undefined;
  /** How it is known again after a restart; undefined where there is no ledger. */
  fingerprint: string | undefined = undefined;
  /** The Task object it was made of, if it was one. */
  binding: TaskBinding | undefined = undefined;
  #idPrefix = '';
  #idCounter = 0;
  #id: string | undefined = undefined;

  constructor(
    run: PipelineRow,
    stageRow: StageRow,
    spec: TaskSpec,
    vector: ResourceVector,
    position: number,
    snapshot: TaskSnapshot,
    work: Work | undefined,
    args: readonly unknown[] | undefined,
  ) {
    this.run = run;
    this.stageRow = stageRow;
    this.spec = spec;
    this.vector = vector;
    this.position = position;
    this.snapshot = snapshot;
    this.work = work;
    this.args = args;
  }

  get kind(): 'task' {
    return 'task';
  }
  get name(): string {
    return this.spec.name;
  }
  /** The end was delivered: handles, events and dependents have seen it. */
  get visible(): boolean {
    return this.end !== undefined;
  }
  get priority(): number {
    return this.spec.priority ?? this.run.priority;
  }
  /** Part of the queue key; stages that are open side by side may share it. */
  get stage(): number {
    return this.stageRow.depth;
  }
  get stageIndex(): number {
    return this.stageRow.index;
  }
  get pipeline(): number {
    return this.run.root.submission;
  }

  get actorId(): string {
    return this.taskId;
  }

  get isFinally(): boolean {
    return this.links?.isFinally === true;
  }

  /** Takes the id's place in the order of ids; its text is made when asked for. */
  reserveId(now: number): void {
    const { ids } = this.run;
    ids.reserve(now);
    this.#idPrefix = ids.prefix;
    this.#idCounter = ids.counter;
  }

  /** A task of an earlier life keeps its id. */
  keepId(id: string): void {
    this.#id = id;
    this.#idPrefix = '';
  }

  get taskId(): string {
    this.#id ??= this.run.ids.format(this.#idPrefix, this.#idCounter);
    return this.#id;
  }

  /** A finished task keeps the place of its id, not the text. */
  forgetIdText(): void {
    if (this.#idPrefix !== '') this.#id = undefined;
  }
}

export class StageRow {
  readonly kind = 'stage';
  readonly run: PipelineRow;
  readonly index: number;
  /** Its place in the queue key (rule 4): the index, unless its style says otherwise. */
  readonly depth: number;
  readonly name: string | undefined;
  snapshot: StageSnapshot;
  actor: RowActor<StageEvent> | undefined = undefined;
  /** Tasks of this stage that are not final. */
  open = 0;
  readonly tally: { -readonly [K in keyof StageTally]: number } = {
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    blocked: 0,
  };
  /** Nothing more can carry this index. */
  passed = false;
  end: EndMark | undefined = undefined;
  waiters: Waiter | Set<Waiter> | undefined = undefined;
  handle: StageHandle | undefined = undefined;

  get actorId(): string {
    return `${this.run.id}/${this.index}`;
  }

  constructor(
    run: PipelineRow,
    index: number,
    depth: number,
    name: string | undefined,
    snapshot: StageSnapshot,
  ) {
    this.run = run;
    this.index = index;
    this.depth = depth;
    this.name = name;
    this.snapshot = snapshot;
  }

  /** The end was delivered: handles, events and dependents have seen it. */
  get visible(): boolean {
    return this.end !== undefined;
  }
}

export interface RunSpec {
  readonly id: string;
  /** Where the ids of its tasks come from. */
  readonly ids: IdSource;
  readonly name: string;
  readonly priority: number;
  readonly children: ChildrenPolicy;
  readonly parent: PipelineRow | undefined;
  /** The task of the parent whose body submitted this run, if it was one. */
  readonly parentTask?: TaskRow | undefined;
  /** Takes a pipeline slot; child runs take none (rule 2). */
  readonly takesSlot: boolean;
}

const asItIs = (value: unknown): unknown => value;

export class PipelineRow implements QueuedPipeline {
  readonly kind = 'pipeline';
  readonly id: string;
  readonly ids: IdSource;
  /** Of a resumed run, `name`, `priority` and `children` are known once the ledger has told them. */
  name: string;
  /** The pipeline queue's key is (-priority, submission). */
  priority: number;
  readonly submission: number;
  children: ChildrenPolicy;
  readonly parent: PipelineRow | undefined;
  readonly parentTask: TaskRow | undefined;
  readonly root: PipelineRow;
  readonly takesSlot: boolean;
  heapIndex = -1;

  snapshot: PipelineSnapshot;
  actor: RowActor<PipelineEvent> | undefined = undefined;
  holding = false;
  abandoned = false;
  end: EndMark | undefined = undefined;
  observed = false;
  /** The body is over; what its end was, while the end waits for the tasks (rule 11). */
  bodyOver = false;
  pendingEnd: PipelineEvent | undefined = undefined;
  /** Why the run was never accepted; undefined for every run of the supervisor. */
  refusal: Error | undefined = undefined;
  readonly stages: StageRow[] = [];
  tasks: TaskRow[] = [];
  openTasks = 0;
  /** Those of them that are finally tasks; one more while its code has some yet to submit. */
  openFinally = 0;
  /** `none`: its code has said nothing of finally tasks; `due`: it has some yet to submit; `given-up`: it takes no more. */
  finallyTasks: 'none' | 'due' | 'given-up' = 'none';
  failedTasks = 0;
  finishedTasks = 0;
  /** Final tasks that are no longer in `tasks`, by their end. */
  readonly dropped: { [state: string]: number } = {};
  readonly childRuns: Set<PipelineRow> = new Set();
  /** Upstream runs of `after` that are not final, and the runs that come after this one. */
  upstreamOpen = 0;
  dependents: PipelineRow[] = [];
  /** Counts up for this run and its children together: positions are unique within a root. */
  nextPosition = 0;
  body: Body | undefined = undefined;
  timer: TimerEntry | undefined = undefined;
  graceAt: number | undefined = undefined;
  /** Waits for rows that its body is in; a body that is in none can go on by itself. */
  bodyWaits = 0;
  waiters: Waiter | Set<Waiter> | undefined = undefined;
  handle: PipelineHandle<unknown> | undefined = undefined;
  /** The pipeline it is a run of, unless that is a function. */
  style: RunnablePipeline | undefined = undefined;
  /** The form of its result that can be written, where the style's own cannot. */
  toResult: (value: unknown) => unknown = asItIs;
  /** Codec text of what its body returned, for the ledger. */
  resultText: string | undefined = undefined;
  /** Where it is written down; undefined without a store. */
  ledger: RunLedger | undefined = undefined;

  get actorId(): string {
    return this.id;
  }

  constructor(spec: RunSpec, submission: number, snapshot: PipelineSnapshot) {
    this.id = spec.id;
    this.ids = spec.ids;
    this.name = spec.name;
    this.priority = spec.priority;
    this.children = spec.children;
    this.parent = spec.parent;
    this.parentTask = spec.parentTask;
    this.root = spec.parent === undefined ? this : spec.parent.root;
    this.takesSlot = spec.takesSlot;
    this.submission = submission;
    this.snapshot = snapshot;
  }

  /** The end was delivered: handles, events and dependents have seen it. */
  get visible(): boolean {
    return this.end !== undefined;
  }
}

export type Row = TaskRow | StageRow | PipelineRow;
export type { PipelineSnapshot, StageSnapshot, SupervisorSnapshot, TaskSnapshot };
