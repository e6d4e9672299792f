/**
 * The process that is killed: runs or resumes one plan on a SQLite store, and may end itself with SIGKILL at a chosen
 * point. Argument: JSON of { dist, db, journal, seed, runId, mode, kill }.
 * `kill`: { at: 'commit' | 'committed' | 'body', n }: before the n-th commit, after it, or in the n-th body.
 * Prints `ready` before it begins and `done <state>` at its end.
 */
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { pipelineOf, planOf } from './plan.mjs';

const { dist, db, journal, seed, runId, mode, kill } = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(`${dist}/src/${path}`).href);
const library = await load('index.js');
const { sqliteStore } = await load('stores/sqlite/index.js');

const counts = { commit: 0, committed: 0, body: 0 };
function reach(point) {
  counts[point] += 1;
  if (kill?.at === point && counts[point] === kill.n) process.kill(process.pid, 'SIGKILL');
}

/** A store that tells when it commits. */
function watched(store) {
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
  return store;
}

const note = (line) => {
  appendFileSync(journal, `${line}\n`);
  reach('body');
};

const plan = planOf(seed);
const pipeline = pipelineOf(library, plan, journal, note);
const scheduler = new library.Scheduler({ store: watched(sqliteStore(db)), taskParallelism: plan.workers });
console.log('ready');
const handle =
  mode === 'start' ? scheduler.runPipeline(pipeline, { runId }) : scheduler.resume(runId, pipeline);
try {
  await handle.accepted;
} catch (error) {
  if (error.code !== 'PERSISTENCE_NOT_FOUND') throw error;
  // It was killed before the store had the run: the caller begins again.
  await scheduler.close();
  const again = new library.Scheduler({ store: watched(sqliteStore(db)), taskParallelism: plan.workers });
  const outcome = await again.runPipeline(pipelineOf(library, plan, journal, note), { runId }).outcome();
  await again.close();
  console.log(`done ${outcome.kind}`);
  process.exit(0);
}
const outcome = await handle.outcome();
await scheduler.close();
console.log(
  `done ${outcome.kind}${outcome.error ? ` ${outcome.error.code ?? ''} ${outcome.error.message}` : ''}`,
);
