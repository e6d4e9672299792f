/** What a ledger tells of a run, as events that a tree can be built from. */
import type { Store } from '../../stores/store.ts';
import type { TreeEvent } from '../progress/run-tree.ts';

/** The events of the run in order; tasks that never moved are there as queued ones. */
export async function historyOf(store: Store, runId: string): Promise<readonly TreeEvent[]> {
  const [events, tasks] = await Promise.all([store.events(runId), store.tasks.list(runId)]);
  const told = new Set(events.map(({ taskId }) => taskId));
  const silent = tasks.filter(({ id, state }) => state === 'queued' && !told.has(id));
  return [
    ...events,
    ...silent.map((task): TreeEvent => {
      const { id: taskId, name, stage, createdAt: at } = task;
      return { type: 'task:queued', at, runId, taskId, name, stage, state: 'queued' };
    }),
  ];
}
