// @ts-check
/** No-op tasks with a ledger, all submitted at once, with one subscriber of `events$`: end to end, and the commits. */
import { join } from 'node:path';
import { Scheduler } from '../../../dist/src/index.js';
import { watchedStore } from '../watched-store.mjs';

const nothing = async () => {};

/** @param {import('./job.d.ts').Job} job */
export async function measure(job) {
  const { n, folder = '' } = job;
  await pass({ ...job, n: n / 4 }, join(folder, 'warm-up.db'));
  const { seconds, commits } = await pass(job, join(folder, 'runs.db'));
  return { perSecond: n / seconds, tasksPerCommit: n / commits };
}

/** @param {import('./job.d.ts').Job} job @param {string} path */
async function pass(job, path) {
  let commits = 0;
  const count = () => {
    commits += 1;
  };
  const seconds = await runTasks(job, watchedStore(path, count));
  return { seconds, commits };
}

/**
 * Gives the seconds from the submission of the run to its visible end.
 *
 * @param {Pick<import('./job.d.ts').Job, 'n' | 'durability' | 'inFlight'>} job
 * @param {import('../watched-store.mjs').Store} store
 */
export async function runTasks({ n, durability = 'strict', inFlight = 64 }, store) {
  const scheduler = new Scheduler({ taskParallelism: inFlight, store, durability });
  let events = 0;
  scheduler.events$.subscribe(() => {
    events += 1;
  });
  const began = performance.now();
  const submitAll = async (/** @type {import('../../../dist/src/index.js').Controls} */ pipeline) => {
    for (let i = 0; i < n; i += 1) pipeline.task(nothing).run();
  };
  await scheduler.runPipeline(submitAll, { children: 'wait' }).result();
  const seconds = (performance.now() - began) / 1_000;
  await scheduler.close();
  if (events < 3 * n) throw new Error(`${events} events of ${n} tasks reached the subscriber`);
  return seconds;
}
