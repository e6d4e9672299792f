import { describe, expect, it } from 'vitest';
import {
  ALL_COMPLETED,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  type TaskHandle,
} from '../../../src/index.ts';
import { bench, errorOf, Gate, OpenRun, settle } from './kit.ts';

/** Three tasks behind gates, all running. */
async function three() {
  const { scheduler, clock } = bench({ taskParallelism: 3 });
  const run = new OpenRun(scheduler);
  const gates = [new Gate<number>(), new Gate<number>(), new Gate<number>()] as const;
  const handles: TaskHandle<number>[] = [];
  for (const gate of gates) handles.push(await run.task(() => gate.promise));
  await settle(clock);
  const wait = (returnWhen?: ReturnWhen, more: object = {}) => {
    const result = run.use((controls) =>
      controls.wait(handles, { ...(returnWhen && { returnWhen }), ...more }),
    );
    const seen: { done?: number[]; pending?: number[] } = {};
    result.then(
      ({ done, pending }) => {
        seen.done = [...done].map((handle) => handles.indexOf(handle as TaskHandle<number>));
        seen.pending = [...pending].map((handle) => handles.indexOf(handle as TaskHandle<number>));
      },
      () => {},
    );
    return { result, seen };
  };
  return { scheduler, clock, run, gates, handles, wait };
}

describe('wait()', () => {
  it('ALL_COMPLETED, the default, resolves when all are final, and never rejects for a failure', async () => {
    const { gates, wait, clock } = await three();
    const { seen } = wait();
    gates[0].open(1);
    gates[1].fail(new Error('x'));
    await settle(clock);
    expect(seen).toEqual({});
    gates[2].open(3);
    await settle(clock);
    expect(seen).toEqual({ done: [0, 1, 2], pending: [] });
  });

  it('FIRST_COMPLETED resolves at the first end of any kind', async () => {
    const { gates, wait, clock } = await three();
    const { seen } = wait(FIRST_COMPLETED);
    gates[1].fail(new Error('x'));
    await settle(clock);
    expect(seen).toEqual({ done: [1], pending: [0, 2] });
  });

  it('FIRST_COMPLETED counts a cancelled one', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    await run.task(() => new Gate().promise);
    const queued = await run.task(() => 1);
    const waiting = run.use((controls) => controls.wait([queued], { returnWhen: FIRST_COMPLETED }));
    await settle(clock);
    queued.cancel();
    expect((await waiting).done).toEqual(new Set([queued]));
  });

  it('FIRST_EXCEPTION waits for a failure, not for a success or a cancellation, else for all', async () => {
    const { gates, wait, clock, handles } = await three();
    const { seen } = wait(FIRST_EXCEPTION);
    gates[0].open(1);
    handles[1]?.requestTerminate();
    gates[1].fail(Object.assign(new Error('stop'), { name: 'AbortError' }));
    await settle(clock);
    expect(handles[1]?.state).toBe('cancelled');
    expect(seen).toEqual({});
    gates[2].fail(new Error('x'));
    await settle(clock);
    expect(seen).toEqual({ done: [0, 1, 2], pending: [] });
  });

  it('FIRST_EXCEPTION resolves at the first failure, leaving the rest pending', async () => {
    const { gates, wait, clock } = await three();
    const { seen } = wait(FIRST_EXCEPTION);
    gates[2].fail(new Error('x'));
    await settle(clock);
    expect(seen).toEqual({ done: [2], pending: [0, 1] });
  });

  it('already satisfied returns at once, with everything that is final by then', async () => {
    const { gates, wait, clock } = await three();
    gates[0].open(1);
    gates[2].fail(new Error('x'));
    await settle(clock);
    for (const when of [FIRST_COMPLETED, FIRST_EXCEPTION]) {
      const { done, pending } = await wait(when).result;
      expect([done.size, pending.size]).toEqual([2, 1]);
    }
  });

  it('with timeoutMs resolves with what is pending, and the work goes on', async () => {
    const { gates, wait, clock, handles } = await three();
    const { seen } = wait(ALL_COMPLETED, { timeoutMs: 100 });
    gates[0].open(1);
    await clock.advance(99);
    expect(seen).toEqual({});
    await clock.advance(1);
    expect(seen).toEqual({ done: [0], pending: [1, 2] });
    expect(handles[1]?.state).toBe('running');
    expect(clock.pending).toBe(0);
  });

  it('with timeoutMs 0 polls, and needs no time for it', async () => {
    const { gates, wait, clock } = await three();
    gates[1].open(1);
    await settle(clock);
    const { done, pending } = await wait(ALL_COMPLETED, { timeoutMs: 0 }).result;
    expect([done.size, pending.size]).toEqual([1, 2]);
  });

  it('a poll sees what the caller cancelled a moment ago', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    await run.task(() => new Gate().promise);
    const queued = await run.task(() => 1);
    await settle();
    const { done } = await run.use((controls) => {
      queued.cancel();
      return controls.wait([queued], { timeoutMs: 0 });
    });
    expect(done.has(queued)).toBe(true);
  });

  it('with an aborted signal rejects with its reason, before or during the wait', async () => {
    const { wait, clock } = await three();
    const reason = new Error('no longer interested');
    expect(await errorOf(wait(ALL_COMPLETED, { signal: AbortSignal.abort(reason) }).result)).toBe(reason);
    const controller = new AbortController();
    const { result } = wait(ALL_COMPLETED, { signal: controller.signal, timeoutMs: 1_000 });
    const rejected = errorOf(result);
    await settle(clock);
    controller.abort(reason);
    expect(await rejected).toBe(reason);
    expect(clock.pending).toBe(0);
  });

  it('takes any iterable once, collapses duplicates, and gives new sets', async () => {
    const { run, handles, gates } = await three();
    for (const gate of gates) gate.open(1);
    let passes = 0;
    const iterable = {
      *[Symbol.iterator]() {
        passes += 1;
        yield* [...handles, ...handles];
      },
    };
    const { done, pending } = await run.use((controls) => controls.wait(iterable));
    expect([done.size, pending.size, passes]).toEqual([3, 0, 1]);
    expect(done).not.toBe(handles);
  });

  it('works with ten thousand handles, and a success of one does not look at all of them again', async () => {
    const { scheduler } = bench({ taskParallelism: 10_000 });
    const handle = scheduler.runPipeline(async (controls) => {
      const gates = Array.from({ length: 10_000 }, () => new Gate());
      const tasks = gates.map((gate) => controls.task(() => gate.promise).run());
      const first = controls.wait(tasks, { returnWhen: FIRST_COMPLETED });
      const all = controls.wait(tasks);
      gates[7_777]?.open();
      const { done } = await first;
      for (const gate of gates) gate.open();
      return [done.size, (await all).done.size, (await controls.wait(tasks)).pending.size];
    });
    expect(await handle.result()).toEqual([1, 10_000, 0]);
  });

  it('is left with the reason when the run is terminated', async () => {
    const { run, wait, clock } = await three();
    const { result } = wait();
    const rejected = errorOf(result);
    await settle(clock);
    run.handle.requestTerminate('over');
    expect((await rejected).message).toBe('over');
    run.end();
  });
});

