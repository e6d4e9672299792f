// @ts-check
/** What is measured, in which size, how often. Everything a row says about a peer is written here. */

/** @typedef {import('./measures/job.d.ts').Job} Job */

/** The row that the others are compared with. */
export const OURS = 'tasks/signalbox-listened';
const HELD = 'queued/signalbox-silent';

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

/** @type {readonly (readonly [runner: string, label: string, n: number, note: string])[]} */
const ATTEMPTS = [
  ['process-spawn', 'process: bare spawn', 400, 'no output kept, no time-out, no process group'],
  ['process-execa', 'process: execa', 400, 'no process group that ends with it'],
  ['process-signalbox', 'process: signalbox', 400, ''],
  ['thread-piscina', 'thread: piscina', 20_000, 'its own queue; no events'],
  ['thread-signalbox', 'thread: signalbox', 20_000, ''],
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
