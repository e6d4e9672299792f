/**
 * Stores that cannot be used, under a real scheduler. The hunted bugs: a handle that hangs, a scheduler that cannot be
 * closed, a file that was changed although it was refused, an outcome shown that is not on the disk.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scheduler } from '../../src/index.ts';
import { type Database, openDatabase } from '../../src/stores/sqlite/driver.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const filler = fileURLToPath(new URL('./filler.mjs', import.meta.url));

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-bad-'));
  path = join(folder, 'runs.db');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What a user sees of a run on this store, and that the scheduler closes. */
async function tried(): Promise<Record<string, unknown>> {
  let entered = false;
  const store = sqliteStore(path);
  const scheduler = new Scheduler({ store });
  const handle = scheduler.runPipeline(async () => {
    entered = true;
  });
  const code = (error: unknown) => (error as { code?: unknown }).code;
  const accepted = await handle.accepted.then(() => 'yes', code);
  const result = await handle.result().then(() => 'yes', code);
  const recovered = await scheduler.recover().then(() => 'yes', code);
  const listed = await store.runs.list().then(() => 'yes', code);
  await scheduler.close();
  await store.close().catch(() => {});
  return { accepted, result, recovered, listed, entered };
}

function withDatabase<T>(use: (database: Database) => T): T {
  const database = openDatabase(path);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

const refused = (code: string) => ({
  accepted: code,
  result: code,
  recovered: code,
  listed: code,
  entered: false,
});

describe('a file that cannot be a ledger', () => {
  it('because it is no database, is refused and left alone', async () => {
    await writeFile(path, 'this is a diary, not a database\n'.repeat(100));
    const before = await readFile(path);
    expect(await tried()).toEqual(refused('STORE_UNAVAILABLE'));
    expect(await readFile(path)).toEqual(before);
  });

  it('because a newer version has made it, is refused and left alone', async () => {
    const store = sqliteStore(path);
    await store.runs.list();
    await store.close();
    withDatabase((database) => database.exec('PRAGMA user_version = 9999'));
    expect(await tried()).toEqual(refused('STORE_SCHEMA'));
    const version = withDatabase((database) => database.prepare('PRAGMA user_version').get());
    expect(version).toEqual({ user_version: 9999 });
  });

  it('because its folder does not exist, says so', async () => {
    path = join(folder, 'no', 'such', 'runs.db');
    expect(await tried()).toEqual(refused('STORE_UNAVAILABLE'));
  });
});

describe('a disk that fills up while a run goes on', () => {
  const limited = (durability: string) =>
    new Promise<string>((resolve, reject) => {
      const given = JSON.stringify({ dist, path, durability });
      execFile(
        '/bin/sh',
        ['-c', 'ulimit -f 700; exec "$0" "$@"', process.execPath, filler, given],
        (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
      );
    });

  it.skipIf(process.platform === 'win32')(
    'strict: gives the run up, and leaves what was committed',
    async () => {
      const said = (await limited('strict')).trim().split('\n');
      expect(said).toContain('store:failing');
      expect(said.at(-1)).toBe('STORE_UNAVAILABLE');
      const shown = said.filter((line) => line.startsWith('shown ')).length;
      const store = sqliteStore(path);
      const tasks = await store.tasks.list('r');
      const kept = tasks.filter((task) => task.state === 'succeeded').length;
      const run = await store.runs.get('r');
      await store.close();
      // (L1) nothing was shown that is not there.
      expect(kept).toBeGreaterThanOrEqual(shown);
      expect([run?.closed, shown > 0]).toEqual([false, true]);
    },
  );

  it.skipIf(process.platform === 'win32')(
    'relaxed: lets the run go on, and says what is not kept',
    async () => {
      const said = (await limited('relaxed')).trim().split('\n');
      expect(said).toContain('store:failing');
      expect(said).toContain('task:persistence-failed');
      expect(said.at(-1)).toBe('done not durable');
    },
  );
});
