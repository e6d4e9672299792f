/**
 * The commands that read, on a ledger with real runs. The hunted bugs: something else than JSON on stdout, colours
 * in a file, a crash when the reader stops reading, rows that are wider than the terminal.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Scheduler, Task, TaskGraph } from '../../src/index.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { Folder, objects } from './kit.ts';

const folder = new Folder();
const STORE = ['--store', 'runs.db'];

/** One code run with stages that fails, one graph that succeeds. */
beforeAll(async () => {
  const store = sqliteStore(folder.file('runs.db'));
  await using scheduler = new Scheduler({ store, taskParallelism: 2 });
  const graph = new TaskGraph({ title: 'preflight' });
  const lint = graph.add(Task.bash('echo linted; echo careful >&2', { title: 'lint' }));
  graph.add(Task.bash('echo tested', { title: 'test' }), { after: [lint] });
  await graph.run({ scheduler });
  const release = scheduler.runPipeline(
    async (pipeline) => {
      pipeline.stageForward('build');
      await pipeline
        .task(() => 1, { name: 'files > [0]' })
        .run()
        .result();
      pipeline.stageForward('test');
      const broken = ['sh', '-c', 'echo 12 of 40; echo "3 is not 4" >&2; exit 3'] as const;
      await pipeline
        .task(broken, { name: 'unit', retry: { maxAttempts: 2 } })
        .run()
        .result();
    },
    { name: 'release', runId: 'release-1' },
  );
  await release.outcome();
  await scheduler.close();
  await store.close();
});
afterAll(() => folder.remove());

const without = (text: string): string =>
  text.replace(/\d\d:\d\d:\d\d/g, 'TIME').replace(/ +\d+(?:\.\d+)?m?s\b/g, '');

describe('signalbox runs', () => {
  it('lists the newest first', async () => {
    const { code, stdout, stderr } = await folder.run(['runs', ...STORE]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    const [title = '', first = '', second = '', ...rest] = stdout.trimEnd().split('\n');
    assert.match(title, /^id +name +state +started +duration +tasks$/);
    assert.match(first, /^release-1 +release +✖ failed .* 1\/2, 1 failed$/);
    assert.match(second, / preflight +✔ succeeded .* 2\/2$/);
    assert.deepEqual(rest, []);
  });
  it('gives exactly the documented fields as JSON', async () => {
    const { stdout } = await folder.run(['runs', ...STORE, '--json']);
    const [first, second] = objects(stdout);
    assert.deepEqual(Object.keys(first ?? {}), ['id', 'name', 'state', 'startedAt', 'finishedAt']);
    assert.deepEqual([first?.['name'], second?.['name']], ['release', 'preflight']);
    assert.equal(typeof first?.['finishedAt'], 'number');
  });
  it('is narrowed by state, name and limit', async () => {
    const names = async (...args: string[]) =>
      objects((await folder.run(['runs', ...STORE, '--json', ...args])).stdout).map((run) => run['name']);
    assert.deepEqual(await names('--state', 'failed'), ['release']);
    assert.deepEqual(await names('--name', 'preflight'), ['preflight']);
    assert.deepEqual(await names('--limit', '1'), ['release']);
    assert.deepEqual(await names('--name', 'nothing'), []);
  });
  it('says so when there are none, and exits 0', async () => {
    const { code, stdout } = await folder.run(['runs', '--store', 'other/none.db']);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'no runs yet in other/none.db\n' });
    assert.equal(existsSync(folder.file('other')), false);
    const json = await folder.run(['runs', '--store', 'other/none.db', '--json']);
    assert.deepEqual({ code: json.code, stdout: json.stdout }, { code: 0, stdout: '' });
  });
});

