/**
 * The scheduler: the public face of one supervisor. It admits runs and tasks against resources, carries their
 * events, and closes without leaving anything behind.
 */
import type { Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import { pipelineLogic } from '../../machines/compiled.ts';
import { RUNTIME, type SupervisorEvent } from '../../machines/protocol.ts';
import { invalidArgument, SignalboxError, TerminatedError } from '../core/errors.ts';
import { ambient } from './ambient.ts';
import { type CloseOptions, Closing, readCloseOptions } from './closing.ts';
import { Desk } from './desk.ts';
import { Engine } from './engine.ts';
import type { RuntimeEvent } from './events.ts';
import type { ExecutorFactory } from './executor-set.ts';
import { readOptions, type SchedulerOptions } from './options.ts';
import { PipelineHandle } from './pipeline-handle.ts';
import { type PipelineRow, PipelineRow as RunRow, type RunSpec, type TaskRow } from './rows.ts';
import {
  CLAIM,
  checkRunnable,
  ENTER,
  isRunnable,
  NAME,
  type PipelineFunction,
  type ReadRunOptions,
  type RunnablePipeline,
  type RunOptions,
  readRunOptions,
} from './run-options.ts';
import { nextSnapshot, type SchedulerSnapshot } from './snapshot.ts';
import { checkKeys } from './task-spec.ts';
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
  #view: SchedulerSnapshot | undefined = undefined;
  /** Every event of this scheduler, in `seq` order, from the moment of subscription. */
  readonly events$: Observable<RuntimeEvent>;

  /**
   * `builtIn`: the executors this scheduler is composed with; the package's own Scheduler passes all of its.
   * @throws INVALID_ARGUMENT for an option that is not as documented
   */
  constructor(options: SchedulerOptions = {}, builtIn: ReadonlyMap<string, ExecutorFactory> = new Map()) {
    this.#engine = new Engine(readOptions(options), builtIn);
    this.#desk = new Desk(this.#engine);
    this.#closing = new Closing(this.#engine, this.#desk);
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
  runPipeline(pipeline: unknown, options: RunOptions = {}): PipelineHandle<unknown> {
    checkRunnable(pipeline);
    const read = readRunOptions(options, (row) => this.#desk.owns(row));
    const parent = this.#parent();
    if (parent === undefined && this.shutdownStarted) {
      throw new SignalboxError(
        'SCHEDULER_SHUTTING_DOWN',
        `the scheduler is ${this.#engine.supervisor.mode.leaf.path}; no new pipelines are accepted`,
        {
          hint: 'submit before shutdown() or close()',
        },
      );
    }
    refuseCircle(read.after, parent);
    const unmark = isRunnable(pipeline) ? pipeline[CLAIM]() : undefined;
    const spec = this.#runSpec(pipeline, read, parent);
    const known = read.runId === undefined ? undefined : this.#engine.retention.find(read.runId);
    if (known !== undefined) {
      unmark?.();
      return this.#refusedRun(spec, known);
    }
    const enter = isRunnable(pipeline) ? (controls: never) => pipeline[ENTER](controls) : pipeline;
    return this.#desk.submitRun(spec, read.after, enter as never, read.input);
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
    const ownName = isRunnable(pipeline) ? pipeline[NAME] : pipeline.name;
    return {
      id: read.runId ?? this.#engine.ids.next(),
      name: read.name ?? (ownName === '' ? 'anonymous' : ownName),
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
    row.end = { seq: 0, at: this.#engine.settings.clock.now(), previous: 'queued' };
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
