import { describe, expect, it } from 'vitest';
import { bench, Gate, OpenRun, obedient, settle } from './kit.ts';

describe('a stage', () => {
  it('is queued never seen, ready when reached, running from its first admission, and derived at its end', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    await settle();
    const [first] = run.handle.stages;
    expect([first?.index, first?.name, first?.state]).toEqual([0, undefined, 'ready']);
    const gate = new Gate();
    await run.task(() => gate.promise);
    await settle();
    expect([first?.state, first?.running, first?.done]).toEqual(['running', true, false]);
    await run.use((controls) => controls.stageForward('combine'));
    expect(run.handle.stages.map(({ name, state }) => [name, state])).toEqual([
      [undefined, 'running'],
      ['combine', 'ready'],
    ]);
    gate.open();
    await settle();
    expect(first?.state).toBe('succeeded');
    run.end();
    await settle();
    const told = events.flatMap((event) =>
      event.type.startsWith('stage:') && 'state' in event ? [`${event.name} ${event.state}`] : [],
    );
    expect(told).toEqual([
      '0 queued',
      '0 ready',
      '0 running',
      'combine queued',
      'combine ready',
      '0 succeeded',
      'combine succeeded',
    ]);
  });

  it('that never had a task succeeds when it is passed', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) => {
      controls.stageForward('a');
      controls.stageForward('b');
    });
    await handle.result();
    expect(handle.stages.map((stage) => stage.state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('failed although the code caught the failure; the run did not', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline(async (controls) => {
      const bad = controls.task(() => Promise.reject(new Error('caught'))).run();
      await bad.result().catch(() => {});
      controls.task(() => 1).run();
      controls.stageForward();
      return 'fine';
    });
    expect(await handle.result()).toBe('fine');
    await settle();
    expect(handle.stages.map((stage) => stage.state)).toEqual(['failed', 'succeeded']);
    expect((await handle.stages[0]?.outcome())?.kind).toBe('failed');
    expect(handle.stages[0]?.snapshot().tally).toEqual({ succeeded: 1, failed: 1, cancelled: 0, blocked: 0 });
  });

  it('is failed before cancelled before succeeded', async () => {
    const { scheduler } = bench({ taskParallelism: 3 });
    const run = new OpenRun(scheduler);
    const cancelled = await run.task(obedient);
    await run.task(() => 1);
    await settle();
    cancelled.requestTerminate();
    await run.use((controls) => controls.stageForward());
    await settle();
    await run.task(() => Promise.reject(new Error('x')));
    const other = await run.task(obedient);
    await settle();
    other.requestTerminate();
    run.end();
    await settle();
    expect(run.handle.stages.map((stage) => stage.state)).toEqual(['cancelled', 'failed']);
  });

  it('without an admission ends without ever running', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    await run.task(obedient);
    await run.use((controls) => {
      controls.stageForward();
      controls
        .task(() => 1)
        .run()
        .hold();
    });
    await settle();
    for (const task of run.handle.stages[1]?.tasks ?? []) task.cancel();
    run.end();
    await settle();
    expect(run.handle.stages[1]?.state).toBe('cancelled');
  });

  it('has handles that stay the same, its own tasks, and an outcome that can be waited for', async () => {
    const { scheduler, clock } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(() => 1);
    expect(run.handle.stages[0]).toBe(run.handle.stages[0]);
    expect(run.handle.stages[0]?.tasks).toEqual([task]);
    expect(run.handle.stages[0]?.runId).toBe(run.handle.runId);
    expect(run.handle.stages[0]?.id).toBe(`${run.handle.runId}/0`);
    const outcome = run.handle.stages[0]?.outcome({ timeoutMs: 10 });
    const failed = expect(outcome).rejects.toMatchObject({ code: 'TIMEOUT' });
    await clock.advance(10);
    await failed;
    expect(run.handle.stages[0]?.snapshot()).toEqual({
      index: 0,
      name: undefined,
      runId: run.handle.runId,
      state: 'running',
      open: 0,
      tally: { succeeded: 1, failed: 0, cancelled: 0, blocked: 0 },
    });
    run.end();
    await settle(clock);
    expect((await run.handle.stages[0]?.outcome())?.kind).toBe('succeeded');
  });

  it('of a terminated run ends as its tasks did', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    await run.task(obedient);
    await run.task(() => 1);
    await settle();
    run.handle.requestTerminate();
    run.end();
    await settle();
    expect(run.handle.stages.map((stage) => stage.state)).toEqual(['cancelled']);
  });

  it('can be many: a thousand stages of one task each run in order', async () => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline(async (controls) => {
      for (let i = 0; i < 1_000; i += 1) {
        await controls
          .task(() => i)
          .run()
          .result();
        controls.stageForward();
      }
    });
    await handle.result();
    expect(handle.stages).toHaveLength(1_001);
    expect(handle.snapshot().stageIndex).toBe(1_000);
    expect(new Set(handle.stages.map((stage) => stage.state))).toEqual(new Set(['succeeded']));
  });
});
