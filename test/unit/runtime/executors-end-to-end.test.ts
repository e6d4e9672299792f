/** Real threads and processes: these few tests live in real time, and wait for events, never for a delay. */
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Controls,
  defineTask,
  type Executor,
  type RuntimeEvent,
  Scheduler,
  type SchedulerOptions,
  type SignalboxError,
  type TaskHandle,
  threadExecutor,
} from '../../../src/index.ts';
import { bench, errorOf, OpenRun, settle } from './kit.ts';

const bodies = new URL('../../fixtures/thread-bodies.mjs', import.meta.url);
const onThread = <A extends readonly unknown[], T>(name: string) =>
  defineTask<A, T>({ name, module: bodies, export: name });

const schedulers: Scheduler[] = [];

function real(options: SchedulerOptions = {}) {
  const scheduler = new Scheduler({ taskParallelism: 4, resources: { cpu: 1 }, ...options });
  schedulers.push(scheduler);
  const events: RuntimeEvent[] = [];
  scheduler.events$.subscribe((event) => events.push(event));
  return { scheduler, events };
}

afterEach(async () => {
  for (const scheduler of schedulers.splice(0)) await scheduler.close({ mode: 'abort', graceMs: 0 });
});

/** Submits one task and waits until its body has written its first line, or ended. */
async function started(scheduler: Scheduler, submit: (controls: Controls) => TaskHandle<unknown>) {
  let task: TaskHandle<unknown> | undefined;
  const first = firstValueFrom(
    scheduler.events$.pipe(filter(({ type }) => type === 'task:output' || type === 'task:failed')),
  );
  const handle = scheduler.runPipeline(async (controls) => {
    task = submit(controls);
    await task.outcome();
  });
  await first;
  if (task === undefined) throw new Error('nothing was submitted');
  return { handle, task };
}

describe('a task on a process', () => {
  it('gives exit code and output, and tells each line while it runs', async () => {
    const { scheduler, events } = real();
    const handle = scheduler.runPipeline((controls) =>
      controls.task({ shell: 'echo one; echo two >&2; printf three' }, { name: 'echo' }).run().result(),
    );
    expect(await handle.result()).toMatchObject({ exitCode: 0, stdout: 'one\nthree', stderr: 'two\n' });
    const output = events.flatMap((event) =>
      event.type === 'task:output' ? [`${event.stream} ${event.chunk}`] : [],
    );
    expect(output.map((line) => line.trim()).sort()).toEqual(['stderr two', 'stdout one', 'stdout three']);
    expect(events.find((event) => event.type === 'task:output')).toMatchObject({ name: 'echo', attempt: 1 });
  });

  it('runs an argv as it is, with cwd and env', async () => {
    const { scheduler } = real();
    const script = 'console.log(process.cwd(), process.env.SIGNALBOX_TEST, process.argv[1])';
    const value = await scheduler
      .runPipeline((controls) =>
        controls
          .task([process.execPath, '-e', script, '$HOME'], { cwd: '/', env: { SIGNALBOX_TEST: 'set' } })
          .run()
          .result(),
      )
      .result();
    expect(value.stdout).toBe('/ set $HOME\n');
  });

  it('fails with TASK_FAILED and the exit code; retry works', async () => {
    const { scheduler } = real();
    const handle = scheduler.runPipeline(async (controls) => {
      const task = controls.task({ shell: 'echo why >&2; exit 3' }, { retry: { maxAttempts: 2 } }).run();
      const error = (await task.exception()) as SignalboxError;
      return { code: error.code, details: error.details, attempts: task.attempts };
    });
    expect(await handle.result()).toMatchObject({
      code: 'TASK_FAILED',
      details: { exitCode: 3, stderr: 'why\n' },
      attempts: 2,
    });
  });

  it('is ended by requestTerminate(): cancelled, and its resources come back', async () => {
    const { scheduler } = real();
    const { task } = await started(scheduler, (controls) =>
      controls.task({ shell: 'echo ready; sleep 600' }, { resources: { cpu: 1 } }).run(),
    );
    expect(scheduler.snapshot().resources[0]).toMatchObject({ inUse: 1 });
    expect(task.requestTerminate()).toBe(true);
    expect(await task.outcome()).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
    expect(scheduler.snapshot().resources[0]).toMatchObject({ inUse: 0 });
  });

  it('that ignores the polite stop is killed after its grace', async () => {
    const { scheduler } = real();
    const { task } = await started(scheduler, (controls) =>
      controls
        .task({ shell: "trap '' TERM; echo ready; while :; do sleep 0.05; done" }, { graceMs: 50 })
        .run(),
    );
    task.requestTerminate();
    expect((await task.outcome()).kind).toBe('cancelled');
    expect(scheduler.snapshot().abandoned).toBe(0);
  });

  it('is stopped by its time-out', async () => {
    const { scheduler } = real();
    const task = await scheduler
      .runPipeline(async (controls) => {
        const handle = controls.task(['sleep', '600'], { timeoutMs: 100 }).run();
        await handle.outcome();
        return [handle];
      })
      .result();
    expect(await errorOf(task[0]?.result() as Promise<unknown>)).toMatchObject({ code: 'TASK_TIMEOUT' });
  });
});

