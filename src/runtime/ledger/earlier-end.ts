/** Runs that had ended, or were being stopped, when their process ended, while some of their tasks were still open. */
import { CancelledError, TerminatedError } from '../../core/errors.ts';
import type { RecordedRun } from '../../stores/store.ts';
import type { Engine } from '../engine.ts';
import type { PipelineRow } from '../rows.ts';
import { payloadOf, recordedOutcome } from './restore.ts';

/** It was being terminated, or had been, when its process ended. */
export function wasStopped({ path, payload }: RecordedRun): boolean {
  if (path === 'cancelled') return recordedOutcome(path, payload).reason === 'terminated';
  return path === 'running.terminating';
}

/** There is something that its code has to be asked for again. */
export function hasBegun({ path, tasks, childRuns }: RecordedRun): boolean {
  return path.startsWith('running') || tasks.length > 0 || childRuns.length > 0;
}

/** Once its tasks are there again, it is stopped as it was. */
export function stopAgain({ supervisor }: Engine, row: PipelineRow, { payload }: RecordedRun): void {
  const error =
    payloadOf(payload).error ?? new TerminatedError('the run was being terminated when its process ended');
  supervisor.sendRun(row, { type: 'TERMINATE', error });
}

/**
 * The run was final and only some of its tasks were not: its code submits those again, and its end stays the one
 * that others have seen.
 */
export async function asBefore(again: unknown, { path, payload }: RecordedRun): Promise<unknown> {
  const { kind, value, error } = recordedOutcome(path, payload);
  await Promise.allSettled([again]);
  if (kind === 'succeeded') return value;
  throw kind === 'cancelled' && !(error instanceof CancelledError)
    ? new CancelledError('the run was cancelled before its process ended', { cause: error })
    : error;
}
