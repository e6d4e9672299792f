// @ts-check
/**
 * Bytes of heap per task that is queued: one shared function, no arguments, and what the caller gets is kept.
 * `outside` is what typed arrays hold beside the heap.
 */

const nothing = async () => {};

function heap() {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage();
}

/** @param {import('./job.d.ts').Job} job @param {import('../runners/runner.d.ts').Runner} runner */
export async function measure({ n }, runner) {
  if (runner.hold === undefined) throw new Error('this runner cannot hold its tasks');
  await runner.hold(nothing, new Array(1_000).fill(undefined));
  const kept = new Array(n).fill(undefined);
  const before = heap();
  const queue = await runner.hold(nothing, kept);
  const after = heap();
  if (queue === undefined || kept.at(-1) === undefined) throw new Error('nothing was queued');
  return {
    bytes: (after.heapUsed - before.heapUsed) / n,
    outside: (after.arrayBuffers - before.arrayBuffers) / n,
  };
}