describe('a task on a thread', () => {
  it('gets its arguments and a context, and gives its value', async () => {
    const { scheduler } = real();
    const add = onThread<[number, number], number>('add');
    const sum: number = await scheduler
      .runPipeline((controls) =>
        controls
          .task(add, { args: [2, 3] })
          .run()
          .result(),
      )
      .result();
    expect(sum).toBe(5);
  });

  it('tells progress and output in order, before its end', async () => {
    const { scheduler, events } = real();
    await scheduler
      .runPipeline((controls) =>
        controls.task(onThread<[], unknown>('reports'), { name: 'r' }).run().outcome(),
      )
      .result();
    const own = events.filter((event) => 'taskId' in event && event.name === 'r').map((event) => event.type);
    expect(own).toEqual([
      ...['task:queued', 'task:ready', 'task:running', 'attempt:started'],
      ...['task:progress', 'task:output', 'task:progress', 'attempt:succeeded', 'task:succeeded'],
    ]);
  });

  it('throws an error that looks like the original', async () => {
    const { scheduler } = real();
    const handle = scheduler.runPipeline((controls) =>
      controls.task(onThread<[], never>('fail')).run().result(),
    );
    const error = await errorOf(handle.result());
    expect([error.name, error.message]).toEqual(['RangeError', 'out of range']);
  });

  it('is stopped politely, or killed after its grace; both end cancelled', async () => {
    const { scheduler } = real();
    for (const name of ['hangs', 'stubborn']) {
      const { task } = await started(scheduler, (controls) =>
        controls.task(onThread<[], unknown>(name), { graceMs: 50 }).run(),
      );
      task.requestTerminate();
      expect(await task.outcome(), name).toMatchObject({ kind: 'cancelled', reason: 'terminated' });
    }
    expect(scheduler.snapshot().abandoned).toBe(0);
  });
});

describe('executors', () => {
  const inert: Omit<Executor, 'start'> = {
    name: 'own',
    accepts: ['function'],
    canKill: false,
    close: async () => {},
  };

  it('of your own are used by name, and closed once', async () => {
    let closed = 0;
    const own: Executor = {
      ...inert,
      start: (_, reports) => {
        queueMicrotask(() => reports.succeeded('from own'));
        return { stop: () => {} };
      },
      close: async () => {
        closed += 1;
      },
    };
    const { scheduler } = bench({ executors: { own } });
    const value = await scheduler
      .runPipeline((controls) =>
        controls
          .task(() => 'inline', { executor: 'own' })
          .run()
          .result(),
      )
      .result();
    await scheduler.close();
    expect([value, closed]).toEqual(['from own', 1]);
  });

  it('replace a built-in one under its name', async () => {
    const { scheduler } = real({ executors: { thread: threadExecutor({ maxThreads: 1 }) } });
    const answers = await scheduler
      .runPipeline((controls) =>
        Promise.all([1, 2, 3].map(() => controls.task(onThread<[], number>('answer')).run().result())),
      )
      .result();
    expect(answers).toEqual([42, 42, 42]);
  });

  it('that break their promise not to throw, or end twice, harm their own task at most', async () => {
    const throwing: Executor = {
      ...inert,
      start: () => {
        throw new Error('from start');
      },
    };
    const twice: Executor = {
      ...inert,
      start: (_, reports) => {
        reports.succeeded('at once');
        reports.failed(new Error('and again'));
        queueMicrotask(() => reports.succeeded('later'));
        return { stop: () => {} };
      },
    };
    const { scheduler } = bench({ executors: { throwing, twice }, taskParallelism: 3 });
    const run = new OpenRun(scheduler);
    const tasks = [
      await run.task(() => 1, { executor: 'throwing' }),
      await run.task(() => 2, { executor: 'twice' }),
      await run.task(() => 3),
    ];
    await settle();
    expect((await errorOf(tasks[0]?.result() as Promise<unknown>)).message).toBe('from start');
    expect(await tasks[1]?.result()).toBe('at once');
    expect(await tasks[2]?.result()).toBe(3);
  });
});
