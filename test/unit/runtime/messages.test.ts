/**
 * Messages to runs through the store. The hunted bugs: a message that is lost because it came at a bad moment (no
 * owner, an owner that is just taking over, a store that fails), one that counts twice, a run that goes on starting
 * things although it was stopped, a store that is asked for ever.
 */
import { describe, expect, it } from 'vitest';
import { INBOX_POLL_MS } from '../../../src/core/limits.ts';
import {
  type CallContext,
  type Controls,
  definePipeline,
  memoryStore,
  type Scheduler,
  type SchedulerOptions,
  type Store,
  Task,
  type TaskContext,
  TaskGraph,
} from '../../../src/index.ts';
import { bench, Gate, obedient } from './kit.ts';
import { expectOneEndEach, LATER, never, states, watched } from './recovery-kit.ts';

const STOP = { kind: 'terminate', reason: 'enough' } as const;

/** What the tasks of a graph do, by their title, in one life of a run. */
type Life = Readonly<Record<string, ((context: CallContext) => unknown) | undefined>>;

const stops = (context: CallContext) => obedient(context as unknown as TaskContext);

/** Two tasks after each other and one whatever happens. */
function release(log: string[], life: Life = {}): TaskGraph {
  const graph = new TaskGraph({ title: 'release' });
  const say = (title: string) =>
    Task.call(
      async (context) => {
        log.push(title);
        await life[title]?.(context);
      },
      { title },
    );
  const build = graph.add(say('build'));
  const publish = graph.add(say('publish'), { after: [build] });
  graph.add(say('clean'), { after: [publish], finally: true });
  return graph;
}

/** A store with runs whose process is dead: time stands still for it, so it looks for no messages. */
async function leftBehind(begin: (scheduler: Scheduler) => void, more: SchedulerOptions = {}) {
  const { store, control } = watched();
  control.polled = true;
  const { scheduler, clock } = bench({ store, ...more });
  begin(scheduler);
  await clock.advance(1);
  return { store, control, scheduler, clock };
}

/** The next process: the lease of the one before has run out. */
const next = (store: Store, more: SchedulerOptions = {}) => bench({ store, ...more }, LATER);

