/**
 * The supervisor: decides what runs, when, and what follows from every end. It is a plain state and functions
 * over it: no clock, no promise, no I/O, no user code. The runtime runs it, the explorer explores it, and both
 * call exactly this class.
 *
 * Owns: the runs, stages and tasks (rows), the mode, both queues, slots and amounts in use.
 * Does not own: bodies, timers, handles, event delivery; it asks its `Host` for those.
 *
 * In:  `addRun` `addTask` `reachStage` `sendTask` `sendRun` `applyMode` `endBody`, and `admit` once per turn.
 * Out: the commands of the machines, performed by the one switch in commands.ts.
 *
 * Invariants held here:
 * - T1 a row moves only along an edge of its machine; everything else is refused and reported.
 * - S1, S2 admission goes through `Admission` and the slot count alone.
 * - S5 `holding` is set by `admit` and cleared by `release`, nowhere else.
 * - S6 whatever may have made room calls `host.wake()`, and a turn ends with `admit`.
 * - Run to completion: an event sent while another is processed waits (mailbox.ts).
 */
import { pipelineLogic, stageLogic, supervisorLogic, taskLogic } from '../../machines/compiled.ts';
import {
  type PipelineEvent,
  RUNTIME,
  type StageEvent,
  type SupervisorEvent,
  type TaskEvent,
} from '../../machines/protocol.ts';
import type { Admission, ResourceVector } from '../admission/index.ts';
import { PipelineQueue } from '../admission/index.ts';
import type { Work } from '../executors/executor.ts';
import type { TaskBinding } from '../task/index.ts';
import { performRun, performStage, performTask, settleTask } from './commands.ts';
import {
  isSubmittedTooLate,
  isUnreleased,
  linksOf,
  runComesAfter,
  taskComesAfter,
  tellRuns,
  tellTasks,
  UPSTREAM_BAD,
} from './dependents.ts';
import type { Host } from './host.ts';
import { type AnyEvent, Mailbox, type Steps } from './mailbox.ts';
import type { TaskSnapshot } from './rows.ts';
import {
  PipelineRow,
  type Row,
  type RunSpec,
  StageRow,
  type SupervisorSnapshot,
  type TaskLinks,
  TaskRow,
} from './rows.ts';
import type { TaskSpec } from './task-spec.ts';

/** Events without a payload are shared: they are the most frequent ones. */
const ADMIT = Object.freeze({ type: 'ADMIT', token: RUNTIME } as const);
const RELEASE = Object.freeze({ type: 'RELEASE', token: RUNTIME } as const);
const BEGIN = Object.freeze({ type: 'BEGIN', token: RUNTIME } as const);
const REACH = Object.freeze({ type: 'REACH', token: RUNTIME } as const);
const RUN_START = Object.freeze({ type: 'START', token: RUNTIME } as const);
const TERMINATED_WITH_RUN = Object.freeze({ type: 'CANCEL', reason: 'terminated' } as const);

export interface SupervisorOptions {
  readonly admission: Admission<TaskRow>;
  readonly pipelineParallelism: number;
  readonly host: Host;
}

export interface TaskSubmission {
  readonly run: PipelineRow;
  readonly stage: number;
  readonly spec: TaskSpec;
  readonly vector: ResourceVector;
  readonly snapshot: TaskSnapshot;
  readonly work?: Work;
  readonly args?: readonly unknown[];
  /** Tasks of the same run that it comes after, in the order of declaration; its snapshot is queued.waiting then. */
  readonly after?: readonly TaskRow[] | undefined;
  /** Starts once those are inactive, however they ended (P2). */
  readonly isFinally?: boolean;
  readonly binding?: TaskBinding | undefined;
  readonly fingerprint?: string | undefined;
  /** The task of an earlier life of the run that this one is; `snapshot` is how that left it. */
  readonly recorded?: { readonly position: number; readonly id: string } | undefined;
  /** Not released before `goOn`; its snapshot is queued.waiting, or how an earlier life left it. */
  readonly held?: boolean;
}

