/** Runs that go on after their process: the hunted bugs are work done twice, outcomes lost, and two owners. */
import { describe, expect, it } from 'vitest';
import {
  type Controls,
  definePipeline,
  memoryStore,
  Pipeline,
  type PipelineHandle,
  Task,
  TaskGraph,
} from '../../../src/index.ts';
import { bench } from './kit.ts';

const LATER = 10_000_000;

/** Counts how often each body ran, over all lives. */
function counter() {
  const runs: Record<string, number> = {};
  const body = (name: string, act: () => unknown = () => name) =>
    ({
      [name]: async () => {
        runs[name] = (runs[name] ?? 0) + 1;
        return act();
      },
    })[name] as () => Promise<unknown>;
  return { runs, body };
}

const never = () => new Promise<never>(() => {});

/** What the ledger says of the tasks of a run, by name. */
async function states(store: ReturnType<typeof memoryStore>, runId: string): Promise<Record<string, string>> {
  const tasks = await store.tasks.list(runId);
  return Object.fromEntries(tasks.map((task) => [task.name, task.state]));
}

describe('a run whose process is gone', () => {
  it('does again what had not succeeded, and nothing else', async () => {
    const store = memoryStore();
    const { runs, body } = counter();
    let stuck = true;
    const code = definePipeline('job', async (p: Controls) => {
      const a = await p.task(body('a')).run().result();
      const b = await p
        .task(body('b', () => (stuck ? never() : 'b')))
        .run()
        .result();
      return [a, b];
    });
    const first = bench({ store, pipelines: [code] });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    expect(await states(store, 'r')).toEqual({ a: 'succeeded', b: 'running' });

    stuck = false;
    const second = bench({ store, pipelines: [code] }, LATER);
    const { resumed } = await second.scheduler.recover();
    expect(resumed.map((handle) => handle.runId)).toEqual(['r']);
    expect(await (resumed[0] as PipelineHandle<unknown>).result()).toEqual(['a', 'b']);
    expect(runs).toEqual({ a: 1, b: 2 });
    const told = (await store.events('r')).filter((event) => event.name === 'b').map((event) => event.type);
    expect(told).toEqual([
      'task:queued',
      'task:ready',
      'task:running',
      'attempt:started',
      'attempt:lost',
      'task:queued',
      'task:ready',
      'task:running',
      'attempt:started',
      'attempt:succeeded',
      'task:succeeded',
    ]);
    expect((await store.tasks.list('r')).map((task) => task.attempts)).toEqual([1, 2]);
  });

  it('keeps the ids of its tasks and counts its events on', async () => {
    const store = memoryStore();
    let stuck = true;
    const code = async (p: Controls) => {
      await p
        .task(async () => 1, { name: 'a' })
        .run()
        .result();
      await p
        .task(async () => (stuck ? never() : 2), { name: 'b' })
        .run()
        .result();
      await p
        .task(async () => 3, { name: 'c' })
        .run()
        .result();
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const before = (await store.tasks.list('r')).map((task) => task.id);
    const written = (await store.events('r')).length;
    stuck = false;
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', code);
    await handle.result();
    expect(handle.tasks.map((task) => task.id).slice(0, 2)).toEqual(before);
    const seqs = (await store.events('r')).map((event) => event.runSeq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(seqs.length).toBeGreaterThan(written);
    const live = second.events.flatMap((event) => ('runSeq' in event ? [event.runSeq] : []));
    expect(live).toEqual([...live].sort((a, b) => Number(a) - Number(b)));
  });

  it('gives recorded ends in the order in which they happened, failures included', async () => {
    const store = memoryStore();
    const gates: Record<string, () => void> = {};
    const gate = (name: string) => new Promise<void>((resolve) => Object.assign(gates, { [name]: resolve }));
    const seen: string[][] = [];
    let stuck = true;
    const code = async (p: Controls) => {
      const order: string[] = [];
      seen.push(order);
      const task = (name: string, fail = false) =>
        p
          .task(
            async () => {
              await gate(name);
              if (fail) throw new Error(name);
            },
            { name },
          )
          .run();
      const pending = new Set([task('a'), task('b', true), task('c')]);
      while (pending.size > 0) {
        const { done } = await p.wait(pending, { returnWhen: 'first-completed' });
        for (const handle of done) {
          pending.delete(handle);
          order.push(`${handle.name} ${handle.state}`);
        }
      }
      await p
        .task(async () => (stuck ? never() : 0), { name: 'end' })
        .run()
        .result();
    };
    const first = bench({ store, taskParallelism: 3 });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    for (const name of ['c', 'b', 'a']) {
      gates[name]?.();
      await first.clock.advance(1);
    }
    stuck = false;
    const second = bench({ store, taskParallelism: 3 }, LATER);
    await second.scheduler.resume('r', code).result();
    expect(seen[0]).toEqual(['c succeeded', 'b failed', 'a succeeded']);
    expect(seen[1]).toEqual(seen[0]);
  });

  it('is given the values that it was given before', async () => {
    const store = memoryStore();
    const seen: unknown[][] = [];
    let stuck = true;
    const code = async (p: Controls) => {
      const values = [p.now(), p.random(), p.uuid(), p.now()];
      seen.push(values);
      await p
        .task(async () => (stuck ? never() : 0), { name: 'end' })
        .run()
        .result();
      seen.push([p.random()]);
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r', input: new Map([['k', 1]]) });
    await first.clock.advance(1);
    stuck = false;
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', async (p) => {
      expect(p.input).toEqual(new Map([['k', 1]]));
      return code(p);
    });
    await handle.result();
    expect(seen[1]).toEqual(seen[0]);
    expect(seen).toHaveLength(3);
  });

  it('fails a task that took its process with it five times', async () => {
    const store = memoryStore();
    const code = definePipeline('poison', async (p: Controls) => {
      return p
        .task(() => never(), { name: 'poison' })
        .run()
        .outcome();
    });
    let at = LATER;
    for (let life = 0; life < 5; life += 1) {
      const { scheduler, clock } = bench({ store, pipelines: [code] }, at);
      at += LATER;
      if (life === 0) scheduler.runPipeline(code, { runId: 'r' });
      else await scheduler.recover();
      await clock.advance(1);
      expect(await states(store, 'r')).toEqual({ poison: 'running' });
    }
    const last = bench({ store, pipelines: [code] }, at);
    const { resumed } = await last.scheduler.recover();
    const outcome = (await resumed[0]?.result()) as { kind: string; error: { code: string } };
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'ATTEMPT_LOST' } });
    expect((await store.tasks.list('r'))[0]?.attempts).toBe(5);
  });

  it('fails a task that must not run twice', async () => {
    const store = memoryStore();
    const code = async (p: Controls) =>
      p
        .task(() => never(), { name: 'once', onLost: 'fail' })
        .run()
        .outcome();
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store }, LATER);
    const outcome = await second.scheduler.resume('r', code).result();
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'ATTEMPT_LOST' }, reason: 'lost' });
  });

  it('goes on with back-off, holds and retries where they were', async () => {
    const store = memoryStore();
    const { runs, body } = counter();
    const code = async (p: Controls) =>
      p
        .task(
          body('flaky', () => {
            if (runs['flaky'] !== 3) throw new Error('not yet');
            return 'done';
          }),
          { retry: { maxAttempts: 3, backoffMs: 1_000, factor: 1 } },
        )
        .run()
        .result();
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store }, 1_000_000 + 31_000);
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(2_500);
    expect(await handle.result()).toBe('done');
    expect(runs).toEqual({ flaky: 3 });
  });
});

