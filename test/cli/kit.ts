/** The command as people run it: the built program, in a folder of its own. */
import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const built = process.env['SIGNALBOX_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url));
export const program = join(built, 'src/cli/main.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Running = ChildProcessByStdio<null, Readable, Readable>;

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'cli-'));
  readonly #children = new Set<ChildProcess>();

  file(name: string): string {
    return join(this.path, name);
  }

  put(files: Readonly<Record<string, string>>): this {
    for (const [name, text] of Object.entries(files)) writeFileSync(this.file(name), text);
    return this;
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.path,
      env: environment(env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.on('close', () => this.#children.delete(child));
    return child;
  }

  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
    return ended(this.start(args, env));
  }

  /** One line for a shell, with `signalbox` as the command. */
  shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const command = `signalbox() { "${process.execPath}" "${program}" "$@"; }; ${line}`;
    return ended(
      spawn('bash', ['-c', command], {
        cwd: this.path,
        env: environment(env),
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.path, { recursive: true, force: true });
  }
}

function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...rest } = process.env;
  return { ...rest, LC_ALL: 'C.UTF-8', ...more };
}

export function ended(child: Running): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    texts.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    texts.stderr += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
}

/** Resolves once the output holds this text. */
export function said(stream: Readable, text: string): Promise<void> {
  let all = '';
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: string | Buffer) => {
      all += String(chunk);
      if (all.includes(text)) resolve();
    });
    stream.on('end', () =>
      reject(new Error(`${JSON.stringify(text)} was never said, only ${JSON.stringify(all)}`)),
    );
  });
}

/** Each line of the output as an object; throws for a line that is none. */
export function objects(stdout: string): readonly Readonly<Record<string, unknown>>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Whether programs can be given a terminal here: `script` of util-linux. */
export const canHaveTerminal = ((): boolean => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

/** Runs the command on a terminal of that size; `stdout` is all that was written to it. */
export function onTerminal(
  folder: Folder,
  line: string,
  {
    columns = 80,
    rows = 24,
    env = {},
  }: { columns?: number; rows?: number; env?: Record<string, string> } = {},
): Promise<Ended> {
  const command = `stty cols ${columns} rows ${rows}; exec "${process.execPath}" "${program}" ${line}`;
  return ended(
    spawn('script', ['-qfec', command, '/dev/null'], {
      cwd: folder.path,
      env: environment({ TERM: 'xterm-256color', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}
