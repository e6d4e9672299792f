/** Tasks that run, as real processes and functions: what they give, show and tell. Nothing here waits for a delay. */
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CancelledError, type SignalboxError, Task, type TaskResult } from '../../../src/index.ts';
import { aborted, failureOf, isGone, ofTask, real, SkippingClock, typesOf, wrote } from './kit.ts';

describe('a bash Task', () => {
  it('gives its TaskResult, the same object everywhere', async () => {
    const { scheduler } = real();
    const task = Task.bash('echo out; echo err >&2');
    const result: TaskResult = await scheduler.runTask(task).result();
    expect(result).toMatchObject({
      taskId: task.id,
      status: 'succeeded',
      output: 'out\n',
      error: 'err\n',
      returnCode: 0,
      terminationReason: null,
      raw: { exitCode: 0, stdout: 'out\n', stderr: 'err\n' },
    });
    expect(result.durationMs).toBe(result.finishedAt - result.startedAt);
    expect(Object.isFrozen(result)).toBe(true);
    expect(task.result).toBe(result);
    expect([task.status, task.error, task.isDone, task.isTerminal]).toEqual([
      'succeeded',
      undefined,
      true,
      true,
    ]);
  });

  it('is run by bash, not by sh', async () => {
    const { scheduler } = real();
    const { output } = await scheduler
      .runTask(Task.bash('a=(x y); echo $BASH_VERSION; [[ y == y ]]'))
      .result();
    expect(output).toMatch(/^\d/);
  });

  it('keeps every byte: no line end at the end, characters cut by the pipe, carriage returns', async () => {
    const { scheduler } = real();
    // The three bytes of the euro sign are written one by one, each in a write of its own.
    const command = String.raw`printf '\xe2'; printf '\x82'; printf '\xac a\r\n\n'; printf 'tail'`;
    const { output, error } = await scheduler.runTask(Task.bash(command)).result();
    expect(output).toBe('€ a\r\n\ntail');
    expect(error).toBeNull();
  });

  it('tells its output between the start and the end of its attempt', async () => {
    const { scheduler, events } = real();
    const handle = scheduler.runTask(Task.bash('echo one; echo two'));
    await handle.result();
    expect(typesOf(ofTask(events, handle))).toEqual([
      ...['task:queued', 'task:ready', 'task:running', 'attempt:started'],
      ...['task:output', 'task:output', 'attempt:succeeded', 'task:succeeded'],
    ]);
  });

  it('runs where, and with what, it is told', async () => {
    const { scheduler } = real();
    const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'task-test-')));
    const task = Task.bash('echo "$PWD $SIGNALBOX_TEST $HOME"', { cwd, env: { SIGNALBOX_TEST: 'set' } });
    expect((await scheduler.runTask(task).result()).output).toBe(`${cwd} set ${process.env['HOME'] ?? ''}\n`);
  });

  it('that ends with another code fails with its stderr as the message, and its result in the details', async () => {
    const { scheduler } = real();
    const task = Task.bash('echo out; echo oops >&2; exit 3');
    const error = await failureOf(scheduler.runTask(task));
    expect(error).toMatchObject({ code: 'TASK_FAILED', message: 'oops\n' });
    expect(error.details['result']).toBe(task.result);
    expect(error.details).toMatchObject({ output: 'out\n', returnCode: 3, terminationReason: 'exit_code' });
    expect(task.result).toMatchObject({ status: 'failed', output: 'out\n', error: 'oops\n', returnCode: 3 });
    expect([task.status, task.isBad]).toEqual(['failed', true]);
    expect(task.error).toBe(error);
  });

  it('that fails without a word says its code', async () => {
    const { scheduler } = real();
    const task = Task.bash('exit 7');
    expect((await failureOf(scheduler.runTask(task))).message).toBe('exited with code 7');
    expect(task.result).toMatchObject({ error: 'exited with code 7', returnCode: 7, output: '' });
  });

  it('that kills itself has no code, and says which signal', async () => {
    const { scheduler } = real();
    const task = Task.bash('echo x; kill -KILL $$');
    expect((await failureOf(scheduler.runTask(task))).message).toContain('SIGKILL');
    expect(task.result).toMatchObject({ returnCode: null, terminationReason: 'exit_code', output: 'x\n' });
  });

  it('that cannot be started for want of its folder fails with its result', async () => {
    const { scheduler } = real();
    const task = Task.bash('true', { cwd: '/no/such/folder' });
    const error = await failureOf(scheduler.runTask(task));
    expect(error).toMatchObject({ code: 'TASK_FAILED', details: { terminationReason: 'handler' } });
    expect(error.details['result']).toBe(task.result);
  });

  it('that runs out of time fails with the very TaskTimeoutError of the machine, its output kept', async () => {
    const clock = new SkippingClock();
    const { scheduler, events } = real({ clock });
    const task = Task.bash('echo why >&2; echo partial; sleep 1000', { timeoutMs: 60_000 });
    const handle = scheduler.runTask(task);
    await wrote(handle, 'partial');
    clock.skip(60_000);
    const error = await failureOf(handle);
    expect(error).toMatchObject({ code: 'TASK_TIMEOUT', name: 'TaskTimeoutError' });
    expect(error.details['result']).toBe(task.result);
    expect(task.result).toMatchObject({
      status: 'failed',
      terminationReason: 'timeout',
      output: 'partial\n',
      error: error.message,
      raw: { stderr: 'why\n' },
    });
    expect(ofTask(events, handle).at(-1)).toMatchObject({ type: 'task:failed', error });
  });

  it('that runs out of time and then ends well has still run out of time', async () => {
    const clock = new SkippingClock();
    const { scheduler } = real({ clock });
    const script = "trap 'echo late; exit 0' TERM; echo on; while :; do sleep 0.01; done";
    const task = Task.bash(script, { timeoutMs: 60_000 });
    const handle = scheduler.runTask(task);
    await wrote(handle, 'on');
    clock.skip(60_000);
    expect((await failureOf(handle)).code).toBe('TASK_TIMEOUT');
    expect(task.result).toMatchObject({ terminationReason: 'timeout', output: 'on\nlate\n' });
  });

  it('that is cancelled while it runs keeps what it had written', async () => {
    const { scheduler } = real();
    const task = Task.bash('echo first; sleep 1000');
    const handle = scheduler.runTask(task);
    await wrote(handle, 'first');
    expect(task.status).toBe('running');
    expect(task.cancel()).toBe(true);
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled' });
    expect(task.status).toBe('cancelled');
    expect(task.error).toBeUndefined();
    expect(task.result).toMatchObject({
      status: 'cancelled',
      terminationReason: 'cancelled',
      error: 'cancelled',
      output: 'first\n',
    });
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('that ignores the polite stop is killed after the grace, with its whole group', async () => {
    const { scheduler } = real();
    const script = "trap '' TERM; sleep 1000 & echo $!; echo ready; wait; while :; do sleep 1; done";
    const task = Task.bash(script, { graceMs: 100 });
    const handle = scheduler.runTask(task);
    await wrote(handle, 'ready');
    handle.requestTerminate();
    expect((await handle.outcome()).kind).toBe('cancelled');
    const pid = Number(task.result?.output?.split('\n')[0]);
    expect(pid).toBeGreaterThan(1);
    await isGone(pid);
  });

  it('is tried again as told, and shows the last attempt only', async () => {
    const { scheduler, events } = real();
    const file = join(mkdtempSync(join(tmpdir(), 'task-test-')), 'tries');
    const task = Task.bash(`echo try >> ${file}; [ $(wc -l < ${file}) = 3 ]`, { retry: { maxAttempts: 3 } });
    const handle = scheduler.runTask(task);
    const statuses: string[] = [];
    handle.events$.subscribe(() => statuses.push(task.status));
    await handle.result();
    expect(readFileSync(file, 'utf8')).toBe('try\ntry\ntry\n');
    expect(typesOf(ofTask(events, handle)).filter((type) => type.startsWith('attempt:'))).toEqual([
      ...['attempt:started', 'attempt:failed', 'attempt:started', 'attempt:failed'],
      ...['attempt:started', 'attempt:succeeded'],
    ]);
    expect(new Set(statuses)).toEqual(new Set(['pending', 'running', 'succeeded']));
    expect(task.result).toMatchObject({ status: 'succeeded', terminationReason: null });
  });

  it('that is cancelled between two attempts is cancelled, and not as one that ran', async () => {
    const { scheduler } = real();
    const task = Task.bash('echo x; exit 1', { retry: { maxAttempts: 2, backoffMs: 1e6 } });
    const handle = scheduler.runTask(task);
    await new Promise((resolve) =>
      handle.events$.subscribe(({ type }) => type === 'task:retrying' && resolve(type)),
    );
    expect(task.cancel()).toBe(true);
    await handle.outcome();
    expect(task.result).toMatchObject({ status: 'cancelled', output: null, error: 'cancelled' });
  });

  it('whose deadline passes in the queue has a result of no duration', async () => {
    const { scheduler } = real({ taskParallelism: 1 });
    const first = scheduler.runTask(Task.bash('sleep 1000'));
    const task = Task.bash('true', { deadlineMs: 50 });
    const error = await failureOf(scheduler.runTask(task));
    first.requestTerminate();
    expect(error.code).toBe('TASK_TIMEOUT');
    expect(task.result).toMatchObject({ terminationReason: 'timeout', durationMs: 0, output: null });
    expect(error.details['result']).toBe(task.result);
  });
});

