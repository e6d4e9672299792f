import { describe, expect, it } from 'vitest';
import { Actor, type AnyActorRef, toPromise, waitFor } from 'xstate';
import { RUNTIME } from '../../../machines/protocol.ts';
import { bench, Gate, OpenRun, obedient, ofTask, settle, types } from './kit.ts';

const send = (actor: AnyActorRef, event: object) => actor.send(event as { type: string });

describe('handle.actor', () => {
  it('is a real XState actor in every state: queued, running and final', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate<number>();
    const running = await run.task(() => gate.promise);
    const queued = await run.task(() => 2);
    const final = running;
    await settle();
    for (const [handle, value] of [
      [queued, { queued: 'eligible' }],
      [running, { running: 'executing' }],
    ] as const) {
      expect(handle.actor).toBeInstanceOf(Actor);
      expect(handle.actor).toBe(handle.actor);
      expect(handle.actor.getSnapshot()).toMatchObject({ status: 'active', value });
      expect(handle.actor.id).toBe(handle.id);
    }
    gate.open(1);
    await final.result();
    await settle();
    expect(final.actor.getSnapshot()).toMatchObject({
      status: 'done',
      value: 'succeeded',
      output: { kind: 'succeeded', value: 1 },
    });
    expect(queued.actor.getSnapshot().value).toBe('succeeded');
  });

  it('asked for after the end only is final as well, and the same one every time', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) =>
      controls
        .task(() => 'x')
        .run()
        .result(),
    );
    await handle.result();
    await settle();
    for (const of of [handle, handle.tasks[0], handle.stages[0]]) {
      const actor = (of as NonNullable<typeof of>).actor;
      expect(actor).toBe((of as NonNullable<typeof of>).actor);
      expect(actor.getSnapshot().status).toBe('done');
      expect((await toPromise(actor)) as object).toMatchObject({ kind: 'succeeded' });
    }
  });

  it('works with waitFor and toPromise, also for an end that is no success', async () => {
    const { scheduler } = bench({ taskParallelism: 2 });
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const task = await run.task(() => gate.promise);
    const failing = await run.task(obedient);
    await settle();
    const running = waitFor(task.actor, (snapshot) => snapshot.status === 'done');
    const outcome = toPromise(failing.actor);
    gate.fail(new Error('own'));
    failing.requestTerminate();
    expect((await running).output).toMatchObject({ kind: 'failed' });
    expect(await outcome).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
  });

  it('can be subscribed to, and its persisted snapshot is plain data', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    const task = await run.task(() => gate.promise);
    await settle();
    const seen: unknown[] = [];
    let completed = false;
    task.actor.subscribe({
      next: (snapshot) => seen.push(snapshot.value),
      complete: () => {
        completed = true;
      },
    });
    const persisted = task.actor.getPersistedSnapshot();
    expect(JSON.parse(JSON.stringify(persisted))).toMatchObject({
      status: 'active',
      value: { running: 'executing' },
      context: { attempt: 1, outcome: null },
    });
    task.requestTerminate();
    gate.open();
    await settle();
    expect([seen, completed]).toEqual([[{ running: 'terminating' }, 'succeeded'], true]);
  });

  it('obeys CANCEL, TERMINATE, HOLD and UNHOLD, and the handle shows it', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const running = await run.task(obedient);
    const queued = await run.task(() => 1);
    await settle();
    queued.actor.send({ type: 'HOLD', reason: 'by actor' });
    expect(queued.phase).toBe('held');
    queued.actor.send({ type: 'UNHOLD' });
    expect(queued.phase).toBe('eligible');
    queued.actor.send({ type: 'CANCEL', reason: 'by actor' });
    running.actor.send({ type: 'TERMINATE' });
    await settle();
    expect([queued.state, running.state]).toEqual(['cancelled', 'cancelled']);
    expect(await queued.outcome()).toEqual({ kind: 'cancelled', reason: 'by actor' });
  });

  it('of a run and of a stage are real too; a run obeys CANCEL', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const queued = scheduler.runPipeline(() => 1);
    await settle();
    expect(run.handle.actor.getSnapshot().value).toEqual({ running: 'executing' });
    expect(run.handle.stages[0]?.actor.getSnapshot().value).toBe('ready');
    queued.actor.send({ type: 'CANCEL' });
    expect(queued.state).toBe('cancelled');
  });

  it('of the scheduler is the root, and shows the modes', async () => {
    const { scheduler } = bench();
    expect(scheduler.actor.getSnapshot().value).toBe('open');
    scheduler.pause('why');
    expect(scheduler.actor.getSnapshot()).toMatchObject({ value: 'paused', context: { pauseReason: 'why' } });
    await scheduler.close();
    expect(scheduler.actor.getSnapshot()).toMatchObject({ value: 'closed', status: 'done' });
  });

  it('of the scheduler obeys nobody without the token', () => {
    const { scheduler } = bench();
    for (const type of ['PAUSE', 'SHUTDOWN', 'CLOSE']) scheduler.actor.send({ type, idle: true });
    expect(scheduler.snapshot().mode).toBe('open');
  });
});

