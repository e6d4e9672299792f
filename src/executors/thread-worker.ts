/* v8 ignore file -- runs on worker threads, where coverage is not collected; exercised by the contract suite */
/**
 * The worker's side of an attempt: imports the module, calls the export, reports the end on the port.
 * Loaded by piscina, once per thread; modules are cached by the thread's own module loader.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Logger } from '../core/logger.ts';
import { checkProgress } from '../core/progress.ts';
import type { AttemptContext } from './executor.ts';
import { cloneable, decodeError, encodeError } from './thread-errors.ts';
import type {
  FromThread,
  LogLevel,
  StopMessage,
  ThreadEnd,
  ThreadJob,
  ThreadTask,
} from './thread-protocol.ts';

/** What a body sees of its attempt. Reading `terminateRequested` also brings `signal` up to date (T1). */
class ThreadContext implements AttemptContext {
  readonly id: string;
  readonly name: string;
  readonly runId: string;
  readonly attempt: number;
  readonly logger: Logger;
  readonly #controller = new AbortController();
  readonly #task: ThreadTask;
  #ended = false;

  constructor(job: ThreadJob, task: ThreadTask) {
    this.id = job.context.id;
    this.name = job.context.name;
    this.runId = job.context.runId;
    this.attempt = job.context.attempt;
    this.#task = task;
    const log =
      (level: LogLevel) =>
      (message: string, ...rest: readonly unknown[]): void =>
        this.#post({ kind: 'log', level, message: String(message), rest: rest.map(cloneable) });
    this.logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    task.port.on('message', this.#onStop);
    // The thread is kept awake by piscina's port; this one must not keep it from ending.
    task.port.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get terminateRequested(): boolean {
    if (Atomics.load(this.#task.stopFlag, 0) === 0) return false;
    if (!this.signal.aborted) {
      const entry = receiveMessageOnPort(this.#task.port);
      if (entry !== undefined) this.#onStop(entry.message);
    }
    return true;
  }

  readonly throwIfCancelled = (): void => {
    if (this.terminateRequested) throw this.signal.reason;
  };

  /** Checked here, where the body can still be told. */
  readonly emitProgress = (percent?: number, message?: string): void => {
    checkProgress(percent, message);
    this.#post({ kind: 'progress', percent, message });
  };

  readonly emitOutput = (stream: 'stdout' | 'stderr', chunk: string): void =>
    this.#post({ kind: 'output', stream, chunk: String(chunk) });

  /** Posts the end; what the body leaves running can report nothing any more (T2). */
  end(end: ThreadEnd): void {
    this.#task.port.off('message', this.#onStop);
    try {
      this.#post({ kind: 'end', end });
    } catch (error) {
      this.#post({ kind: 'end', end: { kind: 'uncloneable', why: (error as Error).message } });
    }
    this.#ended = true;
  }

  readonly #onStop = ({ reason }: StopMessage): void => this.#controller.abort(decodeError(reason));

  #post(message: FromThread): void {
    if (!this.#ended) this.#task.port.postMessage(message);
  }
}

type Lookup = { readonly body: (...args: readonly unknown[]) => unknown } | { readonly missing: ThreadEnd };

async function lookUp(job: ThreadJob): Promise<Lookup> {
  const exports = await importModule(job.module);
  if ('missing' in exports) return exports;
  const body = exports.module[job.export];
  if (typeof body === 'function') return { body: body as (...args: readonly unknown[]) => unknown };
  return { missing: { kind: 'no-export', found: Object.keys(exports.module) } };
}

async function importModule(
  module: string,
): Promise<{ readonly module: Record<string, unknown> } | { readonly missing: ThreadEnd }> {
  try {
    return { module: (await import(module)) as Record<string, unknown> };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    // Anything else that an import throws is an error of the module's own code, and reported as it is.
    if (existsSync(fileURLToPath(module)) && code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
    return { missing: { kind: 'no-module', error: encodeError(error) } };
  }
}

async function outcome(job: ThreadJob, context: ThreadContext): Promise<ThreadEnd> {
  try {
    context.throwIfCancelled();
    const found = await lookUp(job);
    if ('missing' in found) return found.missing;
    return { kind: 'succeeded', value: await found.body(...job.args, context) };
  } catch (error) {
    const stopped = context.signal.aborted && error === context.signal.reason;
    return stopped ? { kind: 'stopped' } : { kind: 'failed', error: encodeError(error) };
  }
}

export default async function runAttempt(task: ThreadTask): Promise<void> {
  const job = receiveMessageOnPort(task.port as MessagePort)?.message as ThreadJob;
  const context = new ThreadContext(job, task);
  context.end(await outcome(job, context));
}
