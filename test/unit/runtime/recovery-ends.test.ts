import { describe, expect, it } from 'vitest';
import { type Controls, definePipeline, memoryStore, Scheduler } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, Gate, obedient } from './kit.ts';

import { expectOneEndEach, expectSequence, LATER, never, states, watched } from './recovery-kit.ts';

describe('a body that ends before its tasks', () => {
  it('has its tasks go on after a crash', async () => {
    const store = memoryStore();
    let stuck = true;
    const done: string[] = [];
    const code = async (p: Controls) => {
      for (const name of ['a', 'b', 'c', 'd'])
        p.task(async () => (stuck && name > 'b' ? never() : done.push(name)), { name }).run();
      return 'early';
    };
    const first = bench({ store, taskParallelism: 3 });
    const before = await first.scheduler.runPipeline(code, { runId: 'r' }).result();
    await first.clock.advance(1);
    expect(await states(store, 'r')).toEqual({ a: 'succeeded', b: 'succeeded', c: 'running', d: 'running' });
    stuck = false;
    const second = bench({ store, taskParallelism: 3 }, LATER);
    const handle = second.scheduler.resume('r', code);
    expect(await handle.result()).toBe(before);
    await second.clock.advance(1);
    expect(await states(store, 'r')).toEqual({
      a: 'succeeded',
      b: 'succeeded',
      c: 'succeeded',
      d: 'succeeded',
    });
    expect((await store.runs.get('r'))?.closed).toBe(true);
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    await expectSequence(store, 'r');
    await expectOneEndEach(store, 'r');
  });

  it.each(['wait', 'cancel'] as const)('ends as before with children: %s', async (children) => {
    const store = memoryStore();
    const code = async (p: Controls) => {
      p.task(async () => 1, { name: 'a' }).run();
      p.task(() => never(), { name: 'b', graceMs: 60_000 }).run();
      await p
        .task(async () => 1, { name: 'c' })
        .run()
        .result();
      return 'early';
    };
    const first = bench({ store, taskParallelism: 3 });
    first.scheduler.runPipeline(code, { runId: 'r', children });
    await first.clock.advance(1);
    const second = bench({ store, taskParallelism: 3 }, LATER);
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(1);
    if (children === 'wait') {
      expect(handle.done).toBe(false);
      handle.tasks[1]?.requestTerminate();
      await second.clock.advance(60_000);
    }
    await second.clock.advance(10);
    expect(await handle.result()).toBe('early');
    expect(await states(store, 'r')).toEqual({ a: 'succeeded', b: 'cancelled', c: 'succeeded' });
    await expectOneEndEach(store, 'r');
  });

  it('stays cancelled when it was terminated before the crash', async () => {
    const store = memoryStore();
    const code = async (p: Controls) => {
      p.task(() => never(), { name: 'a', graceMs: 60_000 }).run();
      await p.task(obedient, { name: 'b' }).run().result();
    };
    const first = bench({ store, taskParallelism: 2 });
    const before = first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    before.requestTerminate('enough');
    await first.clock.advance(1);
    expect(before.state).toBe('cancelled');
    expect((await store.runs.get('r'))?.closed).toBe(false);
    const second = bench({ store, taskParallelism: 2 }, LATER);
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(60_000);
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
    expect((await store.runs.get('r'))?.state).toBe('cancelled');
    expect((await store.runs.get('r'))?.closed).toBe(true);
  });

  it('keeps the outcome that was seen, whatever its code comes to now', async () => {
    const store = memoryStore();
    const code = async (p: Controls) => {
      p.task(() => never(), { name: 'long' }).run();
      const slow = p
        .task(() => new Promise((resolve) => later.push(() => resolve('slow'))), { name: 'slow' })
        .run();
      return slow.result({ timeoutMs: 1_000 });
    };
    const later: (() => void)[] = [];
    const first = bench({ store, taskParallelism: 2 });
    const before = first.scheduler.runPipeline(code, { runId: 'r' });
    before.outcome();
    await first.clock.advance(2_000);
    expect(await before.outcome()).toMatchObject({ kind: 'failed', error: { code: 'TIMEOUT' } });
    later[0]?.();
    await first.clock.advance(1);
    expect(await states(store, 'r')).toEqual({ long: 'running', slow: 'succeeded' });
    const second = bench({ store, taskParallelism: 2 }, LATER);
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(5_000);
    expect(await handle.outcome()).toMatchObject({ kind: 'failed', error: { code: 'TIMEOUT' } });
    expect((await store.runs.get('r'))?.state).toBe('failed');
  });
});

