/**
 * The scheduler: the public face of one supervisor. It admits runs and tasks against resources, carries their
 * events, and closes without leaving anything behind.
 */
import type { Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import { pipelineLogic } from '../../machines/compiled.ts';
import { RUNTIME, type SupervisorEvent } from '../../machines/protocol.ts';
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError, TerminatedError } from '../core/errors.ts';
import type { Store } from '../stores/store.ts';
import type { Handler, Task, TaskValue } from '../task/index.ts';
import { ambient } from './ambient.ts';
import { type CloseOptions, Closing, readCloseOptions } from './closing.ts';
import { Desk } from './desk.ts';
import { Engine } from './engine.ts';
import type { RuntimeEvent } from './events.ts';
import type { ExecutorFactory } from './executor-set.ts';
import { keepRun } from './ledger/keep-run.ts';
import { encodeInput } from './ledger/ledger.ts';
import type { RecoverResult } from './ledger/recover-result.ts';
import { Recovery, type Styles } from './ledger/recovery.ts';
import type { Submitted } from './ledger/same-code.ts';
import { readOptions, type SchedulerOptions } from './options.ts';
import { PipelineHandle } from './pipeline-handle.ts';
import { type PipelineRow, PipelineRow as RunRow, type RunSpec, type TaskRow } from './rows.ts';
import {
  type CheckTask,
  type HasPipeline,
  isRunnable,
  type PipelineFunction,
  type ReadRunOptions,
  type RunnablePipeline,
  type RunOptions,
  readRunnable,
  readRunOptions,
} from './run-options.ts';
import { CHILDREN, CLAIM, ENTER, NAME, SUBMITTED } from './run-symbols.ts';
import { nextSnapshot, type SchedulerSnapshot } from './snapshot.ts';
import type { TaskHandle } from './task-handle.ts';
import { checkTask, submitTaskRun } from './task-run.ts';
import type { TaskOptions } from './task-spec.ts';
import {
  type ReturnWhen,
  readHandles,
  readReturnWhen,
  readWaitOptions,
  untilReady,
  type WaitOptions,
  type WaitResult,
} from './waits.ts';

export interface UseOptions {
  /**
   * What happens to the work when the callback throws: `fail-fast` (default) cancels what is queued and
   * terminates what runs, `drain` lets everything finish. Both close the scheduler and rethrow.
   */
  readonly onException?: 'fail-fast' | 'drain';
}

export class Scheduler {
  readonly #engine: Engine;
  readonly #desk: Desk;
  readonly #closing: Closing;
  readonly #recovery: Recovery;
  #view: SchedulerSnapshot | undefined = undefined;
  /** Every event of this scheduler, in `seq` order, from the moment of subscription. */
  readonly events$: Observable<RuntimeEvent>;

  /**
   * `builtIn`, `styles`: the executors, and the authoring styles that runs can be built of from data, which this
   * scheduler is composed with; the package's own Scheduler passes all of its.
   * @throws INVALID_ARGUMENT for an option that is not as documented
   */
  constructor(
    options: SchedulerOptions = {},
    builtIn: ReadonlyMap<string, ExecutorFactory> = new Map(),
    styles: Styles = new Map(),
  ) {
    this.#engine = new Engine(readOptions(options), builtIn);
    this.#desk = new Desk(this.#engine);
    this.#closing = new Closing(this.#engine, this.#desk);
    this.#desk.submitChild = (pipeline, run) => this.runPipeline(pipeline as never, run);
    this.#recovery = new Recovery(this.#engine, this.#desk, styles);
    this.events$ = this.#engine.hub.events$;
  }

  /** The supervisor as a live XState actor: the root of this scheduler's actor system. */
  get actor(): AnyActorRef {
    return this.#engine.actors.root;
  }
  /** No new pipelines are accepted. */
  get shutdownStarted(): boolean {
    return !this.#engine.supervisor.open;
  }
  get closed(): boolean {
    return this.#engine.supervisor.mode.leaf.path === 'closed';
  }