describe('signalbox show', () => {
  it('has the head, the tree, the failures and a timeline', async () => {
    const { code, stdout, stderr } = await folder.run(['show', 'rel', ...STORE]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^release {2}release-1\n✖ failed {2}\d{4}-\d\d-\d\d/);
    assert.match(
      stdout,
      /\ntasks\n✔ build .*\n {2}✔ files .*\n {4}✔ \[0\] .*\n✖ test .*\n {2}✖ unit .*attempt 2 · sh -c/,
    );
    assert.match(
      stdout,
      /\nfailures\n✖ test > unit {2}after 2 attempts\n.*exited with code 3: 3 is not 4\n {4}\| 12 of 40\n/,
    );
    assert.match(stdout, /\ntimeline\nbuild > files > \[0\] .*█.*\ntest > unit .*█/);
  });
  it('writes the timeline as a picture', async () => {
    const { code, stdout } = await folder.run(['show', 'release-1', ...STORE, '--svg', 'run.svg']);
    assert.equal(code, 0);
    assert.match(stdout, /timeline written to run\.svg\n$/);
    assert.match(readFileSync(folder.file('run.svg'), 'utf8'), /^<svg xmlns[\s\S]*<\/svg>\n$/);
  });
  it('gives one object as JSON, tasks included', async () => {
    const { stdout } = await folder.run(['show', 'release-1', ...STORE, '--json']);
    const [run, ...rest] = objects(stdout);
    assert.deepEqual(rest, []);
    assert.equal(run?.['state'], 'failed');
    assert.deepEqual(
      ((run?.['tasks'] ?? []) as readonly { readonly name: string }[]).map(({ name }) => name),
      ['files > [0]', 'unit'],
    );
  });
  it('of an unknown run exits 2', async () => {
    const { code, stdout, stderr } = await folder.run(['show', 'zzz', ...STORE]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.equal(stderr, 'signalbox: there is no run "zzz"\nhint: `signalbox runs` lists them\n');
  });
});

describe('signalbox logs', () => {
  it('tells what happened in order, and what tasks printed where they ended', async () => {
    const { stdout } = await folder.run(['logs', 'release-1', ...STORE]);
    const failed = 'sh -c "echo 12 of 40; echo \\"3 is not 4\\" >&2; exit 3" exited with code 3: 3 is not 4';
    assert.deepEqual(without(stdout).trimEnd().split('\n'), [
      'TIME  ▸ running    release',
      'TIME  ▸ running    build',
      'TIME  ▸ running    build > files > [0]',
      'TIME  ✔ succeeded  build > files > [0]',
      'TIME  ✔ succeeded  build',
      'TIME  ▸ running    test',
      'TIME  ▸ running    test > unit',
      `TIME  ◌ retrying   test > unit  ${failed}`,
      'TIME  ▸ running    test > unit  attempt 2',
      `TIME  ✖ failed     test > unit  attempt 2  ${failed}`,
      '          | 12 of 40',
      '          | 3 is not 4',
      'TIME  ✖ failed     test',
      `TIME  ✖ failed     release  ${failed}`,
    ]);
  });
  it('gives the output of Tasks too', async () => {
    const [, preflight] = objects((await folder.run(['runs', ...STORE, '--json'])).stdout);
    const { stdout } = await folder.run(['logs', String(preflight?.['id']), ...STORE]);
    assert.match(stdout, /succeeded {2}lint.*\n {10}\| linted\n {10}\| careful\n/);
  });
  it('gives the stored events as JSON', async () => {
    const types = objects((await folder.run(['logs', 'release-1', ...STORE, '--json'])).stdout).map(
      (one) => one['type'],
    );
    assert.equal(types.at(-1), 'pipeline:failed');
    assert.ok(types.includes('attempt:started'));
  });
});

describe('where it is printed', () => {
  const commands = ['runs', 'show release-1', 'logs release-1'];
  it.each(commands)(
    'signalbox %s has no colours in a pipe, and has them when they are forced',
    async (line) => {
      const args = [...line.split(' '), ...STORE];
      assert.ok(!(await folder.run(args)).stdout.includes('\u001b'));
      assert.ok((await folder.run(args, { FORCE_COLOR: '1' })).stdout.includes('\u001b['));
      assert.ok(!(await folder.run(args, { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout.includes('\u001b'));
    },
  );
  it.each(commands)('signalbox %s ends quietly when its reader has left', async (line) => {
    const { code, stderr } = await folder.shell(
      `set -o pipefail; signalbox ${line} --store runs.db | head -n 1 > /dev/null; echo $PIPESTATUS`,
    );
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });
  it('a reader that is gone before the first line is no error either', async () => {
    const { stdout, stderr } = await folder.shell(
      'signalbox logs release-1 --store runs.db --json | true; echo $PIPESTATUS',
    );
    assert.deepEqual({ stdout, stderr }, { stdout: '0\n', stderr: '' });
  });
  it('signs are plain where the locale has no Unicode', async () => {
    const { stdout } = await folder.run(['show', 'release-1', ...STORE], { LC_ALL: 'C' });
    assert.match(stdout, /^[\x20-\x7e\n]+$/);
  });
});

describe('signalbox prune', () => {
  it('keeps what is not old enough, and deletes what is', async () => {
    const other = new Folder();
    try {
      const store = sqliteStore(other.file('runs.db'));
      await using scheduler = new Scheduler({ store });
      await scheduler.runPipeline(() => 1).result();
      await scheduler.close();
      await store.close();
      assert.equal((await other.run(['prune', ...STORE])).stdout, 'removed 0 runs\n');
      assert.equal((await other.run(['prune', ...STORE, '--older-than', '0s'])).stdout, 'removed 1 run\n');
      assert.equal((await other.run(['runs', ...STORE])).stdout, 'no runs yet in runs.db\n');
      const json = await other.run(['prune', ...STORE, '--json']);
      assert.deepEqual(objects(json.stdout), [{ removed: 0 }]);
    } finally {
      other.remove();
    }
  });
});
