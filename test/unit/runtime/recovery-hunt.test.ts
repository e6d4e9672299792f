/** Crashes at awkward moments: the hunted bugs are runs that hang, ends that change, and facts that get lost. */
import { describe, expect, it } from 'vitest';
import {
  type Controls,
  definePipeline,
  memoryStore,
  type PipelineHandle,
  Scheduler,
  type SchedulerOptions,
  type Store,
  Task,
} from '../../../src/index.ts';
import type { Batch, StoreSession } from '../../../src/stores/store.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, Gate, obedient } from './kit.ts';

const LATER = 10_000_000;
const never = () => new Promise<never>(() => {});

async function states(store: Store, runId: string): Promise<Record<string, string>> {
  const tasks = await store.tasks.list(runId);
  return Object.fromEntries(tasks.map((task) => [task.name, task.state]));
}

/** A store whose calls can be watched, delayed and made to fail. */
function watched(inner: Store = memoryStore()) {
  const control = {
    failing: undefined as Error | undefined,
    gate: undefined as Gate | undefined,
    commits: [] as Batch[],
    on: {} as { [K in 'claim' | 'release' | 'renew' | 'openRuns' | 'close' | 'open']?: () => unknown },
  };
  const wrap = (session: StoreSession): StoreSession => ({
    owner: session.owner,
    leaseMs: session.leaseMs,
    commit: (batch) => {
      if (control.failing !== undefined) throw control.failing;
      const { gate } = control;
      const write = () => {
        control.commits.push(batch);
        return session.commit(batch);
      };
      return gate === undefined ? write() : gate.promise.then(write);
    },
    claim: async (...given) => {
      await control.on.claim?.();
      return session.claim(...given);
    },
    release: async (...given) => {
      await control.on.release?.();
      return session.release(...given);
    },
    renew: async () => {
      await control.on.renew?.();
      return session.renew();
    },
    openRuns: async () => {
      await control.on.openRuns?.();
      return session.openRuns();
    },
    close: async () => {
      await control.on.close?.();
      return session.close();
    },
  });
  const store: Store = {
    open: async (options) => {
      await control.on.open?.();
      return wrap(await inner.open(options));
    },
    runs: inner.runs,
    tasks: inner.tasks,
    events: inner.events.bind(inner),
    prune: inner.prune.bind(inner),
    close: inner.close.bind(inner),
  };
  return { store, control, inner };
}

async function expectSequence(store: Store, runId: string): Promise<void> {
  const seqs = (await store.events(runId)).map((event) => event.runSeq);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
}

/** Every attempt that started has one end, every task one final move (T2). */
async function expectOneEndEach(store: Store, runId: string): Promise<void> {
  const events = await store.events(runId);
  const count = (key: string) => events.filter((e) => `${e.taskId} ${e.type}` === key).length;
  for (const task of await store.tasks.list(runId)) {
    const ends = ['succeeded', 'failed', 'cancelled', 'blocked'].map((end) => count(`${task.id} task:${end}`));
    expect(ends.reduce((a, b) => a + b), `final outcomes of ${task.name}`).toBe(1);
    const over = ['succeeded', 'failed', 'cancelled', 'lost'].map((end) => count(`${task.id} attempt:${end}`));
    expect(over.reduce((a, b) => a + b), `ends of attempts of ${task.name}`).toBe(
      count(`${task.id} attempt:started`),
    );
  }
}

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
    expect(await states(store, 'r')).toEqual({ a: 'succeeded', b: 'succeeded', c: 'succeeded', d: 'succeeded' });
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
      await p.task(async () => 1, { name: 'c' }).run().result();
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
      const slow = p.task(() => new Promise((resolve) => later.push(() => resolve('slow'))), { name: 'slow' }).run();
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
      await p.task(() => never(), { name: 'end' }).run().result();
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
        await p.task(async () => 1, { name: 'cleanup' }).run().result();
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
      if (life === 1) await p.task(async () => 1, { name: 'dropped' }).run().result();
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
void [definePipeline, Scheduler, Task, watched];
export type { PipelineHandle, SchedulerOptions };
