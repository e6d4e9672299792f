import { describe, expect, it } from 'vitest';
import { bench, errorOf, Gate, OpenRun, settle } from './kit.ts';

describe('a failure', () => {
  it('that nobody looked at is logged once, at the end of its run, and rejects nowhere', async () => {
    const { scheduler, log } = bench();
    const error = new Error('own');
    const run = new OpenRun(scheduler, { name: 'careless' });
    await run.task(() => Promise.reject(error), { name: 'a' });
    await run.task(() => Promise.reject(new Error('other')), { name: 'b' });
    await settle();
    expect(log).toEqual([]);
    run.end();
    await settle();
    expect(log).toEqual([
      {
        level: 'warn',
        message: 'run "careless" ended with failures nobody looked at: 2 of its tasks (a, b) failed',
        rest: [error],
      },
    ]);
  });

  it('of the run itself is logged when nobody asks', async () => {
    const { scheduler, log } = bench();
    const error = new Error('own');
    scheduler.runPipeline(() => Promise.reject(error), { name: 'lost' });
    await settle();
    expect(log).toMatchObject([
      { message: 'run "lost" ended with failures nobody looked at: the run itself failed', rest: [error] },
    ]);
  });

  it.each(['result', 'exception', 'outcome'] as const)(
    'that somebody asked %s() about is not',
    async (method) => {
      const { scheduler, log } = bench();
      const handle = scheduler.runPipeline(async (controls) => {
        await controls
          .task(() => Promise.reject(new Error('x')))
          .run()
          [method]()
          .catch(() => {});
        throw new Error('y');
      });
      await handle[method]().catch(() => {});
      await settle();
      expect(log).toEqual([]);
    },
  );

  it('asked about in the same moment as it happens is not logged', async () => {
    const { scheduler, log } = bench();
    const handle = scheduler.runPipeline(() => Promise.reject(new Error('x')));
    await settle();
    void handle;
    expect(log).toHaveLength(1);
    const other = scheduler.runPipeline(() => Promise.reject(new Error('x')));
    expect((await errorOf(other.result())).message).toBe('x');
    await settle();
    expect(log).toHaveLength(1);
  });

  it('gives the identical error object to everyone who asks, again and again', async () => {
    const { scheduler } = bench();
    const error = Object.freeze(new Error('own'));
    const handle = scheduler.runPipeline(() => Promise.reject(error));
    expect(await errorOf(handle.result())).toBe(error);
    expect(await errorOf(handle.result())).toBe(error);
    expect(await handle.exception()).toBe(error);
    expect((await handle.outcome()).error).toBe(error);
  });

  it('a cancellation is no failure: nothing is logged', async () => {
    const { scheduler, log } = bench();
    const run = new OpenRun(scheduler);
    await run.task(() => new Gate().promise);
    const queued = await run.task(() => 1);
    queued.cancel();
    run.handle.requestTerminate();
    run.end();
    await settle();
    expect(log).toEqual([]);
  });
});

describe('a run id', () => {
  it('of your own is the id of the run; one that is known is refused through the handle', async () => {
    const { scheduler, events } = bench();
    const first = scheduler.runPipeline(() => 'first', { runId: 'mine', name: 'original' });
    expect([first.runId, first.id]).toEqual(['mine', 'mine']);
    await expect(first.accepted).resolves.toBeUndefined();
    const snapshot = scheduler.snapshot();
    const second = scheduler.runPipeline(() => 'second', { runId: 'mine' });
    const error = await errorOf(second.accepted);
    expect([error.code, error.message]).toEqual([
      'RUN_EXISTS',
      'the run id "mine" is taken by the run "original"',
    ]);
    expect(await errorOf(second.result())).toBe(error);
    expect([second.state, second.done, second.cancel(), second.requestTerminate()]).toEqual([
      'failed',
      true,
      false,
      false,
    ]);
    expect(scheduler.snapshot().pipelines.total).toBe(snapshot.pipelines.total);
    expect(await first.result()).toBe('first');
    const third = scheduler.runPipeline(() => 'third', { runId: 'mine' });
    expect((await errorOf(third.result())).code).toBe('RUN_EXISTS');
    expect(events.filter((event) => event.type === 'pipeline:queued')).toHaveLength(1);
  });

  it('can be used again after discard()', async () => {
    const { scheduler } = bench();
    const first = scheduler.runPipeline(() => 'first', { runId: 'mine' });
    await first.result();
    await settle();
    first.discard();
    expect(await scheduler.runPipeline(() => 'second', { runId: 'mine' }).result()).toBe('second');
  });

  it('made by the scheduler is a sortable UUIDv7, also at time 0', async () => {
    const { scheduler } = bench({}, 0);
    const run = new OpenRun(scheduler);
    const tasks = [await run.task(() => 1), await run.task(() => 2)];
    const ids = [run.handle.runId, ...tasks.map((task) => task.id)];
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('a context', () => {
  it('tells a body who it is, and its parts can be taken off it', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(
      ({ id, name, runId, attempt, upstream, terminateRequested, signal, logger }) => ({
        ...{ id, name, runId, attempt, upstream, terminateRequested },
        aborted: signal.aborted,
        logs: typeof logger.info,
      }),
      { name: 'who' },
    );
    expect(await task.result()).toEqual({
      id: task.id,
      name: 'who',
      runId: run.handle.runId,
      attempt: 1,
      upstream: new Map(),
      terminateRequested: false,
      aborted: false,
      logs: 'function',
    });
  });

  it('comes after the arguments', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const value = await run.use((controls) =>
      controls
        .task((a: number, b: string, context) => [a, b, context.name], { args: [1, 'two'], name: 'three' })
        .run()
        .result(),
    );
    expect(value).toEqual([1, 'two', 'three']);
  });
});