  /**
   * Submits a pipeline. Its body starts in a later turn, never inside this call. Submitted from inside another
   * run or task of this scheduler it is a child: it takes no pipeline slot and is cancelled with its parent.
   * @throws INVALID_TYPE, INVALID_ARGUMENT, SCHEDULER_SHUTTING_DOWN, PIPELINE_REUSED, NOT_OWNER,
   * WOULD_DEADLOCK for a child that comes after a run above it which waits for its children
   */
  runPipeline<T>(pipeline: TypedPipeline<T>, options?: RunOptions): PipelineHandle<T>;
  runPipeline<T>(pipeline: PipelineFunction<T>, options?: RunOptions): PipelineHandle<T>;
  runPipeline<T>(pipeline: HasPipeline<TypedPipeline<T>>, options?: RunOptions): PipelineHandle<T>;
  runPipeline(given: unknown, options: RunOptions = {}): PipelineHandle<unknown> {
    const pipeline = readRunnable(given);
    const fixed = isRunnable(pipeline) ? pipeline[CHILDREN] : undefined;
    const read = readRunOptions(options, (row) => this.#desk.owns(row), fixed);
    const parent = this.#parent();
    this.#checkOpen(parent);
    refuseCircle(read.after, parent);
    const input = this.#engine.ledger === undefined ? undefined : encodeInput(read.input);
    const before = this.#recordedChild(pipeline, read, parent);
    if (before !== undefined)
      return this.#recovery.resume(before.runId, pipeline, { ...before.parent, input });
    const unmark = isRunnable(pipeline) ? pipeline[CLAIM](this.#check) : undefined;
    const spec = this.#runSpec(pipeline, read, parent);
    const known = read.runId === undefined ? undefined : this.#engine.retention.find(read.runId);
    if (known !== undefined) {
      unmark?.();
      return this.#refusedRun(spec, known);
    }
    const enter = isRunnable(pipeline) ? (controls: never) => pipeline[ENTER](controls) : pipeline;
    const handle = this.#desk.submitRun(spec, read.after, enter as never, read.input, (row) => {
      if (isRunnable(pipeline)) row.style = pipeline;
      if (this.#engine.ledger !== undefined) keepRun(this.#engine.ledger, row, pipeline, input, read.after);
    });
    if (isRunnable(pipeline)) pipeline[SUBMITTED]?.(handle);
    return handle;
  }

  readonly #check: CheckTask = (subject, options) => this.#desk.checkTask(this.#desk.plan(subject, options));

  #checkOpen(parent: PipelineRow | undefined): void {
    if (parent !== undefined || !this.shutdownStarted) return;
    throw new SignalboxError(
      'SCHEDULER_SHUTTING_DOWN',
      `the scheduler is ${this.#engine.supervisor.mode.leaf.path}; no new pipelines are accepted`,
      { hint: 'submit before shutdown() or close()' },
    );
  }

