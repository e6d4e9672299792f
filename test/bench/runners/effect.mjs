// @ts-check
import { Effect } from 'effect';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n, body, at) {
    const items = Array.from({ length: n }, (_, index) => index);
    const task = Effect.promise(body);
    at?.fill(performance.now());
    await Effect.runPromise(Effect.forEach(items, () => task, { concurrency: 8, discard: true }));
  },
};
