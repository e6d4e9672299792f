/** Runs that change hands, are final, or are reset: the hunted bugs are two owners, and final runs left open. */
import { describe, expect, it } from 'vitest';
import { type Controls, definePipeline, memoryStore, type TaskContext } from '../../../src/index.ts';
import { bench, Gate } from './kit.ts';
import { expectSequence, LATER, never, states, watched } from './recovery-kit.ts';

describe('a run that was taken over', () => {
  it('leaves its child runs to the new owner', async () => {
    const store = memoryStore();
    const first = bench({ store, taskParallelism: 3 });
    const second = bench({ store, taskParallelism: 3 }, LATER);
    let scheduler = first.scheduler;
    const gate = new Gate();
    let stuck = true;
    const child = async (p: Controls) =>
      p
        .task(() => (stuck ? never() : 'child'), { name: 'c' })
        .run()
        .result();
    const code = async (p: Controls) => {
      const run = scheduler.runPipeline(child, { name: 'child' });
      const a = p.task(() => gate.promise, { name: 'a' }).run();
      await a.result();
      return run.result();
    };
    const lost = first.scheduler.runPipeline(code, { runId: 'r' });
    const rejected = expect(lost.result()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await first.clock.advance(1);
    // The new owner has the run, and is slow to enter its code.
    second.scheduler.pause();
    scheduler = second.scheduler;
    stuck = false;
    const handle = second.scheduler.resume('r', code);
    await handle.accepted;
    gate.open();
    await first.clock.advance(10_000);
    await rejected;
    second.scheduler.unpause();
    await second.clock.advance(1);
    expect(await handle.result()).toBe('child');
    expect((await store.runs.list()).map((run) => run.state)).toEqual(['succeeded', 'succeeded']);
  });

  it('goes on with a child run that the old owner gives up with its parent', async () => {
    const store = memoryStore();
    const first = bench({ store, taskParallelism: 3 });
    const second = bench({ store, taskParallelism: 3 }, LATER);
    let scheduler = first.scheduler;
    const gates = { child: new Gate<string>(), parent: new Gate() };
    const child = async (p: Controls) =>
      p
        .task(() => gates.child.promise, { name: 'c' })
        .run()
        .result();
    const code = async () => {
      if (scheduler === second.scheduler) await gates.parent.promise;
      return scheduler.runPipeline(child, { name: 'child' }).result();
    };
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    scheduler = second.scheduler;
    const handle = second.scheduler.resume('r', code);
    const outcome = handle.result().catch((error) => error.code);
    await second.clock.advance(1);
    // The old owner wakes, and finds out when it extends its leases.
    await first.clock.advanceTo(LATER + 1_000);
    gates.parent.open();
    await second.clock.advance(3_000);
    expect(handle.state).toBe('running');
    gates.child.open('child');
    await second.clock.advance(3_000);
    expect(await outcome).toBe('child');
    expect((await store.runs.list()).map((run) => run.state)).toEqual(['succeeded', 'succeeded']);
  });

  it.each(['end', 'suspend'])('waits for a child run that the old owner still runs (%s)', async (how) => {
    const store = memoryStore();
    const { store: blind, control } = watched(store);
    // It is told of no loss: what it knows when its renewal comes before the other's claim.
    control.blind = true;
    const first = bench({ store: blind, taskParallelism: 3 });
    const second = bench({ store, taskParallelism: 3 }, LATER);
    let scheduler = first.scheduler;
    const gates = { child: new Gate<string>(), parent: new Gate() };
    const child = async (p: Controls) =>
      p
        .task(() => gates.child.promise, { name: 'c' })
        .run()
        .result();
    const code = async () => {
      if (scheduler === second.scheduler) await gates.parent.promise;
      return scheduler.runPipeline(child, { name: 'child' }).result();
    };
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    scheduler = second.scheduler;
    const handle = second.scheduler.resume('r', code);
    const outcome = handle.result().catch((error) => error.code);
    await second.clock.advance(1);
    // The old owner wakes, and extends its leases before it finds out.
    await first.clock.advanceTo(LATER + 1_000);
    gates.parent.open();
    await second.clock.advance(3_000);
    expect(handle.state).toBe('running');
    if (how === 'suspend') {
      const closing = second.scheduler.close({ mode: 'suspend' });
      await second.clock.advance(2_000);
      await closing;
      expect(await outcome).toBe('SCHEDULER_ABORTED');
      return;
    }
    gates.child.open('from the old owner');
    await first.clock.advance(1);
    await second.clock.advance(3_000);
    expect(await outcome).toBe('from the old owner');
  });

  it('says of no outcome that it is kept which was refused (relaxed)', async () => {
    const store = memoryStore();
    const gate = new Gate();
    const code = async (p: Controls) =>
      p
        .task(() => gate.promise, { name: 'a' })
        .run()
        .outcome();
    const first = bench({ store, durability: 'relaxed' });
    const lost = first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const second = bench({ store, durability: 'relaxed' }, LATER);
    second.scheduler.pause();
    await second.scheduler.resume('r', code).accepted;
    const [task] = lost.tasks;
    gate.open();
    await first.clock.advance(1);
    expect(task?.state).toBe('succeeded');
    expect(task?.durable).toBe(false);
    second.scheduler.unpause();
    await second.clock.advance(1);
  });

  it('leaves nothing of it alive in the old owner', async () => {
    const store = memoryStore();
    const gate = new Gate();
    const code = async (p: Controls) =>
      p
        .task(() => gate.promise, { name: 'a' })
        .run()
        .outcome();
    const first = bench({ store });
    const lost = first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    const [task] = lost.tasks;
    let completed = 0;
    task?.events$.subscribe({ complete: () => (completed += 1) });
    const actor = task?.actor;
    const rejected = expect(lost.result()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    const second = bench({ store }, LATER);
    second.scheduler.pause();
    await second.scheduler.resume('r', code).accepted;
    gate.fail(new Error('failed here'));
    await first.clock.advance(60_000);
    await rejected;
    expect(completed).toBe(1);
    expect(actor?.getSnapshot().status).toBe('done');
    expect(first.events.filter((event) => event.type.endsWith(':failed'))).toEqual([]);
    second.scheduler.unpause();
    await second.clock.advance(1);
  });
});

describe('going on with a run while', () => {
  const code = async (p: Controls) =>
    p
      .task(() => never(), { name: 'a' })
      .run()
      .result();
  const quick = async (p: Controls) =>
    p
      .task(async () => 'ok', { name: 'a' })
      .run()
      .result();

  /** A store with an open run `r`, owned by nobody that lives. */
  async function left(given = code) {
    const watching = watched();
    const first = bench({ store: watching.inner });
    first.scheduler.runPipeline(given, { runId: 'r', name: 'job' });
    await first.clock.advance(1);
    return watching;
  }

  it('it is cancelled: the ledger has one end with its reason', async () => {
    const { store } = await left();
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', code);
    expect(handle.cancel('no longer wanted')).toBe(true);
    await second.clock.advance(1);
    await handle.accepted;
    expect((await store.runs.get('r'))?.outcome).toEqual({ kind: 'cancelled', reason: 'no longer wanted' });
    const ends = (await store.events('r')).filter((event) => event.type === 'pipeline:cancelled');
    expect(ends).toHaveLength(1);
    expect(await states(store, 'r')).toEqual({ a: 'cancelled' });
    expect((await store.runs.get('r'))?.closed).toBe(true);
  });

  it('a finished one is cancelled: `accepted` is settled', async () => {
    const store = memoryStore();
    await bench({ store }).scheduler.runPipeline(quick, { runId: 'r' }).result();
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', quick);
    handle.cancel();
    await second.clock.advance(1);
    let settled = false;
    handle.accepted.then(
      () => (settled = true),
      () => (settled = true),
    );
    await second.clock.advance(1);
    expect(settled).toBe(true);
    expect((await store.runs.get('r'))?.state).toBe('succeeded');
  });

  it.each(['abort', 'suspend', 'drain'] as const)('the scheduler closes (%s)', async (mode) => {
    const { store, control, inner } = await left();
    const slow = new Gate();
    control.on.claim = () => slow.promise;
    const second = bench({ store }, LATER);
    const handle = second.scheduler.resume('r', mode === 'drain' ? quick : code);
    const settled = Promise.allSettled([handle.accepted, handle.result()]);
    await second.clock.advance(1);
    let closed = false;
    const closing = second.scheduler.close({ mode }).then(() => (closed = true));
    await second.clock.advance(1);
    slow.open();
    await second.clock.advance(1);
    expect(closed).toBe(true);
    await closing;
    await settled;
    await second.clock.advance(1);
    expect((await inner.runs.get('r'))?.owner).toBeUndefined();
    expect(second.clock.pending).toBe(0);
  });

  it('the scheduler closes during recover()', async () => {
    const { store, control, inner } = await left();
    const slow = new Gate();
    control.on.openRuns = () => slow.promise;
    const second = bench({ store, pipelines: [definePipeline('job', code)] }, LATER);
    const recovering = second.scheduler.recover();
    const rejected = expect(recovering).rejects.toMatchObject({ code: 'SCHEDULER_SHUTTING_DOWN' });
    await second.clock.advance(1);
    await second.scheduler.close();
    slow.open();
    await second.clock.advance(1);
    await rejected;
    expect((await inner.runs.get('r'))?.owner?.session).not.toBe(undefined);
    expect(second.scheduler.snapshot().pipelines.queued).toBe(0);
    expect(second.clock.pending).toBe(0);
  });

  it('the store throws something that is no error of ours', async () => {
    const { store, control } = await left();
    control.on.claim = () => {
      throw new Error('plain');
    };
    const second = bench({ store, pipelines: [definePipeline('job', code)] }, LATER);
    const { refused } = await second.scheduler.recover();
    expect(refused).toMatchObject([{ runId: 'r', error: { message: 'plain' } }]);
  });

  it('it is asked for twice', async () => {
    const { store } = await left();
    const second = bench({ store, pipelines: [definePipeline('job', quick)] }, LATER);
    const [one, two] = await Promise.all([second.scheduler.recover(), second.scheduler.recover()]);
    expect(one.resumed.length + two.resumed.length).toBe(1);
    const again = second.scheduler.resume('r', quick);
    expect(await again.result()).toBe('ok');
    expect(again).toBe([...one.resumed, ...two.resumed][0]);
  });
});

describe('a final run', () => {
  it('stays final when it is asked to do a task again that it does not have', async () => {
    const store = memoryStore();
    const { scheduler } = bench({ store });
    await scheduler.runPipeline(async () => 1, { runId: 'r' }).result();
    await expect(scheduler.reset('r', 'nope')).rejects.toMatchObject({ code: 'PERSISTENCE_NOT_FOUND' });
    expect((await store.runs.get('r'))?.closed).toBe(true);
  });

  it('stays final when it cannot be run again with the code that is given', async () => {
    const store = memoryStore();
    const { scheduler } = bench({ store });
    const bad = definePipeline('job', async () => Promise.reject(new Error('bad')), { version: '1' });
    await expect(scheduler.runPipeline(bad, { runId: 'r' }).result()).rejects.toThrow('bad');
    const other = definePipeline('job', async () => 1, { version: '2' });
    await expect(scheduler.resume('r', other).result()).rejects.toMatchObject({ code: 'REPLAY_MISMATCH' });
    await expect(scheduler.resume('r').result()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await store.runs.get('r'))?.closed).toBe(true);
    expect((await scheduler.recover()).unknown).toEqual([]);
  });

  it('ends the attempt that a crash cut off when it is reset (T2)', async () => {
    const store = memoryStore();
    let stuck = true;
    const code = async (p: Controls) => {
      await p
        .task(async () => 1, { name: 'a' })
        .run()
        .result();
      return p
        .task(async () => (stuck ? never() : 'b'), { name: 'b' })
        .run()
        .result();
    };
    const first = bench({ store });
    first.scheduler.runPipeline(code, { runId: 'r' });
    await first.clock.advance(1);
    stuck = false;
    const second = bench({ store }, LATER);
    await second.scheduler.reset('r', 'a');
    const third = bench({ store }, 2 * LATER);
    expect(await third.scheduler.resume('r', code).result()).toBe('b');
    await third.clock.advance(1);
    await expectSequence(store, 'r');
    const events = (await store.events('r')).filter((event) => event.type.startsWith('attempt:'));
    expect(events.map((event) => `${event.name} ${event.attempt} ${event.type}`)).toEqual([
      'a 1 attempt:started',
      'a 1 attempt:succeeded',
      'b 1 attempt:started',
      'b 1 attempt:lost',
      'a 2 attempt:started',
      'a 2 attempt:succeeded',
      'b 2 attempt:started',
      'b 2 attempt:succeeded',
    ]);
  });
});

describe('reset', () => {
  it('does child runs again that were submitted after the task', async () => {
    const store = memoryStore();
    let made = 0;
    let { scheduler } = bench({ store });
    const code = async (p: Controls) => {
      const a = await p
        .task(async () => ++made, { name: 'a' })
        .run()
        .result();
      return scheduler
        .runPipeline(
          async (c) =>
            c
              .task(async () => a * 10, { name: 'c' })
              .run()
              .result(),
          { name: 'child' },
        )
        .result();
    };
    expect(await scheduler.runPipeline(code, { runId: 'r' }).result()).toBe(10);
    await scheduler.reset('r', 'a');
    ({ scheduler } = bench({ store }, LATER));
    expect(await scheduler.resume('r', code).result()).toBe(20);
  });

  it('can be asked twice, with a crash in between', async () => {
    const store = memoryStore();
    const runs: Record<string, number> = {};
    let stuck = '';
    const code = async (p: Controls) => {
      for (const name of ['a', 'b', 'c'])
        await p
          .task(
            async () => {
              runs[name] = (runs[name] ?? 0) + 1;
              if (stuck === name) await never();
            },
            { name },
          )
          .run()
          .result();
    };
    const first = bench({ store });
    await first.scheduler.runPipeline(code, { runId: 'r' }).result();
    await first.clock.advance(1);
    await first.scheduler.reset('r', 'b');
    await first.scheduler.reset('r', 'c');
    stuck = 'c';
    first.scheduler.resume('r', code);
    await first.clock.advance(1);
    expect(runs).toEqual({ a: 1, b: 2, c: 2 });
    stuck = '';
    const second = bench({ store }, LATER);
    await second.scheduler.resume('r', code).result();
    expect(runs).toEqual({ a: 1, b: 2, c: 3 });
    await expectSequence(store, 'r');
    expect((await store.tasks.list('r')).map((task) => task.attempts)).toEqual([1, 2, 3]);
  });

  it('gives a task all its attempts again', async () => {
    const store = memoryStore();
    let fails = 3;
    const code = async (p: Controls) =>
      p
        .task(
          async () => {
            fails -= 1;
            if (fails >= 0) throw new Error('not yet');
            return 'fine';
          },
          { name: 'a', retry: { maxAttempts: 3, backoffMs: 1 } },
        )
        .run()
        .result();
    const first = bench({ store });
    const failed = expect(first.scheduler.runPipeline(code, { runId: 'r' }).result()).rejects.toThrow(
      'not yet',
    );
    await first.clock.advance(100);
    await failed;
    await first.scheduler.reset('r', 'a');
    fails = 2;
    const again = first.scheduler.resume('r', code);
    const outcome = again.outcome();
    await first.clock.advance(100);
    expect(await outcome).toMatchObject({ kind: 'succeeded' });
  });
});

it('a run that was taken over is let go when its lease is to be renewed, though it writes nothing', async () => {
  const store = memoryStore();
  const stopped: string[] = [];
  const code = async (p: Controls) => {
    const body = ({ signal, attempt }: TaskContext) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          stopped.push(`attempt ${attempt}: ${signal.reason.code}`);
          reject(signal.reason);
        });
      });
    await p.task(body, { name: 'idle' }).run().result();
  };
  const first = bench({ store });
  const lost = first.scheduler.runPipeline(code, { runId: 'r' });
  await first.clock.advance(1);
  const second = bench({ store }, LATER);
  await second.scheduler.resume('r', code).accepted;
  const rejected = expect(lost.result()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await first.clock.advance(10_000);
  await rejected;
  expect(stopped).toEqual(['attempt 1: LEASE_LOST']);
  expect([lost.state, lost.done]).toEqual(['cancelled', true]);
});
