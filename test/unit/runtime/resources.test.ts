import { describe, expect, it } from 'vitest';
import type { TaskHandle } from '../../../src/index.ts';
import { bench, Gate, OpenRun, settle, types } from './kit.ts';

const states = (handles: readonly TaskHandle<unknown>[]) => handles.map((handle) => handle.state);

describe('resources', () => {
  it('are exact: 0.1 and 0.3 give back 0.4, and three tenths fit three times', async () => {
    const { scheduler } = bench({ resources: { gpu: 0.4, slot: 0.3 }, taskParallelism: 10 });
    const run = new OpenRun(scheduler);
    const gates = [new Gate(), new Gate()] as const;
    await run.task(() => gates[0].promise, { resources: { gpu: 0.1 } });
    await run.task(() => gates[1].promise, { resources: { gpu: 0.3 } });
    const whole = await run.task(() => 'ran', { resources: { gpu: 0.4 } });
    await settle();
    expect(whole.state).toBe('queued');
    gates[0].open();
    gates[1].open();
    await settle();
    expect(whole.state).toBe('succeeded');
    const tenths = [];
    for (let i = 0; i < 3; i += 1) {
      tenths.push(await run.task(() => new Gate().promise, { resources: { slot: 0.1 } }));
    }
    await settle();
    expect(states(tenths)).toEqual(['running', 'running', 'running']);
    expect(scheduler.snapshot().resources).toEqual([
      { label: 'gpu', capacity: 0.4, inUse: 0, available: 0.4 },
      { label: 'slot', capacity: 0.3, inUse: 0.3, available: 0 },
    ]);
  });

  it('need all labels at once, and a task that names none needs none', async () => {
    const { scheduler } = bench({ resources: { a: 1, b: 1 }, taskParallelism: 10 });
    const run = new OpenRun(scheduler);
    const gate = new Gate();
    await run.task(() => gate.promise, { resources: { a: 1 } });
    const free = await run.task(() => 1, { resources: { a: 0, b: 0 } });
    const both = await run.task(() => 1, { resources: { a: 1, b: 1 } });
    await settle();
    expect(states([free, both])).toEqual(['succeeded', 'queued']);
    gate.open();
    await settle();
    expect(both.state).toBe('succeeded');
  });

  it('come back from every end: return, throw, cancel of what is held, time-out, terminate (S5)', async () => {
    const { scheduler, clock } = bench({ resources: { cpu: 1 }, taskParallelism: 10 });
    const run = new OpenRun(scheduler);
    const resources = { cpu: 1 };
    const wait = ({ signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await run.task(() => 1, { resources });
    await run.task(() => Promise.reject(new Error('x')), { resources });
    await run.task(wait, { resources, timeoutMs: 5 });
    const last = await run.task(wait, { resources });
    await clock.advance(5);
    expect(last.state).toBe('running');
    last.requestTerminate();
    await settle(clock);
    expect(scheduler.snapshot().resources[0]).toMatchObject({ inUse: 0, available: 1 });
    expect(scheduler.snapshot().tasks).toMatchObject({ succeeded: 1, failed: 2, cancelled: 1, admitted: 0 });
  });

  it('may be given less capacity than is in use: what runs stays, admission waits', async () => {
    const { scheduler } = bench({ resources: { cpu: 4 }, taskParallelism: 10 });
    const run = new OpenRun(scheduler);
    const gates = [new Gate(), new Gate()] as const;
    for (const gate of gates) await run.task(() => gate.promise, { resources: { cpu: 2 } });
    const third = await run.task(() => 1, { resources: { cpu: 2 } });
    await settle();
    scheduler.setCapacity('cpu', 1);
    expect(scheduler.snapshot().resources[0]).toEqual({ label: 'cpu', capacity: 1, inUse: 4, available: 0 });
    for (const gate of gates) gate.open();
    await settle();
    expect(third.state).toBe('queued');
    scheduler.setCapacity('cpu', 2);
    await settle();
    expect(third.state).toBe('succeeded');
  });

  it('grow while a task waits, and it is admitted without anything else happening (S6)', async () => {
    const { scheduler, events } = bench({ resources: { cpu: 1 }, taskParallelism: 10 });
    const run = new OpenRun(scheduler);
    await run.task(() => new Gate().promise, { resources: { cpu: 1 } });
    const waiting = await run.task(() => 1, { resources: { cpu: 1 } });
    await settle();
    scheduler.setCapacity('cpu', 2);
    await settle();
    expect(waiting.state).toBe('succeeded');
    expect(events.filter((event) => event.type === 'resource:changed').at(-1)).toMatchObject({
      label: 'cpu',
      capacity: 2,
      inUse: 1,
    });
  });

  it('after a shrink, a task that could never fit is refused at submission', async () => {
    const { scheduler } = bench({ resources: { cpu: 4 } });
    const run = new OpenRun(scheduler);
    const submitted = run.use((controls) => {
      const builder = controls.task(() => 1, { resources: { cpu: 4 } });
      builder.run();
      scheduler.setCapacity('cpu', 2);
      builder.run();
    });
    await expect(submitted).rejects.toMatchObject({
      code: 'UNSCHEDULABLE_TASK',
      details: { label: 'cpu', amount: 4, capacity: 2 },
    });
  });

  it('with a rate limit admit n per window, and the tokens come back by time alone', async () => {
    const { scheduler, clock } = bench({
      resources: { api: { capacity: 10, rateLimit: { limit: 2, intervalMs: 1_000 } } },
      taskParallelism: 10,
    });
    const started: number[] = [];
    const run = new OpenRun(scheduler);
    for (let i = 0; i < 5; i += 1) {
      await run.task(() => started.push(clock.now() - 1_000_000), { resources: { api: 1 } });
    }
    await clock.advance(999);
    expect(started).toEqual([0, 0]);
    await clock.advance(5_000);
    expect(started).toEqual([0, 0, 1_000, 1_000, 2_000]);
  });

  it('with a rate limit wait for no timer while paused, and go on in time afterwards', async () => {
    const { scheduler, clock } = bench({
      resources: { api: { capacity: 1, rateLimit: { limit: 1, intervalMs: 100 } } },
    });
    const run = new OpenRun(scheduler);
    await run.task(() => 1, { resources: { api: 1 } });
    const second = await run.task(() => 1, { resources: { api: 1 } });
    await settle(clock);
    scheduler.pause();
    await clock.advance(500);
    expect([second.state, clock.pending]).toEqual(['queued', 0]);
    scheduler.unpause();
    await settle(clock);
    expect(second.state).toBe('succeeded');
  });

  it('made on the fly by concurrencyKey run one at a time, or as many as stated', async () => {
    const { scheduler } = bench({ taskParallelism: 10, admission: 'backfill' });
    const run = new OpenRun(scheduler);
    const gates = Array.from({ length: 6 }, () => new Gate());
    const handles = [];
    for (const [index, gate] of gates.entries()) {
      const concurrencyKey = index < 3 ? 'one' : { key: 'two', limit: 2 };
      handles.push(await run.task(() => gate.promise, { concurrencyKey }));
    }
    await settle();
    expect(states(handles)).toEqual(['running', 'queued', 'queued', 'running', 'running', 'queued']);
    expect(scheduler.snapshot().resources.map(({ label }) => label)).toEqual(['key:one', 'key:two']);
    gates[0]?.open();
    await settle();
    expect(states(handles).slice(0, 3)).toEqual(['succeeded', 'running', 'queued']);
    for (const gate of gates) gate.open();
    await settle();
    expect(scheduler.snapshot().resources).toEqual([]);
  });

  it('what is given to task() counts as it was then, whatever happens to the objects later', async () => {
    const { scheduler } = bench({ resources: { cpu: 2 }, taskParallelism: 4 });
    const run = new OpenRun(scheduler);
    const resources = { cpu: 1 };
    const args = ['as given'];
    const value = await run.use((controls) => {
      const builder = controls.task((text: string) => text, { resources, args: args as [string] });
      resources.cpu = 99;
      args[0] = 'changed';
      return builder.run().result();
    });
    expect(value).toBe('as given');
  });

  it('tell resource:changed once per turn and label, also for keys that come and go', async () => {
    const { scheduler, events } = bench({ resources: { cpu: 8 }, taskParallelism: 8 });
    const run = new OpenRun(scheduler);
    await run.use((controls) => {
      for (let i = 0; i < 8; i += 1) controls.task(() => new Gate().promise, { resources: { cpu: 1 } }).run();
      controls.task(() => 1, { concurrencyKey: 'k' });
    });
    await settle();
    const changes = events.filter((event) => event.type === 'resource:changed');
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ label: 'cpu', capacity: 8, inUse: 8 });
  });

  it('a refused task takes no number and leaves no trace', async () => {
    const { scheduler, events } = bench({ resources: { cpu: 1 } });
    const run = new OpenRun(scheduler);
    await settle();
    const before = scheduler.snapshot();
    for (const resources of [{ gpu: 1 }, { cpu: 2 }, { cpu: -1 }]) {
      await expect(run.task(() => 1, { resources })).rejects.toBeInstanceOf(Error);
    }
    expect(scheduler.snapshot()).toBe(before);
    expect(types(events).filter((type) => type.startsWith('task:'))).toEqual([]);
  });
});
