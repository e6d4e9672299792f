import { describe, expect, it } from 'vitest';
import { type PipelineHandle, Scheduler, type SignalboxError } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { bench, errorOf, Gate, OpenRun, obedient, settle, types } from './kit.ts';

describe('pause() and unpause()', () => {
  it('admit nothing new, neither runs nor tasks, while what runs goes on', async () => {
    const { scheduler, events } = bench({ pipelineParallelism: 2, taskParallelism: 2 });
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const running = await run.task(() => gate.promise);
    await settle();
    expect([scheduler.pause('maintenance'), scheduler.pause(), scheduler.snapshot().mode]).toEqual([
      true,
      false,
      'paused',
    ]);
    const task = await run.task(() => 1);
    const other = scheduler.runPipeline(() => 2);
    gate.open();
    await settle();
    expect([running.state, task.state, other.state]).toEqual(['succeeded', 'queued', 'queued']);
    expect([scheduler.unpause(), scheduler.unpause()]).toEqual([true, false]);
    await settle();
    expect([task.state, other.state]).toEqual(['succeeded', 'succeeded']);
    expect(events.filter((event) => event.type.startsWith('scheduler:'))).toMatchObject([
      { type: 'scheduler:paused', reason: 'maintenance' },
      { type: 'scheduler:unpaused' },
    ]);
  });

  it('keep the time: deadlines and holds end while paused', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    await run.use((controls) => scheduler.pause() && controls.task(() => 1, { deadlineMs: 10 }).run());
    await clock.advance(10);
    expect(run.handle.tasks[0]?.state).toBe('failed');
  });
});

describe('shutdown()', () => {
  it('refuses new runs; what is queued still runs, and running runs may submit tasks', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    const queued = scheduler.runPipeline((controls) =>
      controls
        .task(() => 'late task')
        .run()
        .result(),
    );
    await settle();
    expect(scheduler.shutdownStarted).toBe(false);
    expect(scheduler.shutdown()).toBeUndefined();
    scheduler.shutdown();
    expect([scheduler.shutdownStarted, scheduler.closed]).toEqual([true, false]);
    expect(() => scheduler.runPipeline(() => 1)).toThrow(
      expect.objectContaining({ code: 'SCHEDULER_SHUTTING_DOWN' }),
    );
    expect(await (await run.task(() => 'task')).result()).toBe('task');
    run.end();
    expect(await queued.result()).toBe('late task');
    await settle();
    expect([scheduler.closed, scheduler.snapshot().mode]).toEqual([false, 'draining']);
    expect(types(events).filter((type) => type === 'scheduler:shutdown')).toHaveLength(1);
  });

  it('with cancelPendingPipelines cancels runs whose body was not entered; a later call may be stricter', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const queued = [1, 2].map(() => scheduler.runPipeline(() => 1));
    await settle();
    scheduler.shutdown();
    expect(queued.map((handle) => handle.state)).toEqual(['queued', 'queued']);
    scheduler.shutdown({ cancelPendingPipelines: true });
    expect(queued.map((handle) => handle.state)).toEqual(['cancelled', 'cancelled']);
    expect(run.handle.state).toBe('running');
  });

  it('may be called from inside a run', async () => {
    const { scheduler } = bench();
    await scheduler.runPipeline(() => scheduler.shutdown()).result();
    expect(scheduler.shutdownStarted).toBe(true);
  });
});

