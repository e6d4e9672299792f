/**
 * The states a Task shows, and every legal move between them. Pure data and pure functions; who moves, and when,
 * is life.ts. They are the Task's own words: how they follow from the lifecycle of a submission is said there.
 */
import { SignalboxError } from '../core/errors.ts';

export const TASK_STATUSES = ['pending', 'running', 'succeeded', 'failed', 'cancelled', 'blocked'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Whatever is not listed here cannot happen. A retry of what failed or was blocked goes straight to running. */
export const TASK_MOVES: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = Object.freeze({
  pending: ['running', 'failed', 'cancelled', 'blocked'],
  running: ['succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: ['running', 'cancelled'],
  cancelled: [],
  blocked: ['running', 'cancelled'],
});

export function isTaskStatus(value: unknown): value is TaskStatus {
  return (TASK_STATUSES as readonly unknown[]).includes(value);
}

export function canBecome(from: TaskStatus, to: TaskStatus): boolean {
  return TASK_MOVES[from].includes(to);
}

/** The status after the move. @throws INVALID_TRANSITION for a move that is not in the table */
export function nextStatus(from: TaskStatus, to: TaskStatus): TaskStatus {
  if (canBecome(from, to)) return to;
  const allowed = TASK_MOVES[from];
  throw new SignalboxError(
    'INVALID_TRANSITION',
    `a task cannot go from '${from}' to '${to}'; allowed: ${allowed.length === 0 ? 'nothing, it is final' : allowed.join(', ')}`,
    { details: { from, to } },
  );
}

/** Not ended: pending or running. */
export function isActiveStatus(status: TaskStatus): boolean {
  return status === 'pending' || status === 'running';
}

/** Ended without success: failed, cancelled or blocked. */
export function isBadStatus(status: TaskStatus): boolean {
  return status === 'failed' || status === 'cancelled' || status === 'blocked';
}
