/**
 * Runs one attempt on an executor and writes down, in order, everything that it reports. The executor
 * contract is written with it; tests of a single executor may use it too.
 */
import assert from 'node:assert/strict';
import type {
  AttemptContext,
  AttemptReports,
  Executor,
  RunningAttempt,
  Work,
} from '../executors/executor.ts';

/** A body and what it is called with. */
export interface ExecutorSample {
  readonly work: Work;
  /** Default none. */
  readonly args?: readonly unknown[];
}

export type ProbeEntry =
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly chunk: string }
  | { readonly kind: 'progress'; readonly percent: number | undefined; readonly message: string | undefined }
  | {
      readonly kind: 'log';
      readonly level: string;
      readonly message: string;
      readonly rest: readonly unknown[];
    }
  | { readonly kind: 'suspended'; readonly on: PromiseLike<unknown> }
  | ProbeEnd;

export type ProbeEnd =
  | { readonly kind: 'succeeded'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Waiter {
  readonly matches: (entry: ProbeEntry) => boolean;
  readonly resolve: (entry: ProbeEntry) => void;
}

export class ExecutorProbe {
  /** Everything reported so far, in order. */
  readonly entries: ProbeEntry[] = [];
  readonly attempt: RunningAttempt;
  readonly #controller = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #starting = true;

  constructor(executor: Executor, sample: ExecutorSample) {
    const { work, args = [] } = sample;
    this.attempt = executor.start({ work, args, context: this.#context() }, this.#reports());
    this.#starting = false;
  }

  /** The ends reported so far; more than one is a broken promise. */
  get ends(): readonly ProbeEnd[] {
    return this.entries.filter((entry) => entry.kind === 'succeeded' || entry.kind === 'failed');
  }

  /** What the body has written, without the ends of lines. */
  get output(): readonly string[] {
    return this.entries.flatMap((entry) => (entry.kind === 'output' ? [withoutEnd(entry.chunk)] : []));
  }

  /** The end, as soon as there is one. */
  async end(): Promise<ProbeEnd> {
    const end = await this.#next((entry) => entry.kind === 'succeeded' || entry.kind === 'failed');
    return end as ProbeEnd;
  }

  /** Resolves with the value; an attempt that failed rejects with its error. */
  async value(): Promise<unknown> {
    const end = await this.end();
    if (end.kind === 'failed') throw end.error;
    return end.value;
  }

  /** Resolves with the error; an attempt that succeeded is an assertion failure. */
  async error(): Promise<unknown> {
    const end = await this.end();
    assert.equal(end.kind, 'failed', 'the attempt was to fail');
    return end.kind === 'failed' ? end.error : undefined;
  }

  /** Resolves when the body has written the line `chunk`; an attempt that ends first is an assertion failure. */
  async wrote(chunk: string): Promise<void> {
    const found = await this.#next((entry) =>
      entry.kind === 'output'
        ? withoutEnd(entry.chunk) === chunk
        : entry.kind === 'failed' || entry.kind === 'succeeded',
    );
    assert.equal(found.kind, 'output', `the body ended without writing ${chunk}`);
  }

  /** Stops as the runtime does it: aborts the body's signal, then tells the executor. */
  stop(reason: unknown): void {
    this.#controller.abort(reason);
    this.attempt.stop(reason);
  }

  kill(): void {
    assert.ok(this.attempt.kill, 'an executor that can kill must give a kill');
    this.attempt.kill();
  }

  async #next(matches: (entry: ProbeEntry) => boolean): Promise<ProbeEntry> {
    const found = this.entries.find(matches);
    if (found !== undefined) return found;
    return new Promise((resolve) => this.#waiters.add({ matches, resolve }));
  }

  #add(entry: ProbeEntry): void {
    this.entries.push(entry);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(entry)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(entry);
    }
  }

  #reports(): AttemptReports {
    const report = (entry: ProbeEntry): void => {
      assert.ok(!this.#starting, `${entry.kind} was reported from inside start`);
      this.#add(entry);
    };
    return {
      succeeded: (value) => report({ kind: 'succeeded', value }),
      failed: (error) => report({ kind: 'failed', error }),
      suspended: (on) => report({ kind: 'suspended', on }),
    };
  }

  #context(): AttemptContext {
    const { signal } = this.#controller;
    const log =
      (level: string) =>
      (message: string, ...rest: readonly unknown[]): void =>
        this.#add({ kind: 'log', level, message, rest });
    return {
      id: 'task-1',
      name: 'probe',
      runId: 'run-1',
      attempt: 1,
      signal,
      get terminateRequested() {
        return signal.aborted;
      },
      logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      emitProgress: (percent, message) => this.#add({ kind: 'progress', percent, message }),
      emitOutput: (stream, chunk) => this.#add({ kind: 'output', stream, chunk }),
      throwIfCancelled: () => signal.throwIfAborted(),
    };
  }
}

/** Lets the event loop turn: what was going to be reported by mistake has then been reported. */
export async function loopTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

function withoutEnd(line: string): string {
  return line.replace(/\r?\n$/, '');
}