/** Ends of a stage that a style may say beyond what its tasks do. */
export type StageEnd = 'failed' | 'cancelled' | 'blocked';

export class Supervisor implements Steps {
  readonly admission: Admission<TaskRow>;
  readonly pipelineParallelism: number;
  readonly host: Host;
  readonly pipelineQueue: PipelineQueue<PipelineRow> = new PipelineQueue<PipelineRow>();
  /** Runs that are not closed, in submission order. */
  readonly runs: Set<PipelineRow> = new Set();
  /** Child runs wait here for the next turn instead of for a slot (rule 2). */
  slotless: PipelineRow[] = [];
  /** Admitted and not started, first in first out. */
  readyTasks: TaskRow[] = [];
  readyRuns: PipelineRow[] = [];
  mode: SupervisorSnapshot = supervisorLogic.initial(undefined);
  /** Nothing is admitted while the store takes no commits (rule 7). */
  stalled = false;
  slotsInUse = 0;
  submissions = 0;
  /** Rows whose outcome was reported while the body still runs. */
  abandoned = 0;
  readonly #mailbox = new Mailbox(this);

  constructor(options: SupervisorOptions) {
    this.admission = options.admission;
    this.pipelineParallelism = options.pipelineParallelism;
    this.host = options.host;
  }

  get paused(): boolean {
    if (this.stalled) return true;
    const mode = this.mode.leaf.path;
    return mode === 'paused' || mode === 'drainingPaused' || mode === 'closed';
  }

  get open(): boolean {
    const mode = this.mode.leaf.path;
    return mode === 'open' || mode === 'paused';
  }

  // --- submissions -------------------------------------------------------------------------------------

  /** Adds a run. `after`: the runs it waits for; those that are final already count as they ended. `attach` puts the body on. */
  addRun(spec: RunSpec, after: readonly PipelineRow[], attach?: (row: PipelineRow) => void): PipelineRow {
    this.submissions += 1;
    const row = new PipelineRow(spec, this.submissions, pipelineLogic.initial(undefined));
    this.runs.add(row);
    spec.parent?.childRuns.add(row);
    attach?.(row);
    this.host.submitted(row);
    for (const upstream of after) runComesAfter(this, row, upstream);
    if (row.upstreamOpen === 0 && !row.snapshot.leaf.final) this.sendRun(row, RELEASE);
    if (isSubmittedTooLate(spec.parent, spec.parentTask)) this.sendRun(row, TERMINATED_WITH_RUN);
    return row;
  }

  /** The store has the run, or the claim of it succeeded: it starts when nothing else holds it back. */
  admitToQueue(row: PipelineRow): void {
    if (row.snapshot.leaf.final || row.upstreamOpen <= 0) return;
    row.upstreamOpen -= 1;
    if (row.upstreamOpen === 0) this.sendRun(row, RELEASE);
  }

  /** Adds a task to a stage that `reach` opened before. Its snapshot is queued.eligible, or waiting with `after`. */
  addTask(submission: TaskSubmission): TaskRow {
    const { run, spec, vector, snapshot, work, args, isFinally = false, binding, recorded } = submission;
    const stageRow = this.stage(run, submission.stage);
    if (recorded === undefined) run.root.nextPosition += 1;
    const position = recorded?.position ?? run.root.nextPosition;
    const row = new TaskRow(run, stageRow, spec, vector, position, snapshot, work, args);
    row.fingerprint = submission.fingerprint;
    run.openTasks += 1;
    stageRow.open += 1;
    run.tasks.push(row);
    row.links = linksOf(submission);
    if (isFinally) run.openFinally += 1;
    if (binding !== undefined) row.binding = binding;
    if (recorded === undefined) this.host.submitted(row);
    else this.host.restored(row, recorded.id);
    if (isUnreleased(row)) taskComesAfter(this, row);
    else if (snapshot.leaf.path === 'queued.eligible') this.enqueueTask(row);
    this.host.wake();
    return row;
  }