describe('close()', () => {
  it('drains: everything that is queued runs, then it is closed; it can be called again', async () => {
    const { scheduler, events } = bench();
    const handles = [1, 2, 3].map((n) =>
      scheduler.runPipeline((controls) =>
        controls
          .task(() => n)
          .run()
          .result(),
      ),
    );
    const closing = scheduler.close();
    expect([scheduler.closed, scheduler.shutdownStarted]).toEqual([false, true]);
    await Promise.all([closing, scheduler.close()]);
    await scheduler.close({ mode: 'abort' });
    expect(handles.map((handle) => handle.state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scheduler.snapshot()).toMatchObject({ closed: true, mode: 'closed', shutdownStarted: true });
    expect(types(events).slice(-1)).toEqual(['scheduler:closed']);
    scheduler.shutdown();
    expect([scheduler.pause(), scheduler.unpause()]).toEqual([false, false]);
    expect(() => scheduler.runPipeline(() => 1)).toThrow('the scheduler is closed');
    expect(await handles[0]?.result()).toBe(1);
  });

  it('waits for tasks that outlive the body of their run', async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    const handle = scheduler.runPipeline((controls) => void controls.task(() => gate.promise).run());
    await handle.result();
    let closed = false;
    const closing = scheduler.close().then(() => {
      closed = true;
    });
    await settle();
    expect(closed).toBe(false);
    gate.open();
    await closing;
  });

  it('lifts a pause, so that it can end', async () => {
    const { scheduler } = bench();
    scheduler.pause();
    const handle = scheduler.runPipeline(() => 'ran');
    await scheduler.close();
    expect(await handle.result()).toBe('ran');
  });

  it('with cancelPendingPipelines cancels what was not entered, and drains the rest', async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    const first = scheduler.runPipeline(() => gate.promise);
    const second = scheduler.runPipeline(() => 1);
    await settle();
    const closing = scheduler.close({ cancelPendingPipelines: true });
    gate.open();
    await closing;
    expect([first.state, second.state]).toEqual(['succeeded', 'cancelled']);
  });

  it('abort cancels what is queued and terminates what runs, with SCHEDULER_ABORTED as the reason', async () => {
    const { scheduler } = bench();
    const reasons: unknown[] = [];
    const running = scheduler.runPipeline(async (controls) => {
      const task = controls
        .task(async (context) => {
          await obedient(context).catch((reason: unknown) => reasons.push(reason));
          context.throwIfCancelled();
        })
        .run();
      controls.task(() => 1).run();
      await controls.wait([task]);
    });
    const queued = scheduler.runPipeline(() => 1);
    await settle();
    await scheduler.close({ mode: 'abort' });
    expect([running.state, queued.state]).toEqual(['cancelled', 'cancelled']);
    expect(running.tasks.map((task) => task.state)).toEqual(['cancelled', 'cancelled']);
    expect((reasons[0] as SignalboxError).code).toBe('SCHEDULER_ABORTED');
    expect(((await errorOf(running.result())).cause as SignalboxError).code).toBe('SCHEDULER_ABORTED');
  });

  it('abort with graceMs gives everything that long and no longer, whatever its own grace is', async () => {
    const { scheduler, clock } = bench({ taskParallelism: 2 });
    const run = scheduler.runPipeline(async (controls) => {
      controls.task(() => new Gate().promise, { graceMs: 60_000 }).run();
      await new Gate().promise;
    });
    const outliving = new OpenRun(scheduler);
    await settle(clock);
    let closed = false;
    const closing = scheduler.close({ mode: 'abort', graceMs: 10 }).then(() => {
      closed = true;
    });
    await clock.advance(9);
    expect(closed).toBe(false);
    await clock.advance(1);
    await closing;
    expect([run.state, run.tasks[0]?.state, outliving.handle.state]).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expect(scheduler.snapshot()).toMatchObject({ closed: true, abandoned: 2 });
  });

  it('a drain can be made an abort by a second call', async () => {
    const { scheduler } = bench();
    const run = scheduler.runPipeline((controls) => controls.task(obedient).run().result());
    await settle();
    const first = scheduler.close();
    await scheduler.close({ mode: 'abort' });
    await first;
    expect([run.state, scheduler.closed]).toEqual(['cancelled', true]);
  });

  it('suspend lets running attempts finish, starts nothing more, and tells who waits for the rest', async () => {
    const { scheduler, clock } = bench({ taskParallelism: 1 });
    const gate = new Gate();
    const run = new OpenRun(scheduler);
    const running = await run.task(() => gate.promise);
    const left = await run.task(() => 1);
    const held = await run.task(() => 1, { deadlineMs: 60_000 });
    const queued = scheduler.runPipeline(() => 1);
    await settle(clock);
    const waiting = run.use((controls) => controls.wait([left]));
    const waits = [
      errorOf(left.result()),
      errorOf(queued.result()),
      errorOf(waiting),
      errorOf(run.handle.result()),
    ];
    const closing = scheduler.close({ mode: 'suspend' });
    await settle(clock);
    expect(scheduler.closed).toBe(false);
    gate.open();
    await closing;
    expect([running.state, left.state, held.state, queued.state]).toEqual([
      'succeeded',
      'queued',
      'queued',
      'queued',
    ]);
    for (const error of await Promise.all(waits)) expect(error.code).toBe('SCHEDULER_ABORTED');
    expect(clock.pending, 'timers of what is left').toBe(0);
    expect((await errorOf(left.outcome())).code).toBe('SCHEDULER_ABORTED');
    expect((await errorOf(scheduler.waitPipelines([queued]))).code).toBe('SCHEDULER_ABORTED');
    let completed = false;
    left.events$.subscribe({ complete: () => (completed = true) });
    expect(completed).toBe(true);
  });

  it('suspend does not wait for an abandoned body', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const deaf = await run.task(() => new Gate().promise, { graceMs: 0 });
    await run.task(() => 1);
    await settle(clock);
    deaf.requestTerminate();
    await clock.advance(0);
    await scheduler.close({ mode: 'suspend' });
    expect(scheduler.closed).toBe(true);
  });

  it('from inside a live run or task rejects CLOSE_FROM_WITHIN and closes nothing', async () => {
    const { scheduler } = bench();
    const code = (error: SignalboxError) => error.code;
    const codes = await scheduler
      .runPipeline(async (controls) => [
        await scheduler.close().catch(code),
        await controls
          .task(() => scheduler.close({ mode: 'abort' }).catch(code))
          .run()
          .result(),
        await scheduler.runPipeline(() => scheduler[Symbol.asyncDispose]().catch(code)).result(),
      ])
      .result();
    expect(codes).toEqual(['CLOSE_FROM_WITHIN', 'CLOSE_FROM_WITHIN', 'CLOSE_FROM_WITHIN']);
    expect(scheduler.shutdownStarted).toBe(false);
  });

  it('from code that a finished run left behind is fine', async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    let closing: Promise<void> | undefined;
    const handle = scheduler.runPipeline(() => {
      closing = gate.promise.then(() => scheduler.close());
    });
    await handle.result();
    gate.open();
    await closing;
    expect(scheduler.closed).toBe(true);
  });

  it('of a scheduler that was never used is done at once', async () => {
    const scheduler = new Scheduler();
    await scheduler.close();
    expect(scheduler.closed).toBe(true);
  });
});

