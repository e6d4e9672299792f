// @ts-check
/** The fastest p-limit can be: its promises are not looked at, the bodies count down themselves. */
import pLimit from 'p-limit';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  run(n, body, at) {
    return new Promise((resolve) => {
      const limit = pLimit(8);
      let left = n;
      const counted = async () => {
        await body();
        left -= 1;
        if (left === 0) resolve(undefined);
      };
      for (let i = 0; i < n; i += 1) {
        if (at !== undefined) at[i] = performance.now();
        void limit(counted);
      }
    });
  },
};
