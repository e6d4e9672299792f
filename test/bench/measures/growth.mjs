// @ts-check
/**
 * Nanoseconds per task when `n` are submitted at once, by code that is equally warm for every `n`. Small numbers
 * are repeated and averaged, so that the collector's share is in both.
 */

const WARM_UP = 200_000;
const nothing = async () => {};

/** @param {import('./job.d.ts').Job} job @param {import('../runners/runner.d.ts').Runner} runner */
export async function measure({ n }, runner) {
  const step = Math.min(n, WARM_UP);
  for (let done = 0; done < WARM_UP; done += step) await runner.run(step, nothing);
  const passes = Math.max(1, Math.round(WARM_UP / n));
  const began = performance.now();
  for (let pass = 0; pass < passes; pass += 1) await runner.run(n, nothing);
  return { ns: ((performance.now() - began) * 1e6) / (n * passes) };
}
