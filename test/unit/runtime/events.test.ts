import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { RuntimeEvent, TaskHandle } from '../../../src/index.ts';
import { bench, Gate, OpenRun, obedient, ofTask, settle, types } from './kit.ts';

describe('events', () => {
  it('tell a whole life in order, with what was before and what is', async () => {
    const { scheduler, events, clock } = bench({ resources: { cpu: 2 } });
    const handle = scheduler.runPipeline(
      (controls) =>
        controls
          .task(() => 1, { name: 'step', resources: { cpu: 1 } })
          .run()
          .result(),
      { name: 'life' },
    );
    await handle.result();
    await settle(clock);
    const line = (event: RuntimeEvent) =>
      'state' in event ? `${event.name} ${event.previous ?? '-'} ${event.type}` : event.type;
    expect(events.map(line)).toEqual([
      'life - pipeline:queued',
      'life queued pipeline:ready',
      'life ready pipeline:running',
      '0 - stage:queued',
      '0 queued stage:ready',
      'step - task:queued',
      'step queued task:ready',
      '0 ready stage:running',
      'resource:changed',
      'step ready task:running',
      'attempt:started',
      'attempt:succeeded',
      'step running task:succeeded',
      'resource:changed',
      '0 running stage:succeeded',
      'life running pipeline:succeeded',
    ]);
    for (const event of events) expect(event.at).toBe(clock.now());
    expect(events.find((event) => event.type === 'task:succeeded')).toMatchObject({
      runId: handle.runId,
      taskId: handle.tasks[0]?.id,
      name: 'step',
      stage: 0,
      attempt: 1,
      state: 'succeeded',
    });
  });

  it('carry the identical error object where there is one', async () => {
    const { scheduler, events } = bench();
    const error = new Error('own');
    const handle = scheduler.runPipeline((controls) =>
      controls
        .task(() => Promise.reject(error))
        .run()
        .result(),
    );
    await handle.outcome();
    const carriers = events.filter((event) => 'error' in event);
    expect(types(carriers)).toEqual(['attempt:failed', 'task:failed', 'pipeline:failed']);
    for (const event of carriers) expect('error' in event && event.error).toBe(error);
  });

  it('are never delivered inside a public call', async () => {
    const { scheduler, events, clock } = bench();
    const run = new OpenRun(scheduler);
    const running = await run.task(obedient);
    const queued = await run.task(() => 1);
    await settle(clock);
    const calls: readonly (() => unknown)[] = [
      () => scheduler.runPipeline(() => 1),
      () => queued.hold(),
      () => queued.unhold(),
      () => queued.cancel(),
      () => running.requestTerminate(),
      () => running.actor.send({ type: 'MADE_UP' }),
      () => scheduler.pause(),
      () => scheduler.unpause(),
      () => scheduler.setCapacity,
      () => scheduler.shutdown({ cancelPendingPipelines: true }),
    ];
    for (const call of calls) {
      const before = events.length;
      call();
      expect(events.length).toBe(before);
      await settle(clock);
    }
    expect(types(events)).toContain('scheduler:shutdown');
  });

  it('are delivered outside the async context of any run', async () => {
    const { scheduler } = bench();
    const closings: Promise<unknown>[] = [];
    scheduler.runPipeline(() => 1);
    scheduler.events$.subscribe((event) => {
      // Inside a live run this would reject.
      if (event.type === 'pipeline:running') closings.push(scheduler.close());
    });
    await settle();
    expect(await Promise.all(closings)).toEqual([undefined]);
  });

  it('reach every subscriber, also those that subscribe while one is delivered', async () => {
    const { scheduler, events } = bench();
    const late: RuntimeEvent[] = [];
    const subscription = scheduler.events$.subscribe((event) => {
      if (event.type === 'pipeline:running') scheduler.events$.subscribe((further) => late.push(further));
    });
    await scheduler.runPipeline(() => 1).result();
    await settle();
    expect(late.map((event) => event.seq)).toEqual(
      events.map((event) => event.seq).filter((seq) => seq >= (late[0]?.seq ?? 0)),
    );
    expect(types(late)).toContain('pipeline:succeeded');
    subscription.unsubscribe();
  });

  it('a subscriber may act on the scheduler; what follows comes in order, after', async () => {
    const { scheduler, events } = bench();
    let second: TaskHandle<unknown> | undefined;
    const run = new OpenRun(scheduler);
    scheduler.events$.subscribe((event) => {
      if (event.type === 'task:running' && event.name === 'first') second?.cancel();
    });
    await run.use((controls) => {
      controls.task(() => 1, { name: 'first' }).run();
      second = controls.task(() => 2, { name: 'second' }).run();
      second.hold();
    });
    await settle();
    expect(second?.state).toBe('cancelled');
    expect(types(events).indexOf('task:cancelled')).toBeGreaterThan(types(events).indexOf('task:running'));
  });

  it('complete when the scheduler is closed, also for those who come later', async () => {
    const { scheduler } = bench();
    const all = firstValueFrom(scheduler.events$.pipe(toArray()));
    await scheduler.runPipeline(() => 1).result();
    await scheduler.close();
    expect(types(await all).at(-1)).toBe('scheduler:closed');
    expect(await firstValueFrom(scheduler.events$.pipe(toArray()))).toEqual([]);
  });

  it('of output and progress lie between the start and the end of their attempt', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    let late: (() => void) | undefined;
    const task = await run.task(({ emitProgress, emitOutput, attempt }) => {
      emitProgress(50, 'half');
      emitProgress(undefined, 'more');
      emitOutput('stderr', `attempt ${attempt}`);
      late = () => emitProgress(100);
      return 'x';
    });
    await settle();
    late?.();
    await settle();
    const told = ofTask(events, task);
    expect(types(told)).toEqual([
      ...['task:queued', 'task:ready', 'task:running', 'attempt:started'],
      ...['task:progress', 'task:progress', 'task:output', 'attempt:succeeded', 'task:succeeded'],
    ]);
    expect(told[4]).toMatchObject({ percent: 50, message: 'half', attempt: 1 });
    expect(told[6]).toMatchObject({ stream: 'stderr', chunk: 'attempt 1' });
  });
});

