// @ts-check
import pLimit from 'p-limit';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n, body, at) {
    const limit = pLimit(8);
    const promises = new Array(n);
    for (let i = 0; i < n; i += 1) {
      if (at !== undefined) at[i] = performance.now();
      promises[i] = limit(body);
    }
    await Promise.all(promises);
  },
  async hold(body, kept) {
    const limit = pLimit(1);
    void limit(() => new Promise(() => {}));
    for (let i = 0; i < kept.length; i += 1) kept[i] = limit(body);
    return limit;
  },
};
