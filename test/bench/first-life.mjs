// @ts-check
/** The first life of an unfinished run. Arguments: file of the store, style, number of tasks that finish. */
import { Scheduler } from '../../dist/src/index.js';
import { sqliteStore } from '../../dist/src/stores/sqlite/index.js';
import { RUN_ID, unfinishedRun, WORKERS } from './unfinished-run.mjs';

const [path = '', style, n] = process.argv.slice(2);
const pipeline = unfinishedRun(style === 'graph' ? 'graph' : 'code', Number(n), {
  each: async () => {},
  // The last task is started only when the ends of all others are on the disk.
  last: async () => process.exit(0),
});
const scheduler = new Scheduler({ taskParallelism: WORKERS, store: sqliteStore(path) });
await scheduler.runPipeline(pipeline, { runId: RUN_ID }).result();
throw new Error('the last task did not end the process');
