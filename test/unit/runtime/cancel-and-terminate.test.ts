import { describe, expect, it } from 'vitest';
import { CancelledError, type TaskContext, TaskTimeoutError, TerminatedError } from '../../../src/index.ts';
import { bench, errorOf, Gate, OpenRun, obedient, ofTask, settle, types } from './kit.ts';

describe('cancel()', () => {
  it('of a queued task ends it cancelled, says true once, and its body never runs', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    await run.task(obedient);
    let ran = false;
    const queued = await run.task(() => {
      ran = true;
    });
    await settle();
    expect([queued.cancel('not needed'), queued.cancel()]).toEqual([true, false]);
    expect([queued.state, queued.done, queued.cancelled]).toEqual(['cancelled', true, true]);
    await expect(queued.result()).rejects.toMatchObject({
      code: 'CANCELLED',
      details: { reason: 'not needed' },
    });
    await expect(queued.exception()).rejects.toBeInstanceOf(CancelledError);
    expect(await queued.outcome()).toEqual({ kind: 'cancelled', reason: 'not needed' });
    expect(ran).toBe(false);
    expect(types(ofTask(events, queued))).toEqual(['task:queued', 'task:cancelled', 'task:rejected']);
  });

  it('of a running or final task does nothing and says false', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate<number>();
    const task = await run.task(() => gate.promise);
    await settle();
    expect([task.running, task.cancel()]).toEqual([true, false]);
    gate.open(7);
    expect(await task.result()).toBe(7);
    expect([task.cancel(), task.state]).toEqual([false, 'succeeded']);
  });

  it('of a queued run ends it cancelled before its body; of a running run it does nothing', async () => {
    const { scheduler } = bench();
    const first = new OpenRun(scheduler);
    let entered = false;
    const second = scheduler.runPipeline(() => {
      entered = true;
    });
    await settle();
    expect([first.handle.cancel(), second.cancel(), second.cancel()]).toEqual([false, true, false]);
    first.end();
    await settle();
    expect([entered, second.state, first.handle.state]).toEqual([false, 'cancelled', 'succeeded']);
    await expect(second.result()).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('inside the same turn as the submission works: nothing has started yet', async () => {
    const { scheduler, events } = bench();
    const handle = scheduler.runPipeline(() => 1);
    expect([handle.cancel(), handle.state]).toEqual([true, 'cancelled']);
    await settle();
    expect(types(events)).toEqual(['pipeline:queued', 'pipeline:cancelled']);
  });
});

