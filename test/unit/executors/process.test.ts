import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type SignalboxError, TerminatedError } from '../../../src/core/errors.ts';
import type { CommandWork } from '../../../src/executors/executor.ts';
import { ProcessExecutor, processExecutor } from '../../../src/executors/process.ts';
import { LONGEST_LINE_CHARS, ProcessOutput } from '../../../src/executors/process-output.ts';
import type { ProcessResult } from '../../../src/executors/process-result.ts';
import { ExecutorProbe, loopTurns } from '../../../src/testing/executor-probe.ts';

const executor = processExecutor();

afterEach(() => executor.close());

function run(argv: readonly string[], options: Partial<CommandWork> = {}, on = executor): ExecutorProbe {
  const work: CommandWork = {
    kind: 'command',
    argv,
    shell: false,
    cwd: undefined,
    env: undefined,
    ...options,
  };
  return new ExecutorProbe(on, { work });
}

const sh = (script: string, on = executor) => run([script], { shell: true }, on);
const node = (script: string) => run([process.execPath, '-e', script]);

async function failure(probe: ExecutorProbe): Promise<SignalboxError> {
  return (await probe.error()) as SignalboxError;
}

/** A process that is not there, or only as a zombie that its parent has yet to look at. */
function isDead(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return true;
  }
}

/** SIGKILL is delivered, but the kernel may need a moment; a process that lives on runs into the test's limit. */
async function untilDead(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  while (!isDead(pid)) await loopTurns(1);
}

describe('a command', () => {
  it('is run without a shell, its arguments as they are', async () => {
    const value = (await run(['printf', '%s|', 'a b', '$HOME', '*']).value()) as ProcessResult;
    expect(value).toEqual({
      exitCode: 0,
      signal: undefined,
      stdout: 'a b|$HOME|*|',
      stderr: '',
      truncated: false,
      pid: expect.any(Number),
    });
  });

  it('gets its own directory, and its env on top of ours', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'process-test-'));
    const value = await run(['pwd; echo "$EXTRA $PATH"'], { shell: true, cwd, env: { EXTRA: 'x' } }).value();
    expect((value as ProcessResult).stdout).toBe(`${cwd}\nx ${process.env['PATH']}\n`);
    rmSync(cwd, { recursive: true });
  });

  it('finds its stdin at the end, so that nothing waits for input for ever', async () => {
    expect(await run(['cat']).value()).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('fails with code, last words and all output', async () => {
    const error = await failure(sh('echo out; echo first >&2; echo "last words" >&2; echo >&2; exit 7'));
    expect(error.code).toBe('TASK_FAILED');
    expect(error.message).toMatch(/^echo out; .* exited with code 7: last words$/);
    expect(error.details).toEqual({
      exitCode: 7,
      signal: undefined,
      stdout: 'out\n',
      stderr: 'first\nlast words\n\n',
      truncated: false,
      pid: expect.any(Number),
      command: expect.any(String),
    });
  });

  it('fails with the signal that ended it, when it was not ours', async () => {
    const error = await failure(run(['sh', '-c', 'kill -9 $$']));
    expect(error).toMatchObject({ code: 'TASK_FAILED', message: 'sh -c "kill -9 $$" was ended by SIGKILL' });
    expect(error.details).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' });
  });

  it('that does not exist or may not run is named, with its directory', async () => {
    const missing = await failure(run(['no-such-program', 'x']));
    expect(missing.message).toBe('no-such-program x cannot be started: spawn no-such-program ENOENT');
    expect(missing).toMatchObject({ code: 'TASK_FAILED', details: { errno: 'ENOENT' } });
    const cwd = mkdtempSync(join(tmpdir(), 'process-test-'));
    const file = join(cwd, 'plain.txt');
    writeFileSync(file, 'no program', { mode: 0o644 });
    const forbidden = await failure(run([file]));
    expect(forbidden).toMatchObject({
      details: { errno: 'EACCES' },
      hint: expect.stringMatching(/executable/),
    });
    rmSync(cwd, { recursive: true });
    const lost = await failure(run(['true'], { cwd: '/no/such/dir' }));
    expect(lost.message).toMatch(/^true cannot be started in \/no\/such\/dir: The "cwd" option is invalid/);
  });

  it('that is nonsense is refused', async () => {
    expect(await failure(run([]))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await failure(run(['a\0b']))).toMatchObject({ code: 'TASK_FAILED', hint: 'look at errno' });
    expect(await failure(run(['true', {} as never]))).toMatchObject({ code: 'TASK_FAILED' });
  });

  it('is shortened where it is shown, and whole in the details', async () => {
    const script = `exit 3 # ${'x'.repeat(1_000)}`;
    const error = await failure(sh(script));
    expect(error.message.length).toBeLessThan(400);
    expect(error.details['command']).toBe(script);
  });
});

