/**
 * The desk: what handles, controls and the scheduler ask for. Validates, turns each call into one event or one
 * submission, and answers. Nothing of a call is visible to others before the next turn.
 */
import type { Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import type { Clock } from '../core/clock.ts';
import { invalidArgument, TerminatedError } from '../core/errors.ts';
import type { IdSource } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import type { ValueRecord } from '../stores/store.ts';
import { isTask } from '../task/index.ts';
import { ambient } from './ambient.ts';
import { Body } from './body.ts';
import { Controls } from './controls.ts';
import type { Engine } from './engine.ts';
import type { RuntimeEvent } from './events.ts';
import { letGo, lostOf } from './ledger/let-go.ts';
import { PipelineHandle } from './pipeline-handle.ts';
import type { PipelineRow, Row, RunSpec, StageRow, TaskRow } from './rows.ts';
import type { RunnablePipeline, RunOptions } from './run-options.ts';
import { StageHandle } from './stage-handle.ts';
import { planStyleWork, StyleWork } from './style-controls.ts';
import { Submission } from './submission.ts';
import type { StageEnd } from './supervisor.ts';
import { TaskHandle } from './task-handle.ts';
import { planTaskObject } from './task-object.ts';
import { planTask, type TaskOptions, type TaskPlace, type TaskPlan } from './task-spec.ts';
import {
  EndWait,
  type ReturnWhen,
  readWaitOptions,
  untilVisible,
  type WaitOptions,
  type WaitTimers,
} from './waits.ts';

export class Desk {
  readonly #engine: Engine;
  readonly #submission: Submission;
  /** Submits a run as a child of whose code is running; the scheduler's own way of submitting. */
  submitChild: (pipeline: RunnablePipeline, options: RunOptions) => PipelineHandle<unknown> = () => {
    throw new Error('this desk belongs to no scheduler');
  };

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#submission = new Submission(engine);
  }

  get clock(): Clock {
    return this.#engine.settings.clock;
  }
  get random(): Random {
    return this.#engine.settings.random;
  }
  get ids(): IdSource {
    return this.#engine.ids;
  }
  get logger(): Logger {
    return this.#engine.settings.logger;
  }
  get timers(): WaitTimers {
    return this.#engine;
  }
  owns(row: PipelineRow): boolean {
    return row.ids === this.#engine.ids;
  }

  // --- submissions ---------------------------------------------------------------------------------------

  submitRun(
    spec: Omit<RunSpec, 'ids'>,
    after: readonly PipelineRow[],
    enter: (controls: Controls) => unknown,
    input: unknown,
    keep?: (row: PipelineRow) => void,
  ): PipelineHandle<unknown> {
    return new PipelineHandle(this, this.addRun(spec, after, enter, input, keep));
  }

  addRun(
    spec: Omit<RunSpec, 'ids'>,
    after: readonly PipelineRow[],
    enter: (controls: Controls) => unknown,
    input: unknown,
    keep?: (row: PipelineRow) => void,
  ): PipelineRow {
    const { supervisor, retention, ids } = this.#engine;
    const attach = (row: PipelineRow) => {
      row.body = new Body(row, enter, (body) => new Controls(this, body), input);
      retention.runOpened(row);
      keep?.(row);
    };
    return supervisor.addRun({ ...spec, ids }, after, attach);
  }

  /** Reads what was given to `task()`. @throws INVALID_ARGUMENT, INVALID_TYPE */
  plan(subject: unknown, options: unknown): TaskPlan {
    if (subject instanceof StyleWork) return planStyleWork(subject, options as TaskOptions | undefined);
    if (!isTask(subject)) return planTask(subject, options);
    return planTaskObject(subject, options, this.#engine.settings.handlers);
  }

  /** Throws what `submitTask` would. */
  checkTask(plan: TaskPlan): void {
    this.#submission.check(plan);
  }

  submitTask(run: PipelineRow, plan: TaskPlan, place?: TaskPlace, held = false): TaskHandle<unknown> {
    if (plan.task === undefined)
      return this.#added(run, this.#submission.add(run, plan, place, held, undefined));
    // A Task object gets hold of its handle, so that it can be cancelled where it is.
    const slot: { handle: TaskHandle<unknown> | undefined } = { handle: undefined };
    const row = this.#submission.add(run, plan, place, held, slot);
    slot.handle = new TaskHandle(this, row);
    return this.#added(run, row);
  }

  #added(run: PipelineRow, row: TaskRow): TaskHandle<unknown> {
    const handle = row.handle ?? new TaskHandle(this, row);
    run.ledger?.replay?.submitted();
    return handle;
  }

  /** A value for the code of a run: a new one, or the one that an earlier life of the run was given (rule 9). */
  given<T extends number | string>(run: PipelineRow, kind: ValueRecord['kind'], make: () => T): T {
    const { ledger } = this.#engine;
    if (run.ledger === undefined || ledger === undefined) return make();
    try {
      const before = run.ledger.replay?.takeValue(kind);
      if (before !== undefined) return before as T;
    } catch (error) {
      this.#engine.post(() => letGo(this.#engine.supervisor, run, error as Error));
      throw error;
    }
    const value = make();
    ledger.value(run.ledger, kind, value);
    return value;
  }

  declareStage(run: PipelineRow, name: string, depth: number): StageRow {
    return this.#engine.supervisor.declareStage(run, name, depth);
  }
  reach(stage: StageRow): void {
    this.#engine.supervisor.reach(stage);
  }
  restartStage(stage: StageRow): void {
    this.#engine.supervisor.restartStage(stage);
  }
  passStage(stage: StageRow, as: StageEnd | undefined): void {
    this.#engine.supervisor.passStage(stage, as);
  }

  expectFinallyTasks(run: PipelineRow, expects: boolean): void {
    const { supervisor } = this.#engine;
    if (expects) supervisor.expectFinallyTasks(run);
    else supervisor.expectNoFinallyTasks(run, 'none');
  }

  stageForward(run: PipelineRow, name: string | undefined): void {
    if (name !== undefined && (typeof name !== 'string' || name === '')) {
      throw invalidArgument('the name of a stage', name, 'a non-empty string, or nothing');
    }
    this.#engine.supervisor.reachStage(run, name);
  }

  // --- looking -------------------------------------------------------------------------------------------

  handleOf(row: TaskRow): TaskHandle<unknown> {
    return row.handle ?? new TaskHandle(this, row);
  }

  stagesOf(run: PipelineRow): readonly StageHandle[] {
    return run.stages.map((stage) => stage.handle ?? new StageHandle(this, stage));
  }

  tasksOf(run: PipelineRow, stage: number | undefined): readonly TaskHandle<unknown>[] {
    const rows = stage === undefined ? run.tasks : run.tasks.filter((task) => task.stageIndex === stage);
    return rows.map((row) => this.handleOf(row));
  }

  actorOf(row: Row): AnyActorRef {
    return this.#engine.actors.of(row);
  }

  eventsOf(id: string, row: Row): Observable<RuntimeEvent> {
    return this.#engine.hub.of(id, () => this.#engine.recorder.lastEvent(row));
  }

  discard(run: PipelineRow): void {
    this.#engine.retention.forget(run);
  }

  /** Resolves with what `read` gives once the row's end is visible, or rejects with what it throws. */
  ending<T>(row: Row, options: WaitOptions | undefined, read: () => T, label: () => string): Promise<T> {
    const { deadlocks } = this.#engine;
    const caller = ambient();
    if (options !== undefined || this.#lost(row) !== undefined || caller?.kind === 'task') {
      return this.until(row, options, label()).then(read);
    }
    if (row.kind !== 'stage') row.observed = true;
    if (row.visible) return new Promise((resolve) => resolve(read()));
    deadlocks.lookAgain();
    this.#replayGoesOn(caller);
    return new Promise((resolve, reject) => void new EndWait(row, caller, read, resolve, reject));
  }

  /** Why the end of the row will never be known here. */
  #lost(row: Row): Error | undefined {
    return lostOf(row) ?? (row.visible ? undefined : this.#engine.leftover);
  }

  /** Resolves when the row's end is visible; what the caller is waiting in is known to the deadlock check. */
  async until(row: Row, options: WaitOptions | undefined, label: string): Promise<void> {
    const limits = readWaitOptions(options);
    const lost = this.#lost(row);
    if (lost !== undefined) throw lost;
    if (row.kind !== 'stage') row.observed = true;
    const { promise, reject } = untilVisible(this.timers, row, limits, label);
    if (row.visible) await promise;
    else await this.whileWaiting({ on: [row], when: 'all-completed', reject, limits }, promise);
  }

  /**
   * Registers the calling task or run as waiting for as long as `promise` takes. A wait that may end by itself,
   * by its time-out or signal, closes no circle.
   */
  async whileWaiting<T>(wait: CallerWait, promise: Promise<T>): Promise<T> {
    const { on, when, reject, limits } = wait;
    const caller = ambient();
    const { deadlocks, leftover } = this.#engine;
    if (leftover !== undefined) reject(leftover);
    if (caller === undefined || limits.timeoutMs !== undefined || limits.signal !== undefined) return promise;
    if (caller.kind === 'pipeline') {
      deadlocks.bodyWaits(caller, 1);
      this.#replayGoesOn(caller);
      return promise.finally(() => deadlocks.bodyWaits(caller, -1));
    }
    const registered = { task: caller, on, when, reject };
    deadlocks.taskWaits(registered);
    return promise.finally(() => deadlocks.taskGoesOn(registered));
  }

  /** A wait may be what a replay has been waiting for. */
  #replayGoesOn(run: PipelineRow | undefined): void {
    if (run?.ledger?.replay !== undefined) this.#engine.wake();
  }

  // --- stopping and holding ------------------------------------------------------------------------------

  cancel(row: TaskRow | PipelineRow, reason: string | undefined): boolean {
    readReason(reason);
    const event = { type: 'CANCEL', ...(reason === undefined ? {} : { reason }) } as const;
    const { supervisor } = this.#engine;
    return row.kind === 'task' ? supervisor.sendTask(row, event) : supervisor.sendRun(row, event);
  }

  requestTerminate(row: TaskRow | PipelineRow, reason: string | Error | undefined): boolean {
    if (!(reason instanceof Error)) readReason(reason, 'a string or an Error');
    const { path, final } = row.snapshot.leaf;
    if (final) return false;
    const error = reason instanceof Error ? reason : new TerminatedError(reason ?? 'terminated on request');
    const event = { type: 'TERMINATE', error } as const;
    const { supervisor } = this.#engine;
    if (row.kind === 'pipeline' && path === 'running.terminating') supervisor.stopFinallyTasks(row, error);
    const taken =
      row.kind === 'task' && this.#canTerminate(row)
        ? supervisor.sendTask(row, event)
        : row.kind === 'pipeline' && path !== 'running.terminating' && supervisor.sendRun(row, event);
    return taken || path === 'running.terminating';
  }

  /** Asking twice is fine and changes nothing; a task that runs out of time can still be terminated. */
  #canTerminate(row: TaskRow): boolean {
    return (
      row.snapshot.leaf.path !== 'running.terminating' || row.snapshot.context.ending?.kind !== 'terminated'
    );
  }

  hold(row: TaskRow, reason: string | undefined, until: number | undefined): boolean {
    readReason(reason);
    if (until !== undefined && !Number.isFinite(until))
      throw invalidArgument('until', until, 'a time in epoch milliseconds');
    return this.#engine.supervisor.sendTask(row, {
      type: 'HOLD',
      ...(reason === undefined ? {} : { reason }),
      ...(until === undefined ? {} : { until }),
    });
  }

  unhold(row: TaskRow): boolean {
    return this.#engine.supervisor.sendTask(row, { type: 'UNHOLD' });
  }
}

function readReason(reason: unknown, allowed = 'a string'): void {
  if (reason !== undefined && typeof reason !== 'string') throw invalidArgument('reason', reason, allowed);
}

/** A wait, and what the deadlock check must know of it. */
export interface CallerWait {
  readonly on: readonly Row[];
  readonly when: ReturnWhen;
  readonly reject: (reason: unknown) => void;
  readonly limits: WaitOptions;
}
