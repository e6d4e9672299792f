/** What runs a Task of some kind: built-in handlers, your own, or none. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HandlerContext, Task } from '../../../src/index.ts';
import { failureOf, ofTask, real, typesOf, wrote } from './kit.ts';

describe('a Task without a handler', () => {
  it.each([
    ['prompt', () => Task.prompt('x')],
    ['agent', () => Task.agent('x')],
    ['http', () => Task.custom('http', {})],
  ])('of kind %s fails with HANDLER_MISSING, never starts and is never tried again', async (kind, make) => {
    const { scheduler, events } = real();
    const task = make();
    const handle = scheduler.runTask(task, { retry: { maxAttempts: 3 }, executor: 'process' });
    const error = await failureOf(handle);
    expect(error).toMatchObject({
      code: 'HANDLER_MISSING',
      details: { kind, known: ['bash', 'powershell', 'docker', 'call'] },
    });
    expect(error.details['result']).toBe(task.result);
    expect(task.result).toMatchObject({ status: 'failed', terminationReason: 'handler', durationMs: 0 });
    expect(typesOf(ofTask(events, handle))).toEqual(['task:queued', 'task:failed']);
    expect(handle.attempts).toBe(0);
  });

  it('fails again when it is submitted again, and runs once there is one', async () => {
    const { scheduler } = real();
    const task = Task.prompt('x', { model: 'm' });
    const first = await failureOf(scheduler.runTask(task));
    const second = await failureOf(scheduler.runTask(task));
    expect([first.code, second.code]).toEqual(['HANDLER_MISSING', 'HANDLER_MISSING']);
    expect(task.error).toBe(second);
    scheduler.registerHandler('prompt', ({ payload, options }) => `${String(payload)} ${options.model}`);
    expect((await scheduler.runTask(task).result()).output).toBe('x m');
  });

  it('is every Task of a scheduler with handlers: none, called functions included', async () => {
    const { scheduler } = real({ handlers: 'none' });
    for (const task of [Task.bash('true'), Task.call(() => 1)])
      expect((await failureOf(scheduler.runTask(task))).code).toBe('HANDLER_MISSING');
    scheduler.registerHandler('bash', () => 'mine');
    expect((await scheduler.runTask(Task.bash('true')).result()).output).toBe('mine');
  });
});

describe('a handler', () => {
  it('sees the Task it runs, its context and its parents', async () => {
    let seen: Record<string, unknown> = {};
    const look = (context: HandlerContext) => {
      const { taskId, kind, title, description, payload, timeoutMs, status, options, upstream } = context;
      const { id, name, runId, attempt, terminateRequested } = context;
      const ofTask = { taskId, kind, title, description, payload, timeoutMs, status, options, upstream };
      seen = { ...ofTask, id, name, runId, attempt, terminateRequested, aborted: context.signal.aborted };
    };
    const { scheduler } = real({ handlers: { look } });
    const details = { title: 't', description: 'd', timeoutMs: 5_000, env: { A: 'a' } };
    const task = Task.custom('look', { any: 'thing' }, details);
    const handle = scheduler.runTask(task);
    await handle.result();
    expect(seen).toEqual({
      ...{ taskId: task.id, kind: 'look', payload: { any: 'thing' }, status: 'running', upstream: new Map() },
      ...{ title: 't', description: 'd', timeoutMs: 5_000, options: { env: { A: 'a' } }, name: 't' },
      ...{ id: handle.id, runId: handle.runId, attempt: 1, terminateRequested: false, aborted: false },
    });
  });

  it.each<readonly [string, unknown, Record<string, unknown>]>([
    ['a string is output and raw', 'text', { output: 'text', raw: 'text', error: null, returnCode: null }],
    ['an object is raw alone', { a: 1 }, { output: null, raw: { a: 1 }, error: null, returnCode: null }],
    ['nothing is nothing', undefined, { output: null, raw: undefined, error: null, returnCode: null }],
    [
      'what a process gave is taken apart',
      { stdout: 'o', stderr: 'e', exitCode: 0 },
      { output: 'o', error: 'e', returnCode: 0, raw: { stdout: 'o', stderr: 'e', exitCode: 0 } },
    ],
    [
      'a silent stderr is no error',
      { stdout: '', stderr: '', exitCode: undefined },
      { output: '', error: null, returnCode: null },
    ],
  ])('gives a result: %s', async (_, returned, parts) => {
    const { scheduler } = real({ handlers: { mine: () => returned } });
    const task = Task.custom('mine', 1);
    expect(await scheduler.runTask(task).result()).toMatchObject({ status: 'succeeded', ...parts });
  });

  it('that throws fails the task with that identical object, also one that is no error', async () => {
    const { scheduler } = real({
      handlers: {
        mine: ({ payload }) => {
          throw payload;
        },
      },
    });
    for (const thrown of [new TypeError('x'), 'text']) {
      const task = Task.custom('mine', thrown);
      expect(await scheduler.runTask(task).exception()).toBe(thrown);
      expect(task.result).toMatchObject({
        error: thrown === 'text' ? 'text' : 'x',
        terminationReason: 'handler',
      });
    }
  });

  it('may be a generator, which suspends', async () => {
    const { scheduler, events } = real({
      handlers: {
        *mine() {
          const value: unknown = yield Promise.resolve('later');
          return `got ${String(value)}`;
        },
      },
    });
    expect((await scheduler.runTask(Task.custom('mine', 1)).result()).output).toBe('got later');
    expect(typesOf(events)).toContain('task:suspended');
  });

  it('may give a command, with surroundings of its own before those of the Task', async () => {
    const { scheduler } = real({
      handlers: {
        say: {
          command: ({ payload }) => ({
            argv: ['bash', '-c', 'echo $0 $A $PWD', String(payload)],
            env: { A: 'own' },
          }),
        },
      },
    });
    const task = Task.custom('say', 'hello', { cwd: '/', env: { A: 'of the task' } });
    const handle = scheduler.runTask(task);
    expect((await handle.result()).output).toBe('hello own /\n');
  });

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['no argv', {}],
    ['an empty argv', { argv: [] }],
    ['an argv of numbers', { argv: ['a', 1] }],
    ['another field', { argv: ['a'], shell: true }],
  ])('that gives %s as its command is refused at the call', (_, command) => {
    const { scheduler } = real({ handlers: { say: { command: () => command as never } } });
    const task = Task.custom('say', 1);
    expect(() => scheduler.runTask(task)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(task.status).toBe('pending');
  });

  it('replaces a built-in one; others stay', async () => {
    const { scheduler } = real({ handlers: { bash: ({ payload }) => `not run: ${String(payload)}` } });
    expect((await scheduler.runTask(Task.bash('exit 1')).result()).output).toBe('not run: exit 1');
    expect(await scheduler.runTask(Task.call(() => 5)).result()).toBe(5);
  });

  it('for calls gets the function as the payload, and its value is the value', async () => {
    const { scheduler } = real({
      handlers: { call: ({ payload, options }) => [(payload as () => unknown)(), options.args] },
    });
    const task = Task.call((n: number) => n, { args: [1] });
    expect(await scheduler.runTask(task).result()).toEqual([undefined, [1]]);
  });

  it('is looked up when a Task is submitted', async () => {
    const { scheduler } = real({ taskParallelism: 1 });
    const first = scheduler.runTask(Task.bash('echo up; sleep 1000'));
    const second = scheduler.runTask(Task.bash('echo real'));
    await wrote(first, 'up');
    scheduler.registerHandler('bash', () => 'replaced');
    first.requestTerminate();
    expect((await second.result()).output).toBe('real\n');
    expect((await scheduler.runTask(Task.bash('echo real')).result()).output).toBe('replaced');
  });

  it.each<readonly [string, () => unknown]>([
    ['an option that is no record', () => real({ handlers: 5 as never })],
    ['a handler that is none', () => real({ handlers: { bash: 'bash' as never } })],
    ['registering no function', () => real().scheduler.registerHandler('bash', {} as never)],
    ['registering for no kind', () => real().scheduler.registerHandler('', () => 1)],
  ])('is refused: %s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('a program that is not on PATH', () => {
  const nowhere = mkdtempSync(join(tmpdir(), 'task-test-'));

  it.each([
    ['bash', () => Task.bash('true', { env: { PATH: nowhere } })],
    ['pwsh', () => Task.powershell('1', { env: { PATH: nowhere } })],
  ])('%s: the task fails with EXECUTOR_UNAVAILABLE before it starts', async (program, make) => {
    const { scheduler } = real();
    const task = make();
    const handle = scheduler.runTask(task, { retry: { maxAttempts: 3 } });
    const error = await failureOf(handle);
    expect(error).toMatchObject({ code: 'EXECUTOR_UNAVAILABLE', details: { program } });
    expect(handle.attempts).toBe(0);
    expect(task.result).toMatchObject({ terminationReason: 'handler', status: 'failed' });
  });

  it('may come later', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'task-test-'));
    const { scheduler } = real();
    const task = Task.powershell('Get-Date', { env: { PATH: folder } });
    expect((await failureOf(scheduler.runTask(task))).code).toBe('EXECUTOR_UNAVAILABLE');
    writeFileSync(join(folder, 'pwsh'), '#!/bin/sh\nprintf "%s|" "$@"\n');
    expect((await failureOf(scheduler.runTask(task))).code, 'not executable yet').toBe(
      'EXECUTOR_UNAVAILABLE',
    );
    chmodSync(join(folder, 'pwsh'), 0o755);
    expect((await scheduler.runTask(task).result()).output).toBe(
      '-NoProfile|-NonInteractive|-Command|Get-Date|',
    );
  });
});
