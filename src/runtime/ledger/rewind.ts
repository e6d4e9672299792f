/** `reset`: which tasks of a recorded run are done again, and the facts that say so. */
import { SignalboxError } from '../../core/errors.ts';
import { eventsOf, moveCode } from '../../stores/moves.ts';
import type { Claim, RecordedRun, RecordedTask, StoreSession } from '../../stores/store.ts';
import { LedgerBatch } from './batch.ts';
import { notClaimed } from './failures.ts';

type Claimed = Extract<Claim, { kind: 'claimed' }>;

/**
 * Child runs that the tasks submitted are done again with them; in code, those that were submitted later too.
 * @throws PERSISTENCE_NOT_FOUND when the run has no such task; RUN_LEASED, LEASE_LOST, STORE_UNAVAILABLE
 */
export async function rewind(
  session: StoreSession,
  claim: Claimed,
  fromTask: string,
  at: number,
): Promise<void> {
  const tasks = redone(claim.recorded, fromTask);
  const since = claim.recorded.style === 'graph' ? Number.POSITIVE_INFINITY : (tasks[0]?.at ?? at);
  const children: Claimed[] = [];
  try {
    await claimChildren(session, claim.recorded, tasks, since, children);
    const batch = new LedgerBatch();
    again(batch, claim, tasks, at);
    for (const child of children) again(batch, child, child.recorded.tasks, at);
    const refused = await session.commit(batch);
    if (refused !== undefined && refused.length > 0) throw takenOver(claim.recorded);
  } finally {
    if (children.length > 0) await session.release(children.map((child) => child.run));
  }
}

/** Everything has to be ours before anything is written. `into`: what was claimed, also when this throws. */
async function claimChildren(
  session: StoreSession,
  { childRuns }: RecordedRun,
  tasks: readonly RecordedTask[],
  since: number,
  into: Claimed[],
): Promise<void> {
  const positions = new Set(tasks.map((task) => task.position));
  for (const { id, parentTask } of childRuns) {
    if (parentTask !== undefined && !positions.has(parentTask)) continue;
    const found = await session.claim(id);
    if (found.kind === 'unknown') continue;
    if (found.kind === 'leased') throw notClaimed(id, found);
    if (found.kind === 'claimed') into.push(found);
    if (parentTask === undefined && found.recorded.at < since) continue;
    const claim = found.kind === 'closed' ? await session.claim(id, { reopen: true }) : found;
    if (claim.kind !== 'claimed') throw takenOver(found.recorded);
    if (claim !== found) into.push(claim);
    await claimChildren(session, claim.recorded, claim.recorded.tasks, Number.NEGATIVE_INFINITY, into);
  }
}

/** The tasks wait to be done, and their run too. */
function again(
  batch: LedgerBatch,
  { run, recorded }: Claimed,
  tasks: readonly RecordedTask[],
  at: number,
): void {
  let seq = recorded.nextSeq;
  for (const { position, attempt, path } of tasks) {
    // An attempt that a crash cut off ends here (T2).
    const code = moveCode('queued.eligible', path.startsWith('running') ? 'lost' : 'none');
    batch.move(run, seq, position, code, attempt, at);
    seq += eventsOf(code);
  }
  batch.move(run, seq, 0, moveCode('queued.eligible', 'none'), 0, at);
}

function takenOver({ id }: RecordedRun): SignalboxError {
  return new SignalboxError('LEASE_LOST', `the run ${id} was taken over while it was reset`, {
    retryable: true,
  });
}

/**
 * The task and what follows from it. In a graph: the tasks that come after it, over any number of steps. In code,
 * where nobody knows what it used: everything that was submitted later, of later stages too.
 * @throws PERSISTENCE_NOT_FOUND when the run has no such task
 */
export function redone(recorded: RecordedRun, fromTask: string): readonly RecordedTask[] {
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
