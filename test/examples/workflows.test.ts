/** The example workflows, run by the real command line on real input. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'dist/src/cli/main.js');

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-examples-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a workflow of `examples/` from the top of the repository, with a ledger of its own. */
async function run(file: string, ...options: readonly string[]): Promise<Ended> {
  const argv = [MAIN, 'run', `examples/${file}`, '--store', join(folder, 'runs.db'), ...options];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, argv, { cwd: ROOT });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

describe('rows-of-commands', () => {
  it('runs a command per row, stage by stage, and takes no value for a command', async () => {
    const out = join(folder, 'out');
    const { code, output } = await run(
      'rows-of-commands/rows.yml',
      ...['--param', `out=${out}`, '--resources', 'cpu=2'],
    );
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect((await readdir(out)).sort()).toEqual(['harbour.txt', 'market.txt', 'night.txt']);
    expect(await readFile(join(out, 'night.txt'), 'utf8')).toBe('$(touch \n');
    expect(await readdir(ROOT)).not.toContain('pwned');
  });
});

describe('data-job', () => {
  let server: ChildProcess | undefined;
  afterEach(() => server?.kill());

  it('downloads, cleans, joins, adds up and reports', async () => {
    server = spawn(process.execPath, [join(ROOT, 'examples/data-job/server.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await firstLine(server);
    const report = join(folder, 'sales.md');
    const { code, output } = await run(
      'data-job/job.yml',
      ...['--param', `url=${url}`, '--param', `report=${report}`],
    );
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect(await readFile(report, 'utf8')).toBe(
      `# Sales by country

| country | sum |
| --- | ---: |
| PT | 459.00 |
| FR | 242.40 |
| DK | 184.50 |

Left out:
- order 1004: the amount is ""
- order 1005: a second time
- order 1010: the amount is "n/a"
- order 1007: nobody is C-09
`,
    );
  });

  it('fails, and still reports, when nobody serves the tables', async () => {
    const { code, output } = await run('data-job/job.yml', '--param', 'url=http://127.0.0.1:9');
    expect(code).toBe(1);
    expect(output).toContain('download');
    expect(output).toMatch(/blocked +clean/);
    expect(output).toMatch(/succeeded +report > Nothing to report/);
  });
});

describe('release-pipeline', () => {
  it('checks, packs and reports this repository', async () => {
    const out = join(folder, 'release');
    const { code, output } = await run(
      'release-pipeline/release.yml',
      ...['--param', `out=${out}`, '--param', 'suites=["test/unit/admission"]', '--parallel', '2'],
    );
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('| pack | SUCCESS |');
    expect((await readdir(out)).filter((name) => name.endsWith('.tgz'))).toHaveLength(1);
  }, 300_000);
});

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    stdout?.once('data', (chunk: Buffer) => resolve(String(chunk).trim()));
    stdout?.once('end', () => reject(new Error('the server ended')));
  });
}
