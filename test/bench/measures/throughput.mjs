// @ts-check
/**
 * Tasks per second, then, in every other round and in a pass of its own, the time from submission to the entry of the body. All runners
 * here are first in, first out, so that the k-th entry belongs to the k-th submission.
 *
 * No forced collection between the passes: `gc()` throws away compiled code that holds on to objects weakly, and
 * every runner then spends its pass in the interpreter.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../statistics.mjs';

const nothing = async () => {};
/** Lets what the pass before left behind (timers, turns) run out. */
const settled = () => pause(50);

/** @param {import('./job.d.ts').Job} job @param {import('../runners/runner.d.ts').Runner} runner */
export async function measure({ n, round = 0 }, runner) {
  await runner.run(n, nothing);
  await settled();
  const began = performance.now();
  await runner.run(n, nothing);
  const seconds = (performance.now() - began) / 1_000;
  if (round % 2 === 1) return { perSecond: n / seconds };
  await settled();
  return { perSecond: n / seconds, ...(await waits(n, runner)) };
}

/** @param {number} n @param {import('../runners/runner.d.ts').Runner} runner */
async function waits(n, runner) {
  const submitted = new Float64Array(n);
  const entered = new Float64Array(n);
  let entries = 0;
  await runner.run(
    n,
    async () => {
      entered[entries] = performance.now();
      entries += 1;
    },
    submitted,
  );
  if (entries !== n) throw new Error(`${entries} of ${n} bodies ran`);
  const sorted = entered.map((at, index) => at - (submitted[index] ?? at)).sort();
  return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
}
