/**
 * The process that is killed: goes on with what an earlier one has left, or else starts the run. Nothing here asks
 * whether there was a crash. Arguments: the folder, and the number of this life.
 */
import { Scheduler } from '../../src/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { placesIn, RUN_ID, releaseOf } from './release.ts';

const [folder = '.', life = '1'] = process.argv.slice(2);
const places = placesIn(folder);
const release = releaseOf(places, life);

const scheduler = new Scheduler({ store: sqliteStore(places.database), pipelines: [release] });
scheduler.events$.subscribe((event) => {
  if (event.type === 'task:output') console.log(`life ${life}: ${event.chunk.trimEnd()}`);
});

const { resumed } = await scheduler.recover();
const run = resumed[0] ?? scheduler.runPipeline(release, { runId: RUN_ID });
console.log(`life ${life}: ${await run.result()}`);
await scheduler.close();
