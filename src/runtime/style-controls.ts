/**
 * What the authoring styles may do in a run besides what users' code may: submit tasks that come after others or
 * are finally tasks, into stages that are open side by side; say beforehand how a task has ended; time things.
 *
 * Finally tasks are also taken while the run is being stopped: they are what is left to do then (rule 1).
 */
import type { Clock } from '../core/clock.ts';
import { SignalboxError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Work } from '../executors/executor.ts';
import type { Body } from './body.ts';
import type { Desk } from './desk.ts';
import type { PipelineHandle } from './pipeline-handle.ts';
import type { StageRow } from './rows.ts';
import type { RunnablePipeline, RunOptions } from './run-options.ts';
import type { StageEnd } from './supervisor.ts';
import { TaskHandle } from './task-handle.ts';
import { readSpec, type TaskOptions, type TaskPlace, type TaskPlan } from './task-spec.ts';

export const STYLE: unique symbol = Symbol('signalbox.style');

/** Work of a style's own, as what is submitted. `kind` is shown and recorded. */
export class StyleWork {
  readonly kind: string;
  readonly work: Work;

  constructor(kind: string, work: Work) {
    this.kind = kind;
    this.work = work;
  }
}

/** @throws INVALID_ARGUMENT */
export function planStyleWork({ kind, work }: StyleWork, options: TaskOptions = {}): TaskPlan {
  const spec = readSpec(options, options.name ?? kind, work);
  return { spec: { ...spec, kind }, work, args: [] };
}

export class StyleControls {
  readonly #desk: Desk;
  readonly #body: Body;
  readonly #check: () => void;

  /** `check` throws unless the run's own code calls, while it may. */
  constructor(desk: Desk, body: Body, check: () => void) {
    this.#desk = desk;
    this.#body = body;
    this.#check = check;
  }

  /** Throws as `task().run()` does. */
  submit(subject: unknown, options: TaskOptions | undefined, place: TaskPlace): TaskHandle<unknown> {
    const { active, stopping, row } = this.#body;
    const isLastWork = place.isFinally && active && stopping && row.finallyTasks === 'due';
    if (!isLastWork) this.#check();
    return this.#desk.submitTask(this.#body.row, this.#desk.plan(subject, options), place);
  }

  /** Whether `submit` would take such work as it is now. */
  takes(subject: unknown, options: TaskOptions): boolean {
    try {
      this.#desk.checkTask(this.#desk.plan(subject, options));
      return true;
    } catch {
      return false;
    }
  }

  /** Adds a stage that is known and not reached yet; gives its index. `depth`: its place in the queue key. */
  declareStage(name: string, depth: number): number {
    return this.#desk.declareStage(this.#body.row, name, depth).index;
  }

  /** Its work may begin. */
  reachStage(index: number): void {
    this.#desk.reach(this.#stage(index));
  }

  /** What it holds is done again as a whole: how its tasks ended so far decides nothing. */
  restartStage(index: number): void {
    this.#desk.restartStage(this.#stage(index));
  }

  /** Nothing more comes into the stage. `as`: how it ended, where none of its tasks says so. */
  passStage(index: number, as?: StageEnd): void {
    this.#desk.passStage(this.#stage(index), as);
  }

  #stage(index: number): StageRow {
    const stage = this.#body.row.stages[index];
    if (stage !== undefined) return stage;
    throw new SignalboxError('INVALID_ARGUMENT', `the run has no stage ${index}`);
  }

  /**
   * Whether finally tasks are yet to come: while they are, a run that is stopped is given the time for them.
   * `givenUp` is called, once, when it was asked twice to stop.
   */
  expectFinallyTasks(expects: boolean, givenUp?: () => void): void {
    this.#body.whenGivenUp = givenUp;
    this.#desk.expectFinallyTasks(this.#body.row, expects);
  }

  /** Cancels the task where it is queued, terminates it where it runs; `reason` or its text is told of it. */
  stop(handle: TaskHandle<unknown>, reason: Error): void {
    const row = TaskHandle.rowOf(handle);
    if (row === undefined || row.snapshot.leaf.final) return;
    if (row.snapshot.leaf.state === 'running') this.#desk.requestTerminate(row, reason);
    else this.#desk.cancel(row, reason.message);
  }

  /** Attempts of the task that failed and were followed by another. */
  failuresOf(handle: TaskHandle<unknown>): number {
    return TaskHandle.rowOf(handle)?.snapshot.context.failures ?? 0;
  }

  /** What earlier lives of the run have recorded is still being given again. */
  get replays(): boolean {
    return this.#body.row.ledger?.replay?.holds === true;
  }

  /** Submits a run as a child of the run or task whose code calls. Throws as `runPipeline` does. */
  submitRun(pipeline: RunnablePipeline, options: RunOptions): PipelineHandle<unknown> {
    return this.#desk.submitChild(pipeline, options);
  }

  /** Calls `then` once, after so many milliseconds of the scheduler's clock; gives how to call that off. */
  after(ms: number, then: () => void): () => void {
    const { timers } = this.#desk;
    const entry = timers.setTimer(ms, then);
    return () => timers.cancelTimer(entry);
  }

  /** Time of the scheduler's clock, the same again when the run goes on in a later life (rule 9). */
  now(): number {
    const { clock } = this.#desk;
    return this.#desk.given(this.#body.row, 'now', () => clock.now());
  }

  /** The scheduler's clock as it is, epoch milliseconds: for what is not decided upon. */
  get time(): number {
    return this.#desk.clock.now();
  }

  /** What work of the run that waits counts on. */
  get clock(): Clock {
    return this.#desk.clock;
  }

  get logger(): Logger {
    return this.#desk.logger;
  }

  /** The run is being stopped, and by what. */
  get stopping(): { readonly reason: unknown } | undefined {
    return this.#body.stopping ? { reason: this.#body.stopReason } : undefined;
  }
}
