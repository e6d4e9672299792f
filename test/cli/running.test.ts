/**
 * Workflow files run, interrupted, cancelled, killed and resumed through the command. The hunted bugs: a wrong exit
 * code, something written for an invalid file, work that is done twice, a Ctrl-C that leaves processes behind.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { ended, Folder, objects, said } from './kit.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const GOOD = `
name: good
params:
  who: { type: str, default: world }
jobs:
  greet:
    stages:
      - name: hello
        bash: echo hello \${{ params.who }}
      - name: each
        foreach: [1, 2, 3]
        stages:
          - name: item
            bash: echo item
  after:
    needs: [greet]
    stages:
      - name: bye
        bash: echo bye
`;

/** Fails until the file \`mended\` is there; counts how often its first stage ran. */
const BROKEN = `
name: broken
jobs:
  first:
    stages:
      - name: counted
        bash: echo ran >> counted.txt
  second:
    needs: [first]
    stages:
      - name: fragile
        bash: |
          echo line on stdout
          [ -f mended ] || { echo "no mended here" >&2; exit 3; }
  last:
    needs: [second]
    stages:
      - name: end
        bash: echo end
`;

/** Runs until it is stopped; its finally job takes so many seconds. */
const slow = (finallySeconds: number): string => `
name: slow
jobs:
  work:
    stages:
      - name: sleep
        bash: echo started; echo $$ > pid.txt; sleep 60
  tidy:
    finally: true
    stages:
      - name: tidied
        bash: echo tidying; sleep ${finallySeconds}; echo done >> tidied.txt
`;

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const nothingWritten = (): void =>
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => !name.endsWith('.yml')),
    [],
  );

describe('signalbox run', () => {
  it('runs a file, tells the run id first, sums up, and exits 0', async () => {
    folder.put({ 'good.yml': GOOD });
    const { code, stdout, stderr } = await folder.run(['run', 'good.yml', '--param', 'who=you']);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, stdout);
    const [first = ''] = stdout.split('\n');
    assert.match(first, /^run [0-9a-f-]{36} {2}good$/);
    assert.match(stdout, /✔ succeeded {2}greet > hello/);
    assert.match(stdout, /\n✔ good succeeded in /);
    assert.match(stdout, /\n\d\d:\d\d:\d\d {2}\| greet > hello: hello you\n/);
    const { stdout: logs } = await folder.run(['logs', first.slice(4, 40)]);
    assert.match(logs, /\| hello you\n/);
  });

  it('exits 1 when the run failed, with the error, the last output, and how to go on', async () => {
    folder.put({ 'broken.yml': BROKEN });
    const { code, stdout } = await folder.run(['run', 'broken.yml']);
    assert.equal(code, 1);
    assert.match(stdout, /\n✖ broken failed in /);
    assert.match(stdout, /\n✖ second > fragile\n[\s\S]*no mended here/);
    assert.match(stdout, / signalbox resume [0-9a-f-]{36}\n$/);
  });

  it('prints events, one object per line, and nothing else with --json', async () => {
    folder.put({ 'broken.yml': BROKEN });
    const { code, stdout, stderr } = await folder.run(['run', 'broken.yml', '--json']);
    assert.deepEqual({ code, stderr }, { code: 1, stderr: '' });
    const events = objects(stdout);
    assert.ok(
      events.every(
        ({ seq, type, at }) => typeof seq === 'number' && typeof type === 'string' && typeof at === 'number',
      ),
    );
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map(({ seq }) => seq).toSorted((a, b) => Number(a) - Number(b)),
    );
    assert.ok(events.some(({ type }) => type === 'pipeline:failed'));
    const output = events.find(({ type, chunk }) => type === 'task:output' && chunk === 'line on stdout\n');
    assert.equal(output?.['stream'], 'stdout');
  });

  it('says only what failed and how it ended with --quiet', async () => {
    folder.put({ 'broken.yml': BROKEN });
    const { stdout } = await folder.run(['run', 'broken.yml', '--quiet']);
    assert.doesNotMatch(stdout, /running|succeeded {2}|\| .*: line on stdout/);
    assert.match(stdout, /✖ failed {5}second > fragile/);
  });

  it('prints the plan with --dry-run, and starts and writes nothing', async () => {
    folder.put({ 'broken.yml': BROKEN });
    const { code, stdout } = await folder.run(['run', 'broken.yml', '--dry-run']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^broken {2}3 jobs, 3 stages; nothing was started\n◌ first\n {2}◌ counted {2}bash\n◌ second {2}after first\n/,
    );
    nothingWritten();
    const json = await folder.run(['run', 'broken.yml', '--dry-run', '--json']);
    const [plan, ...rest] = objects(json.stdout);
    assert.deepEqual(rest, []);
    assert.deepEqual(
      ((plan?.['jobs'] ?? []) as readonly { readonly id: string }[]).map(({ id }) => id),
      ['first', 'second', 'last'],
    );
  });

  it('finishes although nobody reads what it says any more', async () => {
    folder.put({ 'broken.yml': BROKEN, mended: '' });
    const { stdout, stderr } = await folder.shell(
      'signalbox run broken.yml | head -n 1 > /dev/null; echo $PIPESTATUS',
    );
    assert.deepEqual({ stdout, stderr }, { stdout: '0\n', stderr: '' });
    assert.match((await folder.run(['runs'])).stdout, /✔ succeeded/);
  });

  it('writes where --store says', async () => {
    folder.put({ 'good.yml': GOOD });
    await folder.run(['run', 'good.yml', '--store', 'deep/er/my.db', '--quiet']);
    assert.ok(existsSync(folder.file('deep/er/my.db')));
    assert.ok(!existsSync(folder.file('.signalbox')));
  });
});

