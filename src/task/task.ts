/**
 * A task as an object: what to do, how, and what became of it. It can be made, passed on, put into graphs and
 * written down before anything runs it; `scheduler.runTask(task)`, `this.task(task)` and a graph submit it.
 *
 * Owns: the editable description of the work. Does not own: status and results (life.ts), what a kind means
 * (handlers.ts), how it becomes a submission (preparation.ts), its written form (written-task.ts).
 */
import { systemClock } from '../core/clock.ts';
import { invalidArgument } from '../core/errors.ts';
import { IdSource } from '../core/ids.ts';
import { readImage } from '../core/image-reference.ts';
import type { AttemptContext } from '../executors/executor.ts';
import { LIFE, TaskLife } from './life.ts';
import {
  type AgentOptions,
  type CallContext,
  type CallOptions,
  type CommandOptions,
  type DockerOptions,
  isOwnKind,
  type PromptOptions,
  type ReadDetails,
  readContent,
  readDetails,
  readText,
  readTimeout,
  type TaskSettings,
} from './options.ts';
import type { TaskResult } from './result.ts';
import { isActiveStatus, isBadStatus, type TaskStatus } from './status.ts';
import { readTask, type WrittenTask, writeTask } from './written-task.ts';

const ids = new IdSource(() => systemClock.now());

/** Parameters of a called function, without the context at their end. */
export type CallArgs<F extends (...args: never[]) => unknown> =
  Parameters<F> extends readonly [...infer Own, AttemptContext] ? Own : Parameters<F>;

/** What a called function gives: a generator's return value, a promise's value, or the value itself. */
export type CallResult<R> = R extends Generator<unknown, infer V> | AsyncGenerator<unknown, infer V>
  ? V
  : Awaited<R>;

/** The options of a call; they may be left out when the function needs no arguments. */
type CallRest<A extends readonly unknown[]> = A extends readonly []
  ? [options?: CallOptions & { readonly args?: readonly [] }]
  : [options: CallOptions & { readonly args: Readonly<A> }];

interface Origin {
  readonly id: string;
  readonly createdAt: number;
  readonly life: TaskLife;
}

/** `T` is what a run of it gives: the value for `Task.call`, a TaskResult for every other kind. */
export class Task<T = unknown> {
  /** Carries the type; never present. */
  declare readonly '~result'?: T;
  readonly id: string;
  /** `bash powershell call prompt agent docker`, or one of your own. */
  readonly kind: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Everything it was made with besides title, description and timeoutMs. Frozen. */
  readonly options: TaskSettings;
  readonly #life: TaskLife;
  #title: string;
  #description: string;
  #payload: unknown;
  #timeoutMs: number | undefined;

  private constructor(kind: string, payload: unknown, details: ReadDetails, origin?: Origin) {
    this.id = origin?.id ?? ids.next();
    this.kind = kind;
    this.createdAt = origin?.createdAt ?? systemClock.now();
    this.options = details.settings;
    this.#life = origin?.life ?? new TaskLife(this.id);
    this.#title = details.title;
    this.#description = details.description;
    this.#timeoutMs = details.timeoutMs;
    this.#payload = readPayload(kind, payload);
    Object.freeze(this);
  }

  // --- factories -------------------------------------------------------------------------------------------
  // All throw INVALID_ARGUMENT for what is not as documented, at once; labels and executors are looked up, and
  // `retry` and `resources` read, when the Task is submitted.

  /** A command line for `bash -c`. */
  static bash(command: string, options: CommandOptions = {}): Task<TaskResult> {
    return new Task<TaskResult>('bash', command, readDetails('bash', options));
  }

  /** The same as `Task.bash`. */
  static shell(command: string, options: CommandOptions = {}): Task<TaskResult> {
    return Task.bash(command, options);
  }

  /** A script for `pwsh -NoProfile -NonInteractive -Command`. */
  static powershell(script: string, options: CommandOptions = {}): Task<TaskResult> {
    return new Task<TaskResult>('powershell', script, readDetails('powershell', options));
  }

  /** A function of this process, called as `fn(...args, context)`; `context.upstream` has the direct parents. */
  static call<R>(
    fn: (context: CallContext) => R,
    options?: CallOptions & { readonly args?: readonly [] },
  ): Task<CallResult<R>>;
  static call<F extends (...args: never[]) => unknown>(
    fn: F,
    ...rest: CallRest<CallArgs<F>>
  ): Task<CallResult<ReturnType<F>>>;
  static call<const A extends readonly unknown[], R>(
    fn: (...args: [...A, CallContext]) => R,
    options: CallOptions & { readonly args: A },
  ): Task<CallResult<R>>;
  static call(fn: unknown, options: unknown = {}): Task<unknown> {
    return new Task('call', fn, readDetails('call', options));
  }

  /**
   * A container of an image, run on a Docker engine to its end; needs the package `dockerode`. Its output is the
   * result's, and `raw` is a ContainerResult: `raw.outputs` is the object that it left in /logs/outputs.json.
   */
  static docker(image: string, options: DockerOptions = {}): Task<TaskResult> {
    const details = readDetails('docker', options);
    readImage(image, details.settings.tag);
    return new Task<TaskResult>('docker', image, details);
  }

