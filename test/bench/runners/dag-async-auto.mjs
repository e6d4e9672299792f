// @ts-check
// @ts-expect-error: async ships no types
import async from 'async';

/** @type {import('./runner.d.ts').GraphRunner} */
export const runner = {
  prepare(parents, body, atOnce) {
    const tasks = Object.fromEntries(
      parents.map((above, node) => [
        `n${node}`,
        [...above.map((parent) => `n${parent}`), async () => body(node)],
      ]),
    );
    return () => async.auto(tasks, atOnce);
  },
};
