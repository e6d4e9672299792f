/** The example `compression`, run by the real command line on a small folder. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'dist/src/cli/main.js');

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-examples-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('compresses with each codec at each level, restores, and reports from the smallest on', async () => {
  const options = ['--quiet', '--resources', 'cpu=2,mem=1', '--store', join(folder, 'runs.db')];
  const params = ['--param', `out=${folder}`, '--param', 'folders=["machines"]'];
  const argv = [MAIN, 'run', 'examples/compression/compression.yml', ...options, ...params];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: ROOT });
  expect(stdout).toContain('17 of 17 tasks succeeded');
  const rows = (await readFile(join(folder, 'report.md'), 'utf8')).trim().split('\n').slice(2);
  expect(rows.map((row) => row.split(' | ').slice(0, 2).join(' ')).sort()).toEqual([
    '| brotli 1',
    '| brotli 5',
    '| brotli 9',
    '| gzip 1',
    '| gzip 5',
    '| gzip 9',
  ]);
  const left = rows.map((row) => Number(/([\d.]+) %/.exec(row)?.[1]));
  expect(left).toEqual(left.toSorted((a, b) => a - b));
  expect(left.every((percent) => percent > 1 && percent < 60)).toBe(true);
});
