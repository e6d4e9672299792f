/**
 * What a container on an engine comes to: on a small engine of our own, and on a real one where one answers.
 * LOGS is how a container of the small one finds what a real one sees as /logs.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TerminatedError } from '../../../../src/core/errors.ts';
import {
  failureOf,
  fakeSubject,
  IMAGE,
  logged,
  realSubject,
  resultOf,
  run,
  type Subject,
  whyNoEngine,
} from './kit.ts';

/** A variable of the shell, with a default. */
const either = (variable: string, path: string): string => `$\{${variable}:-${path}}`;
const LOGS = either('LOGS', '/logs');
const whyNot = await whyNoEngine();

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'containers-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const leavesOutputs = (text: string): string => `printf '%s' '${text}' > "${LOGS}/outputs.json"`;

function suite(subject: Subject): void {
  const executor = () => subject.executor({ folder });

  it('gives output, code and what it is', async () => {
    const probe = run(executor(), { command: 'echo out; echo err >&2; printf tail' });
    expect(await resultOf(probe)).toEqual({
      exitCode: 0,
      stdout: 'out\ntail',
      stderr: 'err\n',
      truncated: false,
      image: IMAGE,
      container: expect.stringMatching(/^signalbox-task-[\d-]+-1$/),
      outputs: undefined,
    });
    expect(probe.output.toSorted()).toEqual(['err', 'out', 'tail']);
    expect(logged(probe, 'warn')).toEqual([]);
  });

  it('streams a line when it is written, not when the container has ended', async () => {
    const probe = run(executor(), {
      command: "trap 'exit 0' TERM; echo first; while :; do sleep 0.05; done",
    });
    await probe.wrote('first');
    expect(probe.ends).toEqual([]);
    probe.stop(new TerminatedError('enough'));
    expect((await resultOf(probe)).stdout).toBe('first\n');
  });

  it('gives the arguments of an argv as they are, and a text to a shell', async () => {
    const argv = await resultOf(run(executor(), { command: ['printf', '%s|', 'a b', '$HOME', '*'] }));
    expect(argv.stdout).toBe('a b|$HOME|*|');
    expect((await resultOf(run(executor(), { command: 'echo "$((1 + 2))"' }))).stdout).toBe('3\n');
  });

  it('gives its env, whatever stands in a value, and says whose attempt it is', async () => {
    const env = { PLAIN: 'x', ODD: 'a=b "c"\n$(id) `id`' };
    const command =
      'printf "%s|%s|%s" "$PLAIN" "$ODD" "$SIGNALBOX_RUN_ID/$SIGNALBOX_TASK_ID/$SIGNALBOX_ATTEMPT"';
    const { stdout } = await resultOf(run(executor(), { command, env }, { id: 'env-task' }));
    expect(stdout).toBe(`x|${env.ODD}|run-1/env-task/1`);
  });

  it('does not see the environment of this process', async () => {
    process.env['DOCKER_TEST_SECRET'] = 'hidden';
    const { stdout } = await resultOf(run(executor(), { command: 'echo "[$DOCKER_TEST_SECRET]"' }));
    delete process.env['DOCKER_TEST_SECRET'];
    expect(stdout).toBe('[]\n');
  });

  it('fails with its code, last words, and all it wrote', async () => {
    const error = await failureOf(
      run(executor(), { command: 'echo out; echo first >&2; echo "last words" >&2; exit 7' }),
    );
    expect(error.code).toBe('TASK_FAILED');
    expect(error.message).toBe(`the container of ${IMAGE} exited with code 7: last words`);
    expect(error.details).toMatchObject({
      exitCode: 7,
      stdout: 'out\n',
      stderr: 'first\nlast words\n',
      image: IMAGE,
    });
  });

  it('fails when its program is not there', async () => {
    const error = await failureOf(run(executor(), { command: ['/no/such/program'] }));
    expect(error).toMatchObject({ code: 'TASK_FAILED' });
    expect(error.message).toMatch(/cannot be (started|made): .*no\/such\/program/s);
  });

  it('reads the outputs that it leaves in /logs/outputs.json', async () => {
    const outputs = { rows: 3, names: ['a', 'ü'], nested: { deep: null } };
    const result = await resultOf(run(executor(), { command: leavesOutputs(JSON.stringify(outputs)) }));
    expect(result.outputs).toEqual(outputs);
  });

  it.each([
    ['no JSON', '{"a":', /is not JSON/],
    ['a list', '[1]', /is JSON, but no object/],
    ['nothing', '', /is not JSON/],
  ])('fails when outputs.json holds %s, instead of going on without', async (_what, text, message) => {
    const error = await failureOf(run(executor(), { command: leavesOutputs(text) }));
    expect(error.code).toBe('TASK_FAILED');
    expect(error.message).toMatch(message);
    expect(error.details).toMatchObject({ exitCode: 0 });
  });

  it('does not follow a link from outputs.json to a file of this machine', async () => {
    const secret = join(folder, 'secret.json');
    writeFileSync(secret, '{"password":"hidden"}');
    const error = await failureOf(run(executor(), { command: `ln -s '${secret}' "${LOGS}/outputs.json"` }));
    expect(error.message).toMatch(/is a link/);
    expect(JSON.stringify(error.details)).not.toContain('hidden');
  });

  it('does not wait for a pipe that nobody writes to', async () => {
    const error = await failureOf(run(executor(), { command: `mkfifo "${LOGS}/outputs.json"` }));
    expect(error.message).toMatch(/is no file/);
  });

  it('refuses outputs beyond the limit', async () => {
    const command = `head -c 1100000 /dev/zero | tr '\\0' ' ' > "${LOGS}/outputs.json"`;
    expect((await failureOf(run(executor(), { command }))).message).toMatch(
      /has 1100000 bytes; allowed: at most/,
    );
  });

  it('sees a folder below the working folder, and leaves there what it writes', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'in.txt'), 'hello');
    const place = either('MOUNT_DATA', '/data');
    const command = `tr a-z A-Z < "${place}/in.txt" > "${place}/out.txt"`;
    await resultOf(run(executor(), { command, volumes: { data: '/data' }, cwd: folder }));
    expect(readdirSync(join(folder, 'data')).toSorted()).toEqual(['in.txt', 'out.txt']);
  });

  it('leaves neither a private folder nor a container, however it ended', async () => {
    const one = executor();
    const probes = [
      run(one, { command: `echo x > "${LOGS}/file"; mkdir -p "${LOGS}/a/b"; touch "${LOGS}/a/b/c"` }),
      run(one, { command: 'exit 3' }),
      run(one, { command: leavesOutputs('[]') }),
    ];
    for (const probe of probes) await probe.end();
    expect(readdirSync(folder)).toEqual([]);
    if (subject.fake !== undefined) expect([...subject.fake.containers.keys()]).toEqual([]);
  });

  it('keeps megabytes of both streams apart and whole', async () => {
    const command = 'seq 1 40000 & seq 40001 80000 >&2; wait';
    const { stdout, stderr } = await resultOf(run(executor(), { command }));
    const lines = (from: number) => Array.from({ length: 40_000 }, (_, at) => from + at).join('\n');
    expect(stdout === `${lines(1)}\n`, 'stdout is whole').toBe(true);
    expect(stderr === `${lines(40_001)}\n`, 'stderr is whole').toBe(true);
  });

  it('is ended politely by stop, and says so with what it had written', async () => {
    const probe = run(executor(), {
      command: "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.05; done",
    });
    await probe.wrote('ready');
    const reason = new TerminatedError('enough');
    probe.stop(reason);
    const error = await failureOf(probe);
    expect(error).toBeInstanceOf(TerminatedError);
    expect(error.cause).toBe(reason);
    expect(error.details).toMatchObject({ exitCode: 9, stdout: 'ready\nbye\n', forced: false });
  });

  it('that finishes its work when it is asked to stop has succeeded', async () => {
    const command = `bye() { ${leavesOutputs('{"n":1}')}; exit 0; }; trap bye TERM; echo ready; while :; do sleep 0.05; done`;
    const probe = run(executor(), { command });
    await probe.wrote('ready');
    probe.stop(new TerminatedError('enough'));
    expect(await resultOf(probe)).toMatchObject({ exitCode: 0, outputs: { n: 1 } });
  });

  it('that ignores stop is ended by kill', async () => {
    const probe = run(executor(), { command: "trap '' TERM; echo ready; while :; do sleep 0.05; done" });
    await probe.wrote('ready');
    probe.stop(new TerminatedError('please'));
    probe.kill();
    const error = await failureOf(probe);
    expect(error).toBeInstanceOf(TerminatedError);
    expect(error.details).toMatchObject({ exitCode: 137, stdout: 'ready\n', forced: true });
  });

  it('is ended by the close of its executor', async () => {
    const one = executor();
    const probe = run(one, { command: "trap '' TERM; echo ready; while :; do sleep 0.05; done" });
    await probe.wrote('ready');
    await one.close();
    expect(probe.ends).toHaveLength(1);
    expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
  });
}

describe('a container of the small engine', () => {
  suite(fakeSubject());
});

describe.skipIf(whyNot !== undefined)(
  `a container of a real engine${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`,
  () => suite(realSubject()),
);