  /** The recorded end of a task of an earlier life counts from now on. */
  settleRecorded(row: TaskRow): void {
    settleTask(this, row);
  }

  /** Puts a task into the admission queue; one that can never run fails there instead. */
  enqueueTask(row: TaskRow): void {
    this.admission.enqueue(row);
    const error = row.binding?.refusal;
    if (error !== undefined) this.sendTask(row, { type: 'REFUSE', error, token: RUNTIME });
  }

  // --- stages ------------------------------------------------------------------------------------------

  stage(run: PipelineRow, index: number): StageRow {
    const stage = run.stages[index];
    if (stage === undefined) throw new Error(`stage ${index} of run ${run.id} was never reached`);
    return stage;
  }

  /** Opens the next stage; the one before can carry no new task from now on. */
  reachStage(run: PipelineRow, name: string | undefined): StageRow {
    const before = run.stages.at(-1);
    const row = this.declareStage(run, name, run.stages.length);
    this.reach(row);
    if (before !== undefined) this.passStage(before);
    return row;
  }

  /** Adds a stage that is known and not reached; stages declared like this are open side by side. */
  declareStage(run: PipelineRow, name: string | undefined, depth: number): StageRow {
    const row = new StageRow(run, run.stages.length, depth, name, stageLogic.initial(undefined));
    run.stages.push(row);
    this.host.submitted(row);
    return row;
  }

  reach(stage: StageRow): void {
    if (stage.snapshot.leaf.state === 'queued') this.#mailbox.send({ row: stage, event: REACH });
  }

  /** `as`: how it ended for its style, where none of its tasks says so. */
  passStage(stage: StageRow, as?: StageEnd): void {
    if (as !== undefined && stage.tally[as] === 0) stage.tally[as] = 1;
    stage.passed = true;
    this.closeStageIfDone(stage);
  }

  /** What it holds is done again as a whole: how its tasks ended so far decides nothing. */
  restartStage({ tally }: StageRow): void {
    tally.succeeded = tally.failed = tally.cancelled = tally.blocked = 0;
  }

  /** Nothing of the run can carry any stage from now on. */
  passStages(run: PipelineRow): void {
    for (const stage of run.stages) if (!stage.passed) this.passStage(stage);
  }

  closeStageIfDone(stage: StageRow): void {
    if (!stage.passed || stage.open > 0 || stage.snapshot.leaf.final) return;
    this.#mailbox.send({ row: stage, event: { type: 'CLOSE', tally: { ...stage.tally }, token: RUNTIME } });
  }

  beginStage(stage: StageRow): void {
    if (stage.snapshot.leaf.state === 'ready') this.#mailbox.send({ row: stage, event: BEGIN });
  }

  // --- events ------------------------------------------------------------------------------------------

  /** Sends an event to a task. Returns whether the machine takes it; a refused one changes nothing (T1). */
  sendTask(row: TaskRow, event: TaskEvent): boolean {
    return this.#mailbox.sendTask(row, event);
  }

  sendRun(row: PipelineRow, event: PipelineEvent): boolean {
    const taken = pipelineLogic.edgeFor(row.snapshot, event) !== undefined;
    this.#mailbox.send({ row, event });
    return taken;
  }

  /** Changes the mode (pause, unpause, shutdown, close); returns whether the chart takes the event. */
  applyMode(event: SupervisorEvent): boolean {
    const edge = supervisorLogic.edgeFor(this.mode, event);
    if (edge === undefined) return false;
    this.mode = supervisorLogic.follow(this.mode, edge, event);
    this.host.modeChanged(event);
    this.host.wake();
    return true;
  }

  /** The transition function of a row's actor. */
  fromActor(row: Row, event: AnyEvent): void {
    this.#mailbox.fromActor(row, event);
  }

  step(row: Row, event: AnyEvent): void {
    if (row.kind === 'task') this.stepTask(row, event as TaskEvent);
    else if (row.kind === 'pipeline') this.stepRun(row, event as PipelineEvent);
    else this.stepStage(row, event as StageEvent);
  }

