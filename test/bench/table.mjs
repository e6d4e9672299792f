// @ts-check
/** The table, the verdicts and the machine, as text. */
import { loadWarning } from './machine.mjs';
import { figureOf, ratioOf } from './rows.mjs';
import { bytesPerRun, judge, WITHOUT_A_ROW } from './targets.mjs';

/** @typedef {import('./measures/job.d.ts').Row} Row */
/** @typedef {import('./statistics.mjs').Spread} Spread */

/** @type {Readonly<Record<import('./measures/job.d.ts').Job['section'], string>>} */
const TITLES = {
  tasks: 'NO-OP TASKS, 8 at a time, all submitted at once; wait = from submission to the start of the body',
  queued: 'HEAP PER QUEUED TASK, handle or promise kept, one shared function',
  growth: 'TIME PER TASK AS THE NUMBER GROWS; ratio to the smaller number',
  attempts: 'ATTEMPTS OUTSIDE THE EVENT LOOP, no-op, 8 at a time',
  runs: 'SHORT RUNS, 64 in flight',
  durable:
    'DURABLE NO-OP TASKS on SQLite, 1 subscriber, from submission to the end; ratio to the database alone',
  dag: 'LAYERED GRAPH, 100 nodes a layer, 3 parents each, 8 at a time, order checked; validation is in it',
  recovery: 'RECOVERY on SQLite, from resume() to the first new attempt; finished tasks',
  workflows: 'WORKFLOWS: start-up of the command line; overhead per item of a foreach of empty stages',
  exploration: 'EXPLORATION of the shipped scheduler, every state checked',
  import: 'IMPORT in a new process',
};
/** Sections whose rows have one size, told in the title. */
const SIZED = new Set(['tasks', 'queued', 'runs', 'durable', 'dag', 'recovery', 'exploration']);
const HEAD = ['', 'median [min..max]', 'ratio', 'wait p50 / p99', 'what it does not do'];

/** @param {number} value */
function short(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  if (value >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}

const UNITS = { perSecond: '/s', bytes: ' B', ns: ' ns', ms: ' ms' };

/** @param {Row} row */
function figure(row) {
  const found = figureOf(row);
  if (found === undefined) return '-';
  const range = row.job.rounds === 1 ? '' : ` [${short(found.min)}..${short(found.max)}]`;
  return `${short(found.median)}${UNITS[found.unit]}${range}`;
}

/** @param {Row} row */
function wait({ values }) {
  const { p50Ms, p99Ms } = values;
  return p50Ms === undefined || p99Ms === undefined
    ? ''
    : `${short(p50Ms.median)} / ${short(p99Ms.median)} ms`;
}

/** @param {Row} row @param {readonly Row[]} rows */
function remark(row, rows) {
  const { job, values, lists, problem } = row;
  const said = [problem, job.note];
  const { states, bytes, outside, tasksPerCommit, buildMs } = values;
  if (tasksPerCommit !== undefined) said.push(`${short(tasksPerCommit.median)} tasks per commit`);
  if (buildMs !== undefined) said.push(`building it takes ${short(buildMs.median)} ms more`);
  if (outside !== undefined && outside.median >= 1)
    said.push(`and ${short(outside.median)} B in typed arrays`);
  const { heaps } = lists;
  if (heaps !== undefined) {
    const megabytes = heaps.map((heap) => (heap / 1e6).toFixed(1)).join(' ');
    said.push(
      `${(bytesPerRun(rows) ?? 0).toFixed(2)} B more heap per run; MB after each tenth: ${megabytes}`,
    );
  }
  if (states !== undefined && bytes !== undefined) {
    said.push(`${short(states.median)} states, ${short(bytes.median)} B each in its tables`);
  }
  return said.filter((text) => text !== undefined && text !== '').join('; ');
}

/** Says the size where it is not that of the title. @param {Row} row @param {readonly Row[]} rows */
function label({ job }, rows) {
  const first = rows.find((row) => row.job.section === job.section)?.job.n;
  const other = SIZED.has(job.section) && first !== job.n;
  return `  ${job.label}${other ? ` (${job.n.toLocaleString('en')})` : ''}`;
}

/** @param {Row} row @param {readonly Row[]} rows */
function cells(row, rows) {
  const ratio = ratioOf(row, rows);
  return [
    label(row, rows),
    figure(row),
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    wait(row),
    remark(row, rows),
  ];
}

/** @param {readonly (readonly string[] | string)[]} lines a string spans all columns */
function align(lines) {
  const grid = lines.filter((line) => typeof line !== 'string');
  const widths = HEAD.map((_, column) => Math.max(...grid.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => {
    if (typeof line === 'string') return line;
    const padded = line.map((cell, column) =>
      column === 0 || column === 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return padded.join('  ').trimEnd();
  });
}

/** @param {readonly Row[]} rows */
export function table(rows) {
  /** @type {(readonly string[] | string)[]} */
  const lines = [HEAD];
  let section = '';
  for (const row of rows) {
    if (row.job.section !== section) lines.push(title(row));
    section = row.job.section;
    lines.push(cells(row, rows));
  }
  return align(lines).join('\n');
}

/** @param {Row} row */
function title({ job }) {
  const size = SIZED.has(job.section) ? ` (${job.n.toLocaleString('en')})` : '';
  return `${TITLES[job.section]}${size}`;
}

/** @param {readonly Row[]} rows */
export function verdicts(rows) {
  const judged = judge(rows).map(({ what, goal, value, verdict, by }) => {
    const reached = value === undefined ? '' : `: ${short(value)}${by === '' ? '' : `, ${by}`}`;
    return `  ${verdict.padEnd(13)} ${what}, ${goal}${reached}`;
  });
  const missing = WITHOUT_A_ROW.map((what) => `  no row yet    ${what}`);
  return ['NUMBERS TO REACH', ...judged, ...missing].join('\n');
}

/** @param {ReturnType<typeof import('./machine.mjs').machineFacts>} facts @param {{ rounds: number, quick: boolean }} how */
export function machineText(facts, { rounds, quick }) {
  const { cores, cpu, memoryGb, node, platform, load } = facts;
  const about = `MACHINE ${cores} cores (${cpu}), ${memoryGb} GB, ${platform}, Node ${node}, load ${load.toFixed(2)} before; ${rounds} rounds in turn`;
  const small = quick
    ? 'QUICK: sizes too small for the code to get warm; nothing here is to be compared'
    : undefined;
  return [about, small, loadWarning(facts)].filter((line) => line !== undefined).join('\n');
}