describe('a refused event', () => {
  const forged: readonly object[] = [
    { type: 'MADE_UP' },
    { type: 'SUCCEED', value: 'forged', attempt: 1, retryAt: null },
    { type: 'SUCCEED', value: 'forged', attempt: 1, retryAt: null, token: Symbol('signalbox.runtime') },
    { type: 'SUCCEED', value: 'stale', attempt: 99, retryAt: null, token: RUNTIME },
    { type: 'ADMIT' },
    { type: 'CANCEL', reason: 5 },
  ];

  it.each(['queued', 'running', 'succeeded'] as const)('in %s changes nothing and is told', async (state) => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    const gate = new Gate<string>();
    if (state === 'queued') await run.task(() => new Gate().promise);
    const task = await run.task(() => gate.promise);
    if (state === 'succeeded') gate.open('honest');
    await settle();
    expect(task.state).toBe(state);
    const before = task.actor.getSnapshot();
    for (const event of forged) send(task.actor, event);
    await settle();
    expect(task.actor.getSnapshot()).toBe(before);
    const told = ofTask(events, task).filter((event) => event.type === 'task:rejected');
    expect(told.map((event) => event.type === 'task:rejected' && event.event)).toEqual(
      forged.map((event) => (event as { type: string }).type),
    );
    expect(told[0]).toMatchObject({ code: 'INVALID_TRANSITION', taskId: task.id, runId: run.handle.runId });
  });

  it('of a final task whose actor is made afterwards is told as well', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(() => 1);
    await settle();
    send(task.actor, { type: 'CANCEL' });
    send(task.actor, { type: 'MADE_UP' });
    await settle();
    expect(types(ofTask(events, task)).slice(-2)).toEqual(['task:rejected', 'task:rejected']);
    expect(await task.result()).toBe(1);
  });

  it('of a run or a stage is told too, in every state', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    await settle();
    send(run.handle.actor, { type: 'SUCCEED', value: 1 });
    send((run.handle.stages[0] as NonNullable<(typeof run.handle.stages)[0]>).actor, { type: 'CLOSE' });
    run.end();
    await settle();
    send(run.handle.actor, { type: 'CANCEL' });
    send((run.handle.stages[0] as NonNullable<(typeof run.handle.stages)[0]>).actor, { type: 'BEGIN' });
    await settle();
    expect(events.filter((event) => event.type.endsWith(':rejected'))).toMatchObject([
      { type: 'pipeline:rejected', event: 'SUCCEED', runId: run.handle.runId },
      { type: 'stage:rejected', event: 'CLOSE' },
      { type: 'pipeline:rejected', event: 'CANCEL' },
      { type: 'stage:rejected', event: 'BEGIN' },
    ]);
    expect(run.handle.state).toBe('succeeded');
  });

  it('that is no event at all harms nobody', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(obedient);
    await settle();
    for (const nonsense of [null, undefined, 5, 'text', {}]) {
      try {
        task.actor.send(nonsense as never);
      } catch {}
    }
    await settle();
    expect(task.state).toBe('running');
    task.requestTerminate();
    await settle();
    expect(task.state).toBe('cancelled');
  });
});

describe('inspect', () => {
  it('sees the actors, their events and microsteps; the run is the same', async () => {
    const seen: string[] = [];
    const { scheduler } = bench({ inspect: (event) => seen.push(event.type) });
    expect(
      await scheduler
        .runPipeline((controls) =>
          controls
            .task(() => 'x')
            .run()
            .result(),
        )
        .result(),
    ).toBe('x');
    await settle();
    expect(new Set(seen)).toEqual(
      new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot', '@xstate.microstep', '@xstate.action']),
    );
  });
});
