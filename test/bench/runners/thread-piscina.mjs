// @ts-check
import { Piscina } from 'piscina';

/** @type {import('./runner.d.ts').Runner} */
export const runner = {
  async run(n) {
    const pool = new Piscina({ filename: new URL('./no-op.mjs', import.meta.url).href });
    let next = 0;
    const loop = async () => {
      while (next < n) {
        next += 1;
        await pool.run(undefined, { name: 'noOp' });
      }
    };
    await Promise.all(Array.from({ length: 8 }, loop));
    await pool.destroy();
  },
};
