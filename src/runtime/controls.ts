/**
 * What the code of a run works with: submit tasks, wait, go to the next stage. The same object is `this` of a
 * Pipeline class and the argument of a pipeline function. Works only while the body is active, and only when
 * called from it.
 */
import { SignalboxError } from '../core/errors.ts';
import type { TaskDefinition } from '../executors/define-task.ts';
import type { ProcessResult } from '../executors/process-result.ts';
import { isTask, type Task, type TaskValue } from '../task/index.ts';
import { ambient } from './ambient.ts';
import type { Body } from './body.ts';
import type { Desk } from './desk.ts';
import { shareMapping } from './shared-mappings.ts';
import { STYLE, StyleControls } from './style-controls.ts';
import type { TaskContext } from './task-context.ts';
import { TaskHandle } from './task-handle.ts';
import type { Command, TaskOptions, TaskPlan } from './task-spec.ts';
import {
  type ReturnWhen,
  readHandles,
  readReturnWhen,
  readWaitOptions,
  untilReady,
  type WaitOptions,
  type WaitResult,
} from './waits.ts';

/** What `args` of a function must be: its parameters, without the context at their end. */
export type ArgsOf<F extends (...args: never[]) => unknown> =
  Parameters<F> extends readonly [...infer Own, TaskContext] ? Own : Parameters<F>;

/** A value that a body returns: a generator's return value, a promise's value, or the value itself. */
export type BodyResult<R> = R extends Generator<unknown, infer V> | AsyncGenerator<unknown, infer V>
  ? V
  : Awaited<R>;

/** Options of a task that is a closure. It cannot leave this thread: the executors that are elsewhere are out. */
export type ClosureOptions<E extends string> = Omit<TaskOptions, 'executor'> & {
  readonly executor?: E & (E extends 'thread' | 'process' ? never : unknown);
};

/** A task ready to be submitted. Each `run()` is a new task; the stage is taken at `run()`. */
export interface TaskBuilder<T> {
  /**
   * Submits the task to the current stage.
   * @throws INVALID_ARGUMENT, UNKNOWN_RESOURCE, UNSCHEDULABLE_TASK, PIPELINE_NOT_RUNNING, NOT_OWNER, LIMIT_EXCEEDED
   */
  run(): TaskHandle<T>;
}

export class Controls {
  readonly #desk: Desk;
  readonly #body: Body;
  #style: StyleControls | undefined = undefined;

  constructor(desk: Desk, body: Body) {
    this.#desk = desk;
    this.#body = body;
  }

  get runId(): string {
    return this.#body.row.id;
  }
  get name(): string {
    return this.#body.row.name;
  }
  /** What `runPipeline` was given as `input`. */
  get input(): unknown {
    this.#checkCaller();
    return this.#body.input;
  }
  /** Aborted when the run is terminated. */
  get signal(): AbortSignal {
    this.#checkCaller();
    return this.#body.signal;
  }

