// @ts-check
/** Runs of a pipeline with one task, 64 in flight: how many per second, and whether the heap stays flat. */
import { Scheduler } from '../../../dist/src/index.js';

const IN_FLIGHT = 64;
const SAMPLES = 10;
const nothing = async () => {};
/** @param {import('../../../dist/src/index.js').Controls} pipeline */
const tiny = async (pipeline) => {
  await pipeline.task(nothing).run().result();
};

/** @param {import('./job.d.ts').Job} job */
export async function measure({ n }) {
  const scheduler = new Scheduler({ pipelineParallelism: 8, taskParallelism: 8 });
  const share = Math.round(n / SAMPLES);
  await runs(scheduler, Math.min(share, 20_000));
  const heaps = [];
  let milliseconds = 0;
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const began = performance.now();
    await runs(scheduler, share);
    milliseconds += performance.now() - began;
    globalThis.gc?.();
    heaps.push(process.memoryUsage().heapUsed);
  }
  await scheduler.close();
  return { perSecond: (share * SAMPLES * 1_000) / milliseconds, heaps };
}

/** @param {Scheduler} scheduler @param {number} n */
async function runs(scheduler, n) {
  let next = 0;
  const loop = async () => {
    while (next < n) {
      next += 1;
      await scheduler.runPipeline(tiny).result();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
}
