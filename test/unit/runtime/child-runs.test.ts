import { describe, expect, it } from 'vitest';
import type { Controls, PipelineHandle, Scheduler, TaskContext, TaskHandle } from '../../../src/index.ts';
import { bench, errorOf, Gate, OpenRun, obedient, settle } from './kit.ts';

describe('a child run', () => {
  it('takes no slot: at parallelism 1 a pipeline can await one, three deep', async () => {
    const { scheduler } = bench();
    const deep = (depth: number): PipelineHandle<string> =>
      scheduler.runPipeline(async (controls) => {
        const own = await controls
          .task(() => `${depth}`)
          .run()
          .result();
        return depth === 0 ? own : own + (await deep(depth - 1).result());
      });
    expect(await deep(3).result()).toBe('3210');
  });

  it('gives back no slot that it never took: parallelism 1 still holds after many of them', async () => {
    const { scheduler } = bench();
    await scheduler
      .runPipeline(async () => {
        for (let i = 0; i < 3; i += 1) await scheduler.runPipeline(() => i).result();
      })
      .result();
    const gate = new Gate();
    const runs = [1, 2, 3].map(() => scheduler.runPipeline(() => gate.promise));
    await settle();
    expect(runs.map((run) => run.state)).toEqual(['running', 'queued', 'queued']);
    gate.open();
  });

  it('names its parent in its events', async () => {
    const { scheduler, events } = bench();
    const parent = scheduler.runPipeline(() => scheduler.runPipeline(() => 1, { name: 'child' }).result());
    await parent.result();
    expect(events.find((event) => event.type === 'pipeline:queued' && event.name === 'child')).toMatchObject({
      parentRunId: parent.runId,
    });
  });

  it('inherits the priority of its parent unless it has its own', async () => {
    const { scheduler } = bench();
    const order: string[] = [];
    const blocker = new Gate();
    const run = new OpenRun(scheduler, { priority: 3 });
    await run.task(() => blocker.promise);
    await run.use((controls) => {
      scheduler.runPipeline((child) => void child.task(() => order.push('low')).run(), { priority: 1 });
      scheduler.runPipeline((child) => void child.task(() => order.push('inherited')).run());
      controls.task(() => order.push('own'), { priority: 2 }).run();
    });
    await settle();
    blocker.open();
    await settle();
    expect(order).toEqual(['inherited', 'own', 'low']);
  });

  it('is terminated with its parent, to any depth', async () => {
    const { scheduler } = bench({ taskParallelism: 5 });
    const handles: PipelineHandle<unknown>[] = [];
    const tasks: TaskHandle<unknown>[] = [];
    const nest = (depth: number): PipelineHandle<unknown> => {
      const handle = scheduler.runPipeline(async (controls) => {
        tasks.push(controls.task(obedient).run());
        if (depth > 0) await nest(depth - 1).result();
        await obedient({ signal: controls.signal } as Parameters<typeof obedient>[0]);
      });
      handles.push(handle);
      return handle;
    };
    const root = nest(2);
    await settle();
    expect(tasks.map((task) => task.state)).toEqual(['running', 'running', 'running']);
    root.requestTerminate();
    await settle();
    expect(handles.map((handle) => handle.state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(tasks.map((task) => task.state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(scheduler.snapshot().runningPipelines).toEqual([]);
  });

  it('whose body is over already: its tasks are stopped with the parent all the same', async () => {
    const { scheduler } = bench({ taskParallelism: 2 });
    const parent = new OpenRun(scheduler);
    const [child] = await parent.use(() => [
      scheduler.runPipeline((controls) => void controls.task(obedient).run()),
    ]);
    await settle();
    expect([child?.state, child?.tasks[0]?.state]).toEqual(['succeeded', 'running']);
    parent.handle.requestTerminate();
    parent.end();
    await settle();
    expect(child?.tasks[0]?.state).toBe('cancelled');
  });

  it('submitted by a run that is being terminated is cancelled with it', async () => {
    const { scheduler } = bench();
    let child: PipelineHandle<unknown> | undefined;
    const parent = scheduler.runPipeline(async ({ signal }) => {
      await obedient({ signal } as Parameters<typeof obedient>[0]).catch(() => {});
      child = scheduler.runPipeline(() => new Gate().promise);
      await child.outcome();
    });
    await settle();
    parent.requestTerminate();
    await settle();
    expect([parent.state, child?.state]).toEqual(['cancelled', 'cancelled']);
  });

  it('submitted from a task belongs to the run of that task', async () => {
    const { scheduler, events } = bench();
    const parent = scheduler.runPipeline((controls) =>
      controls
        .task(() => void scheduler.runPipeline(() => 1, { name: 'child' }))
        .run()
        .result(),
    );
    await parent.result();
    await settle();
    expect(events.find((event) => event.type === 'pipeline:running' && event.name === 'child')).toMatchObject(
      {
        parentRunId: parent.runId,
      },
    );
  });

  it('can be submitted while the scheduler drains; an ordinary run cannot', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    await settle();
    scheduler.shutdown();
    expect(() => scheduler.runPipeline(() => 1)).toThrow('no new pipelines are accepted');
    expect(await run.use(() => scheduler.runPipeline(() => 'child').result())).toBe('child');
  });

  it('of another scheduler is none: both go their own way', async () => {
    const one = bench();
    const two = bench();
    const inner = await one.scheduler
      .runPipeline(() => {
        const handle = two.scheduler.runPipeline((controls) =>
          controls
            .task(() => 'inner')
            .run()
            .result(),
        );
        return [handle] as const;
      })
      .result();
    expect(await inner[0].result()).toBe('inner');
    expect(two.events.some((event) => 'parentRunId' in event)).toBe(false);
  });
});

describe('a task body that awaits a child run', () => {
  const needy = (scheduler: Scheduler, body: (controls: Controls) => unknown) => async () => {
    await scheduler.runPipeline(body).result();
    return 'done';
  };

  it.each([
    [
      'awaits the result of its task',
      (controls: Controls) =>
        controls
          .task(() => 1)
          .run()
          .result(),
    ],
    ['waits for its task', (controls: Controls) => controls.wait([controls.task(() => 1).run()])],
  ])('at parallelism 1/1 gets WOULD_DEADLOCK when the child %s', async (_, body) => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) =>
      controls.task(needy(scheduler, body), { name: 'needy' }).run().result(),
    );
    await settle();
    const error = await errorOf(handle.result());
    expect(error.code).toBe('WOULD_DEADLOCK');
    expect(error.message).toContain('"needy"');
    expect(error.hint).toContain('taskParallelism');
  });

  it('gets it two deep as well, and the rest of the scheduler goes on', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) =>
      controls
        .task(() =>
          scheduler
            .runPipeline(() =>
              scheduler
                .runPipeline((inner) =>
                  inner
                    .task(() => 1)
                    .run()
                    .result(),
                )
                .result(),
            )
            .result(),
        )
        .run()
        .result(),
    );
    const next = scheduler.runPipeline((controls) =>
      controls
        .task(() => 'next')
        .run()
        .result(),
    );
    await settle();
    expect((await errorOf(handle.result())).code).toBe('WOULD_DEADLOCK');
    expect(await next.result()).toBe('next');
  });

  it('gets none at parallelism 1/1 when the child needs no task', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) =>
      controls
        .task(needy(scheduler, () => Promise.resolve(1)))
        .run()
        .result(),
    );
    expect(await handle.result()).toBe('done');
  });

  it('gets none when there is a second slot', async () => {
    const { scheduler } = bench({ taskParallelism: 2 });
    const handle = scheduler.runPipeline((controls) =>
      controls
        .task(
          needy(scheduler, (child) =>
            child
              .task(() => 1)
              .run()
              .result(),
          ),
        )
        .run()
        .result(),
    );
    expect(await handle.result()).toBe('done');
  });

  it('gets none while somebody else will give back what the child needs', async () => {
    const { scheduler } = bench({ taskParallelism: 2 });
    const gate = new Gate();
    const run = new OpenRun(scheduler);
    await run.task(() => gate.promise);
    const needs = await run.task(
      needy(scheduler, (child) =>
        child
          .task(() => 1)
          .run()
          .result(),
      ),
    );
    await settle();
    expect(needs.state).toBe('running');
    gate.open();
    expect(await needs.result()).toBe('done');
  });

  it('gets it for resources: what the child needs is held by the task that waits', async () => {
    const { scheduler } = bench({ taskParallelism: 5, resources: { gpu: 1 } });
    const run = new OpenRun(scheduler);
    const body = (child: Controls) =>
      child
        .task(() => 1, { resources: { gpu: 1 } })
        .run()
        .result();
    const holder = await run.task(needy(scheduler, body), { resources: { gpu: 1 } });
    const free = await run.task(
      needy(scheduler, (child) =>
        child
          .task(() => 1)
          .run()
          .result(),
      ),
    );
    await settle();
    expect((await errorOf(holder.result())).code).toBe('WOULD_DEADLOCK');
    expect(await free.result()).toBe('done');
  });

  it('gets none for a wait that ends by itself: the child waits with a time-out', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(
      needy(scheduler, async (child) => {
        await child.wait([child.task(() => 1).run()], { timeoutMs: 100 });
        return 'gave up waiting';
      }),
    );
    await settle(clock);
    expect(task.state).toBe('running');
    await clock.advance(100);
    expect(await task.result()).toBe('done');
  });

  it('gets TIMEOUT, not WOULD_DEADLOCK, when its own wait ends by itself', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(() =>
      scheduler
        .runPipeline((child) =>
          child
            .task(() => 1)
            .run()
            .result(),
        )
        .result({ timeoutMs: 100 }),
    );
    await settle(clock);
    expect(task.state).toBe('running');
    await clock.advance(100);
    expect((await errorOf(task.result())).code).toBe('TIMEOUT');
  });

  it('gets none while the child waits for a run that can still end', async () => {
    const { scheduler } = bench({ pipelineParallelism: 2 });
    const gate = new Gate();
    const upstream = scheduler.runPipeline(() => gate.promise);
    const run = new OpenRun(scheduler);
    const task = await run.task(() => scheduler.runPipeline(() => 'child', { after: [upstream] }).result());
    await run.task(() => 'queued behind');
    await settle();
    expect(task.state).toBe('running');
    gate.open();
    expect(await task.result()).toBe('child');
  });

  it('as a generator is suspended, and the same thing works at parallelism 1/1', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) =>
      controls
        .task(function* waits(): Generator<Promise<unknown>, string, number> {
          const child = scheduler.runPipeline((inner) =>
            inner
              .task(() => 42)
              .run()
              .result(),
          );
          return `child said ${yield child.result()}`;
        })
        .run()
        .result(),
    );
    expect(await handle.result()).toBe('child said 42');
  });

  it('gets none while the scheduler is paused, and it after unpause()', async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    const run = new OpenRun(scheduler);
    const task = await run.task(async () => {
      await gate.promise;
      return scheduler
        .runPipeline((child) =>
          child
            .task(() => 1)
            .run()
            .result(),
        )
        .result();
    });
    await settle();
    scheduler.pause();
    gate.open();
    await settle();
    expect(task.state).toBe('running');
    scheduler.unpause();
    await settle();
    expect((await errorOf(task.result())).code).toBe('WOULD_DEADLOCK');
  });

  it('gets it for waitPipelines() and for a sibling task, too', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const first = await run.task(() =>
      scheduler.waitPipelines([
        scheduler.runPipeline((child) =>
          child
            .task(() => 1)
            .run()
            .result(),
        ),
      ]),
    );
    await settle();
    expect((await errorOf(first.result())).code).toBe('WOULD_DEADLOCK');
    let sibling: TaskHandle<unknown> | undefined;
    const gate = new Gate();
    const second = await run.task(async () => {
      await gate.promise;
      return sibling?.result();
    });
    sibling = await run.task(() => 1);
    gate.open();
    await settle();
    expect((await errorOf(second.result())).code).toBe('WOULD_DEADLOCK');
    await settle();
    expect(sibling.state).toBe('succeeded');
  });

  it('waits for all of several: gets it when one of them cannot go on', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const done = await run.use(() => [scheduler.runPipeline(() => 'needs nothing')] as const);
    const task = await run.task(() =>
      scheduler.waitPipelines([
        ...done,
        scheduler.runPipeline((child) =>
          child
            .task(() => 1)
            .run()
            .result(),
        ),
      ]),
    );
    await settle();
    expect((await errorOf(task.result())).code).toBe('WOULD_DEADLOCK');
  });

  it('waits for some of several: gets none while one of them can go on', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const task = await run.task(async () => {
      const runs = [
        scheduler.runPipeline(() => 'over soon'),
        scheduler.runPipeline((child) =>
          child
            .task(() => 1)
            .run()
            .result(),
        ),
        scheduler.runPipeline(() => gate.promise),
      ];
      return (await scheduler.waitPipelines(runs, { returnWhen: 'first-exception' })).pending.size;
    });
    await settle();
    expect(task.state).toBe('running');
    gate.fail(new Error('x'));
    expect(await task.result()).toBe(1);
  });
});

describe('a task that is stopped', () => {
  it('takes the child runs its body submitted with it, and only those', async () => {
    const { scheduler } = bench({ taskParallelism: 2 });
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const children: PipelineHandle<unknown>[] = [];
    const body = (other: boolean) => async (context: TaskContext) => {
      children.push(scheduler.runPipeline(() => gate.promise, { name: other ? 'other' : 'own' }));
      await new Promise((_, reject) =>
        context.signal.addEventListener('abort', () => reject(context.signal.reason)),
      );
    };
    const stopped = await run.task(body(false));
    const other = await run.task(body(true));
    await settle();
    stopped.requestTerminate('enough');
    await settle();
    expect(children.map((child) => [child.name, child.phase])).toEqual([
      ['own', 'terminating'],
      ['other', 'executing'],
    ]);
    gate.open(undefined);
    await settle();
    other.requestTerminate();
    await settle();
    expect(children.map((child) => child.state)).toEqual(['cancelled', 'succeeded']);
  });
});
