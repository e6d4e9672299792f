import { describe, expect, it } from 'vitest';
import { TaskTimeoutError } from '../../../src/index.ts';
import { bench, errorOf, Gate, OpenRun, obedient, ofTask, settle, types } from './kit.ts';

/** A body that fails until its last attempt, and notes when each attempt began. */
function flaky(clock: { now(): number }, attempts = Number.POSITIVE_INFINITY) {
  const at: number[] = [];
  const error = new Error('flaky');
  const body = ({ attempt }: { attempt: number }) => {
    at.push(clock.now() - 1_000_000);
    if (attempt < attempts) throw error;
    return `attempt ${attempt}`;
  };
  return { at, error, body };
}

describe('retry', () => {
  it('waits backoffMs, then factor times as long, and no longer than maxBackoffMs', async () => {
    const { scheduler, clock } = bench();
    const { at, body } = flaky(clock, 6);
    const run = new OpenRun(scheduler);
    const retry = { maxAttempts: 6, backoffMs: 100, factor: 3, maxBackoffMs: 1_000 };
    const task = await run.task(body, { retry });
    await clock.runAll();
    expect(at).toEqual([0, 100, 400, 1_300, 2_300, 3_300]);
    expect(await task.result()).toBe('attempt 6');
    expect(task.attempts).toBe(6);
  });

  it('doubles by default, and without a backoff goes on at once', async () => {
    const { scheduler, clock } = bench();
    const slow = flaky(clock, 4);
    const fast = flaky(clock, 4);
    const run = new OpenRun(scheduler);
    await run.task(fast.body, { retry: { maxAttempts: 4 } });
    await run.task(slow.body, { retry: { maxAttempts: 4, backoffMs: 10 } });
    await clock.runAll();
    expect([fast.at, slow.at]).toEqual([
      [0, 0, 0, 0],
      [0, 10, 30, 70],
    ]);
  });

  it('takes the share of jitter off each wait, by the injected random number', async () => {
    const draws = [0, 0.5, 0.999];
    const { scheduler, clock } = bench({ random: () => draws.shift() ?? 0 });
    const { at, body } = flaky(clock, 4);
    const run = new OpenRun(scheduler);
    await run.task(body, { retry: { maxAttempts: 4, backoffMs: 1_000, factor: 1, jitter: 0.5 } });
    await clock.runAll();
    expect(at.map(Math.round)).toEqual([0, 1_000, 1_750, 2_251]);
  });

  it('ends failed with the identical last error when the attempts are used up', async () => {
    const { scheduler, clock, events } = bench();
    const { error, body } = flaky(clock);
    const run = new OpenRun(scheduler);
    const task = await run.task(body, { retry: { maxAttempts: 3, backoffMs: 5 } });
    await clock.runAll();
    expect(await errorOf(task.result())).toBe(error);
    expect(await task.exception()).toBe(error);
    expect(types(ofTask(events, task))).toEqual([
      'task:queued',
      ...['task:ready', 'task:running', 'attempt:started', 'attempt:failed', 'task:retrying'],
      ...['task:ready', 'task:running', 'attempt:started', 'attempt:failed', 'task:retrying'],
      ...['task:ready', 'task:running', 'attempt:started', 'attempt:failed', 'task:failed'],
    ]);
  });

  it('tells each failed attempt with its own error', async () => {
    const { scheduler, clock, events } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(({ attempt }) => Promise.reject(new Error(`number ${attempt}`)), {
      retry: { maxAttempts: 3 },
    });
    await clock.runAll();
    const errors = ofTask(events, task).flatMap((event) => ('error' in event ? [event] : []));
    expect(errors.map((event) => [event.type, (event.error as Error).message])).toEqual([
      ['attempt:failed', 'number 1'],
      ['task:retrying', 'number 1'],
      ['attempt:failed', 'number 2'],
      ['task:retrying', 'number 2'],
      ['attempt:failed', 'number 3'],
      ['task:failed', 'number 3'],
    ]);
  });

  it('asks `when` with the very error; false, or a throw, ends it', async () => {
    const { scheduler, clock, log } = bench();
    const asked: unknown[] = [];
    const run = new OpenRun(scheduler);
    const first = flaky(clock);
    const when = (error: unknown) => asked.push(error) < 2;
    const task = await run.task(first.body, { retry: { maxAttempts: 9, when } });
    const second = flaky(clock);
    const throwing = await run.task(second.body, {
      retry: {
        maxAttempts: 9,
        when: () => {
          throw new Error('bad predicate');
        },
      },
    });
    await clock.runAll();
    expect([task.attempts, throwing.attempts]).toEqual([2, 1]);
    expect(asked).toEqual([first.error, first.error]);
    expect(asked[0]).toBe(first.error);
    expect(await throwing.exception()).toBe(second.error);
    expect(log.filter(({ message }) => message.includes('retry.when'))).toHaveLength(1);
  });

  it('goes on beyond a thousand attempts without a backoff', async () => {
    const { scheduler, clock } = bench();
    const { at, body } = flaky(clock, 1_500);
    const run = new OpenRun(scheduler);
    const task = await run.task(body, { retry: { maxAttempts: 2_000 } });
    await clock.runAll();
    expect([at.length, task.state]).toEqual([1_500, 'succeeded']);
  });

  it('holds nothing while it backs off, and cancel() works meanwhile', async () => {
    const { scheduler, clock } = bench({ resources: { cpu: 1 } });
    const run = new OpenRun(scheduler);
    const task = await run.task(flaky(clock).body, {
      resources: { cpu: 1 },
      retry: { maxAttempts: 2, backoffMs: 1_000 },
    });
    await settle(clock);
    expect([task.state, task.phase]).toEqual(['queued', 'backoff']);
    expect(scheduler.snapshot().resources[0]).toMatchObject({ inUse: 0 });
    expect([task.cancel(), task.state]).toEqual([true, 'cancelled']);
    expect(clock.pending).toBe(0);
  });
});

