/** The picture on a real terminal. The hunted bugs: a cursor that stays hidden, lines that wrap, a screen that scrolls. */
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { widthOf } from '../../src/cli/terminal/cells.ts';
import { canHaveTerminal, Folder, onTerminal } from './kit.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const FILE = `
name: 日本語 release
jobs:
  build:
    stages:
      - name: compile with a very long name that says much more than anybody wants to read in a list
        bash: |
          printf '\\033[31mred\\033[0m 😀 %s\\n' "$(seq -s ' ' 200)"
          sleep 0.4
  many:
    stages:
      - name: items
        foreach: \${{ params.items }}
        concurrent: 9
        stages:
          - name: item
            echo: one
params:
  items: { type: array, default: [1, 2] }
`;

const ESCAPE = String.fromCharCode(27);
/** Where a draw begins: at the first cell of what was drawn before. */
const DRAW = new RegExp(`\\r(?:${ESCAPE}\\[\\d+A)?(?=[^\\n])`);
const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`);

/** What one draw after another has put on the screen, without commands. */
function frames(stdout: string): readonly (readonly string[])[] {
  return stdout
    .split(DRAW)
    .map((part) =>
      stripVTControlCharacters(part)
        .split(/\r?\n/)
        .filter((line) => line !== ''),
    )
    .filter((lines) => lines.length > 0);
}

describe.skipIf(!canHaveTerminal)(
  canHaveTerminal ? 'on a terminal' : 'on a terminal (skipped: no `script` of util-linux here)',
  () => {
    it.each([20, 40, 80, 200])('of %d columns no line is wider', async (columns) => {
      folder.put({ 'a.yml': FILE });
      const { code, stdout } = await onTerminal(folder, 'run a.yml --resources cpu=2', { columns });
      assert.equal(code, 0, stdout);
      const picture = stdout.slice(0, stdout.lastIndexOf('\u001b[?25h'));
      for (const line of frames(picture).flat())
        assert.ok(widthOf(line) < columns, `${widthOf(line)}: ${line}`);
      assert.ok(frames(picture).length > 2);
    });

    it('the cursor is hidden and comes back, and the last picture stays', async () => {
      folder.put({ 'a.yml': FILE });
      const { stdout } = await onTerminal(folder, 'run a.yml');
      assert.equal(stdout.split('\u001b[?25l').length, 2);
      assert.equal(stdout.split('\u001b[?25h').length, 2);
      assert.ok(stdout.indexOf('\u001b[?25h') > stdout.indexOf('\u001b[?25l'));
      const last = frames(stdout).at(-1) ?? [];
      assert.ok(
        last.some((line) => line.includes('✔ build')),
        last.join('\n'),
      );
      assert.ok(last.some((line) => /release succeeded in/.test(line)));
    });

    it('a thousand items never take more than the terminal has', async () => {
      const items = JSON.stringify(Array.from({ length: 1_000 }, (_, i) => i));
      folder.put({ 'a.yml': FILE.replace('[1, 2]', items) });
      const { code, stdout } = await onTerminal(folder, 'run a.yml', { rows: 12 });
      assert.equal(code, 0, stdout.slice(-500));
      const picture = stdout.slice(0, stdout.lastIndexOf('\u001b[?25h'));
      for (const lines of frames(picture)) assert.ok(lines.length < 12, lines.join('\n'));
      assert.match(stdout, /1000\/1000/);
    });

    it('NO_COLOR leaves the picture without colours, and TERM=dumb without a picture', async () => {
      folder.put({ 'a.yml': FILE });
      const bare = await onTerminal(folder, 'run a.yml', { env: { NO_COLOR: '1' } });
      assert.doesNotMatch(bare.stdout, COLOUR);
      assert.ok(bare.stdout.includes('\u001b[?25l'));
      const dumb = await onTerminal(folder, 'run a.yml', { env: { TERM: 'dumb' } });
      assert.ok(!dumb.stdout.includes('\u001b'));
      assert.match(dumb.stdout, /▸ running {4}build/);
    });
  },
);