describe('a run that is sent terminate', () => {
  it('stops as by its handle, at once where the store can tell', async () => {
    const { scheduler, clock } = bench({ store: memoryStore() });
    const reasons: unknown[] = [];
    const handle = scheduler.runPipeline(
      async (p) => {
        const task = p.task(obedient, { name: 'a' }).run();
        p.task(obedient, { name: 'b', resources: {} }).run();
        await task.result().catch((error) => reasons.push(error));
      },
      { runId: 'r' },
    );
    await clock.advance(0);
    expect(await scheduler.store?.runs.send('r', STOP)).toBe(true);
    await clock.advance(0);
    expect(await handle.outcome()).toMatchObject({
      kind: 'cancelled',
      reason: 'terminated',
      error: { code: 'TERMINATED', message: 'enough' },
    });
    expect(reasons).toMatchObject([{ code: 'CANCELLED' }]);
    expect(await scheduler.store?.runs.send('r', STOP)).toBe(false);
    expect(await scheduler.store?.runs.get('r')).toMatchObject({ state: 'cancelled', closed: true });
  });

  it('stops within one poll where the store cannot tell', async () => {
    const { store, control } = watched();
    control.polled = true;
    const { scheduler, clock } = bench({ store });
    const handle = scheduler.runPipeline(async (p) => p.task(obedient).run().result(), { runId: 'r' });
    await clock.advance(1);
    await store.runs.send('r', { kind: 'terminate' });
    await clock.advance(INBOX_POLL_MS);
    expect(await handle.outcome()).toMatchObject({
      kind: 'cancelled',
      error: { message: 'terminated on request' },
    });
  });

  it('is recorded to have taken it in one piece with what followed, and is given it once', async () => {
    const { store, control } = watched();
    control.polled = true;
    const { scheduler, clock } = bench({ store });
    const aborted: unknown[] = [];
    scheduler.runPipeline(
      async (p) =>
        p
          .task(
            ({ signal }) => {
              signal.addEventListener('abort', () => aborted.push(signal.reason));
              return never();
            },
            { name: 'deaf', graceMs: 3_000 },
          )
          .run()
          .result(),
      { runId: 'r' },
    );
    await clock.advance(1);
    await store.runs.send('r', STOP);
    // The commit of it takes its time, while the store is looked at again and again.
    control.gate = new Gate();
    await clock.advance(1_000);
    control.gate.open();
    control.gate = undefined;
    await clock.advance(60_000);
    expect(aborted).toHaveLength(1);
    const taking = control.commits.filter((batch) => batch.taken.length > 0);
    expect(taking.map((batch) => [batch.taken.map((one) => one.ordinal), batch.moves.size > 0])).toEqual([
      [[1], true],
    ]);
    await expectOneEndEach(store, 'r');
  });

  it('gives up its finally tasks when it is sent it twice', async () => {
    for (const messages of [1, 2]) {
      const store = memoryStore();
      const { scheduler, clock } = bench({ store });
      const log: string[] = [];
      const gate = new Gate();
      const life = {
        build: stops,
        clean: (context: CallContext) => Promise.race([stops(context), gate.promise]),
      };
      const handle = scheduler.runPipeline(release(log, life), { runId: 'r' });
      await clock.advance(0);
      await store.runs.send('r', STOP);
      await clock.advance(0);
      expect(log).toEqual(['build', 'clean']);
      if (messages === 2) await store.runs.send('r', STOP);
      await clock.advance(0);
      expect(handle.done).toBe(messages === 2);
      gate.open();
      await clock.advance(0);
      expect((await handle.outcome()).kind).toBe('cancelled');
      expect(await states(store, 'r')).toMatchObject({
        build: 'cancelled',
        clean: messages === 2 ? 'cancelled' : 'succeeded',
      });
    }
  });

  it('is never entered when it was still queued', async () => {
    const store = memoryStore();
    const { scheduler, clock } = bench({ store, pipelineParallelism: 1 });
    const gate = new Gate();
    const entered: string[] = [];
    scheduler.runPipeline(() => gate.promise, { runId: 'first' });
    const handle = scheduler.runPipeline(() => void entered.push('r'), { runId: 'r' });
    const after = scheduler.runPipeline(() => void entered.push('after'), { after: [handle] });
    await clock.advance(0);
    await store.runs.send('r', STOP);
    await clock.advance(0);
    expect([handle.state, after.state]).toEqual(['cancelled', 'blocked']);
    gate.open();
    await clock.advance(1);
    expect(entered).toEqual([]);
    expect((await store.runs.get('r'))?.closed).toBe(true);
  });

  it('is stopped without its parent and its siblings when it is a child run', async () => {
    const store = memoryStore();
    const { scheduler, clock } = bench({ store, taskParallelism: 3 });
    const gate = new Gate();
    const child = (runId: string) =>
      scheduler.runPipeline(
        async (p) => {
          await p
            .task((context) => Promise.race([obedient(context), gate.promise]))
            .run()
            .result();
        },
        { runId },
      );
    const parent = scheduler.runPipeline(
      async () => {
        const both = [child('a'), child('b')];
        return (await Promise.all(both.map((one) => one.outcome()))).map((outcome) => outcome.kind);
      },
      { runId: 'parent' },
    );
    await clock.advance(1);
    expect(await store.runs.send('a', STOP)).toBe(true);
    await clock.advance(1);
    expect([(await store.runs.get('a'))?.state, (await store.runs.get('b'))?.state]).toEqual([
      'cancelled',
      'running',
    ]);
    gate.open();
    expect(await parent.result()).toEqual(['cancelled', 'succeeded']);
  });

  it('is stopped with its child runs', async () => {
    const store = memoryStore();
    const { scheduler, clock } = bench({ store });
    const parent = scheduler.runPipeline(
      async () => {
        await scheduler
          .runPipeline(async (p) => p.task(obedient).run().result(), { runId: 'child' })
          .result();
      },
      { runId: 'parent' },
    );
    await clock.advance(1);
    await store.runs.send('parent', STOP);
    await clock.advance(1);
    expect((await parent.outcome()).kind).toBe('cancelled');
    expect(await store.runs.get('child')).toMatchObject({ state: 'cancelled', closed: true });
  });

  it('may send it to itself, from a task of its own', async () => {
    const store = memoryStore();
    const { scheduler } = bench({ store });
    const handle = scheduler.runPipeline(
      async (p) => {
        const task = p.task(async (context) => {
          await store.runs.send('r', STOP);
          await obedient(context);
        });
        await task.run().result();
      },
      { runId: 'r' },
    );
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled', error: { message: 'enough' } });
  });

  it('has its tasks stopped when its body is over and they go on', async () => {
    const store = memoryStore();
    const { scheduler, clock } = bench({ store });
    const handle = scheduler.runPipeline(
      async (p) => {
        p.task(obedient, { name: 'a' }).run();
        p.task(obedient, { name: 'queued' }).run();
        return 'early';
      },
      { runId: 'r' },
    );
    expect(await handle.result()).toBe('early');
    expect(await store.runs.send('r', STOP)).toBe(true);
    await clock.advance(0);
    expect(await states(store, 'r')).toEqual({ a: 'cancelled', queued: 'cancelled' });
    expect(await store.runs.get('r')).toMatchObject({ state: 'succeeded', closed: true });
  });
});

