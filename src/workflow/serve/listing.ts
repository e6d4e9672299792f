/** What a folder would be served as, without serving it. */
import { type Clock, systemClock } from '../../core/clock.ts';
import type { LoadOptions } from '../load.ts';
import { WorkflowFolder } from './folder.ts';
import type { ServedWorkflow } from './service.ts';
import { Timetable } from './timetable.ts';

export interface FolderSchedules {
  /** Workflows with a schedule, in the order of their files. */
  readonly workflows: readonly ServedWorkflow[];
  /** Files that would be left out, and why. */
  readonly refused: ReadonlyMap<string, Error>;
}

/** Rejects INVALID_ARGUMENT for a folder that cannot be read. */
export async function listSchedules(
  path: string,
  load: LoadOptions = {},
  clock: Clock = systemClock,
): Promise<FolderSchedules> {
  const folder = new WorkflowFolder(path, load);
  const refused = new Map<string, Error>();
  for (const file of folder.changes() ?? []) {
    const { error } = await folder.read(file);
    if (error !== undefined) refused.set(file, error);
  }
  const now = clock.now();
  const workflows = [...folder.workflows.values()].flatMap(({ file, workflow: { name, plan } }) => {
    const table = new Timetable(plan.schedules, {}, now);
    const upcoming = (count: number): readonly number[] => table.upcoming(now, count);
    return plan.schedules.length === 0 ? [] : [{ name, file, schedules: plan.schedules, upcoming }];
  });
  const sorted = workflows.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { workflows: sorted, refused: new Map([...refused, ...folder.hidden]) };
}
