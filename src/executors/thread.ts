/**
 * Runs exported functions on worker threads.
 *
 * Owns: the pool of threads (piscina, imported with the first attempt) and the queue for a free thread.
 * Invariants:
 * (P1) never more attempts in piscina than threads may exist: its own queue then holds an attempt only while
 *      that attempt's thread boots. (A thread taken away from piscina by an abort is not replaced for what
 *      waits in its queue, so that queue must not be relied on.)
 * (P2) idle threads hold neither the process nor memory for ever: they are unreferenced, and end after
 *      `IDLE_THREAD_MS`.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import type { AttemptReports, AttemptRequest, Executor, RunningAttempt } from './executor.ts';
import { ThreadAttempt } from './thread-attempt.ts';

export interface ThreadExecutorOptions {
  /**
   * Most threads at once, default `os.availableParallelism()`. The scheduler's admission is what limits; an
   * attempt beyond this number waits, in order, and counts as running meanwhile.
   */
  readonly maxThreads?: number;
}

/** Time after which an idle thread ends, in milliseconds. */
const IDLE_THREAD_MS = 30_000;

/** Node cannot load a `.ts` file on a thread: from the sources, the compiled worker is taken. */
const WORKER_FILE = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../dist/src/executors/thread-worker.js' : './thread-worker.js',
    import.meta.url,
  ),
);

type Pool =
  | { readonly kind: 'none' }
  | { readonly kind: 'loading'; readonly loaded: Promise<void> }
  | { readonly kind: 'open'; readonly piscina: Piscina }
  | { readonly kind: 'closed' };

export class ThreadExecutor implements Executor {
  readonly name = 'thread';
  readonly accepts = ['module'] as const;
  readonly canKill = true;
  readonly #maxThreads: number;
  readonly #workerFile: string;
  readonly #waiting = new Set<ThreadAttempt>();
  readonly #running = new Set<ThreadAttempt>();
  #pool: Pool = { kind: 'none' };

  constructor(maxThreads: number, workerFile: string) {
    this.#maxThreads = maxThreads;
    this.#workerFile = workerFile;
  }

  start(request: AttemptRequest, reports: AttemptReports): RunningAttempt {
    const { work } = request;
    if (work.kind !== 'module') {
      const error = invalidArgument(
        'the work of the thread executor',
        work.kind,
        'module, made by defineTask',
      );
      return refuse(error, reports);
    }
    if (this.#pool.kind === 'closed') return refuse(unavailable('the thread executor is closed'), reports);
    const attempt = new ThreadAttempt(work, request, reports);
    this.#waiting.add(attempt);
    this.#pump();
    return attempt;
  }

  async close(): Promise<void> {
    if (this.#pool.kind === 'loading') await this.#pool.loaded;
    const pool = this.#pool;
    this.#pool = { kind: 'closed' };
    for (const attempt of this.#waiting) attempt.lose(unavailable('the thread executor was closed'));
    if (pool.kind === 'open') await pool.piscina.destroy();
  }

  #pump(): void {
    if (this.#pool.kind === 'none') this.#pool = { kind: 'loading', loaded: this.#load() };
    if (this.#pool.kind !== 'open') return;
    for (const attempt of this.#waiting) {
      if (this.#running.size >= this.#maxThreads) return; // (P1)
      this.#waiting.delete(attempt);
      if (attempt.waiting) this.#run(attempt, this.#pool.piscina);
    }
  }

  #run(attempt: ThreadAttempt, piscina: Piscina): void {
    this.#running.add(attempt);
    void attempt.run(piscina).then(() => {
      this.#running.delete(attempt);
      this.#pump();
    });
  }

  async #load(): Promise<void> {
    try {
      this.#open(await import('piscina'));
    } catch (error) {
      this.#pool = { kind: 'none' };
      for (const attempt of this.#waiting) attempt.lose(unavailable('piscina cannot be loaded', error));
      this.#waiting.clear();
    }
  }

  #open({ Piscina }: Pick<typeof import('piscina'), 'Piscina'>): void {
    const piscina = new Piscina({
      filename: this.#workerFile,
      minThreads: 0,
      maxThreads: this.#maxThreads,
      idleTimeout: IDLE_THREAD_MS,
      // A thread that blocks while it is idle would freeze the timers and connections that modules keep.
      atomics: 'disabled',
      recordTiming: false,
    });
    piscina.on('error', (error: Error) => this.#onThreadError(piscina, error));
    this.#pool = { kind: 'open', piscina };
    this.#pump();
  }

  /** An idle or booting thread died. With no thread left, nobody will take up what was handed to piscina. */
  #onThreadError(piscina: Piscina, error: Error): void {
    if (piscina.threads.length > 0) return;
    const lost = unavailable(`no worker thread can be started: ${error.message}`, error);
    for (const attempt of this.#running) attempt.lose(lost);
  }
}

function refuse(error: SignalboxError, reports: AttemptReports): RunningAttempt {
  queueMicrotask(() => reports.failed(error));
  return { stop: () => {}, kill: () => {} };
}

function unavailable(message: string, cause?: unknown): SignalboxError {
  return new SignalboxError('EXECUTOR_UNAVAILABLE', message, { cause });
}

/**
 * An executor for functions exported by modules (`defineTask`), on worker threads.
 *
 * Arguments and results cross by structured clone: plain data, no functions, no class instances. `kill` ends
 * the thread and the attempt is reported when it is gone; JavaScript ends at once, a native call that blocks
 * (`execSync`, `pbkdf2Sync`) only when it returns.
 *
 * @throws SignalboxError INVALID_ARGUMENT when `maxThreads` is not a positive integer.
 */
export function threadExecutor(options: ThreadExecutorOptions = {}): Executor {
  const { maxThreads = availableParallelism() } = options;
  if (!Number.isSafeInteger(maxThreads) || maxThreads < 1) {
    throw invalidArgument('maxThreads', maxThreads, 'a positive integer');
  }
  return new ThreadExecutor(maxThreads, WORKER_FILE);
}