describe('Scheduler.use', () => {
  it('gives the value of its callback, drained and closed', async () => {
    const done: string[] = [];
    let kept: Scheduler | undefined;
    const value = await Scheduler.use({}, (scheduler) => {
      kept = scheduler;
      scheduler.runPipeline((controls) => void controls.task(() => done.push('task')).run());
      return 'value';
    });
    expect([value, done, kept?.closed]).toEqual(['value', ['task'], true]);
  });

  it.each([
    ['fail-fast', undefined, ['cancelled', 'cancelled']],
    ['drain', { onException: 'drain' }, ['succeeded', 'succeeded']],
  ] as const)(
    'after an exception, %s, then closes and rethrows the identical error',
    async (_, how, expected) => {
      const clock = new VirtualClock();
      const error = new Error('own');
      const gate = new Gate();
      const handles: PipelineHandle<unknown>[] = [];
      let kept: Scheduler | undefined;
      const body = ({ signal }: { signal: AbortSignal }) =>
        Promise.race([gate.promise, obedient({ signal } as Parameters<typeof obedient>[0])]);
      const used = Scheduler.use(
        { clock },
        async (scheduler) => {
          kept = scheduler;
          handles.push(
            scheduler.runPipeline(body),
            scheduler.runPipeline(() => 2),
          );
          await settle(clock);
          throw error;
        },
        how,
      );
      const thrown = errorOf(used);
      await settle();
      await settle();
      gate.open();
      expect(await thrown).toBe(error);
      expect(handles.map((handle) => handle.state)).toEqual(expected);
      expect(kept?.closed).toBe(true);
    },
  );

  it('closes after a synchronous throw, too', async () => {
    let kept: Scheduler | undefined;
    await expect(
      Scheduler.use({}, (scheduler) => {
        kept = scheduler;
        throw new Error('sync');
      }),
    ).rejects.toThrow('sync');
    expect(kept?.closed).toBe(true);
  });

  it('await using closes and drains', async () => {
    let kept: Scheduler | undefined;
    let handle: PipelineHandle<number> | undefined;
    {
      await using scheduler = new Scheduler();
      kept = scheduler;
      handle = scheduler.runPipeline(() => 5);
    }
    expect([kept.closed, await handle.result()]).toEqual([true, 5]);
  });
});
