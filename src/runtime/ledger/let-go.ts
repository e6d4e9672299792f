/** A run that is no longer ours (LEASE_LOST, a store that is gone, a suspended scheduler) leaves without a trace. */
import { RUNTIME } from '../../../machines/protocol.ts';
import type { PipelineRow, Row } from '../rows.ts';
import type { Supervisor } from '../supervisor.ts';
import { rejectWaiters } from '../waits.ts';

/**
 * Nothing more of the run is written. Its handles reject with `error`; its attempts are aborted, its queued tasks
 * taken out, its finally tasks too: they are for whoever goes on with the run.
 */
export function letGo(supervisor: Supervisor, run: PipelineRow, error: Error): void {
  const { ledger } = run;
  if (ledger === undefined || ledger.lost !== undefined) return;
  ledger.state = 'gone';
  ledger.lost = error;
  ledger.replay = undefined;
  ledger.accept(error);
  for (const row of [run, ...run.stages, ...run.tasks]) rejectWaiters(row, error);
  for (const task of run.tasks) if (!task.visible) task.binding?.released();
  blockDependents(supervisor, run);
  supervisor.stopRun(run, error);
  supervisor.stopFinallyTasks(run, error);
}

/** Runs that come after it will not see its end here. */
function blockDependents(supervisor: Supervisor, run: PipelineRow): void {
  for (const row of run.dependents.splice(0)) {
    supervisor.sendRun(row, { type: 'BLOCK', parent: run.id, token: RUNTIME });
  }
}

/** Events that were noted for a run which turned out not to be ours never happened (L1). */
export function mayBeShown(row: Row | undefined, runSeq: number): boolean {
  if (row === undefined || runSeq === 0) return true;
  const run = row.kind === 'pipeline' ? row : row.run;
  return run.ledger?.lost === undefined;
}

/** Why the end of this row will never be known here. */
export function lostOf(row: Row): Error | undefined {
  const run = row.kind === 'pipeline' ? row : row.run;
  const lost = run.ledger?.lost;
  return lost === undefined || isDurable(row) ? undefined : lost;
}

/** The end of the row is committed. */
export function isDurable(row: Row): boolean {
  const run = row.kind === 'pipeline' ? row : row.run;
  const { end } = row;
  if (end === undefined || run.ledger === undefined) return false;
  if (run.ledger.state === 'answered') return run.ledger.key > 0;
  return end.runSeq > 0 && end.runSeq <= run.ledger.committedSeq;
}
