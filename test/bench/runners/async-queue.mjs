// @ts-check
// @ts-expect-error: async ships no types
import async from 'async';

const ignore = () => {};

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n, body, at) {
    const queue = async.queue(body, 8);
    for (let i = 0; i < n; i += 1) {
      if (at !== undefined) at[i] = performance.now();
      queue.push(undefined, ignore);
    }
    await queue.drain();
  },
};
