/** Tasks counted by the summary of a run and by `runs`. The hunted bug: the two tell of different numbers. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'vitest';
import { Folder } from './kit.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const FILE = `
name: counted
jobs:
  one:
    strategy: { matrix: { a: [1, 2] } }
    stages:
      - name: Each
        foreach: [x, y]
        stages:
          - { name: Say, echo: "\${{ item }}" }
      - { name: Not now, if: "\${{ matrix.a == 2 }}", echo: now }
  two:
    stages:
      - name: Sides
        parallel:
          left: [{ name: Left, echo: left }]
          right: [{ name: Right, raise: right }]
`;

it('a run tells of as many tasks as the list of runs does, and neither counts what holds them', async () => {
  folder.put({ 'counted.yml': FILE });
  const ran = await folder.run(['run', 'counted.yml', '--quiet']);
  assert.match(ran.stdout, /6 of 8 tasks succeeded, 1 failed, 1 skipped/);
  const { stdout } = await folder.run(['runs']);
  assert.match(stdout, / counted .* 6\/8, 1 failed$/m);
});
