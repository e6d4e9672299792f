/**
 * The SQLite store beyond the contract: files that are not ours or not whole, other processes, crashes, long
 * payloads. Hunts: a file that was changed although it was refused, "database is locked" for a second process, a
 * commit that was reported and is gone after kill -9.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/stores/sqlite/driver.ts';
import { type SqliteStoreOptions, sqliteStore } from '../../../src/stores/sqlite/index.ts';
import type { Store, StoreSession } from '../../../src/stores/store.ts';
import { BatchDraft, claimed, TIME } from '../../../src/testing/store-draft.ts';

let folder: string;
let path: string;
const stores: Store[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-sqlite-'));
  path = join(folder, 'runs.db');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const store of stores.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function storeAt(options?: SqliteStoreOptions, at = path): Store {
  const store = sqliteStore(at, options);
  stores.push(store);
  return store;
}

const open = (store: Store): StoreSession =>
  store.open({ durability: 'strict', now: () => TIME }) as StoreSession;

async function storeWithOneRun(options?: SqliteStoreOptions): Promise<Store> {
  const store = storeAt(options);
  const draft = new BatchDraft();
  const run = draft.run('r');
  draft.task(run, 1).move(run, 1, 1, 'succeeded', 0, { value: 'v'.repeat(20_000) });
  await draft.commit(open(store));
  await store.close();
  return store;
}

/** With the binding alone, as another program would. */
function withDatabase<T>(body: (database: Database) => T): T {
  const database = openDatabase(path);
  try {
    return body(database);
  } finally {
    database.close();
  }
}

const integrity = (): unknown =>
  withDatabase((database) => Object.values(database.prepare('PRAGMA integrity_check').get() ?? {})[0]);

const script = fileURLToPath(new URL('../../fixtures/store-process.mjs', import.meta.url));

function child(
  ...args: readonly string[]
): ChildProcess & { lines(): AsyncIterable<string>; ended: Promise<number | null> } {
  const process_ = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(process_);
  const ended = new Promise<number | null>((resolve) => process_.once('exit', resolve));
  return Object.assign(process_, { lines: () => createInterface({ input: process_.stdout }), ended });
}

async function linesOf(...args: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of child(...args).lines()) lines.push(line);
  return lines;
}

describe('arguments', () => {
  it.each<[string, unknown, unknown]>([
    ['a path that is a number', 7, {}],
    ['an empty path', '', {}],
    ['a path with a zero in it', 'a\0b', {}],
    ['an unknown option', 'x.db', { lease: 1 }],
    ['options that are no object', 'x.db', 5],
    ['a lease of no time', 'x.db', { leaseMs: 0 }],
    ['a time-out that is no number', 'x.db', { busyTimeoutMs: '1' }],
    ['half a byte', 'x.db', { inlineBytes: 0.5 }],
  ])('%s is refused', (_, at, options) => {
    expect(() => sqliteStore(at as string, options as SqliteStoreOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('a database in memory is refused, with the store that is meant', () => {
    expect(() => sqliteStore(':memory:')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', hint: expect.stringContaining('memoryStore()') }),
    );
  });

  it('nothing is opened or made before the first use', async () => {
    const store = storeAt();
    expect(readdirSync(folder)).toEqual([]);
    expect(await store.runs.list()).toEqual([]);
    expect(readdirSync(folder)).toContain('runs.db');
  });
});

describe('a file that cannot be used', () => {
  /** Both ways in refuse it the same way, and change nothing. */
  async function refused(expected: object): Promise<void> {
    const before = existsSync(path) ? readFileSync(path) : undefined;
    await expect(storeAt().runs.list()).rejects.toMatchObject(expected);
    expect(() => open(storeAt())).toThrow(expect.objectContaining(expected));
    if (before !== undefined) expect(readFileSync(path).equals(before)).toBe(true);
  }
  const unavailable = { code: 'STORE_UNAVAILABLE', hint: expect.stringContaining('runs.db') };

  it('is one with a newer schema', async () => {
    await storeWithOneRun();
    withDatabase((database) => database.exec('PRAGMA user_version = 99'));
    await refused({ code: 'STORE_SCHEMA', details: { path, found: 99, known: 2 } });
  });

  it('is a database of another application, with or without its mark', async () => {
    withDatabase((database) => database.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)'));
    await refused(unavailable);
    withDatabase((database) => database.exec('PRAGMA application_id = 7; DROP TABLE theirs'));
    await refused(unavailable);
    expect(readdirSync(folder)).toEqual(['runs.db']);
  });

  it('is a file of another kind, or a folder', async () => {
    writeFileSync(path, 'name,age\nAda,36\n');
    await refused(unavailable);
    writeFileSync(path, 'x');
    await refused(unavailable);
    rmSync(path);
    mkdirSync(path);
    await expect(storeAt().runs.list()).rejects.toMatchObject(unavailable);
  });

  it('is one in a folder that does not exist', async () => {
    path = join(folder, 'none', 'runs.db');
    await refused(unavailable);
  });

  it('is a damaged one', async () => {
    await storeWithOneRun();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x5a, 200));
    await refused(unavailable);
    writeFileSync(path, bytes.fill(0x5a, 0, 50));
    await refused(unavailable);
  });

  it('an empty file is a new store', async () => {
    writeFileSync(path, '');
    await storeWithOneRun();
    expect((await storeAt().runs.get('r'))?.tasks.succeeded).toBe(1);
  });

  it('is one that this user may not write, or in such a folder', async (test) => {
    if (process.platform === 'win32') test.skip('has no such modes');
    const reachable = await asNobody('none', path).catch((error: NodeJS.ErrnoException) => error.code);
    if (reachable === 'EACCES') test.skip('another user cannot run this Node');
    await storeWithOneRun();
    const tell = async (): Promise<unknown> => JSON.parse(String((await asNobody('open', path))[0]));
    chmodSync(folder, 0o755);
    chmodSync(path, 0o444);
    expect(await tell()).toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining(path) });
    rmSync(path);
    chmodSync(folder, 0o555);
    expect(await tell()).toMatchObject({ code: 'STORE_UNAVAILABLE', hint: expect.stringContaining(path) });
    chmodSync(folder, 0o755);
  });

  /** Root may write everything, so as somebody else when we are root. */
  async function asNobody(...args: readonly string[]): Promise<string[]> {
    const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [script, ...args], identity, (error, stdout) =>
        error === null ? resolve(stdout.trim().split('\n')) : reject(error),
      );
    });
  }
});

