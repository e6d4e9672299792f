/** Runs with a store: the hunted bugs are outcomes seen before they are safe, and a store that fails unnoticed. */
import { describe, expect, it } from 'vitest';
import { type Controls, memoryStore, type SchedulerOptions, type Store } from '../../../src/index.ts';
import type { Batch, StoreSession } from '../../../src/stores/store.ts';
import { bench, Gate } from './kit.ts';

/** A store whose commits can be watched, delayed and made to fail. */
function watched() {
  const store = memoryStore();
  const commits: Batch[] = [];
  const control = { failing: undefined as Error | undefined, gate: undefined as Gate | undefined, commits };
  const wrap = (session: StoreSession): StoreSession => {
    const proxy = Object.create(session) as StoreSession;
    const commit = (batch: Batch) => {
      if (control.failing !== undefined) throw control.failing;
      const { gate } = control;
      const write = () => {
        commits.push(batch);
        return session.commit(batch);
      };
      return gate === undefined ? write() : gate.promise.then(write);
    };
    const bound = (name: keyof StoreSession) =>
      (session[name] as (...args: never[]) => unknown).bind(session) as never;
    return Object.assign(proxy, {
      owner: session.owner,
      leaseMs: session.leaseMs,
      commit,
      claim: bound('claim'),
      release: bound('release'),
      renew: bound('renew'),
      openRuns: bound('openRuns'),
      inbox: bound('inbox'),
      watch: bound('watch'),
      close: bound('close'),
    });
  };
  const open: Store['open'] = async (options) => wrap(await store.open(options));
  const outside: Store = {
    open,
    runs: store.runs,
    tasks: store.tasks,
    events: store.events.bind(store),
    prune: store.prune.bind(store),
    close: store.close.bind(store),
  };
  return { store: outside, control };
}

const options = (store: Store, more: SchedulerOptions = {}): SchedulerOptions => ({ store, ...more });