describe('a called function', () => {
  it('gives its value, gets its arguments and the context, and has a result too', async () => {
    const { scheduler } = real();
    const add = (a: number, b: number, context: { readonly name: string; readonly upstream: object }) =>
      `${a + b} ${context.name} ${context.upstream instanceof Map}`;
    const task = Task.call(add, { args: [1, 2] });
    expect(await scheduler.runTask(task).result()).toBe('3 add true');
    expect(task.result).toMatchObject({ output: '3 add true', raw: '3 add true', returnCode: null });
  });

  it('fails with the identical error it threw', async () => {
    const { scheduler } = real();
    const mine = new RangeError('mine');
    const task = Task.call(() => {
      throw mine;
    });
    expect(await scheduler.runTask(task).exception()).toBe(mine);
    expect(task.error).toBe(mine);
    expect(task.result).toMatchObject({ error: 'mine', terminationReason: 'handler', output: null });
  });

  it('may fail with the error of another Task, and keeps a result of its own', async () => {
    const { scheduler } = real();
    const inner = Task.bash('exit 4');
    const outer = Task.call(() => scheduler.runTask(inner).result());
    const error = await failureOf(scheduler.runTask(outer));
    expect(error).toBe(inner.error);
    expect(error.details['result']).toBe(inner.result);
    expect(outer.result).toMatchObject({ taskId: outer.id, terminationReason: 'handler' });
  });

  it('that ignores its time-out is abandoned, and its error has a result', async () => {
    const { scheduler } = real();
    let letGo: () => void = () => {};
    const stuck = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const task = Task.call(() => stuck, { timeoutMs: 20, graceMs: 20 });
    const error = await failureOf(scheduler.runTask(task));
    expect(error.code).toBe('TASK_TIMEOUT');
    expect(error.details['result']).toBe(task.result);
    expect(scheduler.snapshot().abandoned).toBe(1);
    letGo();
  });

  it('as a generator gives its slot back while it waits', async () => {
    const { scheduler } = real({ taskParallelism: 1 });
    let open: (value: string) => void = () => {};
    const gate = new Promise<string>((resolve) => {
      open = resolve;
    });
    const waiting = scheduler.runTask(
      Task.call(function* () {
        const value: unknown = yield gate;
        return `got ${String(value)}`;
      }),
    );
    await scheduler.runTask(Task.bash('true')).result();
    open('it');
    expect(await waiting.result()).toBe('got it');
  });

  it('that throws CancelledError is cancelled, and not tried again', async () => {
    const { scheduler } = real();
    const giveUp = (): never => {
      throw new CancelledError('no need');
    };
    const task = Task.call(giveUp, { retry: { maxAttempts: 3 } });
    const handle = scheduler.runTask(task);
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled' });
    expect([task.status, handle.attempts, task.error]).toEqual(['cancelled', 1, undefined]);
    expect(task.result).toMatchObject({ terminationReason: 'cancelled', error: 'cancelled' });
  });

  it('that returns after it was asked to stop has succeeded: the body has the last word', async () => {
    const { scheduler } = real();
    const task: Task<string> = Task.call(async ({ throwIfCancelled }) => {
      await Promise.resolve();
      task.cancel();
      expect(throwIfCancelled).toThrow();
      return 'finished';
    });
    expect(await scheduler.runTask(task).result()).toBe('finished');
    expect(task.status).toBe('succeeded');
  });
});

