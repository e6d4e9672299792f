// @ts-check
import { spawn } from 'node:child_process';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n) {
    let next = 0;
    const loop = async () => {
      while (next < n) {
        next += 1;
        await new Promise((resolve, reject) => spawn('true').on('error', reject).on('close', resolve));
      }
    };
    await Promise.all(Array.from({ length: 8 }, loop));
  },
};
