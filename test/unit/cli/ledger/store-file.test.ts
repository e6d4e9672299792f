/** The file with the runs. The hunted bug: asking about runs makes a file, or a folder, where there was none. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRun } from '../../../../src/cli/ledger/find-run.ts';
import { existingStore, storeToRead, storeToWrite } from '../../../../src/cli/ledger/store-file.ts';
import { Scheduler } from '../../../../src/index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inside = (name: string): string => join(folder, name);

describe('the store file', () => {
  it('is not made by reading', () => {
    expect(storeToRead(inside('a/runs.db'))).toBeUndefined();
    expect(() => existingStore(inside('a/runs.db'))).toThrow(/no runs yet in .*runs\.db/);
    expect(existsSync(inside('a'))).toBe(false);
  });
  it('is not filled by reading when it is empty', () => {
    writeFileSync(inside('runs.db'), '');
    expect(storeToRead(inside('runs.db'))).toBeUndefined();
  });
  it('comes with its folder when the first run is written, and not before', async () => {
    const store = storeToWrite(inside('a/b/runs.db'));
    await using scheduler = new Scheduler({ store });
    expect(existsSync(inside('a'))).toBe(false);
    await scheduler.runPipeline(() => 1).result();
    expect(existsSync(inside('a/b/runs.db'))).toBe(true);
    await store.close();
  });
  it('cannot be below a file, and says so', async () => {
    writeFileSync(inside('file'), 'x');
    const store = storeToWrite(inside('file/runs.db'));
    const scheduler = new Scheduler({ store });
    await expect(scheduler.runPipeline(() => 1).accepted).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringContaining('--store'),
    });
    await scheduler.close({ mode: 'abort' });
  });
});

describe('a run by the beginning of its id', () => {
  it('is found where that says which, and the others are listed where it does not', async () => {
    const store = storeToWrite(inside('runs.db'));
    await using scheduler = new Scheduler({ store });
    for (const runId of ['abc-1', 'abc-2', 'abc', 'x-1'])
      await scheduler.runPipeline(() => 1, { runId, name: `run ${runId}` }).result();
    expect((await findRun(store, 'x')).id).toBe('x-1');
    expect((await findRun(store, 'abc')).id).toBe('abc');
    await expect(findRun(store, 'abc-')).rejects.toThrow(
      '"abc-" begins the ids of 2 runs: abc-2 (run abc-2), abc-1 (run abc-1)',
    );
    await expect(findRun(store, 'nope')).rejects.toMatchObject({ code: 'PERSISTENCE_NOT_FOUND' });
    await scheduler.close();
    await store.close();
  });
});