  /** A task of your own kind; a handler registered for it runs it, and sees `payload`. */
  static custom(kind: string, payload: unknown, options: CommandOptions = {}): Task<TaskResult> {
    const name = readContent('the kind of a task', kind);
    if (isOwnKind(name))
      throw invalidArgument('the kind of a custom task', name, `another one: see Task.${name}`);
    return new Task<TaskResult>(name, payload, readDetails(name, options));
  }

  /** A text for a language model; a handler for `prompt` runs it. */
  static prompt(text: string, options: PromptOptions = {}): Task<TaskResult> {
    return new Task<TaskResult>('prompt', text, readDetails('prompt', options));
  }

  /** A text for a language model that may use tools; a handler for `agent` runs it. */
  static agent(text: string, options: AgentOptions = {}): Task<TaskResult> {
    return new Task<TaskResult>('agent', text, readDetails('agent', options));
  }

  /**
   * The Task that `toJSON` has written: same id, same status, same result but for `raw`. One that was written
   * while it ran is pending. @throws INVALID_ARGUMENT
   */
  static fromJSON(written: unknown): Task<TaskResult> {
    const { kind, payload, details, ...origin } = readTask(written);
    return new Task<TaskResult>(kind, payload, details, origin);
  }

  // --- what it is ------------------------------------------------------------------------------------------
  // Editable until it has succeeded (then TASK_IMMUTABLE), and not while it is in a live run (TASK_BUSY).

  get title(): string {
    return this.#title;
  }
  set title(value: string) {
    this.#checkEditable();
    this.#title = readText('title', value);
  }

  get description(): string {
    return this.#description;
  }
  set description(value: string) {
    this.#checkEditable();
    this.#description = readText('description', value);
  }

  /** The command line, script, text, function, or whatever a custom kind has. */
  get payload(): unknown {
    return this.#payload;
  }
  set payload(value: unknown) {
    this.#checkEditable();
    this.#payload = readPayload(this.kind, value);
  }

  /** Time one attempt may take, in milliseconds; undefined for no limit. */
  get timeoutMs(): number | undefined {
    return this.#timeoutMs;
  }
  set timeoutMs(value: number | undefined) {
    this.#checkEditable();
    this.#timeoutMs = readTimeout(value);
  }

  #checkEditable(): void {
    this.#life.checkEditable(this);
  }

  // --- what became of it -----------------------------------------------------------------------------------

  /** What its last run has shown; one that is submitted again shows its last end until it is started. */
  get status(): TaskStatus {
    return this.#life.shown.status;
  }
  /** Set with every end but blocked; undefined before, and while it runs. */
  get result(): TaskResult | undefined {
    return this.#life.shown.result;
  }
  /** The identical error it failed with. */
  get error(): unknown {
    return this.#life.shown.error;
  }
  /** Of a blocked one: the id of the direct parent that ended badly. */
  get blockedBy(): string | undefined {
    return this.#life.shown.blockedBy;
  }

  /** Pending or running. */
  get isActive(): boolean {
    return isActiveStatus(this.status);
  }
  /** Succeeded. */
  get isDone(): boolean {
    return this.status === 'succeeded';
  }
  /** Failed, cancelled or blocked. */
  get isBad(): boolean {
    return isBadStatus(this.status);
  }
  /** Not active. */
  get isTerminal(): boolean {
    return !this.isActive;
  }

  /**
   * Cancels it: at once when it is in no live run, through the run when it is (what is queued is cancelled, what
   * runs is asked to stop). Returns whether it did; false for one that has succeeded or is cancelled already.
   */
  cancel(reason?: string): boolean {
    if (reason !== undefined) readText('reason', reason);
    return this.#life.cancel(systemClock.now(), reason);
  }

  /** For the library: not part of the contract. */
  get [LIFE](): TaskLife {
    return this.#life;
  }

  /** @throws INVALID_ARGUMENT for a Task.call, and for a payload or option that JSON cannot hold */
  toJSON(): WrittenTask {
    return writeTask(this);
  }

  toString(): string {
    return `Task(id='${this.id}', title='${this.title}', status=${this.status})`;
  }
}

/** What a run of the Task gives. */
export type TaskValue<K extends Task> = K extends Task<infer V> ? V : never;

export function isTask(value: unknown): value is Task {
  return value instanceof Task;
}

function readPayload(kind: string, value: unknown): unknown {
  switch (kind) {
    case 'bash':
      return readContent('the command of a bash task', value);
    case 'powershell':
      return readContent('the script of a powershell task', value);
    case 'prompt':
    case 'agent':
      return readContent(`the text of the ${kind}`, value);
    case 'docker':
      readImage(value);
      return value;
    case 'call':
      if (typeof value === 'function') return value;
      throw invalidArgument('the function of a call task', value, 'a function');
    default:
      return value;
  }
}
