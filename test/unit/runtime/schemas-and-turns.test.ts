import { describe, expect, it, vi } from 'vitest';
import {
  CancelledError,
  defineTask,
  type Executor,
  Pipeline,
  Scheduler,
  type SignalboxError,
  TerminatedError,
} from '../../../src/index.ts';
import { Turns } from '../../../src/runtime/turns.ts';
import { bench, errorOf, Gate, OpenRun, obedient, settle, types } from './kit.ts';

/** A Standard Schema of numbers, which turns numeric texts into numbers. */
const numeric = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      Number.isFinite(Number(value))
        ? { value: Number(value) }
        : { issues: [{ message: 'must be numeric' }] },
  },
} as const;

/** Runs definitions on this thread: what it returns stands for what the module's function would. */
const echo: Executor = {
  name: 'echo',
  accepts: ['module'],
  canKill: false,
  start: ({ args }, reports) => {
    queueMicrotask(() => reports.succeeded(args[0]));
    return { stop: () => {} };
  },
  close: async () => {},
};

describe('a task definition with schemas', () => {
  const options = { name: 'checked', module: 'file:///none.mjs', export: 'none' };
  const task = defineTask({ ...options, input: numeric, output: numeric });

  it('has its input checked, and changed, at run()', async () => {
    const { scheduler } = bench({ executors: { echo } });
    const run = new OpenRun(scheduler);
    const value = await run.use((controls) =>
      controls
        .task(task, { args: ['5'] as never, executor: 'echo' })
        .run()
        .result(),
    );
    expect(value).toBe(5);
    const refused = run.use((controls) =>
      controls.task(task, { args: ['five'] as never, executor: 'echo' }).run(),
    );
    const error = await errorOf(refused);
    expect([error.code, error.message]).toEqual([
      'INVALID_ARGUMENT',
      expect.stringContaining('must be numeric'),
    ]);
    const none = run.use((controls) => controls.task(task, { executor: 'echo' } as never).run());
    expect((await errorOf(none)).message).toContain('exactly one argument, the input of checked');
  });

  it('has its result checked before anybody sees it; a bad one fails the task and may be retried', async () => {
    const { scheduler, clock, events } = bench({ executors: { echo } });
    const output = defineTask({ ...options, output: numeric });
    const run = new OpenRun(scheduler);
    const [bad] = await run.use((controls) => [
      controls.task(output, { args: ['many'], executor: 'echo', retry: { maxAttempts: 2 } }).run(),
    ]);
    await clock.runAll();
    const error = (await bad?.exception()) as SignalboxError;
    expect(error.message).toContain('the result of checked');
    expect(types(events).filter((type) => type === 'attempt:failed')).toHaveLength(2);
  });
});

describe('turns', () => {
  it('let I/O in between: no stretch of work holds the event loop to its end', async () => {
    const scheduler = new Scheduler({ taskParallelism: 8 });
    let macrotasks = 0;
    let over = false;
    const tick = () => {
      macrotasks += 1;
      if (!over) setImmediate(tick);
    };
    setImmediate(tick);
    await scheduler
      .runPipeline(async (controls) => {
        const handles = Array.from({ length: 20_000 }, () => controls.task(() => 1).run());
        await controls.wait(handles);
      })
      .result();
    over = true;
    expect(macrotasks).toBeGreaterThan(3);
    await scheduler.close();
  });

  it.each([
    ['milliseconds', 1, 6],
    ['events', 1_500, 0],
  ])('are cut when their %s are used up, and go on in the next macrotask', async (_, events, msPerStep) => {
    let now = 0;
    let left = 6;
    const steps: string[] = [];
    const macrotasks: (() => void)[] = [];
    const clock = {
      now: () => now,
      setTimeout: () => undefined,
      clearTimeout: () => {},
      setImmediate: (fn: () => void) => void macrotasks.push(fn),
    };
    const turns = new Turns(clock, {
      pending: () => left > 0,
      boundary: () => {},
      step: () => {
        left -= 1;
        now += msPerStep;
        steps.push('step');
        return events;
      },
    });
    turns.wake();
    turns.wake();
    for (let i = 0; i < 10; i += 1) {
      await Promise.resolve();
      if (macrotasks.length > 0) steps.push('|');
      macrotasks.shift()?.();
    }
    const each = msPerStep > 0 ? 1 : 3;
    const lengths = steps
      .join(' ')
      .split('|')
      .map((part) => part.split('step').length - 1);
    expect(lengths.filter((length) => length > 0)).toEqual(Array(6 / each).fill(each));
  });

  it('the default logger lets warnings and errors through and keeps quiet about the rest', async () => {
    const calls: string[] = [];
    const spies = (['debug', 'info', 'warn', 'error'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(() => void calls.push(level)),
    );
    const scheduler = new Scheduler();
    await scheduler
      .runPipeline((controls) =>
        controls
          .task(({ logger }) => {
            for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]('line');
          })
          .run()
          .result(),
      )
      .result();
    await scheduler.close();
    for (const spy of spies) spy.mockRestore();
    expect(calls).toEqual(['warn', 'error']);
  });
});

describe('a pipeline class', () => {
  class Example extends Pipeline<unknown> {
    async run(): Promise<unknown> {
      const handle = this.task(() => 'task', { name: 'step' }).run();
      const { done } = await this.wait([handle], { returnWhen: 'first-completed' });
      this.stageForward('second');
      return {
        done: done.has(handle),
        durable: handle.durable,
        input: this.input,
        runId: this.runId,
        now: this.now(),
        random: this.random(),
        uuid: this.uuid().length,
        aborted: this.signal.aborted,
      };
    }
  }

  it('has the same controls as a function, under its own name', async () => {
    const { scheduler } = bench({ random: () => 0.25 });
    const handle = scheduler.runPipeline(new Example(), { input: { some: 'input' } });
    expect(handle.name).toBe('Example');
    expect(await handle.result()).toEqual({
      done: true,
      durable: false,
      input: { some: 'input' },
      runId: handle.runId,
      now: 1_000_000,
      random: 0.25,
      uuid: 36,
      aborted: false,
    });
    expect(handle.stages.map(({ name }) => name)).toEqual([undefined, 'second']);
  });

  it('that throws CancelledError ends cancelled; without a request, a TerminatedError is a failure', async () => {
    const { scheduler } = bench();
    const ends = [new CancelledError('no work today'), new TerminatedError('unasked')];
    const kinds = [];
    for (const end of ends)
      kinds.push((await scheduler.runPipeline(() => Promise.reject(end)).outcome()).kind);
    expect(kinds).toEqual(['cancelled', 'failed']);
  });

  it('a run terminated while it waits for its tasks to end keeps its tasks stopped', async () => {
    const { scheduler } = bench();
    const gate = new Gate();
    const handle = scheduler.runPipeline(
      async (controls) => {
        controls.task(obedient).run();
        await gate.promise;
      },
      { children: 'cancel' },
    );
    await settle();
    gate.open();
    await settle();
    expect([handle.state, handle.tasks[0]?.state]).toEqual(['succeeded', 'cancelled']);
  });
});
