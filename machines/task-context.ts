/**
 * What a task remembers, and the two writings of it that every task passes through.
 */
import type { Outcome, TaskEvent } from './protocol.ts';

/** Lost attempts do not use up `maxAttempts`, but a task that kills its process this often is failed (rule 10). */
export const MAX_LOST = 5;

/** Why a running task is being stopped, and the error its signal was aborted with. */
export interface Ending {
  readonly kind: 'terminated' | 'timeout' | 'deadline';
  readonly error: unknown;
}

export interface TaskContext {
  /** Attempts started so far; 0 before the first. */
  readonly attempt: number;
  /** Attempts that counted against `maxAttempts`. */
  readonly failures: number;
  /** Attempts cut off by a crash. */
  readonly lost: number;
  readonly maxAttempts: number;
  /** False where a body that ignores its signal can only be abandoned (rule 1). */
  readonly canKill: boolean;
  /** Every dependency is satisfied; a hold remembers it. */
  readonly released: boolean;
  /** A body is alive although the task is queued: it was suspended and waits for its admission (rule 3). */
  readonly suspended: boolean;
  /** Absolute times in epoch milliseconds; null: none. */
  readonly deadlineAt: number | null;
  readonly timeoutAt: number | null;
  readonly backoffUntil: number | null;
  readonly heldUntil: number | null;
  readonly ending: Ending | null;
  readonly outcome: Outcome | null;
}

export interface TaskInput {
  readonly maxAttempts: number;
  readonly deadlineAt: number | null;
  readonly canKill: boolean;
}

/** Of a task that was just submitted. */
export function firstContext(input: TaskInput): TaskContext {
  return {
    attempt: 0,
    failures: 0,
    lost: 0,
    maxAttempts: input.maxAttempts,
    canKill: input.canKill,
    released: false,
    suspended: false,
    deadlineAt: input.deadlineAt,
    timeoutAt: null,
    backoffUntil: null,
    heldUntil: null,
    ending: null,
    outcome: null,
  };
}

/** An action that stands under one event type alone sees that event. */
export type On<TType extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: TType }>;

/** The one place where the context of an end is written, so that nothing of the attempt stays behind. */
export function ended(context: TaskContext, outcome: Outcome): TaskContext {
  return {
    attempt: context.attempt,
    failures: context.failures,
    lost: context.lost,
    maxAttempts: context.maxAttempts,
    canKill: context.canKill,
    released: context.released,
    suspended: false,
    deadlineAt: context.deadlineAt,
    timeoutAt: null,
    backoffUntil: null,
    heldUntil: null,
    ending: null,
    outcome,
  };
}

/** The start of an attempt; written out like `ended`, as every task passes here and a spread costs twice that. */
export function begun(context: TaskContext, event: On<'START'>): TaskContext {
  return {
    attempt: event.attempt,
    failures: context.failures,
    lost: context.lost,
    maxAttempts: context.maxAttempts,
    canKill: context.canKill,
    released: context.released,
    suspended: false,
    deadlineAt: context.deadlineAt,
    timeoutAt: event.timeoutAt,
    backoffUntil: context.backoffUntil,
    heldUntil: context.heldUntil,
    ending: context.ending,
    outcome: context.outcome,
  };
}
