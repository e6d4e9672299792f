// @ts-check
/** What is measured, in which size, how often. Everything a row says about a peer is written here. */

/** @typedef {import('./measures/job.d.ts').Job} Job */

/** The row that the others are compared with. */
export const OURS = 'tasks/signalbox-listened';
const HELD = 'queued/signalbox-silent';
export const DURABLE = 'durable/strict-64';
export const DATABASE = 'durable/database-strict-64';
export const GRAPH = 'dag/dag-signalbox';
export const START_UP = 'workflows/start-up';
export const FOREACH = 'workflows/foreach-stored';

/** @type {readonly (readonly [runner: string, label: string, note: string, tasks?: number])[]} */
const RUNNERS = [
  ['bare', 'bare: 8 async loops', 'no queue: nothing can be added, waited for or cancelled'],
  ['fastq-callback', 'fastq, callbacks', 'no promise, priority, cancel, resources, events or state per task'],
  [
    'fastq-promise',
    'fastq, promises',
    'no priority, cancel of one task, resources, events or state per task',
  ],
  ['async-queue', 'async.queue', 'no promise here, no resources, events or state per task'],
  ['effect', 'Effect.forEach', 'a list known before; no priority, resources, events or state per task'],
  ['p-limit', 'p-limit, Promise.all', 'no priority, cancel of one task, resources, events or state per task'],
  ['p-limit-counted', 'p-limit, bodies counted', 'the same, and its promises are not looked at'],
  ['p-queue', 'p-queue, onIdle', 'no resources, nor state or event per task that says which'],
  ['p-queue-results', 'p-queue, Promise.all', 'the same'],
  ['listr2', 'listr2, silent', 'a list known before; no priority or resources', 2_000],
  [
    'signalbox-listened',
    'signalbox: actors, 1 events$ subscriber',
    'in memory: nothing outlives the process',
  ],
  ['signalbox-silent', 'signalbox: nobody listens', 'the same, events are not made'],
  [
    'signalbox-results',
    'signalbox: every result awaited',
    'the same, with a promise per task as p-limit has',
  ],
  ['signalbox-resources', 'signalbox: cpu label, 1 subscriber', 'limited by { cpu: 8 } and 1 per task'],
];

/** @type {readonly (readonly [runner: string, label: string])[]} */
const QUEUES = [
  ['signalbox-silent', 'signalbox'],
  ['p-queue', 'p-queue'],
  ['p-limit', 'p-limit, Promise.all'],
  ['fastq-promise', 'fastq, promises'],
];

/** @type {readonly (readonly [runner: string, label: string])[]} */
const GROWING = [
  ['signalbox-listened', 'signalbox, 1 subscriber'],
  ['p-queue', 'p-queue'],
  ['p-limit', 'p-limit, Promise.all'],
];

const DURABILITIES = /** @type {const} */ (['strict', 'relaxed']);
const IN_FLIGHT = [8, 64, 512];

/** @type {readonly (readonly [style: 'code' | 'graph', label: string, note: string])[]} */
const RECOVERED = [
  ['code', 'code: one pipeline', 'the code runs again and is given every recorded end'],
  ['graph', 'graph: layers of 100, 3 parents each', 'building the graph again is not in it'],
];

/** @type {readonly (readonly [runner: string, label: string, n: number, note: string])[]} */
const ATTEMPTS = [
  ['process-spawn', 'process: bare spawn', 400, 'no output kept, no time-out, no process group'],
  ['process-execa', 'process: execa', 400, 'no process group that ends with it'],
  ['process-signalbox', 'process: signalbox', 400, ''],
  ['thread-piscina', 'thread: piscina', 20_000, 'its own queue; no events'],
  ['thread-signalbox', 'thread: signalbox', 20_000, ''],
];

/** @type {readonly (readonly [runner: string, label: string, note: string])[]} */
const GRAPHS = [
  ['dag-signalbox', 'signalbox: TaskGraph alone', 'results and states of all tasks, finally tasks, reruns'],
  ['dag-signalbox-listened', 'signalbox: in a scheduler, 1 subscriber', 'the same, and its events'],
  ['dag-p-graph', 'p-graph', 'no cancel, results, events or state per task'],
  ['dag-toposort', 'toposort + p-limit', 'a failure leaves the rest unsettled; no events or state per task'],
];

/**
 * @param {{ rounds: number, quick: boolean }} options `quick` divides the sizes by 20
 * @returns {Job[]}
 */
