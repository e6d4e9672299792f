// @ts-check
/**
 * `npm run bench`: our rows beside those of others, measured in turn, and which numbers are reached.
 *
 *   npm run bench -- [--rounds N] [--quick] [--only TEXT] [--json]
 */
import { parseArgs } from 'node:util';
import { measureInTurn } from './children.mjs';
import { machineFacts } from './machine.mjs';
import { planJobs } from './plan.mjs';
import { figureOf, ratioOf, toRows } from './rows.mjs';
import { machineText, table, verdicts } from './table.mjs';
import { judge } from './targets.mjs';

const USAGE = `npm run bench -- [--rounds N] [--quick] [--only TEXT] [--json]
  --rounds N   turns through all runners, default 7 (the heavy rows take a third of them)
  --quick      a twentieth of the sizes, 2 rounds: to see that it works, not to compare
  --only TEXT  rows whose id or label contains TEXT
  --json       one JSON object on stdout instead of the table
Databases are written below the folder for temporary files: TMPDIR chooses the disk.`;

function readArguments() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 7));
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new Error('--rounds takes a whole number, 1 or more');
  return { ...values, rounds };
}

/** @param {ReturnType<typeof readArguments>} given */
async function bench({ rounds, quick, only, json }) {
  const jobs = planJobs({ rounds, quick }).filter(
    ({ id, label }) => id.includes(only) || label.includes(only),
  );
  if (jobs.length === 0) throw new Error(`no row has ${JSON.stringify(only)} in its id or label`);
  const facts = machineFacts();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  try {
    const results = await measureInTurn(jobs, { signal: stop.signal, onStart: progress });
    const rows = toRows(results);
    process.stdout.write(
      json ? `${asJson(rows, facts, { rounds, quick })}\n` : `${asText(rows, facts, { rounds, quick })}\n`,
    );
    if (rows.some(({ problem }) => problem?.startsWith('failed'))) process.exitCode = 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('\nstopped\n');
    process.exitCode = 130;
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

/** @param {number} round @param {import('./measures/job.d.ts').Job} job */
function progress(round, job) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kround ${round + 1}: ${job.id}`);
}

/** @param {import('./measures/job.d.ts').Row[]} rows @param {ReturnType<typeof machineFacts>} facts @param {{ rounds: number, quick: boolean }} how */
function asText(rows, facts, how) {
  return [table(rows), verdicts(rows), machineText(facts, how)].join('\n\n');
}

/** @param {import('./measures/job.d.ts').Row[]} rows @param {ReturnType<typeof machineFacts>} facts @param {{ rounds: number, quick: boolean }} how */
function asJson(rows, facts, how) {
  const plain = rows.map((row) => ({ ...row, figure: figureOf(row), ratio: ratioOf(row, rows) }));
  return JSON.stringify({ machine: facts, ...how, rows: plain, targets: judge(rows) });
}

try {
  const given = readArguments();
  if (given.help) process.stdout.write(`${USAGE}\n`);
  else await bench(given);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
  process.exitCode = 2;
}
