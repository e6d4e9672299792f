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
  // Whoever goes on with it goes on with its child runs: that they end here is not for the ledger.
  for (const child of run.childRuns) letGo(supervisor, child, error);
  for (const row of [run, ...run.stages, ...run.tasks]) rejectWaiters(row, error);
  for (const task of run.tasks) if (!task.visible) task.binding?.released();
  blockDependents(supervisor, run);
  supervisor.stopRun(run, error);
  supervisor.stopFinallyTasks(run, error);
}

/** The store did not take the run: it ends with `error`, and so do tasks that it was made for. */
export function refuseRun(supervisor: Supervisor, run: PipelineRow, error: Error): void {
  supervisor.sendRun(run, { type: 'REFUSE', error, token: RUNTIME });
  if (run.ledger === undefined || run.tasks.length === 0) return;
  run.ledger.lost = error;
  for (const task of run.tasks) {
    rejectWaiters(task, error);
    if (!task.visible) task.binding?.released();
  }
  supervisor.stopTasks(run, error);
}

/** Runs that come after it will not see its end here. */
function blockDependents(supervisor: Supervisor, run: PipelineRow): void {
  for (const row of run.dependents.splice(0)) {
    supervisor.sendRun(row, { type: 'BLOCK', parent: run.id, token: RUNTIME });
  }
}

/** Events that were noted for a run which turned out not to be ours never happened (L1). */
export function mayBeShown(row: Row | undefined, runSeq: number): boolean {
  if (row === undefined) return true;
  const run = row.kind === 'pipeline' ? row : row.run;
  // A stage ends as its tasks do, of which some never ended here.
  return run.ledger?.lost === undefined || (runSeq === 0 && row.kind !== 'stage');
}

/** Why the end of this row will never be known here. */
export function lostOf(row: Row): Error | undefined {
  const run = row.kind === 'pipeline' ? row : row.run;
  // One that was refused has an end, which says why.
  if (row === run && run.ledger?.state === 'answered') return undefined;
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
