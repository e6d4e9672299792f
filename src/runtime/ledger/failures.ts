/** What the ledger says when something cannot be written, or may not be. */
import { SignalboxError } from '../../core/errors.ts';
import type { Claim } from '../../stores/store.ts';
import type { EventBody } from '../events.ts';
import type { PipelineRow, TaskRow } from '../rows.ts';

export function storeError(error: unknown): SignalboxError {
  if (error instanceof SignalboxError) return error;
  return new SignalboxError('STORE_UNAVAILABLE', `the store failed: ${String(error)}`, {
    retryable: true,
    cause: error,
  });
}

/** The store says that it may be there later by itself: locked, out of space, out of file handles. */
export function isPassing(error: unknown): boolean {
  return error instanceof SignalboxError && error.code === 'STORE_UNAVAILABLE' && error.retryable;
}

export function runExists({ id, name }: PipelineRow): SignalboxError {
  return new SignalboxError('RUN_EXISTS', `the store has a run ${JSON.stringify(id)} already`, {
    hint: 'leave runId out, use another one, or resume(runId)',
    details: { runId: id, name },
  });
}

export function leaseLost({ id, name }: PipelineRow): SignalboxError {
  return new SignalboxError(
    'LEASE_LOST',
    `the run ${JSON.stringify(name)} (${id}) was taken over by another process, or deleted`,
    {
      hint: 'nothing more of it is written here; look at the store for how it goes on',
      details: { runId: id },
    },
  );
}

export function schedulerClosed(): SignalboxError {
  return new SignalboxError('STORE_UNAVAILABLE', 'the scheduler was closed, and its store with it', {
    hint: 'make another scheduler',
  });
}

/** What is told of a task whose end is not kept. */
export function persistenceFailed(row: TaskRow, error: SignalboxError): EventBody {
  const { taskId, name, stage, run, snapshot } = row;
  const { attempt } = snapshot.context;
  return { type: 'task:persistence-failed', runId: run.id, taskId, name, stage, attempt, error };
}

/** Why a run cannot be gone on with. */
export function notClaimed(runId: string, claim: Exclude<Claim, { kind: 'claimed' }>): SignalboxError {
  switch (claim.kind) {
    case 'unknown':
      return new SignalboxError('PERSISTENCE_NOT_FOUND', `the store has no run ${JSON.stringify(runId)}`, {
        hint: 'look with store.runs.list()',
        details: { runId },
      });
    case 'leased': {
      const { owner, expiresAt } = claim;
      return new SignalboxError(
        'RUN_LEASED',
        `the run ${JSON.stringify(runId)} is run by process ${owner.pid} on ${owner.host || 'this host'}; its lease ends at ${new Date(expiresAt).toISOString()}`,
        {
          hint: 'wait for that process, or end it',
          retryable: true,
          details: { runId, owner, expiresAt },
        },
      );
    }
    case 'closed':
      return new SignalboxError('INVALID_TRANSITION', `the run ${JSON.stringify(runId)} is final`);
    default:
      return claim satisfies never;
  }
}

export function shuttingDown(): SignalboxError {
  return new SignalboxError(
    'SCHEDULER_SHUTTING_DOWN',
    'the scheduler was shut down before every run was taken over',
    { hint: 'the rest can be recovered by another scheduler' },
  );
}

export function attemptLost(row: TaskRow): SignalboxError {
  const { attempt } = row.snapshot.context;
  return new SignalboxError(
    'ATTEMPT_LOST',
    `attempt ${attempt} of the task ${JSON.stringify(row.name)} was cut off when its process ended`,
    {
      hint: 'look for what ends the process: memory, a native crash, a kill from outside',
      details: { taskId: row.taskId, name: row.name, runId: row.run.id, attempt },
    },
  );
}

export function upstreamOpen(runId: string, upstreamId: string): SignalboxError {
  return new SignalboxError(
    'INVALID_TRANSITION',
    `the run ${runId} comes after the run ${upstreamId}, which is not final and does not go on here`,
    { hint: 'resume that run first, or call recover()', retryable: true, details: { runId, upstreamId } },
  );
}
