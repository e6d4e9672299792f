/** What an end means (rule 1): which machine event the report of a body becomes. */
import { type PipelineEvent, RUNTIME, type TaskEvent } from '../../machines/protocol.ts';
import { CancelledError, SignalboxError, TerminatedError } from '../core/errors.ts';
import { logSafely } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import type { Attempt, AttemptEnd } from './attempt.ts';
import type { Body, BodyEnd } from './body.ts';
import { backoffMs } from './task-spec.ts';

type Reported = Extract<AttemptEnd, { kind: 'succeeded' | 'failed' }>;

/** The event for the end of an attempt. `retry` is when its next attempt may start, null for none. */
export function classifyAttempt(attempt: Attempt, end: Reported, retry: number | null): TaskEvent {
  const head = { token: RUNTIME, attempt: attempt.number, retryAt: retry } as const;
  if (end.kind === 'succeeded') return { type: 'SUCCEED', value: end.value, ...head };
  const gaveUp = isGivingUp(end.error, attempt.stopping, attempt.stopReason);
  return { type: gaveUp ? 'ABORTED' : 'FAIL', error: end.error, ...head };
}

/** The event for the end of a run's body. */
export function classifyBody(body: Body, end: BodyEnd): PipelineEvent {
  if (end.kind === 'returned') return { type: 'SUCCEED', value: end.value, token: RUNTIME };
  const gaveUp = isGivingUp(end.error, body.stopping, body.stopReason);
  return { type: gaveUp ? 'ABORTED' : 'FAIL', error: end.error, token: RUNTIME };
}

/**
 * A body gives up, rather than fails, when it throws CancelledError; and, once it was asked to stop, when it
 * throws the signal's reason, an AbortError or a TerminatedError.
 */
function isGivingUp(error: unknown, stopping: boolean, reason: unknown): boolean {
  if (error instanceof CancelledError) return true;
  if (!stopping) return false;
  return (
    error === reason ||
    error instanceof TerminatedError ||
    (error instanceof Error && error.name === 'AbortError')
  );
}

/** When an attempt that ended like this may be followed by another; null for never. */
export function retryAt(attempt: Attempt, end: Reported, now: number, random: Random): number | null {
  const { spec, snapshot } = attempt.row;
  const { failures, maxAttempts, ending } = snapshot.context;
  if (spec.retry === undefined || failures + 1 >= maxAttempts) return null;
  if (end.kind === 'failed' && isUnwritable(end.error)) return null;
  if (end.kind === 'succeeded' && ending === null) return null;
  if (ending !== null && ending.kind !== 'timeout') return null;
  const error = ending === null && end.kind === 'failed' ? end.error : ending?.error;
  if (!isWorthIt(spec.retry.when, error, attempt)) return null;
  return now + backoffMs(spec.retry, failures + 1, random);
}

/** Doing the work again would not make its result any easier to write. */
function isUnwritable(error: unknown): boolean {
  return error instanceof SignalboxError && error.code === 'RESULT_NOT_SERIALISABLE';
}

function isWorthIt(
  when: ((error: unknown) => boolean) | undefined,
  error: unknown,
  attempt: Attempt,
): boolean {
  if (when === undefined) return true;
  try {
    return when(error) === true;
  } catch (problem) {
    logSafely(
      attempt.logger,
      'error',
      `retry.when of the task ${JSON.stringify(attempt.row.name)} threw; it is not retried`,
      problem,
    );
    return false;
  }
}
