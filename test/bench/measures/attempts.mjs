// @ts-check
/** Attempts per second on threads or in processes, 8 at a time; starting the pool is part of it. */

const nothing = async () => {};

/** @param {import('./job.d.ts').Job} job @param {import('../runners/runner.d.ts').Runner} runner */
export async function measure({ n }, runner) {
  await runner.run(Math.ceil(n / 4), nothing);
  const began = performance.now();
  await runner.run(n, nothing);
  return { perSecond: (n * 1_000) / (performance.now() - began) };
}
