// @ts-check
import fastq from 'fastq';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n, body, at) {
    const queue = fastq.promise(body, 8);
    for (let i = 0; i < n; i += 1) {
      if (at !== undefined) at[i] = performance.now();
      void queue.push(undefined);
    }
    await queue.drained();
  },
  async hold(body, kept) {
    const queue = fastq.promise(body, 8);
    queue.pause();
    for (let i = 0; i < kept.length; i += 1) kept[i] = queue.push(undefined);
    return queue;
  },
};