describe('a ledger of the schema before this one', () => {
  const older = fileURLToPath(new URL('../../fixtures/store-schema-1.sql', import.meta.url));
  const tablesOf = (database: Database): readonly unknown[] =>
    database
      .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
      .all()
      .map(({ name, sql }) => [
        name,
        String(sql)
          .replace(/--.*|\s+/g, ' ')
          .trim(),
      ]);

  it('is brought up to date when it is opened, with all that it has', async () => {
    withDatabase((database) => database.exec(readFileSync(older, 'utf8')));
    const store = storeAt();
    const runs = await store.runs.list();
    expect(runs.map((run) => [run.id, run.state, run.closed])).toEqual([
      ['closed', 'succeeded', true],
      ['open', 'running', false],
    ]);
    expect(await store.runs.send('closed', { kind: 'terminate' })).toBe(false);
    expect(await store.runs.send('open', { kind: 'terminate', reason: 'x' })).toBe(true);
    const session = open(store);
    const { recorded, run } = await claimed(session, 'open');
    expect(recorded.tasks.map((task) => [task.id, task.path])).toEqual([['open-1', 'succeeded']]);
    expect(recorded.messages).toMatchObject([{ ordinal: 1, message: { kind: 'terminate', reason: 'x' } }]);
    const draft = new BatchDraft().move(run, recorded.nextSeq, 0, 'cancelled');
    draft.batch.taken.push({ run, ordinal: 1 });
    draft.batch.closed.push(run);
    expect(await draft.commit(session)).toEqual([]);
    expect(await store.prune({ finishedBefore: TIME + 1_000 })).toBe(2);
    expect(integrity()).toBe('ok');
  });

  it('ends up as a new one begins', async () => {
    withDatabase((database) => database.exec(readFileSync(older, 'utf8')));
    await storeAt().runs.list();
    const [migrated, version] = withDatabase((database) => [
      tablesOf(database),
      database.prepare('PRAGMA user_version').get(),
    ]);
    path = join(folder, 'new.db');
    await storeAt({}, path).runs.list();
    expect(withDatabase(tablesOf)).toEqual(migrated);
    expect(withDatabase((database) => database.prepare('PRAGMA user_version').get())).toEqual(version);
  });

  it('is brought up to date by one of several processes that open it at the same moment', async () => {
    withDatabase((database) => database.exec(readFileSync(older, 'utf8')));
    expect(await Promise.all(Array.from({ length: 6 }, () => linesOf('open', path)))).toEqual(
      Array.from({ length: 6 }, () => ['ok']),
    );
    expect(integrity()).toBe('ok');
  });
});

