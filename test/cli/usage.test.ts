/** Wrong usage. The hunted bugs: exit code 1 where it is the caller's mistake, a stack, a file made by asking. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { Folder } from './kit.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const MANIFEST = new URL('../../package.json', import.meta.url);

describe('wrong usage', () => {
  it.each([
    ['rnus', /unknown command 'rnus'[\s\S]*Did you mean runs\?/],
    ['runs --lmit 3', /unknown option '--lmit'[\s\S]*Did you mean --limit\?/],
    ['runs --limit 0', /--limit <n>' argument '0' is invalid\. Allowed: a whole number/],
    ['runs --state over', /argument 'over' is invalid\. Allowed: queued, ready, running/],
    ['runs extra', /too many arguments/],
    ['show', /missing required argument 'run'/],
    ['run', /missing required argument 'file'/],
    ['run a.yml --param novalue', /Allowed: name=value/],
    ['run a.yml --resources cpu=much', /Allowed: label=amount/],
    ['run a.yml --parallel 0', /Allowed: a whole number, 1 or more/],
    ['prune --older-than forever', /--older-than was "forever"; allowed: a number and a unit/],
    ['run a.yml --params none.json', /--params was "none\.json"; allowed: a file that can be read/],
    ['show x', /no runs yet in \.signalbox\/runs\.db[\s\S]*hint: /],
    ['logs x', /no runs yet in/],
    ['cancel x', /no runs yet in/],
    ['resume x', /no runs yet in/],
  ])(
    'signalbox %s: exit 2, what is wrong, nothing on stdout, no stack, nothing made',
    async (line, message) => {
      const { code, stdout, stderr } = await folder.run(line.split(' '));
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m);
      assert.deepEqual(readdirSync(folder.path), []);
    },
  );

  it('signalbox alone says what there is, and that this was no command', async () => {
    const { code, stdout, stderr } = await folder.run([]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /^Usage: signalbox/);
  });
});

describe('asking for help', () => {
  it.each(['--help', 'help', 'run --help', 'help show'])(
    'signalbox %s prints it and exits 0',
    async (line) => {
      const { code, stdout, stderr } = await folder.run(line.split(' '));
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.match(stdout, /^Usage: signalbox/);
    },
  );
  it('names every exit code and has examples', async () => {
    const { stdout } = await folder.run(['--help']);
    for (const code of ['0 succeeded', '1 the run failed', '2 wrong usage', '3 ', '130 cancelled'])
      assert.ok(stdout.includes(code), code);
    assert.match(stdout, /Examples:\n {2}signalbox run/);
  });
  it('tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { readonly version: string };
    assert.equal((await folder.run(['--version'])).stdout, `${version}\n`);
  });
});

describe('stores that are none', () => {
  it.each(['runs', 'show x', 'logs x', 'cancel x', 'resume x', 'prune'])(
    'signalbox %s leaves a file alone that is no ledger, and exits 2',
    async (line) => {
      folder.put({ 'notes.txt': 'my notes, not a database\n' });
      const { code, stdout, stderr } = await folder.run([...line.split(' '), '--store', 'notes.txt']);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, /notes\.txt is some other file, not a store; it was left as it is/);
      assert.equal(readFileSync(folder.file('notes.txt'), 'utf8'), 'my notes, not a database\n');
      assert.deepEqual(readdirSync(folder.path), ['notes.txt']);
    },
  );
  it('a folder is no store either', async () => {
    const { code, stderr } = await folder.run(['runs', '--store', '.']);
    assert.equal(code, 2);
    assert.match(stderr, /cannot be used/);
  });
});
