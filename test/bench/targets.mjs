// @ts-check
/** The numbers to reach, and whether these rows reach them. */
import { DATABASE, DURABLE, FOREACH, GRAPH, OURS, START_UP } from './plan.mjs';
import { figureOf } from './rows.mjs';
import { slope } from './statistics.mjs';

/** @typedef {import('./measures/job.d.ts').Row} Row */
/**
 * @typedef {object} Target
 * @property {string} what
 * @property {'at least' | 'at most'} sense
 * @property {number} goal
 * @property {string} unit
 * @property {(rows: readonly Row[]) => number | undefined} value
 */

/** @param {readonly Row[]} rows @param {string} id */
const medianOf = (rows, id) => {
  const row = rows.find(({ job }) => job.id === id);
  return row === undefined ? undefined : figureOf(row)?.median;
};

/** Ours over the fastest row of a peer. @param {...string} peers @returns {Target['value']} */
const overPeer =
  (...peers) =>
  (rows) => {
    const ours = medianOf(rows, OURS);
    const theirs = peers.map((peer) => medianOf(rows, peer)).filter((value) => value !== undefined);
    return ours === undefined || theirs.length < peers.length ? undefined : ours / Math.max(...theirs);
  };

/** One row over another. @param {string} id @param {string} other @returns {Target['value']} */
const over = (id, other) => (rows) => {
  const [mine, theirs] = [medianOf(rows, id), medianOf(rows, other)];
  return mine === undefined || theirs === undefined ? undefined : mine / theirs;
};

/** Bytes that the heap grows per run, the first fifth of the samples left out. @param {readonly Row[]} rows */
export function bytesPerRun(rows) {
  const row = rows.find(({ job }) => job.id === 'runs/signalbox');
  if (row === undefined) return undefined;
  const { heaps } = row.lists;
  if (heaps === undefined) return undefined;
  return slope(heaps.slice(Math.ceil(heaps.length / 5))) / (row.job.n / heaps.length);
}

/** @param {readonly Row[]} rows */
function growth(rows) {
  const few = medianOf(rows, 'growth/signalbox-listened/few');
  const many = medianOf(rows, 'growth/signalbox-listened/many');
  return few === undefined || many === undefined ? undefined : many / few;
}

/** @param {readonly Row[]} rows */
function bytesPerState(rows) {
  const { bytes } = rows.find(({ job }) => job.id === 'exploration/signalbox')?.values ?? {};
  return bytes?.median;
}

/** @type {readonly Target[]} */
const TARGETS = [
  {
    what: 'no-op tasks, all actors and events on, over p-queue',
    sense: 'at least',
    goal: 1.3,
    unit: 'x',
    value: overPeer('tasks/p-queue'),
  },
  {
    what: 'no-op tasks, all actors and events on, over the faster p-limit row',
    sense: 'at least',
    goal: 1.2,
    unit: 'x',
    value: overPeer('tasks/p-limit', 'tasks/p-limit-counted'),
  },
  {
    what: 'heap per queued task',
    sense: 'at most',
    goal: 600,
    unit: ' bytes',
    value: (rows) => medianOf(rows, 'queued/signalbox-silent'),
  },
  { what: 'time per task, many over few', sense: 'at most', goal: 1.3, unit: 'x', value: growth },
  {
    what: 'heap growth over a million short runs (flat)',
    sense: 'at most',
    goal: 1,
    unit: ' bytes per run',
    value: bytesPerRun,
  },
  {
    what: 'durable no-op tasks, strict, 64 in flight, over the database alone, 64 per commit',
    sense: 'at least',
    goal: 0.6,
    unit: 'x',
    value: over(DURABLE, DATABASE),
  },
  {
    what: 'the same, end to end, 5 times the 14,000/s of BullMQ (quoted: measured elsewhere, Redis without AOF)',
    sense: 'at least',
    goal: 70_000,
    unit: ' tasks/s',
    value: (rows) => medianOf(rows, DURABLE),
  },
  {
    what: 'a layered graph, over toposort + p-limit',
    sense: 'at least',
    goal: 1.2,
    unit: 'x',
    value: over(GRAPH, 'dag/dag-toposort'),
  },
  {
    what: 'signalbox run on ten stages, to the first task',
    sense: 'at most',
    goal: 300,
    unit: ' ms',
    value: (rows) => medianOf(rows, START_UP),
  },
  {
    what: 'a foreach of a thousand items, on SQLite',
    sense: 'at most',
    goal: 1,
    unit: ' ms per item',
    value: (rows) => medianOf(rows, FOREACH),
  },
  {
    what: 'exploration',
    sense: 'at least',
    goal: 100_000,
    unit: ' states/s',
    value: (rows) => medianOf(rows, 'exploration/signalbox'),
  },
  {
    what: 'exploration',
    sense: 'at most',
    goal: 400,
    unit: ' bytes per state',
    value: bytesPerState,
  },
  {
    what: 'import of signalbox in a new process',
    sense: 'at most',
    goal: 100,
    unit: ' ms',
    value: (rows) => medianOf(rows, 'import/signalbox'),
  },
];

/** Targets that this benchmark has no row for. */
export const WITHOUT_A_ROW = [
  'a remote attempt beside raw BullMQ',
  'complete exploration of 6 tasks with symmetry reduction, 4 without',
];

/**
 * @param {readonly Row[]} rows
 * @returns {{ what: string, goal: string, value: number | undefined, verdict: 'met' | 'MISSED' | 'not measured', by: string }[]}
 */
export function judge(rows) {
  return TARGETS.map(({ what, sense, goal, unit, value }) => {
    const measured = value(rows);
    const text = `${sense} ${goal.toLocaleString('en')}${unit}`;
    if (measured === undefined) return { what, goal: text, value: measured, verdict: 'not measured', by: '' };
    const met = sense === 'at least' ? measured >= goal : measured <= goal;
    const off = Math.abs(100 * (measured / goal - 1)).toFixed(0);
    const side = sense === 'at least' ? 'short of it' : 'above it';
    return {
      what,
      goal: text,
      value: measured,
      verdict: met ? 'met' : 'MISSED',
      by: met ? '' : `${off}% ${side}`,
    };
  });
}
