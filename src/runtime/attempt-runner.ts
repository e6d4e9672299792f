/**
 * Enters task bodies and turns what executors report into events of the task machine. Reports arrive at any
 * time; they are processed in the turn, so the order of processing is the order of reporting.
 */
import { RUNTIME } from '../../machines/protocol.ts';
import { CancelledError, TerminatedError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { processStartTime } from '../core/processes.ts';
import { isTaskDefinition } from '../executors/define-task.ts';
import type { Work } from '../executors/executor.ts';
import { validateStandard } from '../executors/standard-schema.ts';
import { runAs, startAs } from './ambient.ts';
import { Attempt, type AttemptHost } from './attempt.ts';
import { classifyAttempt, retryAt } from './ends.ts';
import type { EventHub } from './event-hub.ts';
import type { ExecutorSet } from './executor-set.ts';
import type { Ledger } from './ledger/ledger.ts';
import { resultText } from './ledger/payload.ts';
import type { SchedulerSettings } from './options.ts';
import type { TaskRow } from './rows.ts';
import type { Supervisor } from './supervisor.ts';

export interface AttemptRunnerParts {
  readonly settings: SchedulerSettings;
  readonly supervisor: Supervisor;
  readonly executors: ExecutorSet;
  readonly hub: EventHub;
  readonly ledger: Ledger | undefined;
  /** Puts a message into the inbox of the next turn. */
  readonly post: (message: Attempt | (() => void)) => void;
}

export class AttemptRunner implements AttemptHost {
  readonly #parts: AttemptRunnerParts;
  readonly logger: Logger;

  constructor(parts: AttemptRunnerParts) {
    this.#parts = parts;
    this.logger = parts.settings.logger;
  }

  /** Moves a ready task to running and enters its body (or goes on with a suspended one). */
  start(row: TaskRow): void {
    const { context, leaf } = row.snapshot;
    if (leaf.state !== 'ready') return;
    const resumed = context.suspended ? row.attempt : undefined;
    const number = resumed === undefined ? context.attempt + 1 : context.attempt;
    const limit = resumed === undefined ? row.spec.timeoutMs : resumed.timeLeftMs;
    const timeoutAt = limit === undefined ? null : this.#parts.settings.clock.now() + limit;
    this.#parts.supervisor.sendTask(row, { type: 'START', attempt: number, timeoutAt, token: RUNTIME });
    if (resumed === undefined) this.#enter(row, number);
    else this.#resume(resumed);
  }

  #enter(row: TaskRow, number: number): void {
    const { work } = row;
    const attempt = new Attempt(this, row, number);
    row.attempt = attempt;
    attempt.startedAt = this.#parts.hub.now;
    if (work === undefined) throw new Error(`the task ${row.name} has nothing to run`);
    const { ledger } = this.#parts;
    if (ledger !== undefined && isCommittedFirst(row)) ledger.whenCommitted(() => this.#begin(attempt, work));
    else this.#begin(attempt, work);
  }

  /** Enters the body, unless the attempt was told to stop before it could begin. */
  #begin(attempt: Attempt, work: Work): void {
    const { row } = attempt;
    if (row.attempt !== attempt) return;
    if (attempt.stopping) return attempt.failed(attempt.stopReason);
    const lost = row.run.ledger?.lost;
    if (lost !== undefined) return attempt.failed(lost);
    const executor = this.#parts.executors.for(row.spec.executor, work);
    attempt.running = startAs(row, executor, attempt);
  }

  #resume(attempt: Attempt): void {
    const settled = attempt.woken;
    attempt.woken = undefined;
    if (settled === undefined) throw new Error(`the task ${attempt.row.name} was woken by nothing`);
    runAs(attempt.row, () => attempt.running?.resume?.(settled));
  }

  attemptReported(attempt: Attempt): void {
    this.#parts.post(attempt);
  }

  attemptProgress(row: TaskRow, percent: number | undefined, message: string | undefined): void {
    this.#parts.hub.emit({
      type: 'task:progress',
      ...this.#ofTask(row),
      ...(percent === undefined ? {} : { percent }),
      ...(message === undefined ? {} : { message }),
    });
  }

  attemptOutput(row: TaskRow, stream: 'stdout' | 'stderr', chunk: string): void {
    this.#parts.hub.emit({ type: 'task:output', ...this.#ofTask(row), stream, chunk });
  }

  attemptSpawned(row: TaskRow, pid: number): void {
    if (row.run.ledger?.recording) this.#parts.ledger?.group(row, pid, processStartTime(pid));
  }

  #ofTask(row: TaskRow) {
    const { attempt } = row.snapshot.context;
    return { runId: row.run.id, taskId: row.taskId, name: row.name, stage: row.stageIndex, attempt };
  }

  /** In the turn: what an attempt reported. A report of an attempt that is not the current one is dropped. */
  process(attempt: Attempt): void {
    const { row } = attempt;
    if (row.attempt !== attempt) return;
    const end = this.#written(attempt, this.#bound(attempt, this.#checked(attempt)));
    if (end.kind === 'running') return;
    if (end.kind === 'suspending') return this.#suspend(attempt, end.on);
    if (row.abandoned) {
      row.attempt = undefined;
      return this.#parts.supervisor.releaseAbandonedTask(row);
    }
    if (row.snapshot.leaf.final) return;
    const { clock, random } = this.#parts.settings;
    this.#parts.supervisor.sendTask(
      row,
      classifyAttempt(attempt, end, retryAt(attempt, end, clock.now(), random)),
    );
  }

  /** With a ledger, a result that cannot be written is a failure of the task. */
  #written(attempt: Attempt, end: Attempt['end']): Attempt['end'] {
    const { row } = attempt;
    if (end.kind !== 'succeeded' || row.run.ledger?.recording !== true || !row.spec.keepsResult) return end;
    try {
      attempt.resultText = resultText(end.value, `the result of the task ${JSON.stringify(row.name)}`);
      return end;
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  /** A Task object makes its result of what was reported. */
  #bound({ row, number, startedAt, stopping, stopReason }: Attempt, end: Attempt['end']): Attempt['end'] {
    const { binding } = row;
    if (binding === undefined || row.abandoned || (end.kind !== 'succeeded' && end.kind !== 'failed'))
      return end;
    const facts = { attempt: number, startedAt, finishedAt: this.#parts.hub.now, stopping, stopReason };
    if (end.kind === 'failed') return { kind: 'failed', error: binding.failed(end.error, facts) };
    return { kind: 'succeeded', value: binding.succeeded(end.value, facts) };
  }

  /** A task definition's `output` schema has the last word on a value. */
  #checked(attempt: Attempt): Attempt['end'] {
    const { end, row } = attempt;
    if (end.kind !== 'succeeded' || !isTaskDefinition(row.work) || row.work.output === undefined) return end;
    try {
      return {
        kind: 'succeeded',
        value: validateStandard(row.work.output, end.value, `the result of ${row.name}`),
      };
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  #suspend(attempt: Attempt, on: PromiseLike<unknown>): void {
    const { row } = attempt;
    const { timeoutAt } = row.snapshot.context;
    if (timeoutAt !== null) attempt.timeLeftMs = Math.max(0, timeoutAt - this.#parts.settings.clock.now());
    const taken = this.#parts.supervisor.sendTask(row, {
      type: 'SUSPEND',
      attempt: attempt.number,
      token: RUNTIME,
    });
    const settle = (settled: PromiseSettledResult<unknown>) =>
      this.#parts.post(() => {
        if (row.attempt !== attempt || attempt.over) return;
        attempt.woken = settled;
        if (!taken || row.snapshot.leaf.path !== 'running.suspended') return this.#resume(attempt);
        this.#parts.supervisor.sendTask(row, { type: 'WAKE', attempt: attempt.number, token: RUNTIME });
        return undefined;
      });
    // Through a promise of our own: a thenable may throw, settle twice, or settle at once.
    Promise.resolve(on).then(
      (value) => settle({ status: 'fulfilled', value }),
      (reason) => settle({ status: 'rejected', reason }),
    );
  }

  /** Aborts the body's signal: the machine said to stop, or the task ended without its body. */
  notify(row: TaskRow): void {
    const { ending, outcome } = row.snapshot.context;
    const attempt = row.attempt;
    if (attempt === undefined) return;
    const { settings } = this.#parts;
    attempt.graceAt = settings.clock.now() + row.spec.graceMs;
    const reason = ending?.error ?? outcome?.error;
    attempt.stop(reason ?? (outcome === null ? new TerminatedError() : new CancelledError()));
  }

  kill(row: TaskRow): void {
    row.attempt?.kill();
  }

  /** After a move: an attempt that is over leaves its row; an abandoned one stays until it settles. */
  retire(row: TaskRow): void {
    const { leaf } = row.snapshot;
    if (row.abandoned || row.attempt === undefined) return;
    if (leaf.final || leaf.path === 'queued.backoff' || !hasBody(row)) row.attempt = undefined;
  }
}

/** Starts of a run that a crash cut off once, and of bodies that must not run twice, are known first (rule 10). */
function isCommittedFirst({ run, spec }: TaskRow): boolean {
  return run.ledger?.recording === true && (run.ledger.recovered || spec.onLost === 'fail');
}

/** The task is somewhere where a body is alive. */
function hasBody(row: TaskRow): boolean {
  const { leaf, context } = row.snapshot;
  return leaf.state === 'running' || context.suspended;
}
