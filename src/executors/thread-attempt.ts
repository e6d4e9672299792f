/**
 * One attempt on a worker thread, seen from the process.
 *
 * Owns: the attempt's port, its stop flag, and its one end. Does not own the pool, nor the queue for a thread.
 * Invariants:
 * (A1) the end is reported once, after everything the body wrote before it;
 * (A2) a killed attempt ends when its thread is gone, not when it was asked to go: resources are given back
 *      by what no longer runs;
 * (A3) the job is cloned when the attempt starts, so that later changes of an argument do not reach it.
 */
import { once } from 'node:events';
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import type { AttemptReports, AttemptRequest, ModuleWork, RunningAttempt } from './executor.ts';
import { decodeError, encodeError } from './thread-errors.ts';
import { killed, noExport, noModule, threadDied, uncloneable } from './thread-failures.ts';
import type { FromThread, StopMessage, ThreadEnd, ThreadJob, ThreadTask } from './thread-protocol.ts';

/** What an attempt needs of piscina. */
export interface ThreadPool {
  readonly threads: readonly Worker[];
  run(
    task: ThreadTask,
    options: { readonly transferList: MessagePort[]; readonly signal: AbortSignal },
  ): Promise<unknown>;
}

type Ending =
  | { readonly kind: 'alive' }
  | { readonly kind: 'killed' }
  | { readonly kind: 'lost'; readonly error: Error };

export class ThreadAttempt implements RunningAttempt {
  readonly #work: ModuleWork;
  readonly #context: AttemptRequest['context'];
  readonly #reports: AttemptReports;
  readonly #channel = new MessageChannel();
  readonly #stopFlag = new Int32Array(new SharedArrayBuffer(4));
  readonly #abort = new AbortController();
  #phase: 'waiting' | 'running' | 'ended' = 'waiting';
  #stop: { readonly reason: unknown } | undefined;
  #ending: Ending = { kind: 'alive' };
  #pool: ThreadPool | undefined;
  #threadGone: Promise<unknown> = Promise.resolve();

  constructor(work: ModuleWork, { args, context }: AttemptRequest, reports: AttemptReports) {
    this.#work = work;
    this.#context = context;
    this.#reports = reports;
    const { id, name, runId, attempt } = context;
    const job: ThreadJob = {
      module: work.module,
      export: work.export,
      args,
      context: { id, name, runId, attempt },
    };
    this.#channel.port1.on('message', (message: FromThread) => this.#take(message));
    try {
      this.#channel.port1.postMessage(job);
    } catch (error) {
      this.#failLater(uncloneable(`an argument of ${this.#label}`, (error as Error).message));
    }
  }

  get waiting(): boolean {
    return this.#phase === 'waiting';
  }

  stop(reason: unknown): void {
    if (this.#phase === 'ended' || this.#stop !== undefined) return;
    this.#stop = { reason };
    if (this.#phase === 'waiting') {
      this.#failLater(reason);
      return;
    }
    this.#channel.port1.postMessage({ reason: encodeError(reason) } satisfies StopMessage);
    Atomics.store(this.#stopFlag, 0, 1);
  }

  kill(): void {
    if (this.#phase === 'waiting') this.#failLater(killed(this.#label));
    else if (this.#phase === 'running') this.#end({ kind: 'killed' });
  }

  /** Ends an attempt that no thread will ever take up. */
  lose(error: Error): void {
    if (this.#phase === 'waiting') this.#failLater(error);
    else if (this.#phase === 'running') this.#end({ kind: 'lost', error });
  }

  /** Runs to the end; resolves when the thread is free for another attempt or gone. Never rejects. */
  async run(pool: ThreadPool): Promise<void> {
    this.#phase = 'running';
    this.#pool = pool;
    const task = { port: this.#channel.port2, stopFlag: this.#stopFlag };
    try {
      await pool.run(task, { transferList: [this.#channel.port2], signal: this.#abort.signal });
      this.#drain();
    } catch (error) {
      await this.#threadGone;
      this.#drain();
      this.#fail(this.#endError(error));
    }
  }

  get #label(): string {
    return `export ${JSON.stringify(this.#work.export)} of ${this.#work.module}`;
  }

  /** Takes the thread away from piscina and remembers it by its absence, which tells when it is gone (A2). */
  #end(ending: Ending): void {
    if (this.#ending.kind !== 'alive') return;
    this.#ending = ending;
    const before = this.#pool?.threads ?? [];
    this.#abort.abort();
    const after = new Set(this.#pool?.threads);
    const removed = before.find((thread) => !after.has(thread));
    if (removed !== undefined) this.#threadGone = once(removed, 'exit');
  }

  #endError(error: unknown): unknown {
    switch (this.#ending.kind) {
      case 'killed':
        return killed(this.#label);
      case 'lost':
        return this.#ending.error;
      case 'alive':
        return threadDied(this.#label, error);
      default:
        return this.#ending satisfies never;
    }
  }

  #drain(): void {
    for (let entry = this.#receive(); entry !== undefined; entry = this.#receive()) this.#take(entry.message);
  }

  #receive(): { message: FromThread } | undefined {
    return this.#phase === 'ended' ? undefined : receiveMessageOnPort(this.#channel.port1);
  }

  #take(message: FromThread): void {
    if (this.#phase === 'ended') return;
    switch (message.kind) {
      case 'progress':
        this.#context.emitProgress(message.percent, message.message);
        break;
      case 'output':
        this.#context.emitOutput(message.stream, message.chunk);
        break;
      case 'log':
        this.#context.logger[message.level](message.message, ...message.rest);
        break;
      case 'end':
        this.#finish(message.end);
        break;
      default:
        message satisfies never;
    }
  }

  #finish(end: ThreadEnd): void {
    this.#close();
    if (end.kind === 'succeeded') this.#reports.succeeded(end.value);
    else this.#reports.failed(this.#failure(end));
  }

  #failure(end: Exclude<ThreadEnd, { kind: 'succeeded' }>): unknown {
    switch (end.kind) {
      case 'failed':
        return decodeError(end.error);
      case 'stopped':
        return this.#stop?.reason;
      case 'uncloneable':
        return uncloneable(`the result of ${this.#label}`, end.why);
      case 'no-module':
        return noModule(this.#work, decodeError(end.error));
      case 'no-export':
        return noExport(this.#work, end.found);
      default:
        return end satisfies never;
    }
  }

  /** Ends an attempt that no thread has seen; never from inside the call that caused it. */
  #failLater(error: unknown): void {
    this.#close();
    queueMicrotask(() => this.#reports.failed(error));
  }

  #fail(error: unknown): void {
    if (this.#phase === 'ended') return;
    this.#close();
    this.#reports.failed(error);
  }

  #close(): void {
    this.#phase = 'ended';
    this.#channel.port1.close();
  }
}
