import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Scheduler } from '../../../src/index.ts';
import { bench, errorOf, Gate, OpenRun, settle, thrownBy } from './kit.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function isCollected(ref: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 10 && ref.deref() !== undefined; i += 1) {
    await settle();
    collectGarbage();
  }
  return ref.deref() === undefined;
}

describe('scheduler.snapshot()', () => {
  it('is frozen to the bottom and has every field, sorted and counted', async () => {
    const { scheduler } = bench({
      resources: { mem: 2, cpu: 1 },
      pipelineParallelism: 2,
      taskParallelism: 3,
    });
    const run = new OpenRun(scheduler, { name: 'open' });
    const gate = new Gate();
    await run.task(() => gate.promise, { resources: { cpu: 1 } });
    await run.task(() => 1, { resources: { cpu: 1 } });
    await settle();
    const snapshot = scheduler.snapshot();
    expect(snapshot).toEqual({
      mode: 'open',
      shutdownStarted: false,
      closed: false,
      pipelineParallelism: 2,
      taskParallelism: 3,
      pipelines: {
        queued: 0,
        ready: 0,
        running: 1,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
        blocked: 0,
        total: 1,
      },
      tasks: {
        ...{ queued: 1, ready: 0, running: 1, succeeded: 0, failed: 0, cancelled: 0, blocked: 0 },
        ...{ admitted: 1, total: 2 },
      },
      abandoned: 0,
      resources: [
        { label: 'cpu', capacity: 1, inUse: 1, available: 0 },
        { label: 'mem', capacity: 2, inUse: 0, available: 2 },
      ],
      runningPipelines: [{ runId: run.handle.runId, name: 'open' }],
    });
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(snapshot)).toBe(true);
    gate.open();
    await settle();
    expect(snapshot.tasks.running).toBe(1);
  });

  it('shares what did not change with the one before, and is the same when nothing did', async () => {
    const { scheduler } = bench({ resources: { cpu: 1 } });
    const run = new OpenRun(scheduler);
    await settle();
    const before = scheduler.snapshot();
    expect(scheduler.snapshot()).toBe(before);
    await run.task(() => new Gate().promise);
    await settle();
    const after = scheduler.snapshot();
    expect(after).not.toBe(before);
    expect([after.pipelines === before.pipelines, after.resources === before.resources]).toEqual([
      true,
      true,
    ]);
    expect(after.tasks).not.toBe(before.tasks);
  });

  it('a first one that nothing changes is frozen as well', () => {
    const { scheduler } = bench({ resources: { cpu: 1 } });
    const snapshot = scheduler.snapshot();
    expect([Object.isFrozen(snapshot), Object.isFrozen(snapshot.tasks)]).toEqual([true, true]);
    expect(Object.isFrozen(snapshot.resources[0])).toBe(true);
  });

  it('can be read after close()', async () => {
    const { scheduler } = bench();
    await scheduler
      .runPipeline((controls) =>
        controls
          .task(() => 1)
          .run()
          .result(),
      )
      .result();
    await scheduler.close();
    expect(scheduler.snapshot()).toMatchObject({
      closed: true,
      tasks: { succeeded: 1 },
      runningPipelines: [],
    });
  });
});

describe('handle.snapshot()', () => {
  it('of a run and of a task is frozen and says what is so now', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler, { name: 'mine' });
    expect(run.handle.snapshot()).toMatchObject({ state: 'queued', stageIndex: -1 });
    const task = await run.task(() => new Gate().promise, { name: 'step' });
    await run.task(() => 1);
    await settle();
    const snapshot = run.handle.snapshot();
    expect(snapshot).toMatchObject({
      runId: run.handle.runId,
      name: 'mine',
      state: 'running',
      phase: 'executing',
      stageIndex: 0,
      tasks: { running: 1, queued: 1 },
    });
    expect(task.snapshot()).toEqual({
      id: task.id,
      name: 'step',
      runId: run.handle.runId,
      stage: 0,
      state: 'running',
      phase: 'executing',
      attempts: 1,
    });
    expect([
      Object.isFrozen(snapshot),
      Object.isFrozen(snapshot.tasks),
      Object.isFrozen(task.snapshot()),
    ]).toEqual([true, true, true]);
    expect(`${run.handle} ${task}`).toBe('the pipeline "mine" (running) the task "step" (running)');
  });

  it('counts tasks that are no longer listed (limits.keepFinishedTasks)', async () => {
    const { scheduler } = bench({ limits: { keepFinishedTasks: 10 } });
    const run = new OpenRun(scheduler);
    for (let i = 0; i < 500; i += 1) await run.task(() => i);
    await settle();
    expect(run.handle.tasks.length).toBeLessThan(200);
    expect(run.handle.snapshot().tasks.succeeded).toBe(500);
    expect(scheduler.snapshot().tasks.succeeded).toBe(500);
    expect(await run.handle.tasks.at(-1)?.result()).toBe(499);
  });
});

