/**
 * One submission of a Task, as the runtime sees it: turns what attempts report into the Task's result and error,
 * and what the runtime shows into the Task's status.
 *
 * Invariants:
 * - A user's own exception is never wrapped: only what the process executor says of a command is rewritten.
 * - An error that says how the task was stopped stays that very error, since the runtime tells ends by it.
 * - What an attempt left counts only if the task ended by that attempt, not by a later one that left nothing.
 */
import { isFinal, type LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome } from '../../machines/protocol.ts';
import { SignalboxError, TaskTimeoutError } from '../core/errors.ts';
import type { AttemptFacts, TaskBinding } from './binding.ts';
import { attachResult, commandFailure, messageOf, partsOf } from './failures.ts';
import { HandlerFailure } from './handler-yield.ts';
import type { TaskLife } from './life.ts';
import {
  CANCELLED,
  isTaskResult,
  makeResult,
  NO_YIELD,
  type TaskResult,
  type TerminationReason,
  type Yield,
  yieldOf,
} from './result.ts';

export interface SubmissionParts {
  readonly life: TaskLife;
  readonly upstream: ReadonlyMap<string, unknown>;
  readonly refusal: SignalboxError | undefined;
  /** Its work is a command: what the executor throws is no user's exception. */
  readonly isCommand: boolean;
  /** The run gets what the handler returned (Task.call), not the TaskResult. */
  readonly givesValue: boolean;
  /** Finds the Task that the runtime calls by this id among the direct parents. */
  readonly parentId: (upstream: ReadonlyMap<string, unknown>, runtimeId: string) => string;
}

/** What the last attempt that reported has left. */
interface Report {
  readonly facts: AttemptFacts;
  readonly parts: Yield;
  /** What the task's outcome carries if it ends by this attempt. */
  readonly error: unknown;
  readonly result: TaskResult | undefined;
}

export class Submission implements TaskBinding {
  readonly #parts: SubmissionParts;
  #report: Report | undefined = undefined;
  #startedAt: number | undefined = undefined;
  /** The run has let go, or the end was shown: the Task may be in another submission by now. */
  #over = false;

  constructor(parts: SubmissionParts) {
    this.#parts = parts;
  }

  get upstream(): ReadonlyMap<string, unknown> {
    return this.#parts.upstream;
  }
  get refusal(): SignalboxError | undefined {
    return this.#parts.refusal;
  }

  succeeded(value: unknown, facts: AttemptFacts): unknown {
    const parts = yieldOf(value);
    if (facts.stopReason instanceof TaskTimeoutError) {
      // Too late: the machine fails it with that error whatever it returned.
      this.#timedOut(facts.stopReason, parts, facts);
      return parts.raw;
    }
    const result = this.#made('succeeded', null, parts, facts);
    this.#report = { facts, parts, error: undefined, result };
    return this.#parts.givesValue ? value : result;
  }

  failed(thrown: unknown, facts: AttemptFacts): unknown {
    const told = thrown instanceof HandlerFailure ? thrown : undefined;
    const error = told === undefined ? thrown : told.error;
    const left = told?.left.parts ?? (this.#parts.isCommand ? partsOf(error) : undefined);
    if (facts.stopReason instanceof TaskTimeoutError) {
      this.#timedOut(facts.stopReason, left ?? NO_YIELD, facts);
      return error;
    }
    if (this.#parts.isCommand && error instanceof SignalboxError && error.code === 'TASK_FAILED') {
      return this.#commandFailed(error, left, facts);
    }
    const parts = { ...(left ?? NO_YIELD), error: messageOf(error) };
    const result = this.#made('failed', 'handler', parts, facts);
    // What stops a run stops many tasks with one error, which cannot carry the result of each.
    if (told !== undefined && error instanceof SignalboxError && error !== facts.stopReason)
      attachResult(error, result);
    this.#report = { facts, parts, error, result };
    return error;
  }

  #timedOut(error: TaskTimeoutError, left: Yield, facts: AttemptFacts): void {
    const parts = { ...left, error: error.message };
    const result = this.#made('failed', 'timeout', parts, facts);
    attachResult(error, result);
    this.#report = { facts, parts, error, result };
  }