describe('timeoutMs', () => {
  it('ends an attempt failed with TASK_TIMEOUT, whatever the body then does', async () => {
    const { scheduler, clock } = bench({ taskParallelism: 3 });
    const run = new OpenRun(scheduler);
    const tasks = [
      await run.task(obedient, { timeoutMs: 100 }),
      await run.task((context) => obedient(context).catch(() => 'a value after all'), { timeoutMs: 100 }),
      await run.task(
        (context) =>
          obedient(context).catch(() => {
            throw new Error('a fault of its own');
          }),
        { timeoutMs: 100, name: 'named' },
      ),
    ];
    await clock.advance(99);
    expect(tasks.map((task) => task.state)).toEqual(['running', 'running', 'running']);
    await clock.advance(1);
    for (const task of tasks) {
      expect(await task.exception()).toBeInstanceOf(TaskTimeoutError);
      expect(await task.outcome()).toMatchObject({ kind: 'failed', reason: 'timeout' });
    }
    const error = await errorOf(Promise.resolve(tasks[2]?.result()));
    expect([error.code, error.message]).toEqual([
      'TASK_TIMEOUT',
      'the task "named" passed its time-out of 100 ms',
    ]);
  });

  it('counts per attempt, and a timed-out attempt is retried', async () => {
    const { scheduler, clock, events } = bench();
    const run = new OpenRun(scheduler);
    const started: number[] = [];
    const body = (context: Parameters<typeof obedient>[0]) => {
      started.push(clock.now() - 1_000_000);
      return context.attempt < 3 ? obedient(context) : Promise.resolve('third time');
    };
    const task = await run.task(body, { timeoutMs: 100, retry: { maxAttempts: 3, backoffMs: 10 } });
    await clock.runAll();
    expect(started).toEqual([0, 110, 230]);
    expect(await task.result()).toBe('third time');
    const failed = ofTask(events, task).filter((event) => event.type === 'attempt:failed');
    expect(failed.map((event) => 'error' in event && (event.error as { code: string }).code)).toEqual([
      'TASK_TIMEOUT',
      'TASK_TIMEOUT',
    ]);
  });

  it('does not count the time in the queue', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    await run.task(() => gate.promise);
    const queued = await run.task(() => 'in time', { timeoutMs: 10 });
    await clock.advance(1_000);
    gate.open();
    await settle(clock);
    expect(await queued.result()).toBe('in time');
    expect(clock.pending).toBe(0);
  });

  it('a terminate after the time-out still ends it failed, and asks for no further attempt', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const task = await run.task(() => gate.promise, { timeoutMs: 10, retry: { maxAttempts: 3 } });
    await clock.advance(10);
    expect([task.phase, task.requestTerminate()]).toEqual(['terminating', true]);
    gate.fail(new Error('x'));
    await settle(clock);
    expect([task.done, task.attempts]).toEqual([true, 1]);
  });

  it('0 is a time-out at once, not none', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(obedient, { timeoutMs: 0 });
    await clock.advance(0);
    expect(task.state).toBe('failed');
  });
});

