import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TerminatedError } from '../../../../src/core/errors.ts';
import { attempt, common } from './stage-host.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'venvs-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const run = (code: string, deps: readonly string[] = [], version?: string) =>
  attempt({ ...common, kind: 'virtual-py', codeKey: 'run', code, vars: { n: 2 }, deps, version });
const environments = (): string[] => readdirSync(join(folder, 'signalbox', 'venvs'));

describe('a virtual Python stage with venv', () => {
  const code = 'import sys\nprint("said")\nr = n * 2\nvirtual = sys.prefix != sys.base_prefix';

  it('runs in an environment of its own, made once', async () => {
    expect(await run(code).value()).toEqual({ r: 4, virtual: true });
    const made = environments();
    expect(made).toHaveLength(1);
    expect(await run(code).value()).toEqual({ r: 4, virtual: true });
    expect(environments()).toEqual(made);
  }, 120_000);

  it('is made once by two that begin at once: neither sees a half of it', async () => {
    const both = await Promise.all([run(code).value(), run(code).value()]);
    expect(both).toEqual([
      { r: 4, virtual: true },
      { r: 4, virtual: true },
    ]);
    expect(environments()).toHaveLength(1);
  }, 120_000);

  it('makes an environment again that was damaged', async () => {
    await run(code).value();
    const [made = ''] = environments();
    rmSync(join(folder, 'signalbox', 'venvs', made, 'bin'), { recursive: true });
    expect(await run(code).value()).toMatchObject({ virtual: true });
  }, 120_000);

  it("fails with pip's last lines for what cannot be installed, and leaves nothing", async () => {
    const error = await run(code, ['./there-is-no-such-package']).error();
    expect(error).toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringMatching(/^pip install failed with code \d+:\n[\s\S]*there-is-no-such-package/),
    });
    expect(environments()).toEqual([]);
  }, 120_000);

  it('leaves nothing when it is stopped while it is made', async () => {
    const slow = join(folder, 'slow');
    mkdirSync(slow);
    writeFileSync(
      join(slow, 'setup.py'),
      'import time, sys\nsys.stderr.write("building\\n")\ntime.sleep(60)',
    );
    const probe = run(code, [slow]);
    const end = probe.end();
    while (!readdirIfThere(join(folder, 'signalbox', 'venvs')).some((name) => name.endsWith('.part')))
      await new Promise<void>((resolve) => setImmediate(resolve));
    probe.stop(new TerminatedError());
    expect(await end).toMatchObject({ kind: 'failed', error: expect.any(TerminatedError) });
    expect(environments()).toEqual([]);
  }, 120_000);

  it('says which Python is missing', async () => {
    expect(await run(code, [], '3.1').error()).toMatchObject({
      message: expect.stringMatching(/needs Python 3\.1, and there is only 3\.\d+.*install uv/),
    });
  });

  it('names both ways when there is neither', async () => {
    vi.stubEnv('PATH', folder);
    expect(await run(code).error()).toMatchObject({
      code: 'EXECUTOR_UNAVAILABLE',
      message: 'neither uv nor python3 (for venv and pip) is on PATH',
    });
  });

  it('fails as Python does', async () => {
    expect(await run('raise ValueError("no")').error()).toMatchObject({
      message: 'no',
      details: { errorName: 'ValueError' },
    });
  }, 60_000);
});

describe('a virtual Python stage with uv', () => {
  it('is run by uv, with its dependencies in the header of the program', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const log = join(folder, 'log');
    const fake = `#!/bin/sh\nprintf '%s\\n' "$@" > ${log}\nfor a in "$@"; do case $a in *.py) head -3 "$a" >> ${log}; p=$a;; esac; f=$a; done\nexec python3 "$p" "$f"\n`;
    writeFileSync(join(bin, 'uv'), fake);
    chmodSync(join(bin, 'uv'), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
    expect(await run('r = n', ['requests>=2', 'x"y'], '3.12').value()).toEqual({ r: 2 });
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual(['run', '--python', '3.12', '--no-project', '--script']);
    expect(lines.slice(-3)).toEqual(['# /// script', '# dependencies = ["requests>=2","x\\"y"]', '# ///']);
  });
});

function readdirIfThere(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