describe('a run that was sent terminate while nobody ran it', () => {
  it.each(['resume', 'recover'])('is never entered if it had not begun (%s)', async (way) => {
    const entered: string[] = [];
    const job = definePipeline('job', () => void entered.push('job'));
    const { store } = await leftBehind(
      (scheduler) => {
        scheduler.runPipeline(() => never(), { runId: 'other' });
        scheduler.runPipeline(job, { runId: 'r' });
      },
      { pipelineParallelism: 1 },
    );
    expect(await store.runs.send('r', STOP)).toBe(true);
    const { scheduler, clock } = next(store, { pipelines: [job] });
    const handle = way === 'resume' ? scheduler.resume('r') : (await scheduler.recover()).resumed[0];
    await clock.advance(1);
    expect(await handle?.outcome()).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
    expect([entered, (await store.runs.get('r'))?.closed]).toEqual([[], true]);
    // It was taken: a new life of the run is not stopped by it again.
    await scheduler.resume('r').result();
    expect(entered).toEqual(['job']);
  });

  it('starts nothing that was left when it is gone on with, and ends cancelled', async () => {
    const started: string[] = [];
    const code = async (p: Controls) => {
      const task = (name: string, body: () => unknown) =>
        p
          .task(
            () => {
              started.push(name);
              return body();
            },
            { name },
          )
          .run()
          .result();
      await task('done', () => 1);
      await task('cut off', never);
      await task('next', () => 3);
    };
    const { store } = await leftBehind((scheduler) => scheduler.runPipeline(code, { runId: 'r' }));
    await store.runs.send('r', STOP);
    const { scheduler, clock } = next(store);
    const handle = scheduler.resume('r', code);
    await clock.advance(60_000);
    expect(await handle.outcome()).toMatchObject({
      kind: 'cancelled',
      reason: 'terminated',
      error: { message: 'enough' },
    });
    expect(started).toEqual(['done', 'cut off']);
    expect(await states(store, 'r')).toEqual({ done: 'succeeded', 'cut off': 'cancelled' });
    expect((await store.runs.get('r'))?.closed).toBe(true);
    await expectOneEndEach(store, 'r');
  });

  it('runs its finally tasks, unless it was sent it twice', async () => {
    for (const messages of [1, 2]) {
      const log: string[] = [];
      const { store } = await leftBehind((scheduler) =>
        scheduler.runPipeline(release(log, { build: never }), { runId: 'r' }),
      );
      expect(log.splice(0)).toEqual(['build']);
      for (let i = 0; i < messages; i += 1) await store.runs.send('r', STOP);
      const { scheduler, clock } = next(store);
      const handle = scheduler.resume('r', release(log));
      await clock.advance(1);
      expect((await handle.outcome()).kind).toBe('cancelled');
      expect(log).toEqual(messages === 1 ? ['clean'] : []);
      expect(await states(store, 'r')).toEqual({
        build: 'cancelled',
        publish: 'cancelled',
        clean: messages === 1 ? 'succeeded' : 'cancelled',
      });
      await expectOneEndEach(store, 'r');
    }
  });

  it('runs its finally tasks also if it is sent it while it waits to be entered again', async () => {
    const log: string[] = [];
    const { store } = await leftBehind((scheduler) =>
      scheduler.runPipeline(release(log, { build: never }), { runId: 'r' }),
    );
    log.length = 0;
    const { scheduler, clock } = next(store, { pipelineParallelism: 1 });
    const gate = new Gate();
    scheduler.runPipeline(() => gate.promise, { runId: 'other' });
    await clock.advance(1);
    const handle = scheduler.resume('r', release(log));
    await handle.accepted;
    await store.runs.send('r', STOP);
    await clock.advance(10 * INBOX_POLL_MS);
    expect([handle.state, log]).toEqual(['queued', []]);
    gate.open();
    await clock.advance(2 * INBOX_POLL_MS);
    expect((await handle.outcome()).kind).toBe('cancelled');
    expect(await states(store, 'r')).toMatchObject({ build: 'cancelled', clean: 'succeeded' });
  });

  it('gives up its finally tasks if it was being stopped when its process ended', async () => {
    const log: string[] = [];
    const first = await leftBehind((scheduler) =>
      scheduler.runPipeline(release(log, { build: stops, clean: never }), { runId: 'r' }),
    );
    const { store } = first;
    first.scheduler.resume('r').requestTerminate('first');
    await first.clock.advance(1);
    expect(await states(store, 'r')).toMatchObject({ build: 'cancelled', clean: 'running' });
    await store.runs.send('r', STOP);
    log.length = 0;
    const { scheduler, clock } = next(store);
    const handle = scheduler.resume('r', release(log));
    await clock.advance(1);
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled', error: { message: 'first' } });
    expect(log).toEqual([]);
  });

  it('stops a child run of its own when that is gone on with', async () => {
    const started: string[] = [];
    const child = (scheduler: Scheduler) =>
      scheduler.runPipeline(
        async (p) => {
          await p
            .task(() => (started.length === 0 ? never() : started.push('again')), { name: 'a' })
            .run()
            .result();
        },
        { name: 'child', runId: 'child' },
      );
    const parent = (scheduler: Scheduler) => async () => (await child(scheduler).outcome()).kind;
    const { store } = await leftBehind((scheduler) =>
      scheduler.runPipeline(parent(scheduler), { runId: 'parent', name: 'parent' }),
    );
    started.push('first');
    await store.runs.send('child', STOP);
    const { scheduler, clock } = next(store);
    const handle = scheduler.resume(
      'parent',
      Object.defineProperty(parent(scheduler), 'name', { value: 'parent' }),
    );
    await clock.advance(1);
    expect(await handle.result()).toBe('cancelled');
    expect(started).toEqual(['first']);
  });

  it('is stopped by what came while it was being taken over', async () => {
    for (const polled of [true, false]) {
      const code = async (p: Controls) =>
        p
          .task(() => never())
          .run()
          .result();
      const { store, control } = await leftBehind((scheduler) => scheduler.runPipeline(code, { runId: 'r' }));
      control.polled = polled;
      const { scheduler, clock } = next(store, { pipelineParallelism: 2 });
      // Messages are looked for already, and the run is not ours yet.
      const gate = new Gate();
      scheduler.runPipeline(() => gate.promise, { runId: 'other' });
      await clock.advance(1);
      control.on.claimed = () => store.runs.send('r', STOP);
      const handle = scheduler.resume('r', code);
      await clock.advance(60_000);
      expect(await handle.outcome()).toMatchObject({ kind: 'cancelled', error: { message: 'enough' } });
      gate.open();
    }
  });

  it('is stopped in its next life when the store failed before it was recorded to have taken it', async () => {
    const code = async (p: Controls) =>
      p
        .task(() => never())
        .run()
        .result();
    const { store, control } = watched();
    const first = bench({ store, storeRetryMs: 1_000 });
    const before = first.scheduler.runPipeline(code, { runId: 'r' });
    const given = before.result().catch((error) => error.code);
    await first.clock.advance(1);
    await store.runs.send('r', STOP);
    control.failing = new Error('gone');
    await first.clock.advance(5_000);
    expect(await given).toBe('STORE_UNAVAILABLE');
    control.failing = undefined;
    expect(await store.runs.get('r')).toMatchObject({ state: 'running', closed: false });
    const second = next(store);
    const handle = second.scheduler.resume('r', code);
    await second.clock.advance(60_000);
    expect(await handle.outcome()).toMatchObject({ kind: 'cancelled', error: { message: 'enough' } });
  });
});

