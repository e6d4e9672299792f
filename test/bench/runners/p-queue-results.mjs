// @ts-check
import PQueue from 'p-queue';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n, body, at) {
    const queue = new PQueue({ concurrency: 8 });
    const promises = new Array(n);
    for (let i = 0; i < n; i += 1) {
      if (at !== undefined) at[i] = performance.now();
      promises[i] = queue.add(body);
    }
    await Promise.all(promises);
  },
};
