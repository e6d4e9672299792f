/** `logs`: what happened, in order, and what tasks had printed when they ended. */
import type { StoredTask } from '../../stores/store.ts';
import { EXIT } from '../exit-codes.ts';
import { type StoreOptions, storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';
import { eventLine } from '../progress/event-lines.ts';
import { RunTree, type TreeEvent } from '../progress/run-tree.ts';
import { findRun } from './find-run.ts';
import { historyOf } from './history.ts';
import { existingStore } from './store-file.ts';
import { outputOf } from './task-output.ts';

export async function printLogs(id: string, options: StoreOptions, output: Output): Promise<number> {
  const store = existingStore(storeFile(options));
  try {
    const run = await findRun(store, id);
    if (options.json === true) {
      for (const event of await store.events(run.id)) output.json(event);
      return EXIT.succeeded;
    }
    const tasks = new Map((await store.tasks.list(run.id)).map((task) => [task.id, task]));
    const tree = new RunTree(run.name);
    for (const event of await historyOf(store, run.id)) {
      tree.apply(event);
      const line = eventLine(tree, event, { style: output.style });
      if (line !== undefined) output.print(line, ...printedBy(event, tasks, output));
    }
    return EXIT.succeeded;
  } finally {
    await store.close();
  }
}

/** The ledger keeps the output of a task with its outcome: it stands where the task ended. */
function printedBy(
  { type, taskId = '', at }: TreeEvent,
  tasks: ReadonlyMap<string, StoredTask>,
  { style }: Output,
): readonly string[] {
  const task = tasks.get(taskId);
  if (!/^task:(succeeded|failed|cancelled)$/.test(type) || task?.finishedAt !== at) return [];
  const { outcome } = task;
  const of = outcome?.value ?? (outcome?.error as { readonly details?: unknown } | undefined)?.details;
  return outputOf(of).map(
    ([stream, line]) => `          ${stream === 'stderr' ? style.warn('|') : style.dim('|')} ${line}`,
  );
}
