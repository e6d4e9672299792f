/** Every TypeScript block of the README is compiled and run. The hunted bug is the README that was true last month. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { root, Snippets } from './snippets.ts';

const readme = new Snippets('README.md');
beforeAll(() => readme.compile());
afterAll(() => readme.remove());

describe('the README', () => {
  it('is short enough to be read', () => {
    expect(readme.text.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  });

  it('embeds a scheduler that runs, tells every event and prints the result', () => {
    const output = readme.run(0).trim().split('\n');
    expect(output.at(-1)).toBe('done-ok');
    expect(output[0]).toBe('1 pipeline:queued');
    expect(output).toContainEqual(expect.stringMatching(/^\d+ pipeline:succeeded$/));
  });

  it('runs a graph with a finally task and an optional one', () => {
    expect(readme.run(1).trim().split('\n')).toEqual([
      'lint succeeded 0',
      'test failed 3',
      'pack blocked ',
      'report succeeded ',
      'mail failed 1',
      "false 1 1 [ 'succeeded', 'failed', 'blocked' ]",
    ]);
  });

  it('keeps its runs in a ledger, and has nothing to recover after their ends', async () => {
    expect([readme.run(2), readme.run(2)]).toEqual(['2 rows\n', '2 rows\n']);
    const store = sqliteStore(join(readme.folder, 'runs.db'));
    const runs = await store.runs.list({ name: 'nightly' });
    await store.close();
    expect(runs.map(({ state, closed }) => [state, closed])).toEqual([
      ['succeeded', true],
      ['succeeded', true],
    ]);
  });

  it('explores a plan completely, without a counterexample', () => {
    expect(readme.run(3)).toMatch(/^\d+ true no counterexample\n$/);
  });

  it('runs a workflow file from the command line', () => {
    const { printed } = readme.runCommands(0);
    expect(printed).toContain('\n<time>  | test > [suite=graph] > Suite: graph passed\n');
    expect(printed).toContain('\n<time>  | pack > Pack: release 1.4.0\n');
    expect(printed).toContain('\n✔ release succeeded in <duration> · 3 of 3 tasks succeeded\n');
  });

  it('has no snippet that no test runs', () => {
    expect([readme.all.length, readme.commands.length]).toEqual([4, 1]);
  });

  it('names only folders, files and pages that exist', () => {
    const cells = [...readme.text.matchAll(/^\| ((?:`[a-z/]+\/`(?:, )?)+)\s+\|/gm)].map(
      (match) => match[1] ?? '',
    );
    const folders = cells.flatMap((cell) => cell.split(', ').map((name) => name.slice(1, -2)));
    expect(folders.length).toBeGreaterThan(8);
    const links = [...readme.text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(5);
    expect([...folders, ...links].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