describe('events$ of a handle', () => {
  it('has the events of its task, and completes after the final one', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const task = await run.task(() => gate.promise);
    await run.task(() => 'another');
    await settle();
    const own = firstValueFrom(task.events$.pipe(toArray()));
    gate.open();
    expect(await own).toEqual(ofTask(events, task).slice(-2));
    expect(types(await own)).toEqual(['attempt:succeeded', 'task:succeeded']);
  });

  it('of a run has the events of its stages and tasks too; of a stage its own', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    await settle();
    const ofRun = firstValueFrom(run.handle.events$.pipe(toArray()));
    const ofStage = firstValueFrom(
      (run.handle.stages[0] as NonNullable<(typeof run.handle.stages)[0]>).events$.pipe(toArray()),
    );
    const from = events.length;
    await run.task(() => 1);
    await settle();
    run.end();
    expect(types(await ofStage)).toEqual(['stage:running', 'stage:succeeded']);
    const told = await ofRun;
    expect(told.at(-1)?.type).toBe('pipeline:succeeded');
    const expected = events
      .slice(from)
      .filter((event) => 'runId' in event && event.runId === run.handle.runId);
    expect(told).toEqual(expected.slice(0, told.length));
  });

  it('subscribed after the end gives that very event and completes', async () => {
    const { scheduler, events, clock } = bench();
    const error = new Error('own');
    const handle = scheduler.runPipeline(async (controls) => {
      await controls
        .task(() => Promise.reject(error))
        .run()
        .outcome();
    });
    await handle.outcome();
    await clock.advance(500);
    const [task] = handle.tasks;
    const [stage] = handle.stages;
    for (const [of, type] of [
      [handle, 'pipeline:succeeded'],
      [task, 'task:failed'],
      [stage, 'stage:failed'],
    ] as const) {
      const late = await firstValueFrom((of as NonNullable<typeof of>).events$.pipe(toArray()));
      expect(late).toEqual(events.filter((event) => event.type === type));
    }
    await scheduler.close();
    expect((await lastValueFrom(handle.events$)).type).toBe('pipeline:succeeded');
  });

  it('subscribed after the end takes no number: seq stays without a gap', async () => {
    const { scheduler, events } = bench();
    const handle = scheduler.runPipeline(() => 1);
    await handle.result();
    await lastValueFrom(handle.events$);
    await scheduler.runPipeline(() => 2).result();
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  });
});

describe('a subscriber that throws', () => {
  it('is unsubscribed, logged and reported, and harms nobody', async () => {
    const { scheduler, events, log } = bench();
    const error = new Error('bad subscriber');
    let calls = 0;
    const subscription = scheduler.events$.subscribe(() => {
      calls += 1;
      throw error;
    });
    const after: RuntimeEvent[] = [];
    scheduler.events$.subscribe({ next: (event) => after.push(event) });
    expect(await scheduler.runPipeline(() => 'fine').result()).toBe('fine');
    await settle();
    expect([calls, subscription.closed]).toEqual([1, true]);
    expect(after).toEqual(events);
    expect(events.filter((event) => event.type === 'observer:error')).toMatchObject([{ error }]);
    expect(log).toMatchObject([{ level: 'error', rest: [error] }]);
  });

  it('on the stream of a handle is treated the same way, before and after the end', async () => {
    const { scheduler, events, log } = bench();
    const gate = new Gate();
    const handle = scheduler.runPipeline(() => gate.promise);
    await settle();
    const bad = () => {
      throw new Error('bad subscriber');
    };
    handle.events$.subscribe(bad);
    gate.open();
    await handle.result();
    handle.events$.subscribe(bad);
    handle.events$.subscribe({ complete: bad });
    await settle();
    expect(events.filter((event) => event.type === 'observer:error')).toHaveLength(3);
    expect(log).toHaveLength(3);
  });

  it('and a logger that throws do not stop the delivery', async () => {
    const silent = () => {};
    const { scheduler, events } = bench({
      logger: {
        debug: silent,
        info: silent,
        warn: silent,
        error: () => {
          throw new Error('bad logger');
        },
      },
    });
    scheduler.events$.subscribe(() => {
      throw new Error('bad subscriber');
    });
    expect(await scheduler.runPipeline(() => 'fine').result()).toBe('fine');
    expect(types(events)).toContain('observer:error');
  });

  it('on completion harms nobody either', async () => {
    const { scheduler } = bench();
    scheduler.events$.subscribe({
      complete: () => {
        throw new Error('bad completion');
      },
    });
    let completed = false;
    scheduler.events$.subscribe({
      complete: () => {
        completed = true;
      },
    });
    await scheduler.close();
    expect([completed, scheduler.closed]).toEqual([true, true]);
  });
});
