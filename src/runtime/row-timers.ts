/** The one timer of a row: when its earliest deadline is due, and what to send then. */
import { RUNTIME } from '../../machines/protocol.ts';
import { TaskTimeoutError } from '../core/errors.ts';
import type { PipelineRow, TaskRow } from './rows.ts';
import type { Supervisor } from './supervisor.ts';

/** The earliest time at which the row needs an event; undefined for none. */
export function dueAt(row: TaskRow | PipelineRow): number | undefined {
  const { final, path } = row.snapshot.leaf;
  if (final) return undefined;
  if (row.kind === 'pipeline') return isAbandonable(row) ? row.graceAt : undefined;
  const { deadlineAt, timeoutAt, backoffUntil, heldUntil } = row.snapshot.context;
  if (path === 'running.terminating') return row.attempt?.graceAt;
  const own = path === 'queued.backoff' ? backoffUntil : path === 'queued.held' ? heldUntil : timeoutAt;
  if (own === null) return deadlineAt ?? undefined;
  return deadlineAt === null ? own : Math.min(own, deadlineAt);
}

/** Sends what is due at `now`; the machine's guards refuse what is not. */
export function fireTimer(supervisor: Supervisor, row: TaskRow | PipelineRow, now: number): void {
  const { path } = row.snapshot.leaf;
  if (row.kind === 'pipeline') {
    if (isAbandonable(row)) supervisor.sendRun(row, { type: 'GRACE_OVER', token: RUNTIME });
    return;
  }
  const { attempt, deadlineAt, timeoutAt } = row.snapshot.context;
  if (path === 'running.terminating') {
    supervisor.sendTask(row, { type: 'GRACE_OVER', attempt, token: RUNTIME });
  } else if (deadlineAt !== null && deadlineAt <= now) {
    const error = timeoutError(row, 'deadline', row.spec.deadlineMs);
    supervisor.sendTask(row, { type: 'DEADLINE', at: now, error, token: RUNTIME });
  } else if (path === 'queued.backoff') {
    supervisor.sendTask(row, { type: 'BACKOFF_OVER', at: now, token: RUNTIME });
  } else if (path === 'queued.held') {
    supervisor.sendTask(row, { type: 'HOLD_OVER', at: now, token: RUNTIME });
  } else if (timeoutAt !== null && timeoutAt <= now) {
    const error = timeoutError(row, 'time-out', row.spec.timeoutMs);
    supervisor.sendTask(row, { type: 'TIMEOUT', at: now, attempt, error, token: RUNTIME });
  }
}

/** Finally tasks of a terminated run take the time they need (rule 1). */
function isAbandonable(row: PipelineRow): boolean {
  return row.snapshot.leaf.path === 'running.terminating' && row.openFinally === 0;
}

function timeoutError(row: TaskRow, what: string, ms: number | undefined): TaskTimeoutError {
  return new TaskTimeoutError(`the task ${JSON.stringify(row.name)} passed its ${what} of ${ms} ms`, {
    details: {
      name: row.name,
      taskId: row.taskId,
      runId: row.run.id,
      [what === 'deadline' ? 'deadlineMs' : 'timeoutMs']: ms,
    },
  });
}
