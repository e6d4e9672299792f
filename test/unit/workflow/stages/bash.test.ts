import { existsSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type StageError, TerminatedError } from '../../../../src/core/errors.ts';
import { bashCommand } from '../../../../src/workflow/stages/bash.ts';
import { makeLeaf } from '../../../../src/workflow/stages/index.ts';
import { attempt, bash, common, hostOf } from './stage-host.ts';

describe('a bash stage', () => {
  it('has its return code and what it printed as outputs, without the empty lines around', async () => {
    expect(await bash('printf "\\n\\n a \\nb\\n\\n"; echo err >&2').value()).toEqual({
      return_code: 0,
      stdout: ' a \nb',
      stderr: 'err',
    });
  });

  it('has null for a stream without text', async () => {
    expect(await bash(':').value()).toEqual({ return_code: 0, stdout: null, stderr: null });
  });

  it('emits its output line by line', async () => {
    expect((await emitted('echo one; echo two')).output).toEqual(['one', 'two']);
  });

  it('fails with what it wrote to stderr and the script, as it was written', async () => {
    const error = await failure('echo "${{ params.secret }}" >/dev/null\necho bad >&2\nexit 3', {
      secret: 'hush',
    });
    expect(error.message).toBe(
      'Subprocess: bad\n\t```bash\n\techo "${{ params.secret }}" >/dev/null\n\techo bad >&2\n\texit 3\n\t```',
    );
    expect(error).toMatchObject({ code: 'STAGE_FAILED', details: { exitCode: 3, signal: undefined } });
  });

  it('fails with its exit code where it says nothing', async () => {
    const error = await failure('exit 4');
    expect(error.message).toBe('Subprocess: exit code 4\n\t```bash\n\texit 4\n\t```');
  });

  it('fails when a signal ends it: a negative code was once taken for success', async () => {
    const error = await failure('kill -9 $$');
    expect(error.message).toContain('ended by SIGKILL');
  });

  it('leaves $$, ${VAR} and $1 of the script to bash', async () => {
    const script =
      'set -- first; FOO=bar; echo "${FOO}" "$1" "$([ $$ -gt 0 ] && echo pid)" \'$$\' "${FOO:0:2}"';
    expect(await bash(script).value()).toMatchObject({ stdout: 'bar first pid $$ ba' });
  });

  it('leaves the text of a quoted here-document alone that has a placeholder', async () => {
    const script =
      "cat <<'THE END' | tr a-z A-Z\n$HOME `x` \\$(y) \\\\ ${{ params.v }}\\\nTHE END\necho after";
    expect(await bash(script, { params: { v: '$v' } }).value()).toMatchObject({
      stdout: '$HOME `X` \\$(Y) \\\\ $V\\\nafter',
    });
  });

  it('does not mind values before an unrelated pipe into a shell', async () => {
    const script = 'x=${{ params.v }}\necho "${{ params.v }}"\n{ :; }\necho "echo y" | bash';
    expect(await bash(script, { params: { v: 'a b;' } }).value()).toMatchObject({ stdout: 'a b;\ny' });
  });

  it('takes indentation and Windows line ends away', async () => {
    expect(await bash('  cat <<EOF\r\n  a\r\n  EOF\r\n').value()).toMatchObject({ stdout: 'a' });
  });

  it('exports its env, scalars as text, to the programs it starts', async () => {
    const variables = { A: '${{ params.n }}', B: true, C: null, D: `x'y"$(z)`, E: '${{ params.list }}' };
    const script = `bash -c 'printf "%s|" "$A" "$B" "\${C-unset}" "$D" "$E"'`;
    const value = await bash(script, { variables, params: { n: 7, list: [1, 'a'] } }).value();
    expect(value).toMatchObject({ stdout: `7|true||x'y"$(z)|[1,"a"]|` });
  });

  it('shows numbers, truth, maps and null in the script as text', async () => {
    const params = { n: 1.5, b: false, m: { a: [1, "it's"] }, none: null };
    const script = 'printf "%s|" ${{ params.n }} ${{ params.b }} ${{ params.m }} ${{ params.none }}';
    expect(await bash(script, { params }).value()).toMatchObject({ stdout: `1.5|false|{"a":[1,"it's"]}||` });
  });

  it('takes values that are longer than an environment', async () => {
    const big = `'"$(false)\n`.repeat(300_000);
    const script = 'printf %s "${{ params.big }}" | wc -c; printf %s ${{ params.big }} | tail -c 4';
    expect(await bash(script, { params: { big } }).value()).toMatchObject({ stdout: `${big.length}\nse)` });
  });

  it('takes scripts that are longer than a command line', async () => {
    const script = `${': comment\n'.repeat(300_000)}echo end`;
    expect(await bash(script).value()).toMatchObject({ stdout: 'end' });
  });

  it('refuses a value with a NUL', async () => {
    const error = await failure('echo\necho ${{ params.v }}', { v: 'a\0b' });
    expect(error.message).toBe(
      'line 2 of the script: the value has a NUL character, which no variable can hold',
    );
  });

  it('runs in the working folder', async () => {
    expect(await bash('pwd -P', { workingFolder: '/' }).value()).toMatchObject({ stdout: '/' });
  });

  it('keeps its script where only this user can read it, and removes it', async () => {
    const value = (await bash('stat -c "%a" "$0" "$(dirname "$0")"; echo "$0"').value()) as {
      stdout: string;
    };
    const [file, folder, path = ''] = value.stdout.split('\n');
    expect([file, folder]).toEqual(['600', '700']);
    expect(path.startsWith(realpathSync(tmpdir())) || path.startsWith(tmpdir())).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('removes its script also when it is stopped', async () => {
    const probe = bash('echo "$0"; echo started; sleep 60');
    await probe.wrote('started');
    probe.stop(new TerminatedError());
    expect(await probe.error()).toBeInstanceOf(TerminatedError);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(existsSync(probe.output[0] ?? '')).toBe(false);
  });

  it('leaves no folder behind when it cannot begin', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'empty-'));
    vi.stubEnv('TMPDIR', folder);
    await failure('echo $(( ${{ params.v }} ))', { v: 'x' });
    await failure('echo ${{ params.nothing.there }}');
    await bash('echo', { variables: { A: '${{ params.nothing.there }}' } }).error();
    expect(readdirSync(folder)).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('warns of values in code that is given to other programs', async () => {
    const probe = bash('python3 -c "print(1) # ${{ params.v }}"', { params: { v: 'x' } });
    await probe.end();
    expect(probe.entries).toContainEqual(
      expect.objectContaining({ kind: 'log', level: 'warn', message: expect.stringContaining('python3 -c') }),
    );
  });

  it.each([
    ['false', false],
    ['a function that says no', () => false],
    ['a function that answers later', (async () => true) as never],
  ])('is refused by allowCode: %s', async (_, allowCode) => {
    const error = (await bash('echo', { allowCode }).error()) as StageError;
    expect(error.message).toBe('the bash code of stage "the stage" was refused by the host');
  });

  it('shows allowCode the code as it was written', async () => {
    const asked: unknown[] = [];
    const allowCode = (code: string, stage: unknown): boolean => asked.push([code, stage]) > 0;
    await bash('echo ${{ params.v }}', { allowCode, params: { v: 1 } }).value();
    expect(asked).toEqual([['echo ${{ params.v }}', expect.objectContaining({ kind: 'bash' })]]);
  });

  it('renders nothing before an attempt begins', () => {
    const host = { ...hostOf(), scope: () => expect.unreachable(), render: () => expect.unreachable() };
    makeLeaf({ ...common, kind: 'bash', bash: 'echo ${{ params.v }}', env: { A: '1' } }, host);
  });
});

describe('bash on Windows', () => {
  it('goes through WSL, which is told what to hand on', () => {
    expect(bashCommand('C:\\Temp\\s\\script.sh', { A: '1', B: '2' }, 'win32', () => true)).toEqual({
      argv: ['wsl', '--exec', 'bash', '/mnt/c/Temp/s/script.sh'],
      env: { A: '1', B: '2', WSLENV: 'A:B' },
    });
  });

  it('is unavailable without WSL', () => {
    expect(() => bashCommand('C:\\s.sh', {}, 'win32', () => false)).toThrow(
      expect.objectContaining({ code: 'EXECUTOR_UNAVAILABLE', hint: 'run `wsl --install`' }),
    );
  });

  it('is unavailable where there is no bash', () => {
    expect(() => bashCommand('/s.sh', {}, 'linux', () => false)).toThrow(
      expect.objectContaining({ code: 'EXECUTOR_UNAVAILABLE' }),
    );
  });
});

async function emitted(script: string) {
  const probe = bash(script);
  await probe.value();
  return probe;
}

async function failure(script: string, params: Record<string, unknown> = {}): Promise<StageError> {
  return (await bash(script, { params }).error()) as StageError;
}

describe('dispatch', () => {
  it('knows every kind', async () => {
    const error = await attempt(
      { ...common, kind: 'raise', message: 'no ${{ params.x }}' },
      { params: { x: 1 } },
    ).error();
    expect(error).toMatchObject({ code: 'STAGE_FAILED', message: 'no 1' });
  });
});