export function planJobs({ rounds, quick }) {
  const size = (/** @type {number} */ n) => (quick ? Math.max(500, n / 20) : n);
  const few = Math.ceil(rounds / 3);
  return [
    ...RUNNERS.map(([runner, label, note, tasks = 200_000]) =>
      job('tasks', runner, { label, note, measure: 'throughput', n: size(tasks), rounds, against: OURS }),
    ),
    ...QUEUES.map(([runner, label]) =>
      job('queued', runner, {
        label,
        measure: 'queued-bytes',
        n: size(1_000_000),
        rounds: few,
        against: HELD,
      }),
    ),
    ...growth(size, Math.ceil(rounds / 4)),
    ...ATTEMPTS.map(([runner, label, n, note]) => {
      const against = `attempts/${runner.split('-')[0]}-signalbox`;
      return job('attempts', runner, { label, note, n: quick ? n / 4 : n, rounds: few, against });
    }),
    job('runs', '', {
      label: 'short runs, one task each',
      measure: 'short-runs',
      n: size(1_000_000),
      rounds: 1,
    }),
    ...durable(size(100_000), rounds, few),
    ...GRAPHS.map(([runner, label, note]) =>
      job('dag', runner, { label, note, n: size(10_000), rounds, against: GRAPH }),
    ),
    // Quadratic: one pass of 10,000 nodes takes it many seconds.
    job('dag', 'dag-async-auto', {
      label: 'async.auto',
      note: 'no cancel, events or state per task',
      n: size(10_000),
      against: GRAPH,
    }),
    ...RECOVERED.map(([style, label, note]) =>
      job('recovery', '', { id: `recovery/${style}`, label, note, style, n: size(100_000), rounds: few }),
    ),
    ...workflows(size(1_000), rounds),
    job('exploration', '', { label: 'explore', measure: 'exploration', n: size(200_000), rounds: few }),
    ...imports(rounds),
  ];
}

/** @param {(n: number) => number} size @param {number} rounds @returns {Job[]} */
function growth(size, rounds) {
  const sizes = [10_000, size(1_000_000)];
  return GROWING.flatMap(([runner, name]) =>
    sizes.map((n, index) =>
      job('growth', runner, {
        id: `growth/${runner}/${index === 0 ? 'few' : 'many'}`,
        label: `${name}, ${n.toLocaleString('en')} tasks`,
        against: index === 0 ? '' : `growth/${runner}/few`,
        n,
        rounds,
      }),
    ),
  );
}

/**
 * Each row of ours beside the database alone with as many tasks in each commit. The runtime commits per turn, which
 * is many more: so also the database alone with the batches of the runtime.
 *
 * @param {number} n @param {number} rounds @param {number} few
 * @returns {Job[]}
 */
function durable(n, rounds, few) {
  const fsync = { label: 'fsync of 4 KiB on this disk, p50', measure: 'fsync', n: 200, rounds };
  return [
    ...DURABILITIES.flatMap((durability) =>
      IN_FLIGHT.flatMap((inFlight) => {
        const id = `${durability}-${inFlight}`;
        const turns = durability === 'strict' && inFlight === 64 ? rounds : few;
        const common = { durability, inFlight, n, rounds: turns };
        return durableRows(id, common);
      }),
    ),
    job('durable', '', { id: 'durable/fsync', ...fsync }),
  ];
}

/** @param {string} id @param {Partial<Job> & Pick<Job, 'durability' | 'inFlight'>} common @returns {Job[]} */
function durableRows(id, common) {
  const { durability, inFlight } = common;
  const ours = `durable/${id}`;
  const rows = [
    job('durable', '', {
      ...common,
      id: ours,
      label: `signalbox: ${durability}, ${inFlight} in flight`,
      against: `durable/database-${id}`,
    }),
    job('durable', '', {
      ...common,
      id: `durable/database-${id}`,
      label: `  database alone, ${inFlight} tasks per commit`,
      measure: 'database',
    }),
  ];
  if (inFlight !== 64) return rows;
  const same = job('durable', '', {
    ...common,
    id: `durable/same-${id}`,
    label: '  database alone, the batches of the runtime',
    measure: 'same-batches',
    against: ours,
  });
  return [...rows, same];
}

/** @param {number} n @param {number} rounds @returns {Job[]} */
function workflows(n, rounds) {
  const common = { measure: 'foreach', n, rounds };
  return [
    job('workflows', '', {
      id: START_UP,
      label: 'signalbox run, ten stages, from the spawn to the first task',
      measure: 'command-line-start',
      note: 'a new process and a new ledger each time',
      rounds,
    }),
    job('workflows', '', { ...common, id: 'workflows/foreach', label: 'an item, in memory' }),
    job('workflows', '', { ...common, id: FOREACH, label: 'an item, on SQLite, strict', stored: true }),
  ];
}

/** @param {number} rounds */
function imports(rounds) {
  const file = new URL('../../dist/src/index.js', import.meta.url).href;
  return [
    job('import', file, { id: 'import/signalbox', label: 'signalbox', measure: 'import-time', rounds }),
    job('import', 'effect', { label: 'effect', measure: 'import-time', rounds }),
    job('import', 'xstate', { label: 'xstate (we import it)', measure: 'import-time', rounds }),
  ];
}

/** @param {Job['section']} section @param {string} runner @param {Partial<Job>} rest @returns {Job} */
function job(section, runner, rest) {
  const id = `${section}/${runner === '' ? 'signalbox' : runner}`;
  return {
    id,
    section,
    runner,
    label: runner,
    measure: section,
    note: '',
    against: '',
    n: 1,
    rounds: 1,
    ...rest,
  };
}
