import { describe, expect, it } from 'vitest';
import type { Controls, Scheduler, TaskOptions } from '../../../src/index.ts';
import { bench, Gate, OpenRun, settle } from './kit.ts';

/** Names of bodies in the order in which they were entered. */
function recording() {
  const order: string[] = [];
  const body = (name: string) => () => {
    order.push(name);
  };
  return { order, body };
}

/** Two runs that each submit two tasks to stage 0 and two to stage 1, all queued behind a blocker. */
async function behindBlocker(scheduler: Scheduler, submit: (name: string, controls: Controls) => void) {
  const blocker = new Gate();
  const first = new OpenRun(scheduler);
  await first.task(() => blocker.promise);
  for (const name of ['A', 'B']) scheduler.runPipeline((controls) => submit(name, controls));
  await settle();
  return blocker;
}

describe('the order of admission', () => {
  it('is later stage, then older run, then submission: A0s1 A1s1 B0s1 B1s1 A0s0 A1s0 B0s0 B1s0', async () => {
    const { scheduler } = bench({ pipelineParallelism: 3 });
    const { order, body } = recording();
    const blocker = await behindBlocker(scheduler, (name, controls) => {
      for (const i of [0, 1]) controls.task(body(`${name}${i}s0`)).run();
      controls.stageForward();
      for (const i of [0, 1]) controls.task(body(`${name}${i}s1`)).run();
    });
    blocker.open();
    await settle();
    expect(order).toEqual(['A0s1', 'A1s1', 'B0s1', 'B1s1', 'A0s0', 'A1s0', 'B0s0', 'B1s0']);
  });

  it('takes the stage at run(), not at task(); a builder run twice is two tasks', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const stages = await run.use((controls) => {
      const builder = controls.task(() => 1);
      const before = builder.run();
      controls.stageForward();
      const after = builder.run();
      return [before.stage, after.stage, before.id === after.id];
    });
    expect(stages).toEqual([0, 1, false]);
  });

  it('puts priority before stage, and a task without one takes that of its run', async () => {
    const { scheduler } = bench({ pipelineParallelism: 4 });
    const { order, body } = recording();
    const blocker = new Gate();
    const first = new OpenRun(scheduler);
    await first.task(() => blocker.promise);
    scheduler.runPipeline((controls) => {
      controls.task(body('low')).run();
      controls.task(body('own high'), { priority: 10 }).run();
      controls.stageForward();
      controls.task(body('late stage')).run();
    });
    scheduler.runPipeline((controls) => void controls.task(body('high run')).run(), { priority: 5 });
    await settle();
    blocker.open();
    await settle();
    expect(order).toEqual(['own high', 'high run', 'late stage', 'low']);
  });

  it('gives pipeline slots by priority, then submission', async () => {
    const { scheduler } = bench();
    const { order, body } = recording();
    const first = new OpenRun(scheduler);
    await settle();
    for (const [name, priority] of [
      ['a', 0],
      ['b', 1],
      ['c', 1],
      ['d', -1],
    ] as const) {
      scheduler.runPipeline(body(name), { priority });
    }
    first.end();
    await settle();
    expect(order).toEqual(['b', 'c', 'a', 'd']);
  });

  it('strict: what does not fit keeps everything behind it back, even a task that needs nothing', async () => {
    const { scheduler } = bench({ resources: { cpu: 2 }, taskParallelism: 10 });
    const { order, body } = recording();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    await run.task(() => gate.promise, { resources: { cpu: 1 } });
    const head = await run.task(body('head'), { resources: { cpu: 2 } });
    await run.task(body('nothing'));
    await settle();
    expect(order).toEqual([]);
    expect(head.cancel()).toBe(true);
    await settle();
    expect(order).toEqual(['nothing']);
    gate.open();
  });

  it('strict: a newly submitted task of higher priority becomes the head', async () => {
    const { scheduler } = bench({ resources: { cpu: 1 }, taskParallelism: 10 });
    const { order, body } = recording();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    await run.task(() => gate.promise, { resources: { cpu: 1 } });
    await run.task(body('old head'), { resources: { cpu: 1 } });
    await run.task(body('new head'), { resources: { cpu: 1 }, priority: 1 });
    gate.open();
    await settle();
    expect(order).toEqual(['new head', 'old head']);
  });

  it('backfill: at most bypassLimit larger keys pass the smallest one, then none', async () => {
    const { scheduler } = bench({
      resources: { cpu: 2 },
      taskParallelism: 10,
      admission: { policy: 'backfill', bypassLimit: 2 },
    });
    const { order, body } = recording();
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    await run.task(() => gate.promise, { resources: { cpu: 1 } });
    await run.task(body('big'), { resources: { cpu: 2 } });
    for (const name of ['one', 'two', 'three']) await run.task(body(name), { resources: { cpu: 1 } });
    await settle();
    expect(order).toEqual(['one', 'two']);
    gate.open();
    await settle();
    expect(order).toEqual(['one', 'two', 'big', 'three']);
  });

  it("'backfill' alone and { policy: 'strict' } are understood as well", async () => {
    const orders: string[][] = [];
    for (const admission of ['backfill', { policy: 'strict' }] as const) {
      const { scheduler } = bench({ resources: { cpu: 2 }, taskParallelism: 10, admission });
      const { order, body } = recording();
      orders.push(order);
      const run = new OpenRun(scheduler);
      await run.task(() => new Gate().promise, { resources: { cpu: 1 } });
      await run.task(body('big'), { resources: { cpu: 2 } });
      await run.task(body('small'));
      await settle();
    }
    expect(orders).toEqual([['small'], []]);
  });

  it('a retried task keeps its key: it goes before what was submitted after it', async () => {
    const { scheduler } = bench();
    const { order, body } = recording();
    const run = new OpenRun(scheduler);
    const flaky = ({ attempt }: { attempt: number }) => {
      order.push(`flaky ${attempt}`);
      if (attempt === 1) throw new Error('once');
    };
    await run.use((controls) => {
      controls.task(flaky, { retry: { maxAttempts: 2 } }).run();
      controls.task(body('second')).run();
      controls.task(body('third')).run();
    });
    await settle();
    expect(order.indexOf('flaky 2')).toBeLessThan(order.indexOf('third'));
  });

  it('child runs take no pipeline slot and inherit the queue position of their root', async () => {
    const { scheduler } = bench({ pipelineParallelism: 2 });
    const { order, body } = recording();
    const blocker = new Gate();
    const older = new OpenRun(scheduler);
    await older.task(() => blocker.promise);
    scheduler.runPipeline((controls) => void controls.task(body('younger run')).run());
    await settle();
    await older.use(() => {
      scheduler.runPipeline((controls) => void controls.task(body('child of older')).run());
    });
    await settle();
    expect(scheduler.snapshot().runningPipelines).toHaveLength(1);
    blocker.open();
    await settle();
    expect(order).toEqual(['child of older', 'younger run']);
  });

  it('ready comes before running, and first submissions may be admitted before better ones exist', async () => {
    const { scheduler, events } = bench();
    const { order, body } = recording();
    const run = new OpenRun(scheduler);
    await run.task(body('first'));
    await run.task(body('better'), { priority: 9 });
    await settle();
    expect(order).toEqual(['first', 'better']);
    const states = events.filter((event) => event.type.startsWith('task:')).map((event) => event.type);
    expect(states.slice(0, 4)).toEqual(['task:queued', 'task:ready', 'task:running', 'task:succeeded']);
  });

  it('admits to the limit of taskParallelism and not beyond (S2)', async () => {
    const { scheduler } = bench({ taskParallelism: 3 });
    const options: TaskOptions = {};
    const run = new OpenRun(scheduler);
    const gates = Array.from({ length: 5 }, () => new Gate());
    for (const gate of gates) await run.task(() => gate.promise, options);
    await settle();
    expect(scheduler.snapshot().tasks).toMatchObject({ running: 3, admitted: 3, queued: 2 });
    gates[1]?.open();
    await settle();
    expect(scheduler.snapshot().tasks).toMatchObject({ running: 3, queued: 1, succeeded: 1 });
  });
});
