/**
 * The process that is killed while it runs a workflow. Argument: JSON of { dist, db, file, runId, mode, kill }.
 * `kill`: { at: 'commit' | 'committed', n }: before the n-th commit, or after it. A resumed run is built from the
 * ledger alone. Prints how many commits it made, and the result, at its end.
 */
import { pathToFileURL } from 'node:url';

const { dist, db, file, runId, mode, kill } = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(`${dist}/src/${path}`).href);
const { Scheduler } = await load('index.js');
const { sqliteStore } = await load('stores/sqlite/index.js');
const { loadWorkflow } = await load('workflow/index.js');

const counts = { commit: 0, committed: 0 };
function reach(point) {
  counts[point] += 1;
  if (kill?.at === point && counts[point] === kill.n) process.kill(process.pid, 'SIGKILL');
}

const store = sqliteStore(db);
const open = store.open.bind(store);
store.open = (options) => {
  const session = open(options);
  const commit = session.commit.bind(session);
  session.commit = (batch) => {
    reach('commit');
    const refused = commit(batch);
    reach('committed');
    return refused;
  };
  return session;
};

const newScheduler = () => new Scheduler({ store, taskParallelism: 3, resources: { cpu: 2 } });
let scheduler = newScheduler();
const start = async () => scheduler.runPipeline((await loadWorkflow(file)).pipeline(), { runId });
let handle = mode === 'start' ? await start() : scheduler.resume(runId);
try {
  await handle.accepted;
} catch (error) {
  if (error.code !== 'PERSISTENCE_NOT_FOUND') throw error;
  // It was killed before the store had the run: the caller begins again.
  await scheduler.close();
  scheduler = newScheduler();
  handle = await start();
}
const result = await handle.result();
await scheduler.close();
console.log(JSON.stringify({ commits: counts.commit, result }));
