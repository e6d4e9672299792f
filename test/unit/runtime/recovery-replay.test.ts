import { describe, expect, it } from 'vitest';
import { type Controls, memoryStore, type Scheduler, Task } from '../../../src/index.ts';
import { bench, Gate } from './kit.ts';

import {
  expectOneEndEach,
  expectRising,
  expectSequence,
  LATER,
  never,
  states,
  watched,
} from './recovery-kit.ts';

describe('what code sees after a crash', () => {
  it('is the same order, also while it waits for a child run', async () => {
    const { store, control } = watched();
    const seen: string[][] = [];
    let stuck = true;
    const gates: Record<string, Gate> = { a: new Gate(), b: new Gate() };
    const first = bench({ store, taskParallelism: 4 });
    const second = bench({ store, taskParallelism: 4 }, LATER);
    let { scheduler, clock } = first;
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
    const code = async (p: Controls) => {
      const order: string[] = [];
      seen.push(order);
      const a = p.task(() => gates['a']?.promise, { name: 'a' }).run();
      await scheduler.runPipeline(async () => sleep(100), { name: 'child' }).result();
      const b = p.task(() => gates['b']?.promise, { name: 'b' }).run();
      const pending = new Set([a, b]);
      while (pending.size > 0) {
        const { done } = await p.wait(pending, { returnWhen: 'first-completed' });
        for (const handle of done) {
          pending.delete(handle);
          order.push(handle.name);
        }
      }
      await p
        .task(() => (stuck ? never() : 0), { name: 'end' })
        .run()
        .result();
    };
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(200);
    gates['b']?.open();
    await first.clock.advance(1);
    gates['a']?.open();
    await first.clock.advance(1);
    stuck = false;
    // The store of the next life is slow to tell of the child.
    const slow = new Gate();
    let claims = 0;
    control.on.claim = () => (++claims > 1 ? slow.promise : undefined);
    scheduler = second.scheduler;
    clock = second.clock;
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(100);
    slow.open();
    await second.clock.advance(100);
    await handle.result();
    expect(seen).toEqual([
      ['b', 'a'],
      ['b', 'a'],
    ]);
  });

  it('is what each Task came to that it ran by itself, over three lives', async () => {
    const store = memoryStore();
    const done: string[] = [];
    let life = 0;
    let scheduler: Scheduler | undefined;
    const code = async () => {
      const call = (n: number) =>
        scheduler
          ?.runTask(
            Task.call(
              async () => {
                if (n === 2 && life < 3) await never();
                done.push(`${n} in life ${life}`);
                return n;
              },
              { title: 'same' },
            ),
          )
          .result();
      return [await call(1), await call(2)];
    };
    for (life = 1; life <= 3; life += 1) {
      const at = bench({ store }, life * LATER);
      scheduler = at.scheduler;
      const handle =
        life === 1 ? at.scheduler.runPipeline(code, { runId: 'r' }) : at.scheduler.resume('r', code);
      await at.clock.advance(10);
      if (life === 3) expect(await handle.result()).toEqual([1, 2]);
    }
    expect(done).toEqual(['1 in life 1', '2 in life 3']);
  });

  it('does not take retries of a Task that it ran by itself for crashes', async () => {
    const store = memoryStore();
    let life = 1;
    let scheduler: Scheduler | undefined;
    const code = async () => {
      const body = async (context: { readonly attempt: number }) => {
        if (life === 2) return 'done';
        if (context.attempt < 6) throw new Error('not yet');
        return never();
      };
      const retry = { maxAttempts: 9, backoffMs: 1, factor: 1 };
      return scheduler?.runTask(Task.call(body, { title: 'flaky', retry })).result();
    };
    const first = bench({ store });
    scheduler = first.scheduler;
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(100);
    life = 2;
    const second = bench({ store }, LATER);
    scheduler = second.scheduler;
    expect(await second.scheduler.resume('r', code).result()).toBe('done');
  });

  it('is one sequence of values over three lives, in child runs too', async () => {
    const store = memoryStore();
    const seen: unknown[][] = [];
    let life = 0;
    let scheduler: Scheduler | undefined;
    const part = async (p: Controls, upTo: number) => {
      const values: unknown[] = [];
      for (let n = 1; n <= upTo; n += 1) {
        values.push(p.now(), p.random(), p.uuid());
        await p
          .task(async () => (life <= n && n < upTo ? never() : n), { name: `t${n}` })
          .run()
          .result();
        seen[life] = [...(seen[life] ?? []), ...values.splice(0)];
      }
    };
    const code = async (p: Controls) => {
      await part(p, 2);
      await scheduler?.runPipeline((child) => part(child, 3), { name: 'child' }).result();
      return 'end';
    };
    for (life = 1; life <= 3; life += 1) {
      const at = bench({ store }, life * LATER);
      scheduler = at.scheduler;
      const handle =
        life === 1 ? at.scheduler.runPipeline(code, { runId: 'r' }) : at.scheduler.resume('r', code);
      await at.clock.advance(10);
      if (life === 3) expect(handle.done).toBe(true);
    }
    const [, one = [], two = [], three = []] = seen;
    expect(two.slice(0, one.length)).toEqual(one);
    expect(three.slice(0, two.length)).toEqual(two);
    expect(three).toHaveLength(15);
  });

  it('is asked for in good time: ten thousand tasks', async () => {
    const store = memoryStore();
    let stuck = true;
    let ran = 0;
    const code = async (p: Controls) => {
      const tasks = Array.from({ length: 10_000 }, () => p.task(async () => (ran += 1), { name: 't' }).run());
      await p.wait(tasks);
      await p
        .task(async () => (stuck ? never() : 0), { name: 'end' })
        .run()
        .result();
      return ran;
    };
    const first = bench({ store, taskParallelism: 64 });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    expect(ran).toBe(10_000);
    stuck = false;
    const second = bench({ store }, LATER);
    const began = performance.now();
    expect(await second.scheduler.resume('r', code).result()).toBe(10_000);
    // A bound against growth with the square, not a measure.
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('is every kind of value', async () => {
    const store = memoryStore();
    let stuck = true;
    const seen: unknown[] = [];
    const values = [
      new Map([[new Date(1), new Set([1n])]]),
      undefined,
      null,
      Number.NaN,
      -0,
      Buffer.from('x'),
    ];
    const code = async (p: Controls) => {
      const got: unknown[] = [];
      for (const [i, value] of values.entries())
        got.push(
          await p
            .task(async () => value, { name: `${i}` })
            .run()
            .result(),
        );
      const failure = await p
        .task(async () => Promise.reject(new TypeError('outer', { cause: new RangeError('inner') })), {
          name: 'bad',
        })
        .run()
        .exception();
      got.push(String(failure), failure instanceof TypeError, String((failure as Error).cause));
      got.push(
        await p
          .task(async () => () => 1, { name: 'discarded', result: 'discard' })
          .run()
          .outcome(),
      );
      seen.push(got);
      await p
        .task(async () => (stuck ? never() : 0), { name: 'end' })
        .run()
        .result();
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    stuck = false;
    const second = bench({ store }, LATER);
    await second.scheduler.resume('r', code).result();
    const [one, two] = seen as unknown[][];
    expect(two?.slice(0, -1)).toEqual(one?.slice(0, -1));
    expect(two?.at(-1)).toEqual({ kind: 'succeeded', value: undefined });
  });

  it('is stopped in the middle of a replay', async () => {
    const store = memoryStore();
    const gate = new Gate();
    let life = 1;
    const code = async (p: Controls) => {
      for (let n = 0; n < 20; n += 1)
        await p
          .task(async () => n, { name: `t${n}` })
          .run()
          .result();
      if (life === 2) await gate.promise;
      await p
        .task(() => never(), { name: 'end', graceMs: 0 })
        .run()
        .result();
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    life = 2;
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', code);
    await handle.accepted;
    handle.events$.subscribe((event) => {
      if (event.type === 'pipeline:running') queueMicrotask(() => handle.requestTerminate('stop'));
    });
    gate.open();
    await second.clock.advance(100_000);
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled' });
    expect((await store.runs.get('r'))?.closed).toBe(true);
    const after = await states(store, 'r');
    expect(after['end']).toBe('cancelled');
    expect(after['t0']).toBe('succeeded');
    expect(after['t19']).toBe('succeeded');
    await expectRising(store, 'r');
    await expectOneEndEach(store, 'r');
  });

  it('has names and ends of stages once', async () => {
    const store = memoryStore();
    let life = 0;
    const code = async (p: Controls) => {
      for (const [n, stage] of ['one', 'two', 'three'].entries()) {
        p.stageForward(stage);
        await p
          .task(async () => (life < n ? never() : 0), { name: stage })
          .run()
          .result();
      }
    };
    for (life = 0; life < 3; life += 1) {
      const at = bench({ store }, (life + 1) * LATER);
      const handle =
        life === 0 ? at.scheduler.runPipeline(code, { runId: 'r' }) : at.scheduler.resume('r', code);
      await at.clock.advance(1);
      if (life === 2) {
        await handle.result();
        expect(handle.stages.map((stage) => stage.state)).toEqual([
          'succeeded',
          'succeeded',
          'succeeded',
          'succeeded',
        ]);
      }
    }
    const told = (await store.events('r')).filter((event) => event.type.startsWith('stage:'));
    const texts = told.map((event) => `${event.name} ${event.state}`);
    expect(texts.length).toBe(new Set(texts).size);
    expect(texts.filter((text) => text.startsWith('two'))).toEqual([
      'two queued',
      'two ready',
      'two running',
      'two succeeded',
    ]);
    await expectSequence(store, 'r');
  });
});

describe('numbers of events', () => {
  it('are those of the store, in every life', async () => {
    const store = memoryStore();
    let life = 0;
    const told: string[] = [];
    const code = async (p: Controls) => {
      const flaky = p.task(async ({ attempt }) => (attempt === 1 ? Promise.reject(new Error('once')) : 1), {
        name: 'flaky',
        retry: { maxAttempts: 2, backoffMs: 1 },
      });
      await flaky.run().result();
      await p
        .task(async () => 1, { name: 'a' })
        .run()
        .result();
      p.stageForward('next');
      const bad = p.task(async () => Promise.reject(new Error('bad')), { name: 'bad' }).run();
      await bad.exception();
      await p
        .task(async () => (life < 2 ? never() : 1), { name: 'stuck' })
        .run()
        .result();
      await p
        .task(async () => 1, { name: 'last' })
        .run()
        .result();
    };
    for (life = 0; life < 3; life += 1) {
      const at = bench({ store }, (life + 1) * LATER);
      const handle =
        life === 0 ? at.scheduler.runPipeline(code, { runId: 'r' }) : at.scheduler.resume('r', code);
      await at.clock.advance(10);
      for (const event of at.events)
        if ('runSeq' in event && event.runSeq !== undefined)
          told.push(`${event.runSeq} ${event.type} ${event.at}`);
      if (life === 2) await handle.result();
    }
    await expectSequence(store, 'r');
    const kept = (await store.events('r')).map((event) => `${event.runSeq} ${event.type} ${event.at}`);
    const missing = kept.filter((text) => !told.includes(text));
    // The first event of a life that goes on is noted before anybody here hears of the run.
    expect(missing.map((text) => text.split(' ')[1])).toEqual(['pipeline:queued', 'pipeline:queued']);
    expect(told.filter((text) => !kept.includes(text))).toEqual([]);
    expect(new Set(told).size).toBe(told.length);
    await expectOneEndEach(store, 'r');
  });
});
