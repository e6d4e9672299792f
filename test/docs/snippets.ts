/**
 * The TypeScript blocks of a page, compiled with the project's own strictness and run against the built package,
 * imported by its name. What stands as ```text right after a block is what it says it prints.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const BLOCK = /^```ts\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```$)?/gm;

export interface Snippet {
  readonly code: string;
  /** Undefined where the page does not say. */
  readonly prints: string | undefined;
}

export class Snippets {
  readonly text: string;
  readonly all: readonly Snippet[];
  /** Inside the repository, so that imports find the package by its name. Also where the blocks run. */
  readonly folder: string;
  readonly #companions: Readonly<Record<string, string>>;

  /** `companions`: files that blocks refer to, by name. */
  constructor(page: string, companions: Readonly<Record<string, string>> = {}) {
    this.text = readFileSync(join(root, page), 'utf8');
    this.all = [...this.text.matchAll(BLOCK)].map(([, code = '', prints]) => ({ code, prints }));
    this.folder = join(root, 'out', `${basename(page, '.md').toLowerCase()}-${process.pid}`);
    this.#companions = companions;
  }

  /** Throws what the compiler says. */
  compile(): void {
    mkdirSync(this.folder, { recursive: true });
    for (const [name, text] of Object.entries(this.#companions)) writeFileSync(join(this.folder, name), text);
    for (const [i, { code }] of this.all.entries()) writeFileSync(join(this.folder, `snippet-${i}.ts`), code);
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { rootDir: '.', outDir: '.', declaration: false, sourceMap: false },
      include: ['*.ts'],
      exclude: [],
    };
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    try {
      execFileSync(process.execPath, [compiler, '-p', this.folder], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      throw new Error(String((error as { readonly stdout?: unknown }).stdout), { cause: error });
    }
  }

  /** Gives what it prints; throws for an exit code other than 0. */
  run(i: number): string {
    const file = join(this.folder, `snippet-${i}.js`);
    return execFileSync(process.execPath, [file], { cwd: this.folder, encoding: 'utf8' });
  }

  /** With every file that a block has left in its working folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