describe('runTask', () => {
  it('returns before anything has happened, and tells the run before its task', async () => {
    const { scheduler, events } = real();
    const task = Task.call(() => 1);
    const handle = scheduler.runTask(task);
    expect([handle.state, task.status, events.length]).toEqual(['queued', 'pending', 0]);
    await handle.result();
    const told = typesOf(events).filter((type) => /^(pipeline|task):/.test(type));
    expect(told.indexOf('pipeline:running')).toBeLessThan(told.indexOf('task:ready'));
  });

  it('needs no pipeline slot', async () => {
    const { scheduler } = real({ pipelineParallelism: 1 });
    let end: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    const busy = scheduler.runPipeline(() => gate);
    expect((await scheduler.runTask(Task.bash('echo beside')).result()).output).toBe('beside\n');
    expect(busy.done).toBe(false);
    end();
    await busy.result();
  });

  it('from inside a task makes a child run, which is stopped with it', async () => {
    const { scheduler, events } = real();
    const inner = Task.bash('echo in; sleep 1000');
    const outer = Task.call(async ({ signal }) => {
      const handle = scheduler.runTask(inner);
      await wrote(handle, 'in');
      await aborted(signal);
      throw signal.reason;
    });
    const handle = scheduler.runTask(outer);
    await new Promise((resolve) =>
      scheduler.events$.subscribe((event) => event.type === 'task:output' && resolve(event)),
    );
    outer.cancel();
    expect((await handle.outcome()).kind).toBe('cancelled');
    await scheduler.close();
    expect([outer.status, inner.status]).toEqual(['cancelled', 'cancelled']);
    expect(events.filter(({ type }) => type === 'pipeline:cancelled')).toHaveLength(2);
  });

  it('ends its run as its task ends, with the same error', async () => {
    const { scheduler, events } = real();
    const error = await failureOf(scheduler.runTask(Task.bash('exit 1')));
    await scheduler.close();
    expect(events.find(({ type }) => type === 'pipeline:failed')).toMatchObject({ error });
  });

  it('of a task that is cancelled in the queue cancels its run', async () => {
    const { scheduler, events } = real({ taskParallelism: 1 });
    const first = scheduler.runTask(Task.bash('sleep 1000'));
    const task = Task.bash('true');
    const handle = scheduler.runTask(task);
    expect(task.cancel()).toBe(true);
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled' });
    expect(task.result).toMatchObject({ status: 'cancelled', durationMs: 0, error: 'cancelled' });
    first.requestTerminate();
    await scheduler.close();
    expect(typesOf(events).filter((type) => type === 'pipeline:cancelled')).toHaveLength(2);
  });

  it('waits while the scheduler is paused', async () => {
    const { scheduler } = real();
    scheduler.pause();
    const handle = scheduler.runTask(Task.bash('echo later'));
    await expect(handle.outcome({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(handle.state).toBe('queued');
    scheduler.unpause();
    expect((await handle.result()).output).toBe('later\n');
  });

  it('lets a held task go once it is not held any more', async () => {
    const { scheduler } = real();
    const handle = scheduler.runTask(Task.bash('true'));
    expect(handle.hold()).toBe(true);
    await expect(handle.outcome({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(handle.unhold()).toBe(true);
    expect((await handle.result()).status).toBe('succeeded');
  });

  it('takes options that go before those of the Task', async () => {
    const { scheduler, events } = real({ resources: { cpu: 1 } });
    const task = Task.bash('exit 1', { title: 'from the Task', retry: { maxAttempts: 5 } });
    const handle = scheduler.runTask(task, { name: 'from the call', retry: { maxAttempts: 2 } });
    await handle.outcome();
    expect(handle.name).toBe('from the call');
    expect(handle.attempts).toBe(2);
    expect(events.find(({ type }) => type === 'pipeline:queued')).toMatchObject({ name: 'from the call' });
  });

  it('logs a failure nobody looked at once, as the task', async () => {
    const lines: string[] = [];
    const quiet = () => {};
    const logger = { debug: quiet, info: quiet, error: quiet, warn: (line: string) => lines.push(line) };
    const { scheduler } = real({ logger });
    scheduler.runTask(Task.bash('exit 1', { name: 'unseen' }));
    const seen = scheduler.runTask(Task.bash('exit 1', { name: 'seen' }));
    await seen.exception();
    await scheduler.close();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('1 of its tasks (unseen) failed');
  });

  it('is refused after shutdown, and in a run that is being stopped', async () => {
    const { scheduler } = real();
    let caught: SignalboxError | undefined;
    const late = Task.bash('true');
    const outer = Task.call(async ({ signal }) => {
      await aborted(signal);
      try {
        scheduler.runTask(late);
      } catch (error) {
        caught = error as SignalboxError;
      }
    });
    const handle = scheduler.runTask(outer);
    handle.events$.subscribe(({ type }) => type === 'attempt:started' && handle.requestTerminate());
    await handle.outcome();
    expect(caught?.code).toBe('TERMINATED');
    scheduler.shutdown();
    expect(() => scheduler.runTask(late)).toThrow(
      expect.objectContaining({ code: 'SCHEDULER_SHUTTING_DOWN' }),
    );
    expect(late.status).toBe('pending');
  });
});

describe('a Task in a pipeline', () => {
  it('is submitted as any task is, with its result or its value', async () => {
    const { scheduler } = real();
    const value = await scheduler
      .runPipeline(async (pipeline) => {
        const listed = await pipeline.task(Task.bash('echo 4')).run().result();
        const doubled = await pipeline
          .task(Task.call((n: number) => n * 2, { args: [Number(listed.output)] }))
          .run()
          .result();
        return doubled;
      })
      .result();
    expect(value).toBe(8);
  });
});