describe('waitPipelines()', () => {
  it('waits for runs as wait() does for tasks, from anywhere', async () => {
    const { scheduler, clock } = bench({ pipelineParallelism: 3 });
    const gates = [new Gate(), new Gate()] as const;
    const handles = gates.map((gate) => scheduler.runPipeline(() => gate.promise));
    const first = scheduler.waitPipelines(handles, { returnWhen: FIRST_COMPLETED });
    const all = scheduler.waitPipelines(new Set(handles));
    const polled = await scheduler.waitPipelines(handles, { timeoutMs: 0 });
    expect([polled.done.size, polled.pending.size]).toEqual([0, 2]);
    gates[1].fail(new Error('x'));
    expect((await first).done).toEqual(new Set([handles[1]]));
    const within = scheduler.runPipeline(() => scheduler.waitPipelines(handles, { timeoutMs: 50 }));
    await clock.advance(50);
    expect((await within.result()).pending).toEqual(new Set([handles[0]]));
    gates[0].open();
    expect((await all).done.size).toBe(2);
  });

  it('with a discarded handle rejects DISCARDED', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline(() => 1);
    await handle.result();
    handle.discard();
    await expect(scheduler.waitPipelines([handle])).rejects.toMatchObject({ code: 'DISCARDED' });
  });
});

describe('result(), exception() and outcome()', () => {
  it('give value, undefined and kind for a success', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline(() => ({ some: 'value' }));
    expect(await handle.result()).toEqual({ some: 'value' });
    expect(await handle.exception()).toBeUndefined();
    expect(await handle.outcome()).toEqual({ kind: 'succeeded', value: { some: 'value' } });
  });

  it.each([new Error('own'), 'a string', undefined, null, { code: 7 }, 0])(
    'reject with the identical thing that was thrown: %o',
    async (thrown) => {
      const { scheduler } = bench();
      const handle = scheduler.runPipeline(async (controls) => {
        const task = controls
          .task(() => {
            throw thrown;
          })
          .run();
        expect(await errorOf(task.result())).toBe(thrown);
        expect(await task.exception()).toBe(thrown);
        throw thrown;
      });
      expect(await errorOf(handle.result())).toBe(thrown);
      expect(await handle.exception()).toBe(thrown);
      expect((await handle.outcome()).kind).toBe('failed');
    },
  );

  it('reject TIMEOUT when time is up, and the work goes on', async () => {
    const { scheduler, clock } = bench();
    const gate = new Gate<string>();
    const handle = scheduler.runPipeline(() => gate.promise, { name: 'slow' });
    const waits = [
      handle.result({ timeoutMs: 10 }),
      handle.exception({ timeoutMs: 10 }),
      handle.outcome({ timeoutMs: 10 }),
    ].map((wait) => errorOf(wait));
    await clock.advance(10);
    for (const error of await Promise.all(waits)) {
      expect([error.code, error.message]).toEqual([
        'TIMEOUT',
        'the pipeline "slow" was not final after 10 ms',
      ]);
      expect(error.retryable).toBe(true);
    }
    gate.open('later');
    expect(await handle.result()).toBe('later');
  });

  it('with timeoutMs 0 poll: they reject at once, without any time passing', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline(() => new Gate().promise);
    await settle();
    expect((await errorOf(handle.result({ timeoutMs: 0 }))).code).toBe('TIMEOUT');
  });

  it('of what is final ignore the time-out, and check it all the same', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline(() => 1);
    await handle.result();
    expect(await handle.result({ timeoutMs: 0 })).toBe(1);
    expect((await errorOf(handle.result({ timeoutMs: -1 }))).code).toBe('INVALID_ARGUMENT');
  });

  it('settle after the event of the end was delivered', async () => {
    const { scheduler, events } = bench();
    const handle = scheduler.runPipeline(() => 1);
    await handle.result();
    expect(events.at(-1)?.type).toBe('pipeline:succeeded');
  });

  it('reject with the reason of an aborted signal, and take themselves off it', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline(() => new Gate().promise);
    const controller = new AbortController();
    const rejected = errorOf(handle.result({ signal: controller.signal }));
    controller.abort('reason');
    expect(await rejected).toBe('reason');
    expect(await errorOf(handle.outcome({ signal: AbortSignal.abort('early') }))).toBe('early');
  });
});