  /** The child run that an earlier life of the calling run submitted at this point (rule 9). */
  #recordedChild(pipeline: Submitted, read: ReadRunOptions, row: PipelineRow | undefined) {
    const replay = row?.ledger?.replay;
    if (row === undefined || replay === undefined) return undefined;
    const task = this.#callingTask(row);
    const name = read.name ?? ownName(pipeline);
    const runId = replay.takeChild(name, task?.position, read.runId);
    return runId === undefined ? undefined : { runId, parent: { row, task, mode: replay.mode } };
  }

  /**
   * Goes on with a run of an earlier process, or of this one: what had succeeded is not done again. A run that
   * ended well gives its recorded result. `pipeline`: its code; default: the one of that name in `pipelines`, or
   * what the store keeps of a graph. The handle rejects PERSISTENCE_NOT_FOUND, RUN_LEASED, REPLAY_MISMATCH.
   * @throws INVALID_TYPE, INVALID_ARGUMENT, SCHEDULER_SHUTTING_DOWN, PIPELINE_REUSED, PERSISTENCE_NOT_FOUND
   * without a store
   */
  resume<T>(runId: string, pipeline: TypedPipeline<T>): PipelineHandle<T>;
  resume<T>(runId: string, pipeline: PipelineFunction<T>): PipelineHandle<T>;
  resume<T>(runId: string, pipeline: HasPipeline<TypedPipeline<T>>): PipelineHandle<T>;
  resume<T = unknown>(runId: string): PipelineHandle<T>;
  resume(runId: string, given?: unknown): PipelineHandle<unknown> {
    readRunId(runId);
    const pipeline = given === undefined ? undefined : readRunnable(given);
    this.#checkOpen(undefined);
    const live = this.#engine.retention.isOpen(runId) ? this.#engine.retention.find(runId) : undefined;
    if (live !== undefined) return live.handle ?? new PipelineHandle(this.#desk, live);
    return this.#recovery.resume(runId, pipeline);
  }

  /**
   * Goes on with every run of the store that is not final and that nobody else runs. Resolves when all of them
   * are taken over, not when they end. Rejects STORE_UNAVAILABLE, STORE_SCHEMA, PERSISTENCE_NOT_FOUND without a store.
   */
  async recover(): Promise<RecoverResult> {
    this.#checkOpen(undefined);
    return this.#recovery.recover();
  }

  /**
   * Has a recorded run do a task again (by its id or name), and what follows from it: in a graph what comes after
   * it, in code what was submitted later. Nothing runs before `resume(runId)`. Rejects PERSISTENCE_NOT_FOUND,
   * RUN_LEASED, INVALID_TRANSITION while the run is live here.
   */
  async reset(runId: string, fromTask: string): Promise<void> {
    readRunId(runId);
    if (typeof fromTask !== 'string' || fromTask === '')
      throw invalidArgument('fromTask', fromTask, 'the id or name of a task');
    await this.#recovery.reset(runId, fromTask);
  }

  /** Where runs are kept; undefined without one. */
  get store(): Store | undefined {
    return this.#engine.settings.store;
  }

  /**
   * Runs one Task, in a run of its own that takes no pipeline slot. Submitted from inside another run or task of
   * this scheduler it is a child of that. `options` go before the Task's own. The handle gives the value of a
   * Task.call, the TaskResult of any other kind.
   * @throws INVALID_TYPE, INVALID_ARGUMENT, TASK_BUSY, TASK_IMMUTABLE for one that has succeeded,
   * INVALID_TRANSITION for a cancelled one, UNKNOWN_RESOURCE, UNSCHEDULABLE_TASK, LIMIT_EXCEEDED,
   * SCHEDULER_SHUTTING_DOWN, TERMINATED from inside a run that is being stopped
   */
  runTask<K extends Task>(task: K, options?: TaskOptions): TaskHandle<TaskValue<K>>;
  runTask(task: unknown, options?: unknown): TaskHandle<unknown> {
    checkTask(task);
    const plan = this.#desk.plan(task, options);
    const parent = this.#parent();
    this.#checkOpen(parent);
    return submitTaskRun(this.#engine, this.#desk, task, plan, {
      parent,
      parentTask: this.#callingTask(parent),
    });
  }

  /**
   * From now on, Tasks of this kind are run by this handler; those that were submitted before keep theirs.
   * @throws INVALID_ARGUMENT
   */
  registerHandler(kind: string, handler: Handler): void {
    this.#engine.settings.handlers.register(kind, handler);
  }

  /** The run whose code is calling, if it is a live run of this scheduler. */
  #parent(): PipelineRow | undefined {
    const caller = ambient();
    const run = caller?.kind === 'task' ? caller.run : caller;
    if (run === undefined || !this.#desk.owns(run)) return undefined;
    if (this.#engine.supervisor.runs.has(run)) return run;
    if (caller?.abandoned !== true) return undefined;
    throw new TerminatedError(
      `the ${caller.kind} ${JSON.stringify(caller.name)} was abandoned; its body can start nothing new`,
    );
  }

  #callingTask(parent: PipelineRow | undefined): TaskRow | undefined {
    const caller = ambient();
    return parent !== undefined && caller?.kind === 'task' ? caller : undefined;
  }

  #runSpec(
    pipeline: RunnablePipeline | PipelineFunction<unknown>,
    read: ReadRunOptions,
    parent: PipelineRow | undefined,
  ): Omit<RunSpec, 'ids'> {
    return {
      id: read.runId ?? this.#engine.ids.next(),
      name: read.name ?? ownName(pipeline),
      priority: read.priority ?? parent?.priority ?? 0,
      children: read.children,
      parent,
      parentTask: this.#callingTask(parent),
      takesSlot: parent === undefined,
    };
  }

  /** A handle whose `accepted` and `result()` reject: the run id is taken. */
  #refusedRun(spec: Omit<RunSpec, 'ids'>, known: PipelineRow): PipelineHandle<unknown> {
    const error = new SignalboxError(
      'RUN_EXISTS',
      `the run id ${JSON.stringify(spec.id)} is taken by the run ${JSON.stringify(known.name)}`,
      {
        hint: 'leave runId out, or use another one',
        details: { runId: spec.id },
      },
    );
    const event = { type: 'REFUSE', error, token: RUNTIME } as const;
    const first = pipelineLogic.initial(undefined);
    const edge = pipelineLogic.edgeFor(first, event);
    if (edge === undefined) throw new Error('(T1) a queued run must be refusable');
    const row = new RunRow(
      { ...spec, ids: this.#engine.ids, parent: undefined },
      0,
      pipelineLogic.follow(first, edge, event),
    );
    row.end = { seq: 0, at: this.#engine.settings.clock.now(), previous: 'queued', runSeq: 0 };
    row.refusal = error;
    return new PipelineHandle(this.#desk, row);
  }

  /**
   * Waits for runs of this scheduler. Resolves with what is done and what is pending, also when time is up.
   * Rejects EMPTY_HANDLES, INVALID_TYPE, NOT_OWNER, DISCARDED, INVALID_ARGUMENT, or with the signal's reason.
   */
  async waitPipelines<H extends PipelineHandle<unknown>>(
    handles: Iterable<H>,
    options: WaitOptions & { readonly returnWhen?: ReturnWhen } = {},
  ): Promise<WaitResult<H>> {
    const limits = readWaitOptions(options);
    const returnWhen = readReturnWhen(options.returnWhen);
    const pairs = readHandles<H, PipelineRow>(
      handles,
      PipelineHandle.rowOf,
      (row) => this.#desk.owns(row),
      'pipeline',
    );
    const wait = untilReady<H>(this.#engine, pairs, { ...limits, returnWhen });
    return this.#desk.whileWaiting(
      { on: [...pairs.keys()], when: returnWhen, reject: wait.reject, limits },
      wait.promise,
    );
  }

  /** Admits nothing new until `unpause()`; what runs goes on. Returns whether it changed anything. */
  pause(reason?: string): boolean {
    if (reason !== undefined && typeof reason !== 'string')
      throw invalidArgument('reason', reason, 'a string');
    return this.#send({ type: 'PAUSE', ...(reason === undefined ? {} : { reason }), token: RUNTIME });
  }

  unpause(): boolean {
    return this.#send({ type: 'UNPAUSE', token: RUNTIME });
  }

  #send(event: SupervisorEvent): boolean {
    const before = this.#engine.supervisor.mode;
    if (before.leaf.final) return false;
    this.#engine.actors.root.send(event);
    return this.#engine.supervisor.mode !== before;
  }

  /**
   * Changes the capacity of a label. It may shrink below what is in use: running work stays, admission waits.
   * @throws UNKNOWN_RESOURCE, INVALID_ARGUMENT
   */
  setCapacity(label: string, amount: number): void {
    this.#engine.settings.admission.setCapacity(label, amount);
    this.#engine.wake();
  }

  /** Refuses new pipelines from now on; what is queued still runs, unless told otherwise. Returns at once. */
  shutdown(options: { readonly cancelPendingPipelines?: boolean } = {}): void {
    this.#closing.shutdown(readCloseOptions(options));
  }

  /**
   * Shuts down and resolves when nothing is left. `drain` (default) lets everything finish, and lifts a pause;
   * `abort` cancels what is queued and terminates what runs; `suspend` lets running attempts finish and leaves
   * the rest where it is (its handles reject SCHEDULER_ABORTED). Calling it again may only be stricter.
   * Rejects CLOSE_FROM_WITHIN from inside a live run or task, INVALID_ARGUMENT.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const read = readCloseOptions(options);
    const caller = ambient();
    const run = caller?.kind === 'task' ? caller.run : caller;
    if (run !== undefined && this.#desk.owns(run) && caller !== undefined && !caller.snapshot.leaf.final) {
      throw new SignalboxError(
        'CLOSE_FROM_WITHIN',
        `close() was called from inside the ${caller.kind} ${JSON.stringify(caller.name)}, which it would wait for`,
        {
          hint: 'call shutdown() there, and close() outside',
        },
      );
    }
    await this.#closing.close(read);
  }

  /** A frozen view of this moment; cheap enough to poll, and usable after close. */
  snapshot(): SchedulerSnapshot {
    this.#view = nextSnapshot(this.#view, this.#engine);
    return this.#view;
  }

  /** The last events (`limits.eventRing` of them), oldest first: for viewers that come late. */
  recentEvents(): readonly RuntimeEvent[] {
    return this.#engine.hub.recent();
  }

  /** `await using`: closes and drains. It cannot see an exception; see `Scheduler.use`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs `work` with a scheduler that is closed afterwards, whatever happens. */
  static async use<T>(
    options: SchedulerOptions,
    work: (scheduler: Scheduler) => T | PromiseLike<T>,
    how: UseOptions = {},
  ): Promise<T> {
    if (typeof work !== 'function')
      throw invalidArgument('the work of Scheduler.use', work, 'a function of the scheduler');
    if (typeof how !== 'object' || how === null)
      throw invalidArgument('the options of Scheduler.use', how, '{ onException? }');
    checkKeys('option of Scheduler.use', how, ['onException']);
    const { onException = 'fail-fast' } = how;
    if (onException !== 'fail-fast' && onException !== 'drain') {
      throw invalidArgument('onException', onException, "'fail-fast' or 'drain'");
    }
    const scheduler = new this(options);
    try {
      const value = await work(scheduler);
      await scheduler.close();
      return value;
    } catch (error) {
      await scheduler.close({ mode: onException === 'drain' ? 'drain' : 'abort' });
      throw error;
    }
  }
}

function ownName(pipeline: Submitted): string {
  const name = isRunnable(pipeline) ? pipeline[NAME] : pipeline.name;
  return name === '' ? 'anonymous' : name;
}

function readRunId(runId: unknown): void {
  if (typeof runId !== 'string' || runId === '') throw invalidArgument('runId', runId, 'the id of a run');
}

/** A child that comes after a run above it, which in turn waits for its children, could never start. */
function refuseCircle(after: readonly PipelineRow[], parent: PipelineRow | undefined): void {
  for (let run = parent; run !== undefined; run = run.parent) {
    if (run.children === 'continue' || !after.includes(run)) continue;
    throw new SignalboxError(
      'WOULD_DEADLOCK',
      `the child run would come after the run ${JSON.stringify(run.name)}, which ends only after its children (children: ${JSON.stringify(run.children)})`,
      { hint: "leave that run out of after, or submit it with children: 'continue'" },
    );
  }
}

/** A pipeline object whose `run` returns `T`. */
export interface TypedPipeline<T> extends RunnablePipeline {
  run(): T | PromiseLike<T>;
}
