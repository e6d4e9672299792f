/** Pipelines written as code: a class whose `run()` submits tasks, or a named function. */
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import {
  CLAIM,
  type Controls,
  copyTaskOptions,
  DEFINITION,
  ENTER,
  NAME,
  type ReturnWhen,
  type RunnablePipeline,
  type StyleDefinition,
  type TaskHandle,
  type WaitOptions,
  type WaitResult,
} from '../runtime/index.ts';

/** Extend it and write `run()`. An instance can be submitted once. */
export abstract class Pipeline<T = unknown> implements RunnablePipeline {
  #controls: Controls | undefined = undefined;
  #claimed = false;

  /** The body. Its return value is the result of the run. */
  abstract run(): T | PromiseLike<T>;

  get [NAME](): string {
    return this.constructor.name;
  }

  [CLAIM](): () => void {
    if (this.#claimed) {
      throw new SignalboxError(
        'PIPELINE_REUSED',
        `this instance of ${this.constructor.name} was submitted before; allowed: once per instance`,
        {
          hint: `create a new one: runPipeline(new ${this.constructor.name}(...))`,
        },
      );
    }
    this.#claimed = true;
    return () => {
      this.#claimed = false;
    };
  }

  [ENTER](controls: Controls): T | PromiseLike<T> {
    this.#controls = controls;
    return this.run();
  }

  /**
   * Prepares a task: a function, a `defineTask` definition, or a command. May be called anywhere, also in a
   * constructor; nothing is checked or submitted before `.run()`. See `TaskOptions`.
   */
  get task(): Controls['task'] {
    return ((subject: never, options: never) => {
      if (this.#controls !== undefined) return this.#controls.task(subject, options);
      const copy = copyTaskOptions(options) as never;
      return { run: () => this.#bound().task(subject, copy).run() };
    }) as Controls['task'];
  }

  /** Waits for tasks of this run; resolves with `{ done, pending }`. */
  async wait<H extends TaskHandle<unknown>>(
    handles: Iterable<H>,
    options?: WaitOptions & { readonly returnWhen?: ReturnWhen },
  ): Promise<WaitResult<H>> {
    return this.#bound().wait(handles, options);
  }

  /** Goes to the next stage: its tasks go before what earlier stages still queue. */
  stageForward(name?: string): void {
    this.#bound().stageForward(name);
  }

  now(): number {
    return this.#bound().now();
  }
  random(): number {
    return this.#bound().random();
  }
  uuid(): string {
    return this.#bound().uuid();
  }
  /** What `runPipeline` was given as `input`. */
  get input(): unknown {
    return this.#bound().input;
  }
  /** Aborted when this run is terminated. */
  get signal(): AbortSignal {
    return this.#bound().signal;
  }
  get runId(): string {
    return this.#bound().runId;
  }

  #bound(): Controls {
    if (this.#controls !== undefined) return this.#controls;
    throw new SignalboxError(
      'PIPELINE_NOT_RUNNING',
      `${this.constructor.name} is not running; controls work only inside its run()`,
      {
        hint: 'submit it with scheduler.runPipeline(...)',
      },
    );
  }
}

export interface DefinedPipeline<T> extends RunnablePipeline {
  readonly name: string;
  readonly version: string;
  run(): T | PromiseLike<T>;
}

class FunctionPipeline<T> implements DefinedPipeline<T> {
  readonly name: string;
  readonly version: string;
  readonly #fn: (pipeline: Controls) => T | PromiseLike<T>;

  constructor(name: string, version: string, fn: (pipeline: Controls) => T | PromiseLike<T>) {
    this.name = name;
    this.version = version;
    this.#fn = fn;
  }

  get [NAME](): string {
    return this.name;
  }
  [CLAIM](): () => void {
    return () => {};
  }
  [DEFINITION](): StyleDefinition {
    return { style: 'code', version: this.version };
  }
  [ENTER](controls: Controls): T | PromiseLike<T> {
    return this.#fn(controls);
  }
  run(): never {
    throw new SignalboxError(
      'PIPELINE_NOT_RUNNING',
      `the pipeline ${this.name} is run by scheduler.runPipeline(...), not by hand`,
    );
  }
}

/**
 * Names a pipeline function, so that a run of it can be found again by name. It can be submitted many times.
 * @throws INVALID_ARGUMENT for an empty name, a version that is no string, or what is not a function
 */
export function definePipeline<T>(
  name: string,
  fn: (pipeline: Controls) => T | PromiseLike<T>,
  options: { readonly version?: string } = {},
): DefinedPipeline<T> {
  if (typeof options !== 'object' || options === null)
    throw invalidArgument('the options of a pipeline', options, '{ version? }');
  if (typeof name !== 'string' || name === '')
    throw invalidArgument('the name of a pipeline', name, 'a non-empty string');
  if (typeof fn !== 'function')
    throw invalidArgument('a pipeline function', fn, 'an async function of its controls');
  const { version = '1' } = options;
  if (typeof version !== 'string' || version === '')
    throw invalidArgument('version', version, 'a non-empty string');
  return new FunctionPipeline(name, version, fn);
}