describe('a run that a live process has', () => {
  it('is not run by another', async () => {
    const store = memoryStore();
    const code = async (p: Controls) => p.task(never, { name: 'a' }).run().result();
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store });
    const handle = second.scheduler.resume('r', code);
    await expect(handle.accepted).rejects.toMatchObject({ code: 'RUN_LEASED', retryable: true });
    await expect(handle.result()).rejects.toMatchObject({ code: 'RUN_LEASED' });
    const { leased, resumed } = await bench({
      store,
      pipelines: [definePipeline('code', code)],
    }).scheduler.recover();
    expect([resumed.length, leased[0]?.runId]).toEqual([0, 'r']);
  });

  it('is let go when another has taken it over: nothing more is written', async () => {
    const store = memoryStore();
    let open: () => void = () => {};
    const code = async (p: Controls) => {
      await p
        .task(() => new Promise<void>((resolve) => (open = resolve)), { name: 'a' })
        .run()
        .result();
      return 'mine';
    };
    const first = bench({ store });
    const lost = first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const finishFirst = open;
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', code);
    await handle.accepted;
    await second.clock.advance(1);
    const rejected = expect(lost.result()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    finishFirst();
    await first.clock.advance(1);
    await rejected;
    expect(first.events.some((event) => event.type === 'task:succeeded')).toBe(false);
    expect(await states(store, 'r')).toEqual({ a: 'running' });
    open();
    expect(await handle.result()).toBe('mine');
    expect((await store.tasks.list('r'))[0]?.attempts).toBe(2);
  });

  it('can be taken over at once after it was suspended', async () => {
    const store = memoryStore();
    const { runs, body } = counter();
    const code = async (p: Controls) => {
      const a = p.task(body('a')).run();
      const b = p.task(body('b')).run();
      return [await a.result(), await b.result()];
    };
    const first = bench({ store });
    first.scheduler.pause();
    const left = first.scheduler.runPipeline(code, { runId: 'r' });
    await left.accepted;
    const told = expect(left.result()).rejects.toMatchObject({ code: 'SCHEDULER_ABORTED' });
    await first.scheduler.close({ mode: 'suspend' });
    await told;
    const second = bench({ store });
    expect(await second.scheduler.resume('r', code).result()).toEqual(['a', 'b']);
    expect(runs).toEqual({ a: 1, b: 1 });
  });
});

