/**
 * What a page shows, tried: its files are written, its TypeScript is compiled with the project's own strictness and
 * run against the built package, imported by its name, and its commands are run with the built command line. What
 * stands as ```text right after a block is what it says it prints.
 *
 *   ```yaml   first line `# name.yml` (```js: `// name.mjs`): a file, written before the blocks that follow it run
 *   ```ts     a program
 *   ```sh     commands, if a line of it begins with `signalbox`; run by bash, where the files are
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandText } from './command-text.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A text that holds a fence itself stands between longer ones. */
const BLOCK = /^```(ts|sh|yaml|js)\n([\s\S]*?)^```\n(?:\n(`{3,})text\n([\s\S]*?)^\3$)?/gm;
const NAMED = /^(?:#|\/\/) ([\w-]+\.(?:ya?ml|m?js|json))\n/;
const COMMAND = /^(?:npx )?signalbox /m;

export interface Snippet {
  readonly code: string;
  /** Undefined where the page does not say. */
  readonly prints: string | undefined;
  /** Offset in the page. */
  readonly at: number;
}

export class Snippets {
  readonly text: string;
  /** Programs in TypeScript. */
  readonly all: readonly Snippet[];
  readonly commands: readonly Snippet[];
  /** Inside the repository, so that imports find the package by its name. Also where the blocks run. */
  readonly folder: string;
  readonly #files: readonly { readonly name: string; readonly text: string; readonly at: number }[];
  readonly #companions: Readonly<Record<string, string>>;
  readonly #words = new CommandText();

  /** `companions`: files that blocks refer to, by name. */
  constructor(page: string, companions: Readonly<Record<string, string>> = {}) {
    this.text = readFileSync(join(root, page), 'utf8');
    const blocks = [...this.text.matchAll(BLOCK)].map(({ 1: kind, 2: code = '', 4: prints, index: at }) => ({
      kind,
      code,
      prints,
      at,
    }));
    this.all = blocks.filter(({ kind }) => kind === 'ts');
    this.commands = blocks.filter(({ kind, code }) => kind === 'sh' && COMMAND.test(code));
    this.#files = blocks.flatMap(({ kind, code, at }) => {
      const name = kind === 'yaml' || kind === 'js' ? NAMED.exec(code)?.[1] : undefined;
      return name === undefined ? [] : [{ name, text: code, at }];
    });
    this.folder = join(root, 'out', `${basename(page, '.md').toLowerCase()}-${process.pid}`);
    this.#companions = companions;
  }

  /** Writes what the blocks need, and compiles the programs. Throws what the compiler says. */
  compile(): void {
    mkdirSync(join(this.folder, '.bin'), { recursive: true });
    const main = join(root, 'dist/src/cli/main.js');
    const program = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
    writeFileSync(join(this.folder, '.bin/signalbox'), program, { mode: 0o755 });
    for (const [name, text] of Object.entries(this.#companions)) this.#write(name, text);
    if (this.all.length === 0) return;
    for (const [i, { code }] of this.all.entries()) this.#write(`snippet-${i}.ts`, code);
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { rootDir: '.', outDir: '.', declaration: false, sourceMap: false },
      include: ['*.ts'],
      exclude: [],
    };
    this.#write('tsconfig.json', JSON.stringify(config));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    try {
      execFileSync(process.execPath, [compiler, '-p', this.folder], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      throw new Error(String((error as { readonly stdout?: unknown }).stdout), { cause: error });
    }
  }

  /** Gives what the program prints; throws for an exit code other than 0. */
  run(i: number): string {
    this.#writeFiles(this.all[i]?.at);
    const file = join(this.folder, `snippet-${i}.js`);
    return execFileSync(process.execPath, [file], { cwd: this.folder, encoding: 'utf8' });
  }

  /**
   * What the commands print, and what the page says, with times, durations and ids of runs masked in both. An id that
   * the page has shown stands for the one that was there instead. A page that says nothing says that nothing is printed.
   */
  runCommands(i: number): { readonly printed: string; readonly said: string } {
    const { code = '', prints = '', at } = this.commands[i] ?? {};
    this.#writeFiles(at);
    const script = this.#words.withRealIds(code.replaceAll(/^npx /gm, ''));
    const { stdout, signal } = spawnSync('bash', ['-c', `exec 2>&1\n${script}`], {
      cwd: this.folder,
      encoding: 'utf8',
      timeout: 50_000,
      env: {
        ...process.env,
        PATH: `${join(this.folder, '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
        NO_COLOR: '1',
        LC_ALL: 'C.UTF-8',
        TZ: 'UTC',
      },
    });
    if (signal !== null) throw new Error(`ended by ${signal}:\n${stdout}`);
    this.#words.learn(prints, stdout);
    return { printed: this.#words.masked(stdout), said: this.#words.masked(prints) };
  }

  /** Those that stand before the place; a later one may have the name of an earlier one. */
  #writeFiles(before = 0): void {
    for (const { name, text, at } of this.#files) if (at < before) this.#write(name, text);
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** With every file that a block has left in its working folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
