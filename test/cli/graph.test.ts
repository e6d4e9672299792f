/** `signalbox graph`. The hunted bugs: a picture of a broken file, a file written for a wrong name, a plan that runs. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { Folder, objects } from './kit.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder().put({
    'release.yml': `name: release
jobs:
  lint:
    stages:
      - { name: style, bash: touch ran }
  test:
    needs: [lint]
    strategy: { matrix: { node: [20, 22, 24] } }
    stages:
      - { name: each, foreach: [a, b], stages: [{ name: one, bash: touch ran }] }
`,
    'broken.yml': 'name: release\njobs: { a: { needs: [nobody], stages: [] } }\n',
  });
});
afterEach(() => folder.remove());

describe('signalbox graph', () => {
  it('prints the plan as a tree, and starts and writes nothing', async () => {
    const { code, stdout, stderr } = await folder.run(['graph', 'release.yml']);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.equal(
      stdout,
      `release  2 jobs, 3 stages

lint
└─ $  style  bash · touch ran

test x3  after lint · matrix node
└─ *  each  foreach · 2 items, 1 at once
   └─ $  one  bash · touch ran
`,
    );
    assert.deepEqual(readdirSync(folder.path).sort(), ['broken.yml', 'release.yml']);
  });

  it.each([
    ['plan.svg', /^<svg [\s\S]*prefers-color-scheme[\s\S]*<\/svg>\n$/],
    ['plan.mmd', /^---\ntitle: "release"\n---\nflowchart LR\n[\s\S]*j0 --> j1/],
    ['plan.txt', /^release {2}2 jobs, 3 stages\n\nlint\n└─ /],
  ])('-o %s writes a picture of that kind, and nothing on stdout', async (name, text) => {
    const { code, stdout } = await folder.run(['graph', 'release.yml', '-o', name]);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
    assert.match(readFileSync(folder.file(name), 'utf8'), text);
  });

  it('--json prints the graph on one line', async () => {
    const { code, stdout } = await folder.run(['graph', 'release.yml', '--json']);
    assert.equal(code, 0);
    const [graph, ...rest] = objects(stdout);
    assert.deepEqual(rest, []);
    const jobs = (graph?.['jobs'] ?? []) as readonly Record<string, unknown>[];
    assert.deepEqual(
      jobs.map(({ id, needs, depth, combinations }) => ({ id, needs, depth, combinations })),
      [
        { id: 'lint', needs: [], depth: 0, combinations: null },
        { id: 'test', needs: ['lint'], depth: 1, combinations: 3 },
      ],
    );
  });

  it('draws for an ASCII terminal where there is no other', async () => {
    const { stdout } = await folder.run(['graph', 'release.yml'], { LC_ALL: 'C' });
    assert.match(stdout, /^[\x20-\x7e\n]*$/);
  });

  it.each([
    [['broken.yml', '-o', 'x.svg'], /broken\.yml:2:[\s\S]*nobody/],
    [['none.yml', '-o', 'x.svg'], /none\.yml/],
    [['release.yml', '-o', 'x.png'], /"x\.png"; allowed: a name that ends in \.svg, \.mmd or \.txt/],
    [['release.yml', '-o', 'x'], /allowed: a name that ends in/],
    [['release.yml', '-o', 'no/such/x.svg'], /no\/such\/x\.svg cannot be written/],
    [['release.yml', '-o', 'x.svg', '--theme', 'pink'], /--theme was "pink"; allowed: auto, light or dark/],
  ])('%j: exit 2, what is wrong, nothing written', async (args, message) => {
    const { code, stdout, stderr } = await folder.run(['graph', ...args]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, stderr);
    assert.match(stderr, message);
    assert.equal(existsSync(folder.file('x.svg')), false);
    assert.deepEqual(readdirSync(folder.path).sort(), ['broken.yml', 'release.yml']);
  });
});