describe('output', () => {
  it('comes line by line, from both streams, the last line without its end too', async () => {
    const probe = sh(String.raw`printf 'a\r\n\nb'; printf 'é\nc' >&2`);
    const value = (await probe.value()) as ProcessResult;
    const lines = (of: string) =>
      probe.entries.flatMap((entry) => (entry.kind === 'output' && entry.stream === of ? [entry.chunk] : []));
    expect(lines('stdout')).toEqual(['a\r\n', '\n', 'b']);
    expect(lines('stderr')).toEqual(['é\n', 'c']);
    expect(value).toMatchObject({ stdout: 'a\r\n\nb', stderr: 'é\nc' });
  });

  it('of a background process that outlives the command is waited for', async () => {
    const probe = sh('(while kill -0 $$ 2>/dev/null; do :; done; echo late) & echo soon');
    expect(await probe.value()).toMatchObject({ stdout: 'soon\nlate\n' });
  });

  it('beyond what is kept is streamed, and missing from the result, which says so', async () => {
    const small = new ProcessExecutor(5);
    const probe = sh(String.raw`printf 'abcdé\nfg\n'; echo x >&2`, small);
    expect(await probe.value()).toMatchObject({ stdout: 'abcd', stderr: 'x\n', truncated: true });
    expect([...probe.output].sort()).toEqual(['abcdé', 'fg', 'x']);
    await small.close();
  });
});

describe('lines', () => {
  function split(chunks: readonly Buffer[], limit = 1_000): { lines: string[]; output: ProcessOutput } {
    const lines: string[] = [];
    const output = new ProcessOutput(limit, (line) => lines.push(line));
    for (const chunk of chunks) output.write(chunk);
    output.end();
    return { lines, output };
  }

  it('are the same however the pipe cuts its chunks', () => {
    const bytes = Buffer.from('h\u00e9llo\r\n\u4e16\u754c\n\n\ud83d\ude80 end\r');
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const cut = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        const { lines, output } = split(cut);
        expect(lines).toEqual(['h\u00e9llo\r\n', '\u4e16\u754c\n', '\n', '\ud83d\ude80 end\r']);
        expect(lines.join('')).toBe(bytes.toString());
        expect(output.text).toBe(bytes.toString());
      }
    }
  });

  it('keep a carriage return that is no line end', () => {
    expect(split([Buffer.from('10%\r20%\r\n')]).lines).toEqual(['10%\r20%\r\n']);
  });

  it('without an end are let go in pieces, so that they do not fill the memory', () => {
    const { lines } = split([
      Buffer.alloc(LONGEST_LINE_CHARS - 1, 'x'),
      Buffer.from('yz'),
      Buffer.from('!\n'),
    ]);
    expect(lines.map((line) => line.length)).toEqual([LONGEST_LINE_CHARS + 1, 2]);
  });

  it('may hold bytes that are no UTF-8', () => {
    const { lines, output } = split([Buffer.from([0x61, 0xff, 0xe4, 0xb8])]);
    expect(lines).toEqual(['a\ufffd\ufffd']);
    expect(output.text).toBe('a\ufffd\ufffd');
  });

  it('fill the kept bytes exactly before anything counts as truncated', () => {
    expect(split([Buffer.from('12345')], 5).output).toMatchObject({ text: '12345', truncated: false });
    expect(split([Buffer.from('12345'), Buffer.from('6')], 5).output).toMatchObject({
      text: '12345',
      truncated: true,
    });
  });
});

