/** The census as people run it: the compiled program, on folders whose contents are known. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it, vi } from 'vitest';
import { missingTools } from '../../examples/source-census/tools.ts';

const program = fileURLToPath(new URL('../../dist/examples/source-census/main.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

let base: string;
let folder: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'census-'));
  chmodSync(base, 0o755);
  folder = join(base, 'folder');
  mkdirSync(folder);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** Puts files into the folder: relative path to content. */
function put(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function start(args: readonly string[], { env = {}, uid }: Setting = {}): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: base,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

function ended(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
}

const run = (args: readonly string[], setting?: Setting): Promise<Ended> => ended(start(args, setting));

const html = (): string => readFileSync(join(base, 'out/source-census.html'), 'utf8');

/** Runs of spaces count as one, so that a column may grow. */
const squeezed = (text: string): string => text.replace(/ +/g, ' ');

const ESCAPE = '\u001b';

const LARGE = 'x'.repeat(99).concat('\n').repeat(1000); // 100 kB: large enough for the commands
const LARGE_BINARY = Buffer.alloc(120_000, 0);

const KNOWN = {
  'a.ts': 'one\ntwo\nthree\n',
  'sub/copy of a.ts': 'one\ntwo\nthree\n',
  'no-end.md': 'no line end',
  empty: '',
  'empty too': '',
  '-n': 'a name like an option\n',
  '$(touch pwned)`touch pwned`.txt': `${LARGE}more\n`,
  // sha256sum prints a backslash before the hash of a name that it has to escape.
  'two\nlines <b>.txt': LARGE,
  'back\\slash.txt': LARGE,
  'plain.txt': LARGE,
  'blob.bin': LARGE_BINARY,
  'node_modules/skipped.ts': 'not ours\n',
};

describe('source-census: what it measures', () => {
  it('counts files, lines and duplicates exactly, whatever the files are called, and writes the page', async () => {
    put(KNOWN);
    const { code, stdout, stderr } = await run([folder]);
    assert.equal(code, 0, stderr);
    const text = squeezed(stdout);
    assert.match(text, /^\s*11 files \(1 binary\), 4,008 lines, 520 kB /);
    assert.match(text, /2 duplicate contents, 200 kB to spare/);
    assert.match(text, /3 × 100 kB back\\slash\.txt plain\.txt \+1/);
    assert.match(text, /2 × 14 B a\.ts sub\/copy of a\.ts/);
    assert.match(text, /ran on threads \d+, 14 child processes, in line 1/); // four texts by 3 commands, a blob by 2
    assert.ok(!existsSync(join(base, 'pwned')) && !existsSync(join(folder, 'pwned')));
    const page = html();
    assert.ok(page.includes('two\nlines &#60;b&#62;.txt') && !page.includes('<b>.txt'));
    assert.match(page, /<svg.*<\/svg>.*<\/html>\s*$/s);
  });

  it('finds the same on threads alone when the commands are missing, and says so', async () => {
    put(KNOWN);
    const tables = (text: string): string =>
      text.slice(0, text.indexOf('How it ran')).replace(/\d\S* k?B/g, '');
    const byCommands = await run([folder]);
    const byThreads = await run([folder], { env: { PATH: '/nowhere' } });
    assert.equal(byThreads.code, 0, byThreads.stderr);
    const note = /^note: no sha256sum, gzip, wc, sh on PATH.*\n/m;
    assert.match(byThreads.stdout, note);
    assert.equal(squeezed(tables(byThreads.stdout).replace(note, '')), squeezed(tables(byCommands.stdout)));
    assert.match(squeezed(byThreads.stdout), / 0 child processes/);
  });

  it.skipIf(missingTools(['git']).length > 0)(
    'leaves out what git ignores, and counts what is not yet added',
    async () => {
      put({ 'kept.ts': '1\n', 'new.ts': '2\n', 'build/out.js': '3\n', '.gitignore': 'build\n' });
      const git = (...args: string[]) => execFileSync('git', args, { cwd: folder });
      git('init', '--quiet');
      git('add', 'kept.ts');
      const { code, stdout, stderr } = await run([folder]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /3 files, 3 lines/);
      assert.doesNotMatch(stdout, /out\.js|note:/);
      // Asked for by name, an ignored folder is counted.
      assert.match((await run([join(folder, 'build')])).stdout, /1 file, 1 line,/);
    },
  );

  it('reports an unreadable file and goes on; the exit code says that something is missing', async () => {
    const around = { 'a.ts': 'fine\n', 'b.ts': 'fine\n', 'm.ts': 'fine\n', 'z.ts': 'fine\n' };
    put({ ...around, 'locked.ts': 'secret\n', 'locked.big': LARGE });
    for (const locked of ['locked.ts', 'locked.big']) chmodSync(join(folder, locked), 0);
    const out = join(base, 'anyone');
    mkdirSync(out);
    chmodSync(out, 0o777);
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {}; // root may read everything
    const { code, stdout } = await run([folder, '--out', join(out, 'r.html')], nobody);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /2 files could not be measured\n {2}locked\.big: permission denied\n {2}locked\.ts: permission/,
    );
    assert.match(stdout, /4 files, 4 lines/); // also those of the same batch
    assert.ok(existsSync(join(out, 'r.html')));
  });
});

