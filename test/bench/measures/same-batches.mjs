// @ts-check
/** The very batches that the runtime commits, kept while it runs and then given to the database alone. */
import { join } from 'node:path';
import { watchedStore } from '../watched-store.mjs';
import { commitAll } from './database.mjs';
import { runTasks } from './durable.mjs';

/** @typedef {import('../watched-store.mjs').Batch} Batch */

/** @param {import('./job.d.ts').Job} job */
export async function measure(job) {
  const { n, durability = 'strict', folder = '' } = job;
  await again({ ...job, n: n / 4 }, durability, folder, 'warm-up');
  const { seconds, commits } = await again(job, durability, folder, 'runs');
  return { perSecond: n / seconds, tasksPerCommit: n / commits };
}

/**
 * @param {import('./job.d.ts').Job} job
 * @param {import('../../../dist/src/index.js').Durability} durability
 * @param {string} folder
 * @param {string} name
 */
async function again(job, durability, folder, name) {
  /** @type {Batch[]} */
  const kept = [];
  await runTasks(
    job,
    watchedStore(join(folder, `${name}-kept.db`), (batch) => kept.push(batch)),
  );
  const seconds = await commitAll(ofNewRun(kept), durability, join(folder, `${name}.db`));
  return { seconds, commits: kept.length };
}

/** The batches name a run by the number that it had in the other database. @param {readonly Batch[]} batches @returns {Batch[]} */
function ofNewRun(batches) {
  const run = { id: 'again', key: 0, fence: 0 };
  return batches.map(({ runs, stages, tasks, moves, closed }) => {
    const { size, seq, subject, move, attempt, at } = moves;
    return {
      runs: runs.map((record) => ({ ...record, run })),
      stages: stages.map((record) => ({ ...record, run })),
      tasks: tasks.map((record) => ({ ...record, run })),
      moves: { size, seq, subject, move, attempt, at, run: new Array(size).fill(run) },
      closed: closed.map(() => run),
      payloads: [],
      values: [],
      groups: [],
      taken: [],
    };
  });
}
