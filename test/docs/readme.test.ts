/**
 * Every TypeScript block of the README is compiled with the project's own strictness and run against the
 * built package, imported by its name. The hunted bug is the README that was true last month.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'out', `readme-${process.pid}`);
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

/** What a snippet refers to besides the package. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the template is of the file that is written
const COMPANIONS = { 'hash.js': 'export const hash = (text) => `hash of ${text}`;\n' };

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(COMPANIONS)) writeFileSync(join(folder, name), text);
  snippets.forEach((text, i) => {
    writeFileSync(join(folder, `snippet-${i}.ts`), text);
  });
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { rootDir: '.', outDir: '.', declaration: false, sourceMap: false },
    include: ['*.ts'],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(i: number): string {
  return execFileSync(process.execPath, [join(folder, `snippet-${i}.js`)], { cwd: root, encoding: 'utf8' });
}

describe('the README', () => {
  it('is short enough to be read', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(200);
  });

  it('embeds a scheduler that runs, tells every event and prints the result', () => {
    const output = run(0).trim().split('\n');
    expect(output.at(-1)).toBe('done-ok');
    expect(output[0]).toBe('1 pipeline:queued');
    expect(output).toContainEqual(expect.stringMatching(/^\d+ pipeline:succeeded$/));
  });

  it('runs tasks on threads and in processes', () => {
    expect(() => run(1)).not.toThrow();
  });

  it('explores a plan completely, without a counterexample', () => {
    expect(run(2)).toMatch(/^\d+ true no counterexample\n$/);
  });

  it('has no snippet that no test runs', () => {
    expect(snippets.length).toBe(3);
  });

  it('names only folders that exist', () => {
    const named = [...readme.matchAll(/^\| `([a-z/]+)\/`\s+\|/gm)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(8);
    for (const name of named) expect(() => execFileSync('ls', [join(root, name)])).not.toThrow();
  });
});