describe('a run that is final', () => {
  it('gives its recorded result without its code', async () => {
    const store = memoryStore();
    const first = bench({ store });
    const value = { at: new Date(5), set: new Set([1n]) };
    await first.scheduler.runPipeline(async () => value, { runId: 'r' }).result();
    const second = bench({ store });
    expect(await second.scheduler.resume('r').result()).toEqual(value);
  });

  it('is run again when it failed, keeping what succeeded', async () => {
    const store = memoryStore();
    const { runs, body } = counter();
    let broken = true;
    const code = async (p: Controls) => {
      await p.task(body('a')).run().result();
      return p
        .task(
          body('b', () => {
            if (broken) throw new Error('broken');
            return 'fine';
          }),
        )
        .run()
        .result();
    };
    const first = bench({ store });
    await expect(first.scheduler.runPipeline(code, { runId: 'r' }).result()).rejects.toThrow('broken');
    broken = false;
    const second = bench({ store });
    expect(await second.scheduler.resume('r', code).result()).toBe('fine');
    expect(runs).toEqual({ a: 1, b: 2 });
    expect((await store.runs.get('r'))?.state).toBe('succeeded');
    expect(await states(store, 'r')).toEqual({ a: 'succeeded', b: 'succeeded' });
  });

  it('does a task and what was submitted after it again when it is reset', async () => {
    const store = memoryStore();
    const { runs, body } = counter();
    const code = async (p: Controls) => {
      for (const name of ['a', 'b', 'c']) await p.task(body(name)).run().result();
      return runs['b'];
    };
    const first = bench({ store });
    await first.scheduler.runPipeline(code, { runId: 'r' }).result();
    const second = bench({ store });
    await expect(second.scheduler.reset('r', 'nope')).rejects.toMatchObject({
      code: 'PERSISTENCE_NOT_FOUND',
    });
    expect((await store.runs.get('r'))?.state).toBe('succeeded');
    await second.scheduler.reset('r', 'b');
    expect(await second.scheduler.resume('r', code).result()).toBe(2);
    expect(runs).toEqual({ a: 1, b: 2, c: 2 });
  });
});

