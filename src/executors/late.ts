/**
 * An executor whose code is imported by its first attempt: who runs no container need not load what runs them.
 *
 * Owns: attempts that wait for the import, and what they are asked meanwhile.
 * Invariants:
 * (L1) the executor behind is told of attempts in the order in which they were started, and of what each was asked
 *      meanwhile right after it;
 * (L2) it is not loaded once this one is closed.
 * Not for an executor that reads its request in `start`: that is called after the import.
 */
import { SignalboxError } from '../core/errors.ts';
import type { AttemptReports, AttemptRequest, Executor, RunningAttempt } from './executor.ts';

type Load = () => Promise<Executor>;

type Loaded =
  | { readonly kind: 'no' }
  | { readonly kind: 'loading'; readonly over: Promise<void> }
  | { readonly kind: 'yes'; readonly executor: Executor }
  | { readonly kind: 'closed' };

class LateExecutor implements Executor {
  readonly name: string;
  readonly accepts: Executor['accepts'];
  readonly canKill = true;
  readonly #load: Load;
  readonly #waiting: LateAttempt[] = [];
  #loaded: Loaded = { kind: 'no' };

  constructor(name: string, accepts: Executor['accepts'], load: Load) {
    this.name = name;
    this.accepts = accepts;
    this.#load = load;
  }

  start(request: AttemptRequest, reports: AttemptReports): RunningAttempt {
    if (this.#loaded.kind === 'yes') return this.#loaded.executor.start(request, reports);
    const attempt = new LateAttempt(request, reports);
    if (this.#loaded.kind === 'closed') {
      queueMicrotask(() => reports.failed(this.#unavailable('is closed')));
      return attempt;
    }
    this.#waiting.push(attempt);
    if (this.#loaded.kind === 'no') this.#loaded = { kind: 'loading', over: this.#loadNow() };
    return attempt;
  }

  async close(): Promise<void> {
    if (this.#loaded.kind === 'loading') await this.#loaded.over;
    const loaded = this.#loaded;
    if (loaded.kind === 'yes') await loaded.executor.close();
    else this.#loaded = { kind: 'closed' }; // (L2)
  }

  async #loadNow(): Promise<void> {
    try {
      const executor = await this.#load();
      this.#loaded = { kind: 'yes', executor };
      for (const attempt of this.#waiting.splice(0)) attempt.begin(executor); // (L1)
    } catch (cause) {
      this.#loaded = { kind: 'no' };
      const error = this.#unavailable('cannot be loaded', cause);
      for (const attempt of this.#waiting.splice(0)) attempt.refuse(error);
    }
  }

  #unavailable(what: string, cause?: unknown): SignalboxError {
    return new SignalboxError('EXECUTOR_UNAVAILABLE', `the ${this.name} executor ${what}`, { cause });
  }
}

/** Passes on what it is asked, as soon as there is somebody to ask. */
class LateAttempt implements RunningAttempt {
  readonly #request: AttemptRequest;
  readonly #reports: AttemptReports;
  readonly #asked: ((attempt: RunningAttempt) => void)[] = [];
  #attempt: RunningAttempt | undefined;

  constructor(request: AttemptRequest, reports: AttemptReports) {
    this.#request = request;
    this.#reports = reports;
  }

  begin(executor: Executor): void {
    const attempt = executor.start(this.#request, this.#reports);
    this.#attempt = attempt;
    for (const ask of this.#asked) ask(attempt);
  }

  refuse(error: SignalboxError): void {
    this.#reports.failed(error);
  }

  stop(reason: unknown): void {
    this.#ask((attempt) => attempt.stop(reason));
  }

  kill(): void {
    this.#ask((attempt) => attempt.kill?.());
  }

  #ask(ask: (attempt: RunningAttempt) => void): void {
    if (this.#attempt === undefined) this.#asked.push(ask);
    else ask(this.#attempt);
  }
}

/**
 * The executor that `load` gives, imported by its first attempt; it has to be one that can end what it runs. Attempts
 * fail with EXECUTOR_UNAVAILABLE when it cannot be loaded, or when it was closed before.
 */
export function lateExecutor(name: string, accepts: Executor['accepts'], load: Load): Executor {
  return new LateExecutor(name, accepts, load);
}