describe('time after a crash', () => {
  it('fails a queued task at the deadline that it was given before', async () => {
    const store = memoryStore();
    const code = async (p: Controls) => {
      const long = p.task(() => never(), { name: 'long', priority: 1 }).run();
      const late = p.task(async () => 1, { name: 'late', deadlineMs: 60_000 }).run();
      await p.wait([long, late], { returnWhen: 'first-completed' });
      return late.outcome();
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store }, 1_000_000 + 40_000);
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(15_000);
    expect(handle.tasks[1]?.state).toBe('queued');
    await second.clock.advance(10_000);
    expect(await handle.result()).toMatchObject({ kind: 'failed', reason: 'deadline' });
  });

  it('gives a wait that had run out of time the same answer again', async () => {
    const store = memoryStore();
    const seen: string[][] = [];
    const gates = [new Gate(), new Gate()];
    const code = async (p: Controls) => {
      const order: string[] = [];
      seen.push(order);
      const slow = p.task(() => gates[0]?.promise, { name: 'slow' }).run();
      const { done } = await p.wait([slow], { timeoutMs: 1_000 });
      order.push(`slow ${done.size}`);
      if (done.size === 0) {
        const other = p.task(() => gates[1]?.promise, { name: 'other' }).run();
        await p.wait([slow, other]);
      }
      await p
        .task(() => never(), { name: 'end' })
        .run()
        .result();
    };
    const first = bench({ store, taskParallelism: 2 });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(2_000);
    gates[0]?.open();
    await first.clock.advance(1);
    gates[1]?.open();
    await first.clock.advance(1);
    expect(await states(store, 'r')).toEqual({ slow: 'succeeded', other: 'succeeded', end: 'running' });
    const second = bench({ store, taskParallelism: 2 }, LATER);
    second.scheduler.resume('r', code);
    await second.clock.advance(2_000);
    expect(seen).toEqual([['slow 0'], ['slow 0']]);
  });

  it('runs again a task whose wait has a time limit, in a run that failed', async () => {
    const store = memoryStore();
    let broken = true;
    const code = async (p: Controls) => {
      const a = p
        .task(
          async () => {
            if (broken) throw new Error('broken');
            return 'fine';
          },
          { name: 'a' },
        )
        .run();
      try {
        return await a.result({ timeoutMs: 60_000 });
      } catch (error) {
        await p
          .task(async () => 1, { name: 'cleanup' })
          .run()
          .result();
        throw error;
      }
    };
    const first = bench({ store });
    await expect(first.scheduler.runPipeline(code, { runId: 'r' }).result()).rejects.toThrow('broken');
    broken = false;
    const second = bench({ store });
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(100);
    expect(handle.done).toBe(true);
    expect(await handle.result()).toBe('fine');
  });

  it('goes on when the code begins to wait only after a while', async () => {
    const store = memoryStore();
    let life = 0;
    let clock = new VirtualClock();
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
    const code = async (p: Controls) => {
      life += 1;
      if (life === 1)
        await p
          .task(async () => 1, { name: 'dropped' })
          .run()
          .result();
      const a = p.task(async () => (life === 1 ? never() : 'a'), { name: 'a' }).run();
      await sleep(100);
      return a.result();
    };
    const first = bench({ store });
    clock = first.clock;
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(200);
    const second = bench({ store }, LATER);
    clock = second.clock;
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(200);
    expect(handle.done).toBe(true);
    expect(await handle.result()).toBe('a');
  });
});