describe('requestTerminate()', () => {
  it('aborts the signal with a TerminatedError that carries the reason, once', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const reasons: unknown[] = [];
    const task = await run.task(({ signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      return new Gate().promise;
    });
    await settle();
    expect([task.requestTerminate('enough'), task.requestTerminate('again')]).toEqual([true, true]);
    expect([task.state, task.phase]).toEqual(['running', 'terminating']);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toBeInstanceOf(TerminatedError);
    expect(reasons[0]).toMatchObject({ code: 'TERMINATED', message: 'enough' });
  });

  const own = new Error('own reason');
  const another = new Error('a fault of its own');
  const ends: readonly [string, (context: TaskContext) => unknown, string][] = [
    ['returns', () => 'value', 'succeeded'],
    ['throws signal.reason', ({ signal }) => Promise.reject(signal.reason), 'cancelled'],
    ['throws an AbortError', () => Promise.reject(new DOMException('x', 'AbortError')), 'cancelled'],
    ['throws a CancelledError', () => Promise.reject(new CancelledError()), 'cancelled'],
    ['throws a TerminatedError', () => Promise.reject(new TerminatedError()), 'cancelled'],
    ['throws anything else', () => Promise.reject(another), 'failed'],
  ];
  it.each(ends)('a body that then %s', async (_, react, expected) => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(async (context) => {
      await obedient(context).catch(() => {});
      return react(context);
    });
    await settle();
    task.requestTerminate(own);
    await settle();
    const outcome = await task.outcome();
    expect(outcome.kind).toBe(expected);
    if (expected === 'cancelled') {
      expect(outcome.reason).toBe('terminated');
      const error = await errorOf(task.result());
      expect([error.code, error.cause]).toEqual(['CANCELLED', own]);
    }
    if (expected === 'failed') expect(await task.exception()).toBe(another);
  });

  it('given an error, aborts with that very error', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    let seen: unknown;
    const task = await run.task(({ signal }) => {
      signal.addEventListener('abort', () => {
        seen = signal.reason;
      });
      return obedient({ signal } as TaskContext);
    });
    await settle();
    task.requestTerminate(own);
    expect(seen).toBe(own);
    expect((await task.outcome()).error).toBe(own);
  });

  it('of what is queued cancels it; of what is final says false', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    await run.task(obedient);
    const queued = await run.task(() => 1);
    await settle();
    expect([queued.requestTerminate(), queued.state]).toEqual([true, 'cancelled']);
    expect(queued.requestTerminate()).toBe(false);
    expect(await queued.outcome()).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
  });

  it('is not retried, whatever the body throws then', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(
      async (context) => {
        await obedient(context).catch(() => {});
        throw own;
      },
      { retry: { maxAttempts: 5 } },
    );
    await settle();
    task.requestTerminate();
    await settle();
    expect([task.state, task.attempts]).toEqual(['failed', 1]);
  });

  it('a body sees it without a signal too: terminateRequested and throwIfCancelled', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const seen: boolean[] = [];
    const task = await run.task(async ({ terminateRequested, ...rest }) => {
      void rest;
      seen.push(terminateRequested);
    });
    const polling = await run.task(async (context) => {
      seen.push(context.terminateRequested);
      context.throwIfCancelled();
      await gate.promise;
      seen.push(context.terminateRequested, context.signal.aborted);
      context.throwIfCancelled();
    });
    await settle();
    polling.requestTerminate();
    gate.open();
    await settle();
    expect(seen).toEqual([false, false, true, true]);
    expect([task.state, polling.state]).toEqual(['succeeded', 'cancelled']);
  });

  it('a CancelledError that nobody asked for ends the task cancelled and is not retried', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(() => Promise.reject(new CancelledError('no work')), {
      retry: { maxAttempts: 3 },
    });
    await settle();
    expect(await task.outcome()).toMatchObject({ kind: 'cancelled', reason: 'cancelled' });
    expect(task.attempts).toBe(1);
    const failing = await run.task(() => Promise.reject(new TerminatedError('unasked')));
    await settle();
    expect(failing.state).toBe('failed');
  });
});

describe('a body that ignores its signal', () => {
  it('is abandoned after the grace: its outcome is told, its resources stay held until it settles', async () => {
    const { scheduler, clock } = bench({ resources: { cpu: 1 } });
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const deaf = await run.task(() => gate.promise, { resources: { cpu: 1 }, graceMs: 50 });
    const next = await run.task(() => 1, { resources: { cpu: 1 } });
    await settle(clock);
    deaf.requestTerminate();
    await clock.advance(49);
    expect([deaf.state, deaf.phase]).toEqual(['running', 'terminating']);
    await clock.advance(1);
    expect(await deaf.outcome()).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
    expect([next.state, scheduler.snapshot().abandoned]).toEqual(['queued', 1]);
    expect(scheduler.snapshot().resources[0]).toMatchObject({ inUse: 1 });
    gate.open();
    await settle(clock);
    expect([next.state, scheduler.snapshot().abandoned]).toEqual(['succeeded', 0]);
    expect(scheduler.snapshot().resources[0]).toMatchObject({ inUse: 0 });
    expect(deaf.state).toBe('cancelled');
  });

  it('has 5 seconds unless told otherwise, and close() does not wait for it', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const deaf = await run.task(() => new Gate().promise);
    await settle(clock);
    deaf.requestTerminate();
    await clock.advance(4_999);
    expect(deaf.done).toBe(false);
    await clock.advance(1);
    expect(deaf.done).toBe(true);
    run.end();
    await scheduler.close();
    expect(scheduler.snapshot()).toMatchObject({ closed: true, abandoned: 1 });
  });

  it('its late failure harms nobody and changes nothing', async () => {
    const { scheduler, clock, events } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const deaf = await run.task(() => gate.promise, { graceMs: 0 });
    await settle(clock);
    deaf.requestTerminate();
    await clock.advance(0);
    expect(deaf.state).toBe('cancelled');
    const before = events.length;
    gate.fail(new Error('late'));
    await settle(clock);
    expect([deaf.state, scheduler.snapshot().abandoned]).toEqual(['cancelled', 0]);
    expect(types(events.slice(before))).toEqual([]);
  });

  it('after its time-out is abandoned as failed, and not retried while it still runs', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const deaf = await run.task(() => new Gate().promise, {
      timeoutMs: 10,
      graceMs: 10,
      retry: { maxAttempts: 3 },
    });
    await clock.advance(20);
    expect([deaf.state, deaf.attempts]).toEqual(['failed', 1]);
    expect(await deaf.exception()).toBeInstanceOf(TaskTimeoutError);
  });
});