describe('child runs', () => {
  it('go on with their parents, under their own ids', async () => {
    const store = memoryStore();
    const { runs, body } = counter();
    let stuck = true;
    const first = bench({ store, taskParallelism: 2 });
    const second = bench({ store, taskParallelism: 2 }, LATER);
    let scheduler = first.scheduler;
    const child = (name: string) => async (p: Controls) => {
      const one = await p
        .task(body(`${name} 1`))
        .run()
        .result();
      await p
        .task(body(`${name} 2`, () => (stuck && name === 'y' ? never() : 0)))
        .run()
        .result();
      return one;
    };
    const code = async () => {
      const x = scheduler.runPipeline(child('x'), { name: 'x', input: 1 });
      const y = scheduler.runPipeline(child('y'), { name: 'y' });
      return [await x.result(), await y.result()];
    };
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const before = await store.runs.list();
    stuck = false;
    scheduler = second.scheduler;
    expect(await second.scheduler.resume('r', code).result()).toEqual(['x 1', 'y 1']);
    expect(runs).toEqual({ 'x 1': 1, 'x 2': 1, 'y 1': 1, 'y 2': 2 });
    const after = await store.runs.list();
    expect(after.map((run) => run.id).sort()).toEqual(before.map((run) => run.id).sort());
    expect(after.every((run) => run.state === 'succeeded' && run.closed)).toBe(true);
  });
});