describe('what cannot be run', () => {
  it.each([
    ['a missing file', 'none.yml', '', /none\.yml/],
    [
      'an unknown key',
      'bad.yml',
      'name: bad\njobs:\n  a:\n    stages:\n      - name: x\n        bsh: echo\n',
      /^signalbox: bad\.yml:6:9/,
    ],
    ['broken YAML', 'bad.yml', 'name: [\n', /^signalbox: bad\.yml:\d+:\d+/],
    [
      'a resource that there is none of',
      'bad.yml',
      GOOD.replace('bash: echo bye', 'bash: echo bye\n        resources: { gpu: 1 }'),
      /gpu[\s\S]*--resources/,
    ],
    ['a missing parameter', 'bad.yml', GOOD.replace('default: world', 'required: true'), /who/],
  ])('%s exits 2, says where and why, and writes nothing', async (_, file, text, message) => {
    if (text !== '') folder.put({ [file]: text });
    const { code, stdout, stderr } = await folder.run(['run', file]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^\s+at .*\.js/m);
    nothingWritten();
  });

  it('more of a resource than there is exits 2, and writes nothing', async () => {
    folder.put({
      'big.yml': GOOD.replace('bash: echo bye', 'bash: echo bye\n        resources: { cpu: 9 }'),
    });
    const { code, stderr } = await folder.run(['run', 'big.yml', '--resources', 'cpu=8']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /needs 9 of "cpu", but its whole capacity is 8\nhint: .*--resources/);
    nothingWritten();
  });
});