describe('stopping and holding', () => {
  it('a run that the store has not yet accepted leaves a cancelled run', async () => {
    const { store, control } = watched();
    const gate = new Gate();
    control.gate = gate;
    const { scheduler, clock } = bench({ store });
    const handle = scheduler.runPipeline(async () => 1, { runId: 'r' });
    await clock.advance(1);
    handle.requestTerminate('no');
    control.gate = undefined;
    gate.open();
    await clock.advance(1);
    await handle.accepted;
    expect(handle.state).toBe('cancelled');
    expect(await store.runs.get('r')).toMatchObject({ state: 'cancelled', closed: true, owner: undefined });
    await expectSequence(store, 'r');
  });

  it('a task that waits for the replay counts, and survives the next crash', async () => {
    const store = memoryStore();
    let life = 1;
    const gate = new Gate();
    const code = async (p: Controls) => {
      const b = p.task(async () => (life < 3 ? never() : 'b'), { name: 'b' }).run();
      const c = p.task(async () => 'c', { name: 'c' }).run();
      if (life === 2) await gate.promise;
      await p
        .task(async () => 'a', { name: 'a', priority: 1 })
        .run()
        .result();
      return [await b.outcome(), await c.outcome()];
    };
    const first = bench({ store, taskParallelism: 1 });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    expect(await states(store, 'r')).toEqual({ a: 'succeeded', b: 'running', c: 'queued' });
    life = 2;
    const second = bench({ store, taskParallelism: 1 }, LATER);
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(1);
    const c = handle.tasks.find((task) => task.name === 'c');
    expect(c?.hold('for now')).toBe(true);
    await second.clock.advance(1);
    gate.open();
    await second.clock.advance(1);
    life = 3;
    const third = bench({ store, taskParallelism: 1 }, 2 * LATER);
    const last = third.scheduler.resume('r', code);
    await third.clock.advance(1);
    const held = last.tasks.find((task) => task.name === 'c');
    expect([held?.state, held?.phase]).toEqual(['queued', 'held']);
    expect(held?.unhold()).toBe(true);
    await third.clock.advance(1);
    expect(await last.result()).toMatchObject([{ value: 'b' }, { value: 'c' }]);
    await expectOneEndEach(store, 'r');
    await expectSequence(store, 'r');
  });

  it('a task that was being terminated is cancelled after a crash, one out of time fails', async () => {
    const store = memoryStore();
    const code = async (p: Controls) => {
      const stop = p.task(() => never(), { name: 'stop', graceMs: 60_000 }).run();
      const late = p
        .task(() => never(), { name: 'late', graceMs: 60_000, timeoutMs: 100, retry: { maxAttempts: 3 } })
        .run();
      return [await stop.outcome(), await late.outcome()];
    };
    const first = bench({ store, taskParallelism: 2 });
    const before = first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(200);
    before.tasks[0]?.requestTerminate('enough');
    await first.clock.advance(1);
    const second = bench({ store, taskParallelism: 2 }, LATER);
    const again = second.scheduler.resume('r', code);
    await second.clock.advance(1);
    const [stop, late] = (await again.result()) as {
      kind: string;
      reason: string;
    }[];
    expect([stop?.kind, stop?.reason]).toEqual(['cancelled', 'terminated']);
    expect([late?.kind, late?.reason]).toEqual(['failed', 'timeout']);
    await second.clock.advance(1);
    await expectOneEndEach(store, 'r');
  });

  it('close with suspend leaves a run in the middle of its replay', async () => {
    const store = memoryStore();
    let life = 1;
    const ran: string[] = [];
    const code = async (p: Controls) => {
      for (let n = 0; n < 50; n += 1)
        await p
          .task(async () => ran.push(`${n}`), { name: `t${n}` })
          .run()
          .result();
      await p
        .task(async () => (life < 3 ? never() : 1), { name: 'end' })
        .run()
        .result();
      return 'end';
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    life = 2;
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', code);
    const told = handle.result().catch((error) => error.code);
    await handle.accepted;
    await second.scheduler.close({ mode: 'suspend' });
    expect(await told).toBe('SCHEDULER_ABORTED');
    life = 3;
    const third = bench({ store }, LATER);
    expect(await third.scheduler.resume('r', code).result()).toBe('end');
    expect(ran).toHaveLength(50);
    await expectOneEndEach(store, 'r');
    await expectSequence(store, 'r');
  });

  it('finished tasks that are no longer kept are final in the store', async () => {
    const store = memoryStore();
    let stuck = true;
    let ran = 0;
    const limits = { keepFinishedTasks: 10, keepFinishedRuns: 1 };
    const code = async (p: Controls) => {
      for (let n = 0; n < 300; n += 1)
        await p
          .task(async () => (ran += 1), { name: 't' })
          .run()
          .result();
      await p
        .task(async () => (stuck ? never() : 1), { name: 'end' })
        .run()
        .result();
    };
    const first = bench({ store, limits });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    stuck = false;
    const second = bench({ store, limits }, LATER);
    await second.scheduler.resume('r', code).result();
    await second.clock.advance(1);
    expect(ran).toBe(300);
    expect((await store.runs.get('r'))?.tasks).toMatchObject({ succeeded: 301, cancelled: 0, queued: 0 });
    await expectOneEndEach(store, 'r');
  });

  it('runs of two schedulers in one process share a store without meeting', async () => {
    const store = memoryStore();
    const one = bench({ store });
    const two = bench({ store });
    const code = async (p: Controls) =>
      p
        .task(async () => 1, { name: 'a' })
        .run()
        .result();
    const handles = [one, two].flatMap(({ scheduler }) => [
      scheduler.runPipeline(code),
      scheduler.runPipeline(code),
    ]);
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 1, 1, 1]);
    await one.scheduler.close();
    expect(await two.scheduler.runPipeline(code).result()).toBe(1);
    expect((await store.runs.list()).every((run) => run.closed)).toBe(true);
  });
});

