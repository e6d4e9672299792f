/** `reset`: which tasks of a recorded run are done again, and the facts that say so. */
import { SignalboxError } from '../../core/errors.ts';
import { moveCode } from '../../stores/moves.ts';
import type { Claim, RecordedRun, RecordedTask, StoreSession } from '../../stores/store.ts';
import { LedgerBatch } from './batch.ts';

/** @throws PERSISTENCE_NOT_FOUND when the run has no such task; LEASE_LOST, STORE_UNAVAILABLE */
export async function rewind(
  session: StoreSession,
  { run, recorded }: Extract<Claim, { kind: 'claimed' }>,
  fromTask: string,
  at: number,
): Promise<void> {
  const batch = new LedgerBatch();
  let seq = recorded.nextSeq;
  for (const { position, attempt } of redone(recorded, fromTask)) {
    batch.move(run, seq, position, moveCode('queued.eligible', 'none'), attempt, at);
    seq += 1;
  }
  batch.move(run, seq, 0, moveCode('queued.eligible', 'none'), 0, at);
  const refused = await session.commit(batch);
  if (refused !== undefined && refused.length > 0) {
    throw new SignalboxError('LEASE_LOST', `the run ${recorded.id} was taken over while it was reset`, {
      retryable: true,
    });
  }
}

/**
 * The task and what follows from it. In a graph: the tasks that come after it, over any number of steps. In code,
 * where nobody knows what it used: everything that was submitted later, of later stages too.
 */
function redone(recorded: RecordedRun, fromTask: string): readonly RecordedTask[] {
  const { tasks } = recorded;
  const first = tasks.find((task) => task.id === fromTask) ?? tasks.find((task) => task.name === fromTask);
  if (first === undefined) throw noSuchTask(recorded, fromTask);
  if (recorded.style !== 'graph') return tasks.filter((task) => task.position >= first.position);
  const chosen = new Set([first.position]);
  // Parents are submitted before what comes after them, so one pass in that order finds every step.
  for (const task of tasks) if (task.parents.some((parent) => chosen.has(parent))) chosen.add(task.position);
  return tasks.filter((task) => chosen.has(task.position));
}

function noSuchTask({ id, tasks }: RecordedRun, fromTask: string): SignalboxError {
  const names = [...new Set(tasks.map((task) => task.name))].slice(0, 8).join(', ');
  return new SignalboxError(
    'PERSISTENCE_NOT_FOUND',
    `the run ${id} has no task ${JSON.stringify(fromTask)}; it has ${tasks.length}, such as ${names || 'none'}`,
    { hint: 'name a task by its id or name', details: { runId: id, task: fromTask } },
  );
}