  #commandFailed(error: SignalboxError, left: Yield | undefined, facts: AttemptFacts): SignalboxError {
    const message = left === undefined ? error.message : (left.error ?? exitMessage(left, error));
    const parts = { ...(left ?? NO_YIELD), error: message };
    const result = this.#made('failed', left === undefined ? 'handler' : 'exit_code', parts, facts);
    const failure = commandFailure(error, message, result);
    this.#report = { facts, parts, error: failure, result };
    return failure;
  }

  #made(
    status: TaskResult['status'],
    terminationReason: TerminationReason | null,
    parts: Yield,
    { startedAt, finishedAt }: Pick<AttemptFacts, 'startedAt' | 'finishedAt'>,
  ): TaskResult {
    return makeResult(this.#parts.life.taskId, { status, startedAt, finishedAt, terminationReason }, parts);
  }

  moved(state: LifecycleState, outcome: Outcome | null, at: number): void {
    const { life } = this.#parts;
    if (this.#over) return;
    this.#over = isFinal(state);
    switch (state) {
      case 'queued':
      case 'ready':
        return;
      case 'running':
        this.#startedAt = at;
        return life.begin();
      case 'succeeded':
        return life.end('succeeded', { result: this.#success(outcome, at) });
      case 'failed':
        return life.end('failed', { result: this.#failure(outcome, at), error: outcome?.error });
      case 'cancelled':
        return life.end('cancelled', { result: this.#cancellation(outcome, at) });
      case 'blocked':
        return life.end('blocked', { blockedBy: this.#parts.parentId(this.upstream, outcome?.reason ?? '') });
      default:
        state satisfies never;
    }
  }

  released(): void {
    if (this.#over) return;
    this.#over = true;
    this.#parts.life.release();
  }

  /** Its own, or one that an earlier life of the run has recorded, or nobody's: a skipped task. */
  #success(outcome: Outcome | null, at: number): TaskResult {
    const value = outcome?.value;
    const own = this.#report?.result;
    if (own?.status === 'succeeded') return own;
    if (!this.#parts.givesValue && isTaskResult(value)) return this.#again(value);
    return this.#made('succeeded', null, yieldOf(value), this.#times(at));
  }

  #failure(outcome: Outcome | null, at: number): TaskResult {
    const error = outcome?.error;
    const report = this.#report;
    if (report?.result?.status === 'failed' && report.error === error) return report.result;
    const recorded = error instanceof SignalboxError ? error.details['result'] : undefined;
    if (!this.#parts.givesValue && isTaskResult(recorded)) return this.#again(recorded);
    const reason = error instanceof TaskTimeoutError ? 'timeout' : 'handler';
    const parts = { ...NO_YIELD, error: messageOf(error) };
    const result = this.#made('failed', reason, parts, this.#times(at));
    // Nobody reported: it was refused, or out of time in the queue, or its body was abandoned.
    const isOurs = error === this.refusal || error instanceof TaskTimeoutError;
    if (isOurs && error instanceof SignalboxError) attachResult(error, result);
    return result;
  }

  /** An earlier life of the run has recorded it. */
  #again(recorded: TaskResult): TaskResult {
    return makeResult(this.#parts.life.taskId, recorded, recorded);
  }

  /** What a stopped command had written until then is kept. */
  #cancellation(outcome: Outcome | null, at: number): TaskResult {
    const report = this.#report;
    const isItsEnd =
      report !== undefined &&
      outcome?.error !== undefined &&
      (report.facts.stopping || report.error === outcome.error);
    const parts = { ...(isItsEnd ? report.parts : NO_YIELD), error: CANCELLED };
    return this.#made('cancelled', 'cancelled', parts, isItsEnd ? report.facts : this.#times(at));
  }

  #times(at: number): { readonly startedAt: number; readonly finishedAt: number } {
    return { startedAt: this.#startedAt ?? at, finishedAt: at };
  }
}

function exitMessage({ returnCode }: Yield, error: SignalboxError): string {
  return returnCode === null ? error.message : `exited with code ${returnCode}`;
}
