/**
 * Whose code is running: the run or the task around the current async context. This is how a run submitted
 * from inside another is known to be its child (rule 2), and how controls know who calls them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Executor, RunningAttempt } from '../executors/executor.ts';
import type { Attempt } from './attempt.ts';
import type { PipelineRow, TaskRow } from './rows.ts';

const storage = new AsyncLocalStorage<PipelineRow | TaskRow>();

export function ambient(): PipelineRow | TaskRow | undefined {
  return storage.getStore();
}

/** Calls `fn` as code of `row`; what it awaits stays in that context. */
export function runAs<T>(row: PipelineRow | TaskRow, fn: () => T): T {
  return storage.run(row, fn);
}

/** Starts an attempt as code of its task; the same as `runAs`, without a closure per attempt. */
export function startAs(row: TaskRow, executor: Executor, attempt: Attempt): RunningAttempt {
  return storage.run(row, start, executor, attempt);
}

/** An executor of a user may break its promise not to throw; that ends its attempt, not the turn. */
function start(executor: Executor, attempt: Attempt): RunningAttempt {
  try {
    return executor.start(attempt, attempt);
  } catch (error) {
    attempt.failed(error);
    return { stop: () => {} };
  }
}
