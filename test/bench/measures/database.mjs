// @ts-check
/**
 * The ceiling of durable tasks: the database alone, without a runtime. The facts of as many tasks as are in flight,
 * made beforehand, go into each commit: what the runtime records of a no-op task, which is its record and four moves.
 */
import { join } from 'node:path';
import { IdSource } from '../../../dist/src/core/ids.js';
import { moveCode } from '../../../dist/src/stores/moves.js';
import { sqliteStore } from '../../../dist/src/stores/sqlite/index.js';
import { watchedStore } from '../watched-store.mjs';
import { runTasks } from './durable.mjs';

/** @typedef {import('../watched-store.mjs').Batch} Batch */
/** @typedef {import('../../../dist/src/stores/store.js').OwnedRun} OwnedRun */

/** With how many numbers of the run each takes: the begin and the end of an attempt have one of their own. */
const MOVES = [
  { code: moveCode('queued.eligible', 'none'), takes: 1, attempt: 0 },
  { code: moveCode('ready', 'none'), takes: 1, attempt: 0 },
  { code: moveCode('running.executing', 'started'), takes: 2, attempt: 1 },
  { code: moveCode('succeeded', 'succeeded'), takes: 2, attempt: 1 },
];
const SPEC = { name: 'nothing', kind: 'function', executor: 'inline', options: '{"resources":{}}' };

/** Tasks of the run whose facts are compared with these. */
const SAMPLE = 10;

/** @param {import('./job.d.ts').Job} job */
export async function measure({ n, inFlight = 64, durability = 'strict', folder = '' }) {
  await checkFacts(join(folder, 'sample.db'));
  await commitAll(batchesOf(n / 4, inFlight), durability, join(folder, 'warm-up.db'));
  const batches = batchesOf(n, inFlight);
  const seconds = await commitAll(batches, durability, join(folder, 'runs.db'));
  return { perSecond: n / seconds };
}

/** A ceiling over other facts than those of the runtime would be none. @param {string} path */
async function checkFacts(path) {
  /** @type {string[]} */
  const moves = [];
  let records = 0;
  const look = (/** @type {Batch} */ batch) => {
    records += batch.tasks.length;
    for (const [i, subject] of batch.moves.subject.entries()) {
      if (subject > 0) moves.push(`${batch.moves.move[i]} in attempt ${batch.moves.attempt[i]}`);
    }
  };
  await runTasks({ n: SAMPLE }, watchedStore(path, look));
  const expected = MOVES.flatMap(({ code, attempt }) =>
    new Array(SAMPLE).fill(`${code} in attempt ${attempt}`),
  );
  if (records === SAMPLE && moves.sort().join() === expected.sort().join()) return;
  const seen = [...new Set(moves)].join(', ');
  throw new Error(`the runtime records other facts of ${SAMPLE} tasks: ${records} tasks; moves ${seen}`);
}

/**
 * Gives the seconds that the commits took.
 *
 * @param {readonly Batch[]} batches of one run, which the first of them creates
 * @param {import('../../../dist/src/index.js').Durability} durability
 * @param {string} path
 */
export async function commitAll(batches, durability, path) {
  const store = sqliteStore(path);
  const session = await store.open({ durability, now: () => Date.now() });
  const began = performance.now();
  for (const batch of batches) {
    if ((await session.commit(batch)) !== undefined) throw new Error('the store refused a batch');
  }
  const seconds = (performance.now() - began) / 1_000;
  await store.close();
  return seconds;
}

/** @param {number} n @param {number} size @returns {Batch[]} */
function batchesOf(n, size) {
  const ids = new IdSource(() => Date.now());
  /** @type {OwnedRun} */
  const run = { id: ids.next(), key: 0, fence: 0 };
  const batches = [];
  for (let first = 1; first <= n; first += size) {
    batches.push(batchOf(run, ids, first, Math.min(size, n - first + 1)));
  }
  return batches;
}

/** @param {OwnedRun} run @param {IdSource} ids @param {number} first @param {number} size @returns {Batch} */
function batchOf(run, ids, first, size) {
  const at = Date.now();
  const positions = Array.from({ length: size }, (_, i) => first + i);
  const tasks = positions.map((position) => ({
    run,
    position,
    id: ids.next(),
    stage: 0,
    spec: SPEC,
    fingerprint: 'function',
    parents: [],
    isFinally: false,
    at,
  }));
  const runs = first === 1 ? [recordOf(run, at)] : [];
  const rest = { stages: [], payloads: [], values: [], groups: [], taken: [], closed: [] };
  return { ...rest, runs, tasks, moves: movesOf(run, positions, at) };
}

/** @param {OwnedRun} run @param {number} at @returns {Batch['runs'][number]} */
function recordOf(run, at) {
  const none = { version: undefined, definition: undefined, input: undefined };
  const parent = { parentId: undefined, parentTask: undefined };
  return {
    run,
    name: 'tasks',
    style: 'code',
    priority: 0,
    children: 'wait',
    after: [],
    at,
    ...none,
    ...parent,
  };
}

/** As a run goes on: all tasks of the batch are queued, then admitted, then started, then end. @param {OwnedRun} run @param {readonly number[]} positions @param {number} at @returns {Batch['moves']} */
function movesOf(run, positions, at) {
  const perTask = MOVES.reduce((sum, { takes }) => sum + takes, 0);
  let seq = 1 + ((positions[0] ?? 1) - 1) * perTask;
  /** @type {{ run: OwnedRun[], seq: number[], subject: number[], move: number[], attempt: number[], at: number[] }} */
  const moves = { run: [], seq: [], subject: [], move: [], attempt: [], at: [] };
  for (const { code, takes, attempt } of MOVES) {
    for (const position of positions) {
      moves.run.push(run);
      moves.seq.push(seq);
      moves.subject.push(position);
      moves.move.push(code);
      moves.attempt.push(attempt);
      moves.at.push(at);
      seq += takes;
    }
  }
  return { ...moves, size: moves.run.length };
}