describe('code that is not the recorded one', () => {
  it('is told apart by anonymous functions that look alike', async () => {
    const store = memoryStore();
    const code = async (p: Controls) => {
      const tasks = [() => never(), () => never()].map((fn) => p.task(fn).run());
      await p.wait(tasks);
    };
    const first = bench({ store, taskParallelism: 2 });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', code);
    await expect(handle.accepted).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' });
    await expect(handle.result()).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' });
    expect((await store.runs.get('r'))?.owner).toBeUndefined();
  });

  it('is refused for another version of the pipeline, and stays resumable', async () => {
    const store = memoryStore();
    const fn = async (p: Controls) =>
      p
        .task(() => never(), { name: 'a' })
        .run()
        .result();
    const first = bench({ store });
    first.scheduler.runPipeline(definePipeline('job', fn, { version: '1' }), { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store }, LATER);
    const other = second.scheduler.resume('r', definePipeline('job', fn, { version: '2' }));
    await expect(other.result()).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' });
    const unknown = second.scheduler.resume('r');
    await expect(unknown.result()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { unknown: listed } = await second.scheduler.recover();
    expect(listed).toMatchObject([{ runId: 'r', name: 'job', version: '1' }]);
  });

  it('asks for another value than before', async () => {
    const store = memoryStore();
    let life = 0;
    const code = async (p: Controls) => {
      life += 1;
      if (life === 1) p.now();
      else p.random();
      await p.task(never, { name: 'a' }).run().result();
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', code);
    await expect(handle.result()).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' });
  });

  it('cancels recorded tasks that it no longer submits', async () => {
    const store = memoryStore();
    let life = 0;
    const code = async (p: Controls) => {
      life += 1;
      await p
        .task(async () => 1, { name: 'kept' })
        .run()
        .result();
      if (life === 1) await p.task(never, { name: 'dropped' }).run().result();
      return life;
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store }, LATER);
    expect(await second.scheduler.resume('r', code).result()).toBe(2);
    await second.scheduler.close();
    expect(await states(store, 'r')).toEqual({ kept: 'succeeded', dropped: 'cancelled' });
    const lost = (await store.events('r')).filter((event) => event.type === 'attempt:lost');
    expect(lost).toHaveLength(1);
  });
});

describe('a Task that the code of a run ran by itself', () => {
  it('is not done again when it had succeeded, and counts as lost when it was cut off', async () => {
    const store = memoryStore();
    const { runs, body } = counter();
    let at = 1_000_000;
    let scheduler = bench({ store, taskParallelism: 4 }).scheduler;
    const done = body('done', () => new Map([['k', 1]]));
    const cut = body('cut', () => never());
    const code = async () => {
      const value = await scheduler.runTask(Task.call(done, { title: 'done' })).result();
      const outcome = await scheduler.runTask(Task.call(cut, { title: 'cut' })).outcome();
      return [value, outcome.kind, outcome.error];
    };
    for (let life = 1; life <= 5; life += 1) {
      const b = bench({ store, taskParallelism: 4 }, at);
      scheduler = b.scheduler;
      if (life === 1) scheduler.runPipeline(code, { runId: 'r' });
      else scheduler.resume('r', code);
      await b.clock.advance(1);
      expect(runs).toEqual({ done: 1, cut: life });
      at += LATER;
    }
    const last = bench({ store, taskParallelism: 4 }, at);
    scheduler = last.scheduler;
    const result = await scheduler.resume('r', code).result();
    expect(result).toEqual([
      new Map([['k', 1]]),
      'failed',
      expect.objectContaining({ code: 'ATTEMPT_LOST' }),
    ]);
    expect(runs).toEqual({ done: 1, cut: 5 });
  });
});

describe('recover()', () => {
  it('refuses an instance for a second run, and leaves that run open', async () => {
    const store = memoryStore();
    class Job extends Pipeline {
      async run() {
        return this.task(() => (stuck ? never() : 'done'), { name: 'a' })
          .run()
          .result();
      }
    }
    let stuck = true;
    const first = bench({ store, pipelineParallelism: 2, taskParallelism: 2 });
    for (const runId of ['r1', 'r2']) first.scheduler.runPipeline(new Job(), { runId });
    await first.clock.advance(1);
    stuck = false;
    const second = bench({ store, pipelines: [new Job()] }, LATER);
    const { resumed, refused } = await second.scheduler.recover();
    expect(await Promise.all(resumed.map((handle) => handle.result()))).toEqual(['done']);
    expect(refused).toMatchObject([{ runId: 'r2', name: 'Job', error: { code: 'PIPELINE_REUSED' } }]);
    expect((await store.runs.get('r2'))?.closed).toBe(false);
    expect(await second.scheduler.resume('r2', new Job()).result()).toBe('done');
  });

  it('goes on with a Task that runTask was given, if it is data', async () => {
    const store = memoryStore();
    let stuck = true;
    const handlers = { step: () => (stuck ? never() : 'out') };
    const first = bench({ store, handlers });
    first.scheduler.runTask(Task.custom('step', { n: 1 }, { title: 'data' }));
    await first.clock.advance(1);
    stuck = false;
    const second = bench({ store, handlers }, LATER);
    const { resumed } = await second.scheduler.recover();
    expect(await resumed[0]?.result()).toMatchObject({ status: 'succeeded', output: 'out' });
    const [task, ...others] = await store.tasks.list(resumed[0]?.runId ?? '');
    expect([task?.state, task?.attempts, others.length]).toEqual(['succeeded', 2, 0]);
  });
});

it('a graph that has run in this process is not taken for a run that is to do its tasks again', async () => {
  const store = memoryStore();
  const graph = new TaskGraph({ title: 'g' });
  graph.add(Task.call(() => 1, { title: 'a' }));
  await graph.run({ scheduler: bench({ store }).scheduler, runId: 'r' });
  const { scheduler } = bench({ store });
  await scheduler.reset('r', 'a');
  const used = scheduler.resume('r', graph);
  await expect(used.accepted).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' });
  await expect(used.result()).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' });
  expect((await store.runs.get('r'))?.closed).toBe(false);
});
