// @ts-check
/**
 * Milliseconds from `resume()` to the first new attempt of a run that `n` tasks have finished of, in a process that
 * has run nothing before, as after a crash. The first life of the run is a process that ends without closing anything.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Scheduler } from '../../../dist/src/index.js';
import { sqliteStore } from '../../../dist/src/stores/sqlite/index.js';
import { RUN_ID, unfinishedRun, WORKERS } from '../unfinished-run.mjs';

const FIRST_LIFE = fileURLToPath(new URL('../first-life.mjs', import.meta.url));

/** @param {import('./job.d.ts').Job} job */
export async function measure({ n, style = 'code', folder = '' }) {
  const path = join(folder, 'runs.db');
  await promisify(execFile)(process.execPath, [FIRST_LIFE, path, style, String(n)]);
  let again = 0;
  let startedAt = Number.NaN;
  const pipeline = unfinishedRun(style, n, {
    each: async () => {
      again += 1;
    },
    last: async () => {
      startedAt = performance.now();
    },
  });
  const scheduler = new Scheduler({ taskParallelism: WORKERS, store: sqliteStore(path) });
  const began = performance.now();
  await scheduler.resume(RUN_ID, pipeline).result();
  await scheduler.close();
  if (again > 0) throw new Error(`${again} of ${n} finished tasks were done again`);
  return { ms: startedAt - began };
}
