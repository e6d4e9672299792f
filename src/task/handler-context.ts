/** What a handler sees: the context of the attempt, and the Task it runs. Its members can be destructured. */
import type { Logger } from '../core/logger.ts';
import type { AttemptContext } from '../executors/executor.ts';
import type { TaskSettings } from './options.ts';
import type { Task } from './task.ts';

export class HandlerContext implements AttemptContext {
  readonly #attempt: AttemptContext;
  readonly #task: Task;
  /** The Tasks it directly comes after in a graph, by id, in the order of declaration. */
  readonly upstream: ReadonlyMap<string, Task>;

  constructor(attempt: AttemptContext, task: Task, upstream: ReadonlyMap<string, Task>) {
    this.#attempt = attempt;
    this.#task = task;
    this.upstream = upstream;
  }

  /** Of the Task, not of this run of it. */
  get taskId(): string {
    return this.#task.id;
  }
  get kind(): string {
    return this.#task.kind;
  }
  get title(): string {
    return this.#task.title;
  }
  get description(): string {
    return this.#task.description;
  }
  get payload(): unknown {
    return this.#task.payload;
  }
  get timeoutMs(): number | undefined {
    return this.#task.timeoutMs;
  }
  /** Whatever else the Task was made with: `model`, `tools`, `args`, `env`, ... */
  get options(): TaskSettings {
    return this.#task.options;
  }
  get status(): 'running' {
    return 'running';
  }

  /** Of this task in its run, as in events. */
  get id(): string {
    return this.#attempt.id;
  }
  get name(): string {
    return this.#attempt.name;
  }
  get runId(): string {
    return this.#attempt.runId;
  }
  /** 1 for the first attempt. */
  get attempt(): number {
    return this.#attempt.attempt;
  }
  /** Aborted when the attempt is to stop. */
  get signal(): AbortSignal {
    return this.#attempt.signal;
  }
  get terminateRequested(): boolean {
    return this.#attempt.terminateRequested;
  }
  get logger(): Logger {
    return this.#attempt.logger;
  }
  /** Tells `task:progress`: a percentage from 0 to 100, a message, or both. */
  get emitProgress(): AttemptContext['emitProgress'] {
    const attempt = this.#attempt;
    return (percent, message) => attempt.emitProgress(percent, message);
  }
  /** Tells `task:output`. */
  get emitOutput(): AttemptContext['emitOutput'] {
    const attempt = this.#attempt;
    return (stream, chunk) => attempt.emitOutput(stream, chunk);
  }
  /** Throws the signal's reason when the attempt is to stop. */
  get throwIfCancelled(): AttemptContext['throwIfCancelled'] {
    const attempt = this.#attempt;
    return () => attempt.throwIfCancelled();
  }
}
