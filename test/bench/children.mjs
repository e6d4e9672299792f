// @ts-check
/**
 * Runs jobs, each in a process of its own, so that hooks, compiled code and heap of one runner do not touch
 * another's, and in turn (A B C, A B C, ...), so that a slow minute of the machine slows all of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./measures/job.d.ts').Job} Job */
/** @typedef {import('./measures/job.d.ts').Result} Result */

/** One measurement may take this long, in milliseconds. */
const LONGEST_MS = 180_000;
/** A million of a peer's queued tasks do not fit into the default heap everywhere. */
const FLAGS = ['--expose-gc', '--max-old-space-size=4096'];
const FILE = fileURLToPath(new URL('./measure.mjs', import.meta.url));

/**
 * @param {readonly Job[]} jobs
 * @param {{ signal: AbortSignal, onStart: (round: number, job: Job) => void }} options
 * @returns {Promise<Map<Job, (Result | Error)[]>>}
 */
export async function measureInTurn(jobs, { signal, onStart }) {
  const results = new Map(jobs.map((job) => [job, /** @type {(Result | Error)[]} */ ([])]));
  const rounds = Math.max(...jobs.map((job) => job.rounds));
  for (let round = 0; round < rounds; round += 1) {
    for (const job of jobs) {
      if (round >= job.rounds) continue;
      onStart(round, job);
      results.get(job)?.push(await inFolder((folder) => measureOnce({ ...job, round, folder }, signal)));
      signal.throwIfAborted();
    }
  }
  return results;
}

/**
 * A child may be killed: its folder is made and removed here. All are on one disk, that of TMPDIR.
 *
 * @template T
 * @param {(folder: string) => Promise<T>} work
 */
async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {Job} job @param {AbortSignal} signal @returns {Promise<Result | Error>} */
async function measureOnce(job, signal) {
  const child = spawn(process.execPath, [...FLAGS, FILE, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => child.kill('SIGKILL');
  const timer = setTimeout(stop, LONGEST_MS);
  signal.addEventListener('abort', stop, { once: true });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text;
  });
  const [code, killedBy] = await once(child, 'close');
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  if (code === 0) return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
  const because = /^\w*Error.*$/m.exec(complaint)?.[0] ?? `ended with ${code ?? killedBy}`;
  return new Error(because);
}
