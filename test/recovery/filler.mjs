/** A run whose results fill the disk. Argument: JSON of { dist, path, durability }. Says what it sees, a line each. */
import { pathToFileURL } from 'node:url';

const { dist, path, durability } = JSON.parse(process.argv[2]);
const load = (file) => import(pathToFileURL(`${dist}/src/${file}`).href);
const { Scheduler } = await load('index.js');
const { sqliteStore } = await load('stores/sqlite/index.js');

const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const store = sqliteStore(path);
const scheduler = new Scheduler({ store, durability, storeRetryMs: 100, logger });
const told = new Set(['store:failing', 'task:persistence-failed']);
scheduler.events$.subscribe((event) => {
  if (event.type === 'task:succeeded') console.log(`shown ${event.name}`);
  else if (told.has(event.type)) console.log(event.type);
});
const handle = scheduler.runPipeline(
  async (pipeline) => {
    for (let i = 0; i < 40; i += 1) {
      await pipeline
        .task(() => 'x'.repeat(30_000), { name: `t${i}` })
        .run()
        .result();
    }
  },
  { runId: 'r' },
);
const end = await handle.result().then(
  () => `done ${handle.durable ? 'durable' : 'not durable'}`,
  (error) => error.code,
);
await scheduler.close().catch(quiet);
await store.close().catch(quiet);
console.log(end);
