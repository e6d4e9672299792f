// @ts-check
import PQueue from 'p-queue';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n, body, at) {
    const queue = new PQueue({ concurrency: 8 });
    for (let i = 0; i < n; i += 1) {
      if (at !== undefined) at[i] = performance.now();
      void queue.add(body);
    }
    await queue.onIdle();
  },
  async hold(body, kept) {
    const queue = new PQueue({ concurrency: 8, autoStart: false });
    for (let i = 0; i < kept.length; i += 1) kept[i] = queue.add(body);
    return queue;
  },
};