describe('tasks that suspend', () => {
  it('begin again at their top after a crash, and end once', async () => {
    const store = memoryStore();
    let life = 1;
    const steps: string[] = [];
    const code = async (p: Controls) =>
      p
        .task(
          function* () {
            steps.push(`${life} top`);
            const got: unknown = yield life === 1 ? never() : Promise.resolve(7);
            return got;
          },
          { name: 'g' },
        )
        .run()
        .result();
    // Never closed, as a killed process would leave it.
    const clock = new VirtualClock(1);
    new Scheduler({ store, clock }).runPipeline(code, { runId: 'r' });
    await clock.advance(1);
    expect((await store.tasks.list('r'))[0]?.phase).toBe('suspended');
    life = 2;
    const second = bench({ store }, LATER);
    expect(await second.scheduler.resume('r', code).result()).toBe(7);
    expect(steps).toEqual(['1 top', '2 top']);
    await second.clock.advance(1);
    await expectOneEndEach(store, 'r');
  });
});

describe('a task that waits suspended', () => {
  it('outlives any number of processes: what ended them was not its doing', async () => {
    const store = memoryStore();
    let due = false;
    const code = async (p: Controls) =>
      p
        .task(
          function* () {
            const woken: unknown = yield due ? Promise.resolve('woken') : never();
            return woken;
          },
          { name: 'g' },
        )
        .run()
        .result();
    for (let life = 1; life <= 7; life += 1) {
      const clock = new VirtualClock(life * LATER);
      const scheduler = new Scheduler({ store, clock });
      if (life === 1) scheduler.runPipeline(code, { runId: 'r' });
      else scheduler.resume('r', code);
      await clock.advance(1);
      const [task] = await store.tasks.list('r');
      expect([task?.state, task?.phase, task?.attempts]).toEqual(['running', 'suspended', life]);
    }
    due = true;
    const last = bench({ store }, 8 * LATER);
    expect(await last.scheduler.resume('r', code).result()).toBe('woken');
    const lost = (await store.events('r')).filter(({ type }) => type === 'attempt:lost');
    expect(lost).toHaveLength(7);
  });
});

describe('runs that come after runs', () => {
  it('still do after a crash', async () => {
    const store = memoryStore();
    const order: string[] = [];
    let stuck = true;
    const a = definePipeline('a', async (p) => {
      await p
        .task(async () => (stuck ? never() : order.push('a')), { name: 't' })
        .run()
        .result();
    });
    const b = definePipeline('b', async () => void order.push('b'));
    const first = bench({ store, pipelines: [a, b], pipelineParallelism: 2 });
    const upstream = first.scheduler.runPipeline(a, { runId: 'a' });
    first.scheduler.runPipeline(b, { runId: 'b', after: [upstream] });
    await first.clock.advance(1);
    stuck = false;
    const second = bench({ store, pipelines: [a, b], pipelineParallelism: 2 }, LATER);
    const { resumed } = await second.scheduler.recover();
    await second.clock.advance(1);
    await Promise.all(resumed.map((handle) => handle.outcome()));
    expect(order).toEqual(['a', 'b']);
  });
});