describe('strict durability', () => {
  it('shows an outcome to nobody before its commit (L1)', async () => {
    const { store, control } = watched();
    const { scheduler, clock, events } = bench(options(store));
    const gate = new Gate();
    const handle = scheduler.runPipeline(async (p) => {
      const task = p.task(async () => 'value', { name: 'a' }).run();
      control.gate = gate;
      return task.result();
    });
    await clock.advance(1);
    const [task] = handle.tasks;
    expect([task?.state, task?.done, task?.durable]).toEqual(['running', false, false]);
    expect(events.some((event) => event.type === 'task:succeeded')).toBe(false);
    control.gate = undefined;
    gate.open();
    expect(await handle.result()).toBe('value');
    expect([task?.state, task?.done, task?.durable, handle.durable]).toEqual(['succeeded', true, true, true]);
  });

  it('writes one batch per turn, not one per task', async () => {
    const { store, control } = watched();
    const { scheduler } = bench(options(store, { taskParallelism: 64 }));
    const handle = scheduler.runPipeline(async (p) => {
      const tasks = Array.from({ length: 640 }, () => p.task(() => 0, { name: 'a' }).run());
      await p.wait(tasks);
    });
    await handle.result();
    expect(control.commits.length).toBeLessThan(20);
    const tasks = control.commits.reduce((sum, batch) => sum + batch.tasks.length, 0);
    expect(tasks).toBe(640);
  });

  it('does not start a run before the store has it', async () => {
    const { store, control } = watched();
    const gate = new Gate();
    control.gate = gate;
    const { scheduler, clock } = bench(options(store));
    let entered = false;
    const handle = scheduler.runPipeline(async () => {
      entered = true;
    });
    let accepted = false;
    void handle.accepted.then(() => (accepted = true));
    await clock.advance(10);
    expect([entered, accepted]).toEqual([false, false]);
    control.gate = undefined;
    gate.open();
    await handle.result();
    expect([entered, accepted]).toEqual([true, true]);
  });

  it('refuses a run id that the store has', async () => {
    const { store } = watched();
    await bench(options(store))
      .scheduler.runPipeline(async () => 1, { runId: 'r' })
      .result();
    let entered = false;
    const again = bench(options(store)).scheduler.runPipeline(
      async () => {
        entered = true;
      },
      { runId: 'r' },
    );
    await expect(again.accepted).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    await expect(again.result()).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    expect(entered).toBe(false);
    expect((await store.runs.get('r'))?.outcome).toEqual({ kind: 'succeeded', value: 1 });
  });

  it('stops admission while the store fails, and goes on when it is back', async () => {
    const { store, control } = watched();
    const { scheduler, clock, events } = bench(options(store));
    const started: string[] = [];
    const handle = scheduler.runPipeline(async (p) => {
      for (const name of ['a', 'b']) {
        const body = async () => {
          started.push(name);
          if (name === 'a') control.failing = new Error('no space left');
        };
        await p.task(body, { name }).run().result();
      }
      return 'done';
    });
    await clock.advance(1_000);
    expect(started).toEqual(['a']);
    expect(handle.tasks[0]?.done).toBe(false);
    const failing = events.filter((event) => event.type === 'store:failing');
    expect(failing).toMatchObject([{ error: { code: 'STORE_UNAVAILABLE', cause: control.failing } }]);
    control.failing = undefined;
    await clock.advance(5_000);
    expect(await handle.result()).toBe('done');
    expect(events.some((event) => event.type === 'store:recovered')).toBe(true);
  });

  it('gives its runs up when the store stays away, and leaves them resumable', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench(options(store, { storeRetryMs: 3_000 }));
    const aborted: unknown[] = [];
    const code = async (p: Controls) => {
      await p
        .task(async () => 1, { name: 'a' })
        .run()
        .result();
      const stuck = p
        .task(
          ({ signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
          { name: 'b' },
        )
        .run();
      return stuck.result();
    };
    const handle = scheduler.runPipeline(code, { runId: 'r' });
    await clock.advance(1);
    control.failing = new Error('gone');
    const extra = scheduler.runPipeline(async () => 2, { runId: 'other' });
    handle.tasks[1]?.events$.subscribe(({ type }) => aborted.push(type));
    const ends = [
      expect(extra.accepted).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' }),
      expect(extra.result()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' }),
    ];
    await clock.advance(10_000);
    await Promise.all(ends);
    expect(scheduler.snapshot().tasks.running).toBe(1);
    handle.tasks[1]?.requestTerminate();
    const lost = expect(handle.result()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
    await clock.advance(10_000);
    await lost;
    control.failing = undefined;
    expect((await store.runs.get('r'))?.closed).toBe(false);
    const next = bench(options(store), 100_000_000);
    const again = next.scheduler.resume('r', async (p) => {
      await p
        .task(async () => 1, { name: 'a' })
        .run()
        .result();
      return p
        .task(async () => 'again', { name: 'b' })
        .run()
        .result();
    });
    expect(await again.result()).toBe('again');
  });
});

describe('relaxed durability', () => {
  it('shows outcomes at once and writes them soon after', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench(options(store, { durability: 'relaxed' }));
    const gate = new Gate();
    const handle = scheduler.runPipeline(async (p) => {
      control.gate = gate;
      return p
        .task(async () => 'value', { name: 'a' })
        .run()
        .result();
    });
    expect(await handle.result()).toBe('value');
    expect(handle.durable).toBe(false);
    control.gate = undefined;
    gate.open();
    await clock.advance(1);
    expect(handle.durable).toBe(true);
  });

  it('goes on when the store fails, and says whose outcome is not kept', async () => {
    const { store, control } = watched();
    const { scheduler, clock, events } = bench(
      options(store, { durability: 'relaxed', storeRetryMs: 1_000 }),
    );
    const handle = scheduler.runPipeline(async (p) => {
      control.failing = new Error('gone');
      return p
        .task(async () => 'value', { name: 'a' })
        .run()
        .result();
    });
    expect(await handle.result()).toBe('value');
    await clock.advance(10_000);
    const [task] = handle.tasks;
    expect([task?.state, task?.durable, handle.durable]).toEqual(['succeeded', false, false]);
    expect(events.filter((event) => event.type === 'task:persistence-failed')).toMatchObject([{ name: 'a' }]);
  });
});

describe('what cannot be written', () => {
  it('fails the task whose result it is, naming the path, without a retry', async () => {
    const { store } = watched();
    const { scheduler } = bench(options(store));
    let attempts = 0;
    const handle = scheduler.runPipeline(async (p) => {
      const body = () => {
        attempts += 1;
        return { user: { callback: () => 0 } };
      };
      return p
        .task(body, { name: 'a', retry: { maxAttempts: 3 } })
        .run()
        .outcome();
    });
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'RESULT_NOT_SERIALISABLE' } });
    expect((outcome.error as Error).message).toContain('$.user.callback');
    expect(attempts).toBe(1);
  });

  it('is given to the caller all the same when the result is to be discarded', async () => {
    const { store } = watched();
    const { scheduler } = bench(options(store));
    const value = { callback: () => 0 };
    const handle = scheduler.runPipeline(async (p) => {
      expect(
        await p
          .task(() => value, { name: 'a', result: 'discard' })
          .run()
          .result(),
      ).toBe(value);
    });
    await handle.result();
    expect((await store.tasks.list(handle.runId))[0]?.outcome).toEqual({
      kind: 'succeeded',
      value: undefined,
    });
  });

  it('fails the run whose result it is', async () => {
    const { store } = watched();
    const { scheduler } = bench(options(store));
    const handle = scheduler.runPipeline(async () => Symbol('mine'));
    await expect(handle.result()).rejects.toMatchObject({ code: 'RESULT_NOT_SERIALISABLE' });
    expect((await store.runs.get(handle.runId))?.state).toBe('failed');
  });

  it('is refused as an input at the call', () => {
    const { store } = watched();
    const { scheduler } = bench(options(store));
    const bad = () => scheduler.runPipeline(async () => 1, { input: { f: () => 0 } });
    expect(bad).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(scheduler.snapshot().pipelines.queued).toBe(0);
  });

  it('keeps errors of any kind', async () => {
    const { store } = watched();
    const { scheduler } = bench(options(store));
    const error = Object.assign(new TypeError('broken'), { extra: () => 0 });
    const handle = scheduler.runPipeline(async (p) =>
      p
        .task(() => Promise.reject(error))
        .run()
        .outcome(),
    );
    expect((await handle.result()).error).toBe(error);
    const [task] = await store.tasks.list(handle.runId);
    const kept = task?.outcome?.error;
    expect(kept).toBeInstanceOf(TypeError);
    expect(String(kept)).toBe('TypeError: broken');
  });
});