  refuse(row: Row, event: AnyEvent): void {
    this.host.refused(row, event);
  }

  stepTask(row: TaskRow, event: TaskEvent): void {
    const edge = taskLogic.edgeFor(row.snapshot, event);
    if (edge === undefined) return this.host.refused(row, event);
    row.snapshot = taskLogic.follow(row.snapshot, edge, event);
    performTask(this, row, edge, event);
  }

  stepRun(row: PipelineRow, event: PipelineEvent): void {
    const edge = pipelineLogic.edgeFor(row.snapshot, event);
    if (edge === undefined) return this.host.refused(row, event);
    row.snapshot = pipelineLogic.follow(row.snapshot, edge, event);
    performRun(this, row, edge, event);
  }

  stepStage(row: StageRow, event: StageEvent): void {
    const edge = stageLogic.edgeFor(row.snapshot, event);
    if (edge === undefined) return this.host.refused(row, event);
    row.snapshot = stageLogic.follow(row.snapshot, edge, event);
    performStage(this, row, edge, event);
  }

  // --- admission (once per turn) -----------------------------------------------------------------------

  /** Admits runs and tasks until nothing more may be (S6) or `budget` is used up. Returns how many it did. */
  admit(now: number, budget: number): number {
    if (this.paused) return 0;
    let admitted = this.#admitRuns(budget);
    while (admitted < budget) {
      const row = this.admission.next(now);
      if (row === undefined) break;
      this.readyTasks.push(row);
      this.sendTask(row, ADMIT);
      admitted += 1;
    }
    return admitted;
  }

  #admitRuns(budget: number): number {
    let admitted = 0;
    const slotless = this.slotless;
    this.slotless = [];
    for (const row of slotless) if (this.#admitRun(row)) admitted += 1;
    while (this.slotsInUse < this.pipelineParallelism && admitted < budget) {
      const row = this.pipelineQueue.next();
      if (row === undefined) break;
      if (this.#admitRun(row)) admitted += 1;
    }
    return admitted;
  }

  #admitRun(row: PipelineRow): boolean {
    if (row.snapshot.leaf.path !== 'queued.eligible') return false;
    this.readyRuns.push(row);
    return this.sendRun(row, ADMIT);
  }

  /** The next run whose body is to be entered, moved to running; undefined when there is none. */
  startNextRun(): PipelineRow | undefined {
    for (let row = this.readyRuns.shift(); row !== undefined; row = this.readyRuns.shift()) {
      if (row.snapshot.leaf.state !== 'ready') continue;
      this.sendRun(row, RUN_START);
      return row;
    }
    return undefined;
  }

  // --- what follows from an end ------------------------------------------------------------------------

  /** The body of a run is over; the run ends now, or when its tasks have ended (rule 11). */
  endBody(run: PipelineRow, end: PipelineEvent): void {
    run.bodyOver = true;
    this.passStages(run);
    if (run.abandoned) return this.releaseAbandonedRun(run);
    run.pendingEnd = end;
    if (run.children === 'cancel') this.stopTasks(run, undefined);
    this.endRunIfDone(run);
    // A run that now waits for its tasks may close a circle of waits (rule 2): look again.
    if (run.pendingEnd !== undefined) this.host.wake();
  }

  endRunIfDone(run: PipelineRow): void {
    const end = run.pendingEnd;
    if (end === undefined || run.snapshot.leaf.final) return;
    if (run.children !== 'continue' && (run.openTasks > 0 || run.childRuns.size > 0)) return;
    run.pendingEnd = undefined;
    this.sendRun(run, end);
  }

  /** Cancels what is queued or ready, terminates what runs; child runs too, finally tasks not (rules 1, 2). */
  stopTasks(run: PipelineRow, error: unknown): void {
    for (const child of run.childRuns) if (child.parentTask?.isFinally !== true) this.stopRun(child, error);
    for (const row of run.tasks) if (!row.isFinally) this.stopTask(row, error);
  }

