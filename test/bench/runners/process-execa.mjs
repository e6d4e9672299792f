// @ts-check
import { execa } from 'execa';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n) {
    let next = 0;
    const loop = async () => {
      while (next < n) {
        next += 1;
        await execa('true');
      }
    };
    await Promise.all(Array.from({ length: 8 }, loop));
  },
};
