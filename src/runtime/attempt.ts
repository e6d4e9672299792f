/**
 * One attempt of a task: from the entry of the body to its one end (T2). Collects what the executor reports
 * and hands the end to the runtime as data; it never moves the task itself.
 */
import type { Logger } from '../core/logger.ts';
import type { AttemptReports, AttemptRequest, RunningAttempt, Work } from '../executors/executor.ts';
import type { TaskRow } from './rows.ts';
import { type ContextSource, TaskContext } from './task-context.ts';

export type AttemptEnd =
  | { readonly kind: 'running' }
  | { readonly kind: 'suspending'; readonly on: PromiseLike<unknown> }
  | { readonly kind: 'succeeded'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface AttemptHost {
  readonly logger: Logger;
  /** The attempt has something to say at the next turn: its end, or a suspension. */
  attemptReported(attempt: Attempt): void;
  attemptProgress(row: TaskRow, percent: number | undefined, message: string | undefined): void;
  attemptSpawned(row: TaskRow, pid: number): void;
  attemptOutput(row: TaskRow, stream: 'stdout' | 'stderr', chunk: string): void;
}

const NO_UPSTREAM: ReadonlyMap<string, unknown> = new Map();
const RUNNING: AttemptEnd = Object.freeze({ kind: 'running' });

/** Request, reports and context source in one object: a task's life makes few of them. */
export class Attempt implements AttemptRequest, AttemptReports, ContextSource {
  readonly row: TaskRow;
  readonly number: number;
  readonly context: TaskContext;
  end: AttemptEnd = RUNNING;
  running: RunningAttempt | undefined = undefined;
  stopping = false;
  stopReason: unknown = undefined;
  killed = false;
  /** When the grace of a terminating attempt is over; epoch milliseconds. */
  graceAt: number | undefined = undefined;
  /** What is left of `timeoutMs` while the body is suspended. */
  timeLeftMs: number | undefined = undefined;
  /** How the promise that a suspended body waits for was settled. */
  woken: PromiseSettledResult<unknown> | undefined = undefined;
  /** Epoch milliseconds. */
  startedAt = 0;
  /** Codec text of what it returned, for the ledger. */
  resultText: string | undefined = undefined;
  readonly #host: AttemptHost;
  #controller: AbortController | undefined = undefined;

  constructor(host: AttemptHost, row: TaskRow, number: number) {
    this.#host = host;
    this.row = row;
    this.number = number;
    this.context = new TaskContext(this);
  }

  get work(): Work {
    if (this.row.work === undefined) throw new Error(`the task ${this.row.name} has nothing to run`);
    return this.row.work;
  }
  get upstream(): ReadonlyMap<string, unknown> {
    return this.row.binding?.upstream ?? NO_UPSTREAM;
  }
  get args(): readonly unknown[] {
    return this.row.args ?? [];
  }
  get taskId(): string {
    return this.row.taskId;
  }
  get taskName(): string {
    return this.row.name;
  }
  get runId(): string {
    return this.row.run.id;
  }
  get logger(): Logger {
    return this.#host.logger;
  }
  get over(): boolean {
    return this.end.kind === 'succeeded' || this.end.kind === 'failed';
  }

  signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.stopping) this.#controller.abort(this.stopReason);
    }
    return this.#controller.signal;
  }

  progress(percent: number | undefined, message: string | undefined): void {
    if (!this.over) this.#host.attemptProgress(this.row, percent, message);
  }

  output(stream: 'stdout' | 'stderr', chunk: string): void {
    if (!this.over) this.#host.attemptOutput(this.row, stream, chunk);
  }

  succeeded(value: unknown): void {
    this.#report({ kind: 'succeeded', value });
  }

  failed(error: unknown): void {
    this.#report({ kind: 'failed', error });
  }

  spawned(pid: number): void {
    if (!this.over) this.#host.attemptSpawned(this.row, pid);
  }

  suspended(on: PromiseLike<unknown>): void {
    this.#report({ kind: 'suspending', on });
  }

  #report(end: AttemptEnd): void {
    if (this.over) return;
    this.end = end;
    this.#host.attemptReported(this);
  }

  /** Asks the body to stop; a second call changes nothing. */
  stop(reason: unknown): void {
    if (this.stopping || this.over) return;
    this.stopping = true;
    this.stopReason = reason;
    this.#controller?.abort(reason);
    this.running?.stop(reason);
  }

  kill(): void {
    if (this.over || this.killed) return;
    this.killed = true;
    this.running?.kill?.();
  }
}