describe('discard()', () => {
  it('needs a final run, works once, and afterwards the handle says DISCARDED', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(() => 'kept');
    await settle();
    const early = thrownBy(() => run.handle.discard());
    expect([early.code, early.message]).toEqual([
      'INVALID_TRANSITION',
      'discard() needs a final run; the pipeline "anonymous" is running',
    ]);
    run.end();
    await settle();
    run.handle.discard();
    run.handle.discard();
    const { handle } = run;
    for (const look of [
      () => handle.name,
      () => handle.state,
      () => handle.done,
      () => handle.running,
      () => handle.cancelled,
      () => handle.tasks,
      () => handle.stages,
      () => handle.snapshot(),
    ]) {
      expect(thrownBy(look).code).toBe('DISCARDED');
    }
    for (const look of [handle.result(), handle.exception(), handle.outcome()]) {
      expect((await errorOf(look)).code).toBe('DISCARDED');
    }
    expect([handle.cancel(), handle.requestTerminate(), handle.runId === task.runId]).toEqual([
      false,
      false,
      true,
    ]);
    expect(String(handle)).toContain('discarded');
    expect([task.state, await task.result()]).toEqual(['succeeded', 'kept']);
  });

  it('lets go of the result although the handle is kept', async () => {
    const { scheduler } = bench({ limits: { eventRing: 0 } });
    const { handle, ref } = await (async () => {
      const handle = scheduler.runPipeline(() => ({ large: new Array(1_000) }));
      return { handle, ref: new WeakRef<object>(await handle.result()) };
    })();
    handle.discard();
    expect(await isCollected(ref)).toBe(true);
    expect(thrownBy(() => handle.state).code).toBe('DISCARDED');
  });
});

describe('memory', () => {
  it('keeps limits.keepFinishedRuns finished runs and drops older ones; counts survive', async () => {
    const scheduler = new Scheduler({ limits: { keepFinishedRuns: 2, eventRing: 0 } });
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 4; i += 1) {
      await (async () => {
        const handle = scheduler.runPipeline(
          (controls) =>
            controls
              .task(() => i)
              .run()
              .result(),
          {
            runId: `run ${i}`,
          },
        );
        await handle.result();
        refs.push(new WeakRef(handle));
      })();
    }
    await settle();
    expect(await isCollected(refs[0] as WeakRef<object>)).toBe(true);
    expect(await isCollected(refs[1] as WeakRef<object>)).toBe(true);
    expect(refs[3]?.deref()).toBeDefined();
    expect(scheduler.snapshot()).toMatchObject({ pipelines: { succeeded: 4 }, tasks: { succeeded: 4 } });
    await expect(scheduler.runPipeline(() => 1, { runId: 'run 3' }).accepted).rejects.toMatchObject({
      code: 'RUN_EXISTS',
    });
    await scheduler.close();
  });

  it('lets go of bodies, arguments and values of tasks when the run is dropped', async () => {
    const scheduler = new Scheduler({ limits: { keepFinishedRuns: 0, eventRing: 0 } });
    const ref = await (async () => {
      const argument = { large: new Array(1_000) };
      await scheduler
        .runPipeline((controls) =>
          controls
            .task((given: object) => given, { args: [argument] })
            .run()
            .result(),
        )
        .result();
      return new WeakRef<object>(argument);
    })();
    expect(await isCollected(ref)).toBe(true);
    await scheduler.close();
  });

  it('lets go of the arguments and the body of a finished task while its run goes on', async () => {
    const { scheduler } = bench({ limits: { eventRing: 0 } });
    const run = new OpenRun(scheduler);
    const ref = await (async () => {
      const argument = { large: new Array(1_000) };
      await run.use((controls) =>
        controls
          .task((_: object) => 1, { args: [argument] })
          .run()
          .result(),
      );
      return new WeakRef<object>(argument);
    })();
    expect(await isCollected(ref)).toBe(true);
  });

  it('drops a stream of events with its last subscriber', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const listener = { seen: 0 };
    const ref = await (async () => {
      const own = { next: () => (listener.seen += 1) };
      const subscription = run.handle.events$.subscribe(own);
      await settle();
      subscription.unsubscribe();
      return new WeakRef<object>(own);
    })();
    const { seen } = listener;
    await run.task(() => 1);
    await settle();
    expect(listener.seen).toBe(seen);
    expect(await isCollected(ref)).toBe(true);
  });

  it('recentEvents() holds the last limits.eventRing events, none with 0', async () => {
    const { scheduler, events } = bench({ limits: { eventRing: 5 } });
    await scheduler
      .runPipeline((controls) =>
        controls
          .task(() => 1)
          .run()
          .result(),
      )
      .result();
    await settle();
    expect(scheduler.recentEvents()).toEqual(events.slice(-5));
    const none = bench({ limits: { eventRing: 0 } });
    await none.scheduler.runPipeline(() => 1).result();
    expect(none.scheduler.recentEvents()).toEqual([]);
  });

  it('refuses one queued task more than limits.maxQueuedTasks, and takes it later', async () => {
    const { scheduler } = bench({ limits: { maxQueuedTasks: 2 } });
    const gate = new Gate();
    const run = new OpenRun(scheduler);
    await run.task(() => gate.promise);
    await settle();
    await run.task(() => 1);
    await run.task(() => 2);
    const error = await errorOf(run.task(() => 3));
    expect([error.code, error.retryable]).toEqual(['LIMIT_EXCEEDED', true]);
    expect(error.message).toBe('2 tasks are queued; allowed: limits.maxQueuedTasks');
    gate.open();
    await settle();
    expect((await run.task(() => 3)).name).toBe('anonymous');
  });
});