describe('several processes', () => {
  it('open a new file at the same moment, and all succeed', async () => {
    for (let round = 0; round < 3; round += 1) {
      path = join(folder, `runs-${round}.db`);
      const all = await Promise.all(Array.from({ length: 6 }, () => linesOf('open', path)));
      expect(all).toEqual(Array.from({ length: 6 }, () => ['ok']));
      expect(integrity()).toBe('ok');
    }
  });

  it('read while another writes, whole batches only, and are never locked out', async () => {
    storeAt();
    const writer = child('write', path, 'r', '300');
    const lines = writer.lines()[Symbol.asyncIterator]();
    await lines.next();
    const [readerLines] = await Promise.all([linesOf('read', path, 'r', '300'), drain(lines)]);
    expect(readerLines.at(-1)).toBe('300');
    expect(await writer.ended).toBe(0);
  });

  it('write their own runs at the same time', async () => {
    const ids = ['a', 'b', 'c'];
    const all = await Promise.all(ids.map((id) => linesOf('write', path, id, '100')));
    expect(all.map((lines) => lines.at(-1))).toEqual(['100', '100', '100']);
    const store = storeAt();
    for (const id of ids) {
      const tasks = await store.tasks.list(id);
      expect(tasks.map((task) => task.position)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
      expect((await store.runs.get(id))?.tasks.succeeded).toBe(100);
    }
    expect(integrity()).toBe('ok');
  });

  it('hold their runs while they live, and lose them the moment they are dead, long before the lease ends', async () => {
    const writer = child('write', path, 'r');
    const lines = writer.lines()[Symbol.asyncIterator]();
    await lines.next();
    const store = storeAt();
    const session = store.open({ durability: 'strict', now: Date.now }) as StoreSession;
    const claim = await session.claim('r');
    expect(claim).toMatchObject({ kind: 'leased', owner: { pid: writer.pid } });
    await expect(store.runs.delete('r')).rejects.toMatchObject({ code: 'RUN_LEASED' });
    writer.kill('SIGKILL');
    await writer.ended;
    const { recorded, run } = await claimed(session, 'r');
    expect(recorded.tasks.length).toBeGreaterThan(0);
    const draft = new BatchDraft().move(run, recorded.nextSeq, 0, 'failed');
    expect(await draft.commit(session)).toEqual([]);
  });

  it('killed in the middle of writing leave a whole file with every commit that was reported', async () => {
    for (let round = 0; round < 5; round += 1) {
      const writer = child('write', path, `r${round}`);
      let reported = 0;
      for await (const line of writer.lines()) {
        reported = Number(line);
        if (reported >= 15 + 7 * round) writer.kill('SIGKILL');
      }
      await writer.ended;
      expect(integrity()).toBe('ok');
      const store = storeAt();
      const tasks = await store.tasks.list(`r${round}`);
      expect(tasks.length).toBeGreaterThanOrEqual(reported);
      expect(tasks.every((task) => task.outcome?.value !== undefined)).toBe(true);
      expect((await store.runs.get(`r${round}`))?.tasks.succeeded).toBe(tasks.length);
      await store.prune({ finishedBefore: 0 });
      expect(readdirSync(`${path}-payloads`)).toHaveLength(await longPayloads(store));
    }
  });
});

async function longPayloads(store: Store): Promise<number> {
  const all = await Promise.all((await store.runs.list()).map((run) => store.tasks.list(run.id)));
  return all.flat().filter((task) => typeof task.outcome?.value === 'string').length;
}

async function drain(lines: AsyncIterator<string>): Promise<void> {
  while ((await lines.next()).done !== true);
}

describe('a full disk', () => {
  it('fails the commit, keeps what was committed, and takes the batch again once there is room', async (test) => {
    if (process.platform === 'win32') test.skip('limits are set with ulimit');
    await storeWithOneRun();
    // A limit on the size of files is what a process of any user can give itself: 512 blocks, 256 or 512 KiB.
    const limited = `ulimit -f 512; exec "$0" "$@"`;
    const lines = await new Promise<string[]>((resolve, reject) => {
      execFile('/bin/sh', ['-c', limited, process.execPath, script, 'fill', path, 'n'], (error, stdout) =>
        error === null ? resolve(stdout.trim().split('\n')) : reject(error),
      );
    });
    const failure: unknown = JSON.parse(lines.at(-1) ?? '');
    expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, key: 0 });
    expect(failure).toHaveProperty('hint', expect.stringContaining(path));
    expect(integrity()).toBe('ok');
    const runs = await storeAt().runs.list({ limit: 10_000 });
    // One from before; one for each line but the last, which tells of the failure.
    expect(lines.length).toBeGreaterThan(2);
    expect(runs).toHaveLength(lines.length);
    const draft = new BatchDraft();
    draft.run('after');
    expect(await draft.commit(open(storeAt()))).toEqual([]);
  });
});