  /** The code of a run has finally tasks yet to submit: stopping it leaves it the time for them. */
  expectFinallyTasks(run: PipelineRow): void {
    if (run.finallyTasks !== 'none') return;
    run.finallyTasks = 'due';
    run.openFinally += 1;
  }

  /** It has submitted them all, or gives them up. */
  expectNoFinallyTasks(run: PipelineRow, to: 'none' | 'given-up'): void {
    const wasDue = run.finallyTasks === 'due';
    run.finallyTasks = to;
    if (!wasDue) return;
    run.openFinally -= 1;
    if (run.openFinally === 0) this.host.retime(run);
  }

  /** Asked twice to stop, a run gives up its finally tasks too. */
  stopFinallyTasks(run: PipelineRow, error: unknown): void {
    this.expectNoFinallyTasks(run, 'given-up');
    for (const child of run.childRuns) this.stopFinallyTasks(child, error);
    for (const row of run.tasks) if (row.isFinally) this.stopTask(row, error);
  }

  /** Child runs that the body of this task submitted end with it (rule 2). */
  stopRunsOf(task: TaskRow): void {
    for (const child of task.run.childRuns) {
      if (child.parentTask === task) this.stopRun(child, task.snapshot.context.ending?.error);
    }
  }

  /** A run whose body is over may still have tasks and child runs of its own. */
  stopRun(run: PipelineRow, error: unknown): void {
    const { path, final } = run.snapshot.leaf;
    if (final) this.stopTasks(run, error);
    else if (path !== 'running.terminating') this.sendRun(run, { type: 'TERMINATE', error });
  }

  /** One that runs out of time is told too, lest it be tried again. */
  stopTask(row: TaskRow, error: unknown): void {
    const { leaf, context } = row.snapshot;
    const { state, final } = leaf;
    if (final || context.ending?.kind === 'terminated') return undefined;
    if (state === 'running') return void this.sendTask(row, { type: 'TERMINATE', error });
    if (row.links !== undefined) row.links.open = UPSTREAM_BAD;
    return void this.sendTask(row, TERMINATED_WITH_RUN);
  }

  /** Gives slot and resources back, exactly once (S5). */
  releaseTask(row: TaskRow): void {
    if (!row.holding) return;
    row.holding = false;
    this.admission.release(row);
    this.host.wake();
  }

  releaseRun(row: PipelineRow): void {
    if (!row.holding) return;
    row.holding = false;
    if (row.takesSlot) this.slotsInUse -= 1;
    this.host.wake();
  }

  /** The body of an abandoned task has settled after all: only now its resources come back (rule 1). */
  releaseAbandonedTask(row: TaskRow): void {
    row.abandoned = false;
    this.abandoned -= 1;
    this.releaseTask(row);
  }

  releaseAbandonedRun(row: PipelineRow): void {
    row.abandoned = false;
    this.abandoned -= 1;
    this.releaseRun(row);
  }

  /** A run is open until its body and its tasks are final (rule 11); then nothing of it stays here. */
  closeRunIfDone(run: PipelineRow): void {
    if (!run.snapshot.leaf.final || run.openTasks > 0 || run.childRuns.size > 0) return;
    if (!this.runs.delete(run)) return;
    const parent = run.parent;
    if (parent !== undefined) {
      parent.childRuns.delete(run);
      this.endRunIfDone(parent);
      this.closeRunIfDone(parent);
    }
    this.host.closed(run);
    this.host.wake();
  }

  /** The host says that the end of a row may be seen now: what comes after it is released or blocked (L1). */
  seen(row: TaskRow | PipelineRow): void {
    if (row.kind === 'pipeline') this.tellDependents(row);
    else if (row.links !== undefined) {
      this.tellTasks(row, row.links);
      row.links.forgetParents();
    }
  }

  tellTasks(parent: TaskRow, links: TaskLinks): void {
    tellTasks(this, parent, links);
  }

  tellDependents(run: PipelineRow): void {
    tellRuns(this, run);
  }
}
