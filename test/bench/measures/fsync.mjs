// @ts-check
/** What one commit costs at least on this disk: 4 KiB at the end of a file, then fsync. Gives the median. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../statistics.mjs';

const BYTES = 4_096;

/** @param {import('./job.d.ts').Job} job */
export function measure({ n, folder = '' }) {
  const file = openSync(join(folder, 'synced'), 'w');
  const block = Buffer.alloc(BYTES, 1);
  const times = Array.from({ length: n }, (_, i) => {
    const began = performance.now();
    writeSync(file, block, 0, BYTES, i * BYTES);
    fsyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  return { ms: median(times) };
}