describe('long payloads', () => {
  const files = (): string[] => readdirSync(`${path}-payloads`).sort();

  it('are files of their own, gone with their run', async () => {
    const store = storeAt({ inlineBytes: 1_000 });
    const session = open(store);
    const draft = new BatchDraft();
    for (const id of ['a', 'b']) {
      const run = draft.run(id, { parentId: id === 'b' ? 'a' : undefined });
      draft.task(run, 1).move(run, 1, 1, 'succeeded', 0, { value: 'é'.repeat(600) });
      draft.task(run, 2).move(run, 2, 2, 'succeeded', 0, { value: 'e'.repeat(600) });
      draft.batch.closed.push(run);
    }
    await draft.commit(session);
    expect(files()).toHaveLength(2);
    expect((await store.tasks.get('a-1'))?.outcome?.value).toBe('é'.repeat(600));
    await store.runs.delete('a');
    expect(files()).toEqual([]);
  });

  it('of a batch that fails are not left behind', async () => {
    const store = storeAt({ inlineBytes: 10 });
    const session = open(store);
    const draft = new BatchDraft();
    const run = draft.run('r');
    draft.move(run, 1, 0, 'succeeded', 0, { value: 'x'.repeat(100) });
    // The same number twice: the table refuses it, after the payload was written.
    draft.batch.payloads.push({ run, seq: 1, text: '[1]' });
    await expect(async () => session.commit(draft.batch)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: expect.objectContaining({ message: expect.stringContaining('UNIQUE') }),
    });
    expect(files()).toEqual([]);
    expect(await store.runs.get('r')).toBeUndefined();
  });

  it('that nothing names are removed by prune, and no others', async () => {
    const store = storeAt({ inlineBytes: 10 });
    const draft = new BatchDraft();
    const run = draft.run('r');
    draft.move(run, 1, 0, 'failed', 0, { reason: 'x'.repeat(100) });
    await draft.commit(open(store));
    const kept = files();
    writeFileSync(join(`${path}-payloads`, 'orphan'), 'left by a crash');
    await store.prune({ finishedBefore: TIME });
    expect(files()).toEqual(kept);
    rmSync(join(`${path}-payloads`, String(kept[0])));
    await expect(store.runs.get('r')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { path: join(`${path}-payloads`, String(kept[0])) },
    });
  });
});

describe('the write-ahead log', () => {
  it('is moved into the file by renew, and is empty after close', async () => {
    const store = storeAt();
    const session = open(store);
    const draft = new BatchDraft();
    for (let i = 0; i < 200; i += 1) {
      draft.run(`r${i}`, { input: JSON.stringify(['x'.repeat(2_000)]) });
      await draft.commit(session);
    }
    const before = statSync(path).size;
    await session.renew();
    expect(statSync(path).size).toBeGreaterThan(before + 200 * 2_000);
    await store.close();
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).toBe(0);
  });

  it('leaves nothing beside the file when the process has ended', async () => {
    expect(await linesOf('write', path, 'r', '5')).toHaveLength(5);
    expect(readdirSync(folder)).toEqual(['runs.db']);
  });
});

it('waits for another writer no longer than it is told, and can be tried again', async () => {
  await storeWithOneRun();
  const session = open(storeAt({ busyTimeoutMs: 50 }));
  const draft = new BatchDraft();
  draft.run('late');
  withDatabase((other) => {
    other.exec('BEGIN IMMEDIATE');
    expect(() => session.commit(draft.batch)).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', retryable: true }),
    );
    other.exec('ROLLBACK');
  });
  expect(await draft.commit(session)).toEqual([]);
});

it('takes a message while others write, and waits for them no longer than it is told', async () => {
  const store = storeAt({ busyTimeoutMs: 50 });
  const session = open(store);
  const draft = new BatchDraft();
  draft.run('r');
  await draft.commit(session);
  const other = openDatabase(path);
  try {
    other.exec('BEGIN IMMEDIATE');
    await expect(store.runs.send('r', { kind: 'terminate' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
    // Looking for messages waits for nobody.
    expect(await session.inbox()).toEqual([]);
    other.exec('ROLLBACK');
  } finally {
    other.close();
  }
  expect(await store.runs.send('r', { kind: 'terminate' })).toBe(true);
  expect(await session.inbox()).toHaveLength(1);
});

it('leaves a message of a kind that it does not know to a version that does', async () => {
  const store = storeAt();
  const session = open(store);
  const draft = new BatchDraft();
  draft.run('r');
  await draft.commit(session);
  await store.runs.send('r', { kind: 'terminate' });
  withDatabase((database) => database.exec("UPDATE messages SET kind = 'later', payload = '[{\"x\":1},1]'"));
  await store.runs.send('r', { kind: 'terminate', reason: 'known' });
  expect(await session.inbox()).toMatchObject([{ ordinal: 2, message: { reason: 'known' } }]);
});

it('loads the binding without a word on the standard error', async () => {
  const stderr = await new Promise<string>((resolve) => {
    execFile(process.execPath, [script, 'open', path], (_error, _stdout, text) => resolve(text));
  });
  expect(stderr).toBe('');
});