describe('deadlineMs', () => {
  it('fails a task that is still queued, without ever entering it', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    await run.task(() => new Gate().promise);
    let ran = false;
    const late = await run.task(
      () => {
        ran = true;
      },
      { deadlineMs: 500 },
    );
    await clock.advance(500);
    expect([late.state, ran]).toEqual(['failed', false]);
    expect(await late.outcome()).toMatchObject({ kind: 'failed', reason: 'deadline' });
    const error = await errorOf(late.result());
    expect([error.code, error.details['deadlineMs']]).toEqual(['TASK_TIMEOUT', 500]);
  });

  it('stops a running task, queueing included, and is not retried', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    await run.task(() => gate.promise);
    const task = await run.task(obedient, { deadlineMs: 500, retry: { maxAttempts: 5 } });
    await clock.advance(400);
    gate.open();
    await clock.advance(99);
    expect(task.state).toBe('running');
    await clock.advance(1);
    expect([task.state, task.attempts]).toEqual(['failed', 1]);
  });

  it('holds through back-off and hold as well', async () => {
    const { scheduler, clock } = bench({ taskParallelism: 2 });
    const run = new OpenRun(scheduler);
    const backing = await run.task(flaky(clock).body, {
      deadlineMs: 100,
      retry: { maxAttempts: 9, backoffMs: 1_000 },
    });
    await settle(clock);
    const blocker = [await run.task(() => new Gate().promise), await run.task(() => new Gate().promise)];
    const held = await run.task(() => 1, { deadlineMs: 100 });
    held.hold('wait');
    await clock.advance(100);
    expect([backing.state, held.state, blocker[0]?.state]).toEqual(['failed', 'failed', 'running']);
  });

  it('the earlier of time-out and deadline counts', async () => {
    const { scheduler, clock } = bench({ taskParallelism: 2 });
    const run = new OpenRun(scheduler);
    const byTimeout = await run.task(obedient, { timeoutMs: 10, deadlineMs: 20 });
    const byDeadline = await run.task(obedient, { timeoutMs: 20, deadlineMs: 10 });
    await clock.advance(10);
    expect([(await byTimeout.outcome()).reason, (await byDeadline.outcome()).reason]).toEqual([
      'timeout',
      'deadline',
    ]);
  });
});

describe('hold()', () => {
  it('keeps a queued task back, lets others pass, and unhold() gives it its place again', async () => {
    const { scheduler, clock, events } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const order: string[] = [];
    await run.task(() => gate.promise);
    const held = await run.task(() => order.push('held'));
    for (const name of ['b', 'c']) await run.task(() => order.push(name));
    expect([held.hold('look first'), held.state, held.phase]).toEqual([true, 'queued', 'held']);
    await settle(clock);
    expect(ofTask(events, held).at(-1)).toMatchObject({ type: 'task:held', reason: 'look first' });
    expect(held.unhold()).toBe(true);
    gate.open();
    await settle(clock);
    expect(order).toEqual(['held', 'b', 'c']);
  });

  it('takes no slot and blocks nobody, also under strict admission', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    await run.task(() => gate.promise);
    const held = await run.task(() => 1);
    const behind = await run.task(() => 2);
    held.hold();
    gate.open();
    await settle(clock);
    expect([held.phase, behind.state]).toEqual(['held', 'succeeded']);
  });

  it('until a time ends by itself then', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const [task] = await run.use((controls) => {
      const handle = controls.task(() => 'ran').run();
      handle.hold('later', clock.now() + 1_000);
      return [handle];
    });
    await clock.advance(999);
    expect(task?.phase).toBe('held');
    await clock.advance(1);
    expect(task?.state).toBe('succeeded');
  });

  it('during back-off goes back to the back-off, or on when that is over', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const { at, body } = flaky(clock, 2);
    const task = await run.task(body, { retry: { maxAttempts: 2, backoffMs: 100 } });
    await settle(clock);
    expect([task.phase, task.hold()]).toEqual(['backoff', true]);
    await clock.advance(50);
    task.unhold();
    expect(task.phase).toBe('backoff');
    await clock.advance(50);
    expect([task.state, at]).toEqual(['succeeded', [0, 100]]);
  });

  it('of what runs or is final says false, and so does unhold() of what is not held', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const task = await run.task(() => gate.promise);
    await settle(clock);
    expect([task.hold(), task.unhold()]).toEqual([false, false]);
    gate.open();
    await settle(clock);
    expect([task.hold(), task.unhold(), task.state]).toEqual([false, false, 'succeeded']);
  });

  it('a held task can be cancelled, and its timer is gone with it', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    await run.task(obedient);
    const task = await run.task(() => 1);
    task.hold('x', clock.now() + 50);
    expect([task.cancel(), clock.pending]).toEqual([true, 0]);
  });
});