describe('source-census: the command line', () => {
  it('refuses what cannot be counted or written with exit code 2, before any work, and says why', async () => {
    writeFileSync(join(base, 'a-file'), '');
    const cases: readonly (readonly [string[], RegExp])[] = [
      [['--colour'], /unknown option --colour; allowed: --out.*\nusage: /],
      [['nowhere'], /there is no folder nowhere/],
      [['a-file'], /a-file is a file; allowed: a folder/],
      [['folder', '--out', 'folder'], /--out folder is a folder; allowed: the name of a file/],
      [['folder', '--out', 'a-file/r.html'], /the folder of --out a-file\/r\.html cannot be made/],
    ];
    const ends = await Promise.all(cases.map(([args]) => run(args)));
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, cases[index]?.[1] ?? /never/);
    }
  });

  it('says that a folder is empty, and writes no page', async () => {
    const { code, stderr } = await run(['folder']);
    assert.equal(code, 1);
    assert.match(stderr, /there is nothing to count in folder: it holds no files/);
    assert.ok(!existsSync(join(base, 'out/source-census.html')));
  });

  it('fits into the smallest capacities, and says little when asked to be quiet', async () => {
    put(KNOWN);
    const { code, stdout, stderr } = await run(['folder', '--cpu', '1', '--mem', '1', '--quiet']);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^11 files .*\nThe report with charts: out\/source-census\.html\n$/);
  });

  it('writes no escape codes into a pipe, and stops politely when the pipe is closed', async () => {
    put(KNOWN);
    const { stdout, stderr } = await run(['folder'], { env: { FORCE_COLOR: '1' } });
    assert.ok(!(stdout + stderr).includes(ESCAPE));
    assert.match(stderr, /^find: looking for files\nmeasure: hashing, compressing and counting 11 files\n/);
    const closed = start(['folder']);
    closed.stdout?.destroy();
    const { code, stderr: complaints } = await ended(closed);
    assert.equal(code, 0);
    assert.doesNotMatch(complaints, /EPIPE|at /);
  });

  it.skipIf(missingTools(['script']).length > 0)(
    'draws in a terminal and leaves no trace of it; NO_COLOR is heard',
    async () => {
      put(KNOWN);
      const command = `${process.execPath} ${program} folder`;
      const { NO_COLOR: _, CI: __, ...env } = process.env;
      const inTerminal = (more: Readonly<Record<string, string>>): string =>
        execFileSync('script', ['-qec', command, '/dev/null'], {
          cwd: base,
          env: { ...env, TERM: 'xterm', ...more },
        }).toString();
      const coloured = inTerminal({});
      // What was drawn is erased, and the cursor comes back, before the report is printed.
      assert.match(coloured, new RegExp(`${ESCAPE}\\[0J${ESCAPE}\\[\\?25h\\s+${ESCAPE}\\[1m11 files`));
      const plain = inTerminal({ NO_COLOR: '1' });
      assert.doesNotMatch(plain, new RegExp(`${ESCAPE}\\[[\\d;]*m`));
    },
  );
});

describe('source-census: Ctrl-C', () => {
  const pids = (): readonly number[] => readdirSync(join(base, 'pids')).map(Number);
  /** Dead is what is gone, or a zombie that its new parent has yet to look at. */
  const lives = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
      return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
    } catch {
      return false;
    }
  };
  /** A killed process is gone soon; the stubborn ones would live for a minute. */
  const allDie = (): Promise<void> =>
    vi.waitFor(() => assert.deepEqual(pids().filter(lives), []), { timeout: 5_000, interval: 20 });

  /** A gzip that never ends and ignores SIGTERM, with a child of its own; each leaves its pid. */
  function stubbornGzip(): Setting {
    mkdirSync(join(base, 'bin'));
    mkdirSync(join(base, 'pids'));
    const note = `: > ${join(base, 'pids')}/`;
    const script = `#!/bin/sh\ntrap "" TERM\nsleep 60 &\n${note}$!\n${note}$$\nwait\n`;
    writeFileSync(join(base, 'bin/gzip'), script, { mode: 0o755 });
    const { PATH = '' } = process.env;
    return { env: { PATH: join(base, 'bin') + delimiter + PATH } };
  }

  async function startAndHang(): Promise<{ readonly child: ChildProcess; readonly end: Promise<Ended> }> {
    put({ 'big.txt': LARGE, 'small.ts': 'x\n', 'other.ts': 'y\n' });
    const child = start(['folder', '--cpu', '1'], stubbornGzip());
    const end = ended(child);
    await vi.waitFor(() => assert.equal(pids().length, 2), { timeout: 10_000, interval: 20 });
    return { child, end };
  }

  it('ends what runs, leaves no process and no page, and says what was and was not done', async () => {
    const { child, end } = await startAndHang();
    child.kill('SIGINT');
    const { code, stdout, stderr } = await end;
    assert.equal(code, 130, stderr);
    await allDie();
    assert.match(stderr, /stopping what runs; Ctrl-C again leaves at once/);
    assert.match(
      stderr,
      /stopped: of 3 files, 0 done, 1 interrupted, 2 not started\ninterrupted: gzip big\.txt\nno report/,
    );
    assert.equal(stdout, '');
    assert.deepEqual(readdirSync(join(base, 'out')), []);
  });

  it('leaves at once the second time, and takes its children with it', async () => {
    const { child, end } = await startAndHang();
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('stopping')) child.kill('SIGINT');
    });
    child.kill('SIGINT');
    const { code, stderr } = await end;
    assert.equal(code, 130);
    assert.doesNotMatch(stderr, /stopped:/);
    await allDie();
  });
});