describe('terminating a run', () => {
  it('cancels what is queued, terminates what runs, and ends it cancelled', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const running = await run.task(obedient);
    const queued = await run.task(() => 1);
    await settle();
    expect(run.handle.requestTerminate('stop it all')).toBe(true);
    run.end();
    await settle();
    expect([running.state, queued.state, run.handle.state]).toEqual(['cancelled', 'cancelled', 'cancelled']);
    const error = await errorOf(run.handle.result());
    expect([error.code, (error.cause as Error).message]).toEqual(['CANCELLED', 'stop it all']);
    expect([run.handle.requestTerminate(), run.handle.cancel()]).toEqual([false, false]);
  });

  it('leaves its waits with the reason, aborts its signal, and refuses further controls', async () => {
    const { scheduler } = bench();
    const reason = new Error('over');
    const seen: unknown[] = [];
    const handle = scheduler.runPipeline(async (controls) => {
      const { signal } = controls;
      const task = controls.task(() => new Gate().promise, { graceMs: 0 }).run();
      const waiting = controls.wait([task]);
      seen.push(await errorOf(waiting));
      seen.push(signal.aborted, signal.reason);
      for (const control of [() => controls.stageForward(), () => controls.now()]) {
        try {
          control();
        } catch (error) {
          seen.push(error);
        }
      }
      return 'returned anyway';
    });
    await settle();
    handle.requestTerminate(reason);
    expect([handle.state, handle.phase, handle.requestTerminate('twice')]).toEqual([
      'running',
      'terminating',
      true,
    ]);
    await settle();
    expect(seen).toEqual([reason, true, reason, reason, reason]);
    expect(await handle.outcome()).toEqual({ kind: 'cancelled', error: reason, reason: 'terminated' });
  });

  it('a run whose body never ends is abandoned after the grace of the scheduler; its slot comes back later', async () => {
    const { scheduler, clock } = bench({ graceMs: 30 });
    const gate = new Gate();
    const deaf = scheduler.runPipeline(() => gate.promise);
    const next = scheduler.runPipeline(() => 'next');
    await settle(clock);
    deaf.requestTerminate();
    await clock.advance(29);
    expect(deaf.state).toBe('running');
    await clock.advance(1);
    expect([deaf.state, next.state, scheduler.snapshot().abandoned]).toEqual(['cancelled', 'queued', 1]);
    gate.open();
    await settle(clock);
    expect([next.state, scheduler.snapshot().abandoned]).toEqual(['succeeded', 0]);
  });

  it('whose body is over and that waits for deaf tasks gives its slot back after the grace', async () => {
    const { scheduler, clock } = bench({ graceMs: 10, taskParallelism: 2 });
    const handle = scheduler.runPipeline(
      (controls) => void controls.task(() => new Gate().promise, { graceMs: 1_000 }).run(),
      { children: 'wait' },
    );
    const next = scheduler.runPipeline(() => 'next');
    await settle(clock);
    handle.requestTerminate();
    await clock.advance(10);
    expect([handle.state, next.state, scheduler.snapshot().abandoned]).toEqual(['cancelled', 'succeeded', 0]);
    await clock.advance(990);
    expect([handle.tasks[0]?.state, scheduler.snapshot().abandoned]).toEqual(['cancelled', 1]);
  });

  it('whose body is over but whose tasks go on: it is final, so its tasks are stopped one by one', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) => void controls.task(obedient).run());
    await settle();
    expect([handle.state, handle.requestTerminate()]).toEqual(['succeeded', false]);
    const [task] = handle.tasks;
    expect(task?.state).toBe('running');
    expect(task?.requestTerminate()).toBe(true);
    await settle();
    expect(task?.state).toBe('cancelled');
  });
});
