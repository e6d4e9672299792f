/**
 * Whose code is running: the run or the task around the current async context. This is how a run submitted
 * from inside another is known to be its child (rule 2), and how controls know who calls them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelineRow, TaskRow } from './rows.ts';

const storage = new AsyncLocalStorage<PipelineRow | TaskRow>();

export function ambient(): PipelineRow | TaskRow | undefined {
  return storage.getStore();
}

/** Calls `fn` as code of `row`; what it awaits stays in that context. */
export function within<T>(row: PipelineRow | TaskRow, fn: () => T): T {
  return storage.run(row, fn);
}