describe('the start of an attempt', () => {
  it('is committed before its body where the body must not run twice', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench(options(store));
    const gate = new Gate();
    let entered = false;
    const body = () => {
      entered = true;
    };
    const handle = scheduler.runPipeline(async (p) => {
      const task = p.task(body, { name: 'once', onLost: 'fail' }).run();
      control.gate = gate;
      await task.result();
    });
    await clock.advance(1);
    expect([entered, handle.tasks[0]?.state]).toEqual([false, 'running']);
    control.gate = undefined;
    gate.open();
    await handle.result();
    expect(entered).toBe(true);
  });

  it('is given up when it is told to stop before that commit', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench(options(store));
    const gate = new Gate();
    let entered = false;
    const body = () => {
      entered = true;
    };
    const handle = scheduler.runPipeline(async (p) => {
      const task = p.task(body, { name: 'once', onLost: 'fail' }).run();
      control.gate = gate;
      return task.outcome();
    });
    await clock.advance(1);
    handle.tasks[0]?.requestTerminate();
    control.gate = undefined;
    gate.open();
    expect(await handle.result()).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
    expect(entered).toBe(false);
  });
});

describe('options of durability', () => {
  it.each([
    [{ store: {} }, 'store'],
    [{ store: 'runs.db' }, 'store'],
    [{ durability: 'safe' }, 'durability'],
    [{ storeRetryMs: -1 }, 'storeRetryMs'],
    [{ pipelines: [() => 0] }, 'pipelines'],
  ])('refuses %j', (given, named) => {
    const bad = () => bench(given as never);
    expect(bad).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(bad).toThrow(named);
  });

  it('says that a scheduler without a store knows no earlier runs', async () => {
    const { scheduler } = bench();
    expect(scheduler.store).toBeUndefined();
    expect(() => scheduler.resume('r')).toThrow(expect.objectContaining({ code: 'PERSISTENCE_NOT_FOUND' }));
    await expect(scheduler.recover()).rejects.toMatchObject({ code: 'PERSISTENCE_NOT_FOUND' });
    await expect(scheduler.reset('r', 'a')).rejects.toMatchObject({ code: 'PERSISTENCE_NOT_FOUND' });
  });
});