describe('looking for messages', () => {
  async function polledRun() {
    const { store, control } = watched();
    control.polled = true;
    const made = bench({ store, storeRetryMs: 10_000 });
    const looks: number[] = [];
    control.on.inbox = () => void looks.push(made.clock.now());
    const gate = new Gate<unknown>();
    const handle = made.scheduler.runPipeline(
      async (p) =>
        p
          .task((context) => Promise.race([gate.promise, obedient(context)]))
          .run()
          .result(),
      { runId: 'r' },
    );
    await made.clock.advance(1);
    return { ...made, store, control, looks, gate, handle };
  }

  it('goes on at one pace while a run is open, and ends with the last one', async () => {
    const { clock, looks, gate, handle } = await polledRun();
    await clock.advance(10 * INBOX_POLL_MS);
    expect(looks).toHaveLength(10);
    gate.open(1);
    await clock.advance(1);
    expect(await handle.result()).toBe(1);
    await clock.advance(100 * INBOX_POLL_MS);
    expect(looks).toHaveLength(10);
    expect(clock.pending).toBeLessThanOrEqual(1); // the renewal of leases
  });

  it('begins again with the next run', async () => {
    const { scheduler, store, clock, looks, gate } = await polledRun();
    gate.open(1);
    await clock.advance(100 * INBOX_POLL_MS);
    const before = looks.length;
    const handle = scheduler.runPipeline(async (p) => p.task(obedient).run().result(), { runId: 's' });
    await clock.advance(1);
    await store.runs.send('s', STOP);
    await clock.advance(INBOX_POLL_MS);
    expect([(await handle.outcome()).kind, looks.length]).toEqual(['cancelled', before + 1]);
  });

  it('is not done at all where the store tells by itself', async () => {
    const { store, control } = watched();
    const { scheduler, clock } = bench({ store });
    let looks = 0;
    control.on.inbox = () => {
      looks += 1;
    };
    scheduler.runPipeline(async (p) => p.task(obedient).run().result(), { runId: 'r' });
    await clock.advance(60_000);
    expect(looks).toBe(0);
    await store.runs.send('r', STOP);
    await clock.advance(0);
    expect([looks, (await store.runs.get('r'))?.state]).toEqual([1, 'cancelled']);
  });

  it('that fails is told of once, tried again less often, and finds what came meanwhile', async () => {
    const { clock, store, control, looks, log, handle } = await polledRun();
    control.on.inbox = () => {
      looks.push(clock.now());
      throw new Error('cannot be read');
    };
    await store.runs.send('r', STOP);
    await clock.advance(20_000);
    expect(log.map((line) => line.message)).toEqual([
      'messages to the runs of this process cannot be read; trying again',
    ]);
    expect(looks.length).toBeLessThan(15);
    expect(handle.state).toBe('running');
    control.on.inbox = undefined;
    await clock.advance(2_000);
    expect((await handle.outcome()).kind).toBe('cancelled');
    expect(log).toHaveLength(1);
  });

  it('is told of again when it fails again', async () => {
    const { clock, control, log } = await polledRun();
    for (let i = 0; i < 2; i += 1) {
      control.on.inbox = () => Promise.reject(new Error('cannot be read'));
      await clock.advance(5_000);
      control.on.inbox = undefined;
      await clock.advance(5_000);
    }
    expect(log).toHaveLength(2);
  });

  it('waits while the store takes no commits, and goes on when it does again', async () => {
    for (const polled of [true, false]) {
      const { store, control } = watched();
      control.polled = polled;
      const { scheduler, clock } = bench({ store, taskParallelism: 2 });
      let looks = 0;
      control.on.inbox = () => {
        looks += 1;
      };
      const gate = new Gate();
      const handle = scheduler.runPipeline(
        async (p) => {
          p.task(() => gate.promise, { name: 'ends' }).run();
          await p.task(obedient, { name: 'stays' }).run().result();
        },
        { runId: 'r' },
      );
      await clock.advance(1);
      control.failing = new Error('gone');
      gate.open();
      await clock.advance(1);
      const before = looks;
      await store.runs.send('r', STOP);
      await clock.advance(10_000);
      expect([looks - before, handle.state]).toEqual([0, 'running']);
      control.failing = undefined;
      await clock.advance(10_000);
      expect(await handle.outcome()).toMatchObject({ kind: 'cancelled', error: { message: 'enough' } });
    }
  });

  it('leaves nothing behind when the scheduler is closed while it looks', async () => {
    const { scheduler, clock, control, log } = await polledRun();
    const answer = new Gate();
    control.on.inbox = () => answer.promise;
    await clock.advance(INBOX_POLL_MS);
    const closing = scheduler.close({ mode: 'abort' });
    await clock.advance(60_000);
    await closing;
    expect(clock.pending).toBe(0);
    answer.open();
    await clock.advance(60_000);
    expect([clock.pending, log]).toEqual([0, []]);
  });
});