describe('Ctrl-C', () => {
  it('once: what runs ends, finally jobs run, exit 130', async () => {
    folder.put({ 'slow.yml': slow(0.2) });
    const child = folder.start(['run', 'slow.yml', '--json']);
    const over = ended(child);
    await said(child.stdout, '"chunk":"started');
    child.kill('SIGINT');
    const { code, stderr, stdout } = await over;
    assert.equal(code, 130, stdout);
    assert.match(stderr, /^stopping: tasks are asked to end, then finally jobs run; Ctrl-C again/);
    assert.equal(readFileSync(folder.file('tidied.txt'), 'utf8'), 'done\n');
    assert.match((await folder.run(['runs'])).stdout, /⊘ cancelled/);
    assert.equal(alive(Number(readFileSync(folder.file('pid.txt'), 'utf8'))), false);
  });

  it('twice: finally jobs are stopped too', async () => {
    folder.put({ 'slow.yml': slow(60) });
    const child = folder.start(['run', 'slow.yml', '--json']);
    const over = ended(child);
    await said(child.stdout, '"chunk":"started');
    child.kill('SIGINT');
    await said(child.stdout, '"chunk":"tidying');
    child.kill('SIGINT');
    const { code, stderr } = await over;
    assert.equal(code, 130);
    assert.match(stderr, /stopping finally jobs too; Ctrl-C once more leaves at once/);
    assert.equal(existsSync(folder.file('tidied.txt')), false);
  });

  it('three times: the process is gone at once, and with it what ran for it', async () => {
    folder.put({ 'slow.yml': slow(60).replace('sleep 60', 'trap "" TERM; while :; do sleep 0.1; done') });
    const child = folder.start(['run', 'slow.yml', '--json']);
    const over = ended(child);
    await said(child.stdout, '"chunk":"started');
    child.kill('SIGINT');
    await said(child.stderr, 'stopping: ');
    child.kill('SIGINT');
    await said(child.stderr, 'once more');
    child.kill('SIGINT');
    assert.equal((await over).code, 130);
    // It did not wait for the body that ignores its signal: the run is as a crash leaves it, to be resumed.
    const [run] = objects((await folder.run(['runs', '--json'])).stdout);
    assert.deepEqual([run?.['state'], run?.['finishedAt']], ['running', null]);
    const pid = Number(readFileSync(folder.file('pid.txt'), 'utf8'));
    while (alive(pid)) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('signalbox resume', () => {
  const idOf = async (): Promise<string> =>
    String(objects((await folder.run(['runs', '--json'])).stdout)[0]?.['id']);

  it('does only what had not succeeded, from another folder too', async () => {
    folder.put({ 'broken.yml': BROKEN });
    assert.equal((await folder.run(['run', 'broken.yml', '--quiet'])).code, 1);
    const id = await idOf();
    folder.put({ mended: '' });
    const { code, stdout } = await folder.shell(
      `mkdir sub; cd sub; signalbox resume ${id} --store ../.signalbox/runs.db`,
    );
    assert.equal(code, 0, stdout);
    assert.match(stdout, /\n✔ broken succeeded in /);
    assert.equal(readFileSync(folder.file('counted.txt'), 'utf8'), 'ran\n');
  });

  it('goes on after the process was killed', async () => {
    folder.put({
      'slow.yml': BROKEN.replace(
        '[ -f mended ] ||',
        'echo waiting; [ -f mended ] || sleep 60; [ -f mended ] ||',
      ),
    });
    const child = folder.start(['run', 'slow.yml', '--json']);
    const over = ended(child);
    await said(child.stdout, '"chunk":"waiting');
    child.kill('SIGKILL');
    await over;
    folder.put({ mended: '' });
    const { code, stdout } = await folder.run(['resume', await idOf()]);
    assert.equal(code, 0, stdout);
    assert.equal(readFileSync(folder.file('counted.txt'), 'utf8'), 'ran\n');
  });

  it('of a run that ended well runs nothing and exits 0', async () => {
    folder.put({ 'broken.yml': BROKEN, mended: '' });
    assert.equal((await folder.run(['run', 'broken.yml', '--quiet'])).code, 0);
    const { code } = await folder.run(['resume', await idOf()]);
    assert.equal(code, 0);
    assert.equal(readFileSync(folder.file('counted.txt'), 'utf8'), 'ran\n');
  });

  it('of a run that another process runs exits 2 and says who', async () => {
    folder.put({ 'slow.yml': slow(0) });
    const child = folder.start(['run', 'slow.yml', '--json']);
    const over = ended(child);
    await said(child.stdout, '"chunk":"started');
    const { code, stdout, stderr } = await folder.run(['resume', await idOf()]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, new RegExp(`is run by process ${child.pid} `));
    child.kill('SIGINT');
    await over;
  });
});

describe('signalbox cancel', () => {
  it('from a second process: the run ends cancelled, finally jobs run', async () => {
    folder.put({ 'slow.yml': slow(0.1) });
    const child = folder.start(['run', 'slow.yml', '--json']);
    const over = ended(child);
    await said(child.stdout, '"chunk":"started');
    const [run] = objects((await folder.run(['runs', '--json'])).stdout);
    const { code, stdout } = await folder.run(['cancel', String(run?.['id']), '--reason', 'not today']);
    assert.equal(code, 0);
    assert.match(stdout, /^slow [0-9a-f-]+ is cancelled\n$/);
    assert.equal((await over).code, 130);
    assert.ok(existsSync(folder.file('tidied.txt')));
  });

  it('of a run that nobody runs says so and ends it', async () => {
    folder.put({ 'slow.yml': slow(0.1) });
    const child = folder.start(['run', 'slow.yml', '--json']);
    const over = ended(child);
    await said(child.stdout, '"chunk":"started');
    child.kill('SIGKILL');
    await over;
    const [run] = objects((await folder.run(['runs', '--json'])).stdout);
    const { code, stdout, stderr } = await folder.run(['cancel', String(run?.['id'])]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /nobody runs .*: it is resumed here to be ended/);
    assert.match(stdout, /is cancelled/);
    assert.match((await folder.run(['runs'])).stdout, /⊘ cancelled/);
  });

  it('of a run that is over says so and exits 0', async () => {
    folder.put({ 'good.yml': GOOD });
    await folder.run(['run', 'good.yml', '--quiet']);
    const [run] = objects((await folder.run(['runs', '--json'])).stdout);
    const { code, stdout } = await folder.run(['cancel', String(run?.['id'])]);
    assert.equal(code, 0);
    assert.match(stdout, /is over already: succeeded/);
  });
});
