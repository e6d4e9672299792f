// @ts-check
import fastq from 'fastq';

const ignore = () => {};

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  run(n, body, at) {
    return new Promise((resolve) => {
      const queue = fastq((_task, done) => void body().then(() => done(null)), 8);
      queue.drain = () => resolve(undefined);
      for (let i = 0; i < n; i += 1) {
        if (at !== undefined) at[i] = performance.now();
        queue.push(undefined, ignore);
      }
    });
  },
};
