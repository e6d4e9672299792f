import { describe, expect, it } from 'vitest';
import { bench, errorOf, Gate, OpenRun, ofTask, settle, types } from './kit.ts';

describe('a generator as a task body', () => {
  it('is suspended while the promise it yields is pending: slot and resources are free meanwhile', async () => {
    const { scheduler, events } = bench({ resources: { cpu: 1 } });
    const run = new OpenRun(scheduler);
    const gate = new Gate<string>();
    const suspended = await run.task(
      function* body(): Generator<Promise<string>, string, string> {
        return `got ${yield gate.promise}`;
      },
      { resources: { cpu: 1 } },
    );
    const other = await run.task(() => 'ran meanwhile', { resources: { cpu: 1 } });
    expect(await other.result()).toBe('ran meanwhile');
    expect([suspended.state, suspended.phase]).toEqual(['running', 'suspended']);
    expect(scheduler.snapshot().resources[0]).toMatchObject({ inUse: 0 });
    gate.open('woken');
    expect(await suspended.result()).toBe('got woken');
    expect(suspended.attempts).toBe(1);
    expect(types(ofTask(events, suspended))).toEqual([
      ...['task:queued', 'task:ready', 'task:running', 'attempt:started', 'task:suspended'],
      ...['task:queued', 'task:ready', 'task:running', 'attempt:succeeded', 'task:succeeded'],
    ]);
  });

  it('gets a rejection thrown in, and may catch it', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const error = new Error('awaited');
    const caught = await run.task(function* body(): Generator<Promise<unknown>, unknown, unknown> {
      try {
        yield Promise.reject(error);
      } catch (reason) {
        return reason;
      }
      return undefined;
    });
    const uncaught = await run.task(function* body() {
      yield Promise.reject(error);
    });
    await settle();
    expect(await caught.result()).toBe(error);
    expect(await errorOf(uncaught.result())).toBe(error);
  });

  it('keeps its queue key when it wakes: it goes before what was submitted later', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const order: string[] = [];
    const wake = new Gate();
    const blocker = new Gate();
    await run.task(function* body() {
      yield wake.promise;
      order.push('woken');
    });
    await run.task(() => blocker.promise);
    await run.task(() => order.push('later'));
    await settle();
    wake.open();
    await settle();
    blocker.open();
    await settle();
    expect(order).toEqual(['woken', 'later']);
  });

  it('yields plain values for nothing: they come straight back, without a suspension', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(function* body(): Generator<number, number, number> {
      return (yield 1) + (yield 2);
    });
    expect(await task.result()).toBe(3);
    expect(types(events)).not.toContain('task:suspended');
  });

  it('is timed without the time it is suspended', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const wake = new Gate();
    const work = new Gate();
    const task = await run.task(
      function* body(): Generator<Promise<void>, string, void> {
        yield wake.promise;
        yield work.promise;
        return 'in time';
      },
      { timeoutMs: 100 },
    );
    await clock.advance(1_000);
    wake.open();
    await settle(clock);
    await clock.advance(1_000);
    expect([task.phase, clock.pending]).toEqual(['suspended', 0]);
    work.open();
    expect(await task.result()).toBe('in time');
  });

  it('has what is left of its time when it goes on', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const gates = [new Gate(), new Gate(), new Gate()] as const;
    const slow = async (gate: Gate) => gate.promise;
    const task = await run.task(
      // An async generator cannot suspend: all of its time counts.
      async function* body() {
        yield* [];
        await slow(gates[0]);
        await slow(gates[1]);
      },
      { timeoutMs: 100 },
    );
    await clock.advance(60);
    gates[0].open();
    await clock.advance(39);
    expect(task.state).toBe('running');
    await clock.advance(1);
    expect(task.phase).toBe('terminating');
    gates[1].open();
    await settle(clock);
    expect(task.state).toBe('failed');
  });

  it('that goes on has the time it had left, and no more', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const wake = new Gate();
    const task = await run.task(
      function* body() {
        yield wake.promise;
        return new Gate().promise;
      },
      { timeoutMs: 100 },
    );
    await clock.advance(500);
    wake.open();
    await settle(clock);
    await clock.advance(99);
    expect(task.phase).toBe('executing');
    await clock.advance(1);
    expect(task.phase).toBe('terminating');
  });

  it('is stopped by its deadline while suspended', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(
      function* body() {
        yield new Gate().promise;
      },
      { deadlineMs: 50 },
    );
    await clock.advance(50);
    expect(await task.outcome()).toMatchObject({ kind: 'failed', reason: 'deadline' });
  });

  it('has its finally blocks run when it is terminated while suspended, and they may wait', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const order: string[] = [];
    const cleanup = new Gate();
    const task = await run.task(function* body() {
      try {
        yield new Gate().promise;
      } finally {
        order.push('cleaning');
        yield cleanup.promise;
        order.push('clean');
      }
    });
    await settle();
    expect([task.cancel(), task.requestTerminate('enough')]).toEqual([false, true]);
    await settle();
    expect([task.phase, order]).toEqual(['terminating', ['cleaning']]);
    cleanup.open();
    await settle();
    expect([task.state, order]).toEqual(['cancelled', ['cleaning', 'clean']]);
    expect((await task.outcome()).reason).toBe('terminated');
  });

  it('cancelled while it waits for its slot again: its finally blocks run', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const order: string[] = [];
    const wake = new Gate();
    const task = await run.task(function* body() {
      try {
        yield wake.promise;
        order.push('must not go on');
      } finally {
        order.push('clean');
      }
    });
    await settle();
    await run.task(() => new Gate().promise);
    await settle();
    wake.open();
    await settle();
    expect([task.state, task.phase]).toEqual(['queued', 'eligible']);
    expect(task.cancel()).toBe(true);
    await settle();
    expect([task.state, order]).toEqual(['cancelled', ['clean']]);
  });

  it('retries from its top', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    let entered = 0;
    const task = await run.task(
      function* body(): Generator<Promise<unknown>, string, unknown> {
        entered += 1;
        yield Promise.resolve();
        if (entered === 1) throw new Error('once');
        return 'second time';
      },
      { retry: { maxAttempts: 2 } },
    );
    await clock.runAll();
    expect(await task.result()).toBe('second time');
    expect([entered, task.attempts]).toEqual([2, 2]);
  });

  it('a thenable that misbehaves harms its own task at most', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(function* body(): Generator<unknown, unknown, unknown> {
      const odd = {
        // biome-ignore lint/suspicious/noThenProperty: this test is about such objects
        then() {
          throw new Error('from then');
        },
      };
      return yield odd;
    });
    const next = await run.task(() => 'next');
    await settle();
    expect(await next.result()).toBe('next');
    expect((await errorOf(task.result())).message).toBe('from then');
  });
});