describe('stopping', () => {
  const reason = new TerminatedError('enough');

  it('signals the whole group: a grandchild dies as well', async () => {
    const probe = sh('sleep 1000 & echo $!; wait');
    const pid = await firstPid(probe);
    probe.stop(reason);
    const error = await failure(probe);
    expect(error).toBeInstanceOf(TerminatedError);
    expect(error.details).toMatchObject({ exitCode: undefined, signal: 'SIGTERM', forced: false });
    await untilDead(pid);
  });

  it('leaves nobody behind: a grandchild that ignores SIGTERM is killed once its parent is gone', async () => {
    const script = `(trap "" TERM; exec sleep 1000) >/dev/null 2>&1 & echo $!; wait`;
    const probe = sh(script);
    const pid = await firstPid(probe);
    probe.stop(reason);
    expect(await failure(probe)).toMatchObject({ code: 'TERMINATED', details: { forced: false } });
    await untilDead(pid);
  });

  it('by force kills the whole group', async () => {
    const probe = sh('trap "" TERM; (trap "" TERM; exec sleep 1000) & echo $!; while :; do wait; done');
    const pid = await firstPid(probe);
    probe.kill();
    expect(await failure(probe)).toMatchObject({
      code: 'TERMINATED',
      details: { signal: 'SIGKILL', forced: true, pid: expect.any(Number) },
    });
    await untilDead(pid);
  });

  /** A command beside a daemon that has left its group and holds its pipes. */
  async function withDaemon(
    script: string,
  ): Promise<{ probe: ExecutorProbe; leader: number; daemon: number }> {
    const probe = sh(`echo $$; setsid sh -c 'echo $$; exec sleep 1000' & ${script}`);
    while (probe.output.length < 2) await loopTurns(1);
    const [leader, daemon] = probe.output.map(Number);
    return { probe, leader: leader ?? 0, daemon: daemon ?? 0 };
  }

  it('by force does not wait for a daemon that left the group and holds the pipes', async () => {
    const { probe, daemon } = await withDaemon('exec sleep 1000');
    probe.kill();
    expect(await failure(probe)).toMatchObject({ code: 'TERMINATED', details: { forced: true } });
    expect(isDead(daemon)).toBe(false);
    process.kill(daemon, 'SIGKILL');
  });

  it('by force loses nothing that was written before, though a daemon holds the pipes', async () => {
    await run(['true']).value(); // from now on a command is spawned within a few microtasks
    const directory = mkdtempSync(join(tmpdir(), 'process-test-'));
    const file = join(directory, 'pids');
    const probe = sh(`setsid sleep 1000 & echo words; echo $$ $! > ${file}.part; mv ${file}.part ${file}`);
    for (let microtask = 0; microtask < 10; microtask += 1) await undefined;
    while (!existsSync(file)); // without a turn of the loop: the words are in the pipe, unread
    const [leader = 0, daemon = 0] = readFileSync(file, 'utf8').split(' ').map(Number);
    while (!isDead(leader));
    probe.kill();
    expect(await probe.value()).toMatchObject({ stdout: 'words\n' });
    process.kill(daemon, 'SIGKILL');
    rmSync(directory, { recursive: true });
  });

  /** A command that exited, but whose output a process outside its group holds open. */
  async function exitedWithDaemon(code: number): Promise<{ probe: ExecutorProbe; daemon: number }> {
    const { probe, leader, daemon } = await withDaemon(`exit ${code}`);
    await untilDead(leader);
    await loopTurns(50); // the exit has been heard of
    expect(probe.ends).toHaveLength(0);
    return { probe, daemon };
  }

  it('by force after the exit gives up the pipes that a daemon holds, and keeps the exit', async () => {
    const { probe, daemon } = await exitedWithDaemon(0);
    probe.kill();
    expect(await probe.value()).toMatchObject({ exitCode: 0 });
    process.kill(daemon, 'SIGKILL');
  });

  it('after the command failed by itself does not turn its failure into a termination', async () => {
    const { probe, daemon } = await exitedWithDaemon(3);
    probe.stop(reason);
    process.kill(daemon, 'SIGKILL');
    expect(await failure(probe)).toMatchObject({ code: 'TASK_FAILED', details: { exitCode: 3 } });
  });

  it('a command that handles SIGTERM and exits with another code than 0 counts as terminated', async () => {
    const probe = node(
      `process.on('SIGTERM', () => process.exit(143)); console.log('ready'); setInterval(() => {}, 1e6)`,
    );
    await probe.wrote('ready');
    probe.stop(reason);
    expect(await failure(probe)).toMatchObject({
      code: 'TERMINATED',
      details: { exitCode: 143, signal: undefined },
    });
  });

  it('a command that handles SIGTERM and exits with 0 succeeded', async () => {
    const probe = node(
      `process.on('SIGTERM', () => process.exit(0)); console.log('ready'); setInterval(() => {}, 1e6)`,
    );
    await probe.wrote('ready');
    probe.stop(reason);
    expect(await probe.value()).toMatchObject({ exitCode: 0, stdout: 'ready\n' });
  });

  it('that comes before the command was started keeps it from starting', async () => {
    const probe = sh('echo started');
    probe.stop(reason);
    const error = await failure(probe);
    expect(error).toMatchObject({ code: 'TERMINATED', cause: reason, details: { forced: false } });
    await loopTurns(20);
    expect(probe.output).toEqual([]);
  });

  it('happens to what still runs when the executor is closed', async () => {
    const own = processExecutor();
    const probe = sh('echo ready; sleep 1000', own);
    await probe.wrote('ready');
    await own.close();
    expect(await failure(probe)).toMatchObject({ code: 'TERMINATED', details: { forced: true } });
  });
});

describe('children and the end of this process', () => {
  it('one exit listener exists while children live, and none afterwards', async () => {
    const before = process.listenerCount('exit');
    const probes = [sh('echo ready; exec sleep 1000'), sh('echo ready; exec sleep 1000')];
    for (const probe of probes) await probe.wrote('ready');
    expect(process.listenerCount('exit')).toBe(before + 1);
    for (const probe of probes) {
      probe.kill();
      await probe.end();
    }
    expect(process.listenerCount('exit')).toBe(before);
  });

  it.each(['exit', 'throw', 'signal'])('a group dies with us when we leave by %s', async (how) => {
    const script = fileURLToPath(new URL('../../fixtures/leave-a-group-behind.mjs', import.meta.url));
    const pid = await new Promise<number>((resolve) => {
      execFile(process.execPath, [script, how], (_error, stdout) => resolve(Number(stdout)));
    });
    await untilDead(pid);
  });
});

async function firstPid(probe: ExecutorProbe): Promise<number> {
  while (probe.output.length === 0) {
    expect(probe.ends).toHaveLength(0);
    await loopTurns(1);
  }
  return Number(probe.output[0]);
}