  /** Prepares a task; nothing is checked or submitted before `run()`. */
  task<R, E extends string = string>(
    fn: (context: TaskContext) => R,
    options?: ClosureOptions<E> & { readonly args?: readonly [] },
  ): TaskBuilder<BodyResult<R>>;
  task<F extends (...args: never[]) => unknown, E extends string = string>(
    fn: F,
    options: ClosureOptions<E> & { readonly args: Readonly<ArgsOf<F>> },
  ): TaskBuilder<BodyResult<ReturnType<F>>>;
  task<const A extends readonly unknown[], R, E extends string = string>(
    fn: (...args: [...A, TaskContext]) => R,
    options: ClosureOptions<E> & { readonly args: A },
  ): TaskBuilder<BodyResult<R>>;
  task<A extends readonly unknown[], T>(
    definition: TaskDefinition<A, T>,
    options: TaskOptions & { readonly args: NoInfer<A> },
  ): TaskBuilder<T>;
  task<T>(definition: TaskDefinition<readonly [], T>, options?: TaskOptions): TaskBuilder<T>;
  task<K extends Task>(task: K, options?: TaskOptions): TaskBuilder<TaskValue<K>>;
  task(command: Command, options?: TaskOptions): TaskBuilder<ProcessResult>;
  task(subject: unknown, options?: unknown): TaskBuilder<unknown> {
    return new Builder(this.#desk, this.#body, this, subject, options);
  }

  /** What authoring styles may do besides. */
  get [STYLE](): StyleControls {
    this.#style ??= new StyleControls(this.#desk, this.#body, () => this.check());
    return this.#style;
  }

  /**
   * Resolves with what is done and what is pending. Never rejects for a task's failure; time running out
   * resolves too. Rejects when the signal is aborted or this run is terminated.
   */
  async wait<H extends TaskHandle<unknown>>(
    handles: Iterable<H>,
    options: WaitOptions & { readonly returnWhen?: ReturnWhen } = {},
  ): Promise<WaitResult<H>> {
    this.check();
    const limits = readWaitOptions(options);
    const returnWhen = readReturnWhen(options.returnWhen);
    const row = this.#body.row;
    const pairs = readHandles<H, ReturnType<typeof TaskHandle.rowOf> & object>(
      handles,
      TaskHandle.rowOf,
      (task) => task.run === row,
      'task',
    );
    const wait = untilReady<H>(this.#desk.timers, pairs, { ...limits, returnWhen });
    this.#body.waits.add(wait.reject);
    try {
      return await this.#desk.whileWaiting(
        { on: [...pairs.keys()], when: returnWhen, reject: wait.reject, limits },
        wait.promise,
      );
    } finally {
      this.#body.waits.delete(wait.reject);
    }
  }

  /** Goes to the next stage: what is submitted from now on goes before what earlier stages still queue. */
  stageForward(name?: string): void {
    this.check();
    this.#desk.stageForward(this.#body.row, name);
  }

  /** The scheduler's clock, epoch milliseconds. */
  now(): number {
    this.check();
    return this.#desk.given(this.#body.row, 'now', () => this.#desk.clock.now());
  }
  /** The scheduler's random number, 0 up to 1. */
  random(): number {
    this.check();
    return this.#desk.given(this.#body.row, 'random', () => this.#desk.random());
  }
  /** A new sortable id. */
  uuid(): string {
    this.check();
    return this.#desk.given(this.#body.row, 'uuid', () => this.#desk.ids.next());
  }

  /** Throws unless this run's body is active and it is its own code that calls. */
  check(): void {
    this.#checkCaller();
    if (this.#body.stopping) throw this.#body.stopReason;
  }

  #checkCaller(): void {
    const { row } = this.#body;
    if (!this.#body.active) {
      throw new SignalboxError(
        'PIPELINE_NOT_RUNNING',
        `the run ${row.name} is ${row.snapshot.leaf.state}; controls work only inside its run()`,
        {
          hint: 'submit tasks and wait before run() returns',
        },
      );
    }
    if (ambient() !== row) {
      throw new SignalboxError(
        'NOT_OWNER',
        `the controls of the run ${row.name} were used by other code; allowed: its own run()`,
        {
          hint: 'return values from tasks and submit the next ones from run()',
        },
      );
    }
  }
}

class Builder implements TaskBuilder<unknown> {
  readonly #desk: Desk;
  readonly #body: Body;
  readonly #controls: Controls;
  readonly #subject: unknown;
  readonly #options: unknown;
  #plan: TaskPlan | undefined = undefined;

  constructor(desk: Desk, body: Body, controls: Controls, subject: unknown, options: unknown) {
    this.#desk = desk;
    this.#body = body;
    this.#controls = controls;
    this.#subject = subject;
    this.#options = copyTaskOptions(options);
  }

  run(): TaskHandle<unknown> {
    this.#controls.check();
    // A Task may have been changed, and its handler too, since it was submitted the last time.
    const plan = isTask(this.#subject) ? undefined : this.#plan;
    this.#plan = plan ?? this.#desk.plan(this.#subject, this.#options);
    return this.#desk.submitTask(this.#body.row, this.#plan);
  }
}

/** What is given to `task()` counts as it was then, whatever the caller does with its objects later. */
export function copyTaskOptions(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options;
  const copy: Record<string, unknown> = { ...options };
  const { resources, args } = copy;
  if (typeof resources === 'object' && resources !== null && !Array.isArray(resources)) {
    copy['resources'] = shareMapping(resources as Readonly<Record<string, unknown>>);
  }
  if (Array.isArray(args)) copy['args'] = [...args];
  return copy;
}
