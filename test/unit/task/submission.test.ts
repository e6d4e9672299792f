/** A Task and its live run: in one run at a time, locked meanwhile, and never at odds with its handle. */
import { describe, expect, it } from 'vitest';
import {
  type Controls,
  type Scheduler,
  type SignalboxError,
  Task,
  type TaskHandle,
} from '../../../src/index.ts';
import { STYLE } from '../../../src/runtime/index.ts';
import { Handlers, prepareTask } from '../../../src/task/index.ts';
import { failureOf, ofTask, real } from './kit.ts';

function thrownBy(fn: () => unknown): SignalboxError {
  try {
    fn();
  } catch (error) {
    return error as SignalboxError;
  }
  throw new Error('expected a throw');
}

/** A called Task that ends when it is told to. */
function gated() {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { task: Task.call(() => gate), open };
}

describe('a Task in a live run', () => {
  it('cannot be in a second one, wherever that is', async () => {
    const { scheduler } = real();
    const other = real().scheduler;
    const { task, open } = gated();
    const handle = scheduler.runTask(task);
    expect(thrownBy(() => scheduler.runTask(task)).code).toBe('TASK_BUSY');
    expect(thrownBy(() => other.runTask(task)).code).toBe('TASK_BUSY');
    const run = scheduler.runPipeline((pipeline) => thrownBy(() => pipeline.task(task).run()).code);
    expect(await run.result()).toBe('TASK_BUSY');
    open();
    await handle.result();
    await scheduler.close();
    expect(scheduler.snapshot().pipelines).toMatchObject({ queued: 0, succeeded: 2 });
  });

  it('cannot be edited before it has ended, nor after it has succeeded', async () => {
    const { scheduler } = real();
    const { task, open } = gated();
    const handle = scheduler.runTask(task);
    const edits = [
      () => (task.title = 'x'),
      () => (task.description = 'x'),
      () => (task.payload = () => 1),
      () => (task.timeoutMs = 1),
    ];
    expect(edits.map((edit) => thrownBy(edit).code)).toEqual(edits.map(() => 'TASK_BUSY'));
    open();
    await handle.result();
    expect(edits.map((edit) => thrownBy(edit).code)).toEqual(edits.map(() => 'TASK_IMMUTABLE'));
    expect(task.title).toBe('');
    expect(task.cancel()).toBe(false);
    expect(task.status).toBe('succeeded');
  });

  it('is left alone by a submission that is refused', async () => {
    const { scheduler } = real({ resources: { cpu: 1 } });
    const task = Task.bash('true');
    const refused = [
      [() => scheduler.runTask(task, { resources: { gpu: 1 } }), 'UNKNOWN_RESOURCE'],
      [() => scheduler.runTask(task, { resources: { cpu: 2 } }), 'UNSCHEDULABLE_TASK'],
      [() => scheduler.runTask(task, { executor: 'nowhere' }), 'INVALID_ARGUMENT'],
      [() => scheduler.runTask(task, { executor: 'inline' }), 'INVALID_ARGUMENT'],
      [() => scheduler.runTask(task, { retry: { maxAttempts: 0 } }), 'INVALID_ARGUMENT'],
      [() => scheduler.runTask(task, { cwd: '/' }), 'INVALID_ARGUMENT'],
      [() => scheduler.runTask(task, { nope: 1 } as never), 'INVALID_ARGUMENT'],
      [() => scheduler.runTask(task, null as never), 'INVALID_ARGUMENT'],
      [() => scheduler.runTask('echo' as never), 'INVALID_TYPE'],
      [() => scheduler.runTask((() => 1) as never), 'INVALID_TYPE'],
    ] as const;
    for (const [submit, code] of refused) expect(thrownBy(submit).code).toBe(code);
    expect(task.status).toBe('pending');
    task.title = 'still editable';
    expect(scheduler.snapshot().pipelines.queued).toBe(0);
    expect((await scheduler.runTask(task).result()).status).toBe('succeeded');
  });

  it('shows its end before the event of it, and before its handle tells', async () => {
    const { scheduler } = real();
    for (const command of ['exit 0', 'exit 1']) {
      const task = Task.bash(command);
      const handle = scheduler.runTask(task);
      const atEvent = new Promise((resolve) =>
        handle.events$.subscribe(({ type }) => {
          if (type === 'task:succeeded' || type === 'task:failed')
            resolve([task.status, task.result?.status]);
        }),
      );
      await handle.outcome();
      const status = command === 'exit 0' ? 'succeeded' : 'failed';
      expect(await atEvent).toEqual([status, status]);
      expect(handle.state).toBe(status);
    }
  });
});

describe('a Task that has ended', () => {
  it('well, or cancelled, is not run again', async () => {
    const { scheduler } = real();
    const good = Task.bash('true');
    await scheduler.runTask(good).result();
    const result = good.result;
    const cancelled = Task.bash('true');
    cancelled.cancel();
    expect(thrownBy(() => scheduler.runTask(good)).code).toBe('TASK_IMMUTABLE');
    expect(thrownBy(() => scheduler.runTask(cancelled)).code).toBe('INVALID_TRANSITION');
    expect(good.result).toBe(result);
  });

  it('badly can be repaired and run again; its new result replaces the old one', async () => {
    const { scheduler } = real();
    const task = Task.bash('echo no; exit 2');
    await failureOf(scheduler.runTask(task));
    const before = task.result;
    task.payload = 'echo yes';
    const handle = scheduler.runTask(task);
    expect([task.status, task.result]).toEqual(['failed', before]);
    const running = new Promise((resolve) =>
      handle.events$.subscribe(
        ({ type }) => type === 'task:running' && resolve([task.status, task.result, task.error]),
      ),
    );
    expect((await handle.result()).output).toBe('yes\n');
    expect(await running).toEqual(['running', undefined, undefined]);
    expect([task.status, task.error]).toEqual(['succeeded', undefined]);
  });

  it('badly and is cancelled keeps the error it had', async () => {
    const { scheduler } = real({ taskParallelism: 1 });
    const task = Task.bash('exit 2');
    const error = await failureOf(scheduler.runTask(task));
    const first = scheduler.runTask(Task.bash('sleep 1000'));
    const handle = scheduler.runTask(task);
    task.cancel();
    await handle.outcome();
    first.requestTerminate();
    expect([task.status, task.error]).toEqual(['cancelled', error]);
    expect(task.result).toMatchObject({ status: 'cancelled', durationMs: 0 });
  });

  it('badly is submitted again by the same builder, as it is by then', async () => {
    const { scheduler } = real();
    const task = Task.bash('exit 2');
    const run = scheduler.runPipeline(async (pipeline) => {
      const builder = pipeline.task(task);
      await builder.run().outcome();
      task.payload = 'echo repaired';
      return (await builder.run().result()).output;
    });
    expect(await run.result()).toBe('repaired\n');
  });

  it('badly goes through JSON and can still be run again', async () => {
    const { scheduler } = real();
    const task = Task.bash('echo out; exit 2');
    await failureOf(scheduler.runTask(task));
    const again = Task.fromJSON(JSON.parse(JSON.stringify(task)));
    expect(again.result).toEqual({ ...task.result, raw: null });
    expect(again.error).toMatchObject({ code: 'TASK_FAILED', message: 'exited with code 2' });
    again.payload = 'true';
    expect((await scheduler.runTask(again).result()).status).toBe('succeeded');
  });
});

/** Submits Tasks with parents, as a graph does. */
function chain(scheduler: Scheduler, tasks: readonly (readonly [task: Task, after: readonly Task[]])[]) {
  const handles = new Map<Task, TaskHandle<unknown>>();
  const run = scheduler.runPipeline((pipeline: Controls) => {
    for (const [task, parents] of tasks) {
      const after = parents.flatMap((parent) => handles.get(parent) ?? []);
      const upstream = new Map(parents.map((parent) => [parent.id, parent]));
      handles.set(
        task,
        pipeline[STYLE].submit(task, undefined, { after, isFinally: false, upstream, key: task.id }),
      );
    }
    return Promise.all([...handles.values()].map((handle) => handle.outcome()));
  });
  return { run, handles };
}

describe('a Task that comes after others', () => {
  it('sees its direct parents, with their results', async () => {
    const { scheduler } = real();
    const parent = Task.bash('echo up');
    const child = Task.call(({ upstream }) => upstream.get(parent.id)?.result?.output);
    const { run, handles } = chain(scheduler, [
      [parent, []],
      [child, [parent]],
    ]);
    await run.result();
    expect(await handles.get(child)?.result()).toBe('up\n');
  });

  it('is blocked by the direct parent that failed, by the id of that Task, and can be run again', async () => {
    const { scheduler, events } = real();
    const [good, bad] = [Task.bash('true'), Task.bash('exit 1')];
    const [child, grandchild] = [Task.bash('echo child'), Task.bash('true')];
    const { run, handles } = chain(scheduler, [
      [good, []],
      [bad, []],
      [child, [good, bad]],
      [grandchild, [child]],
    ]);
    await run.result();
    expect([child.status, grandchild.status]).toEqual(['blocked', 'blocked']);
    expect([child.blockedBy, grandchild.blockedBy]).toEqual([bad.id, child.id]);
    expect([child.result, child.error, child.isBad]).toEqual([undefined, undefined, true]);
    const handle = handles.get(child);
    if (handle === undefined) throw new Error('no handle');
    expect(ofTask(events, handle).map(({ type }) => type)).toEqual(['task:queued', 'task:blocked']);
    expect((await scheduler.runTask(child).result()).output).toBe('child\n');
    expect([child.status, child.blockedBy]).toEqual(['succeeded', undefined]);
  });
});

describe('a submission that is let go', () => {
  it('leaves the Task as it was, free for another run', async () => {
    const { scheduler } = real();
    const task = Task.bash('exit 2');
    await failureOf(scheduler.runTask(task));
    const { status, result, error } = task;
    const live = { id: 'x', cancel: () => false, requestTerminate: () => false };
    const binding = prepareTask(task, new Handlers()).bind(new Map(), { handle: live });
    expect(thrownBy(() => scheduler.runTask(task)).code).toBe('TASK_BUSY');
    binding.moved('running', null, 5);
    expect([task.status, task.result]).toEqual(['running', undefined]);
    binding.released();
    expect([task.status, task.result, task.error]).toEqual([status, result, error]);
    binding.moved('succeeded', { kind: 'succeeded', value: 'too late' }, 6);
    expect(task.status).toBe('failed');
    expect((await failureOf(scheduler.runTask(task))).message).toBe('exited with code 2');
  });

  it('gives a recorded end again, without the attempt that made it', () => {
    const live = { id: 'x', cancel: () => false, requestTerminate: () => false };
    const first = Task.bash('true');
    const second = Task.bash('true');
    const recorded = {
      ...{ taskId: 'another', status: 'succeeded', startedAt: 1, finishedAt: 3, durationMs: 2 },
      ...{ output: 'x', error: null, returnCode: 0, raw: null, terminationReason: null },
    };
    const bind = (task: Task) => prepareTask(task, new Handlers()).bind(new Map(), { handle: live });
    bind(first).moved('succeeded', { kind: 'succeeded', value: recorded }, 9);
    bind(second).moved('succeeded', { kind: 'succeeded', reason: 'skipped' }, 9);
    expect(first).toMatchObject({ status: 'succeeded', result: { ...recorded, taskId: first.id } });
    expect(second.result).toMatchObject({ startedAt: 9, finishedAt: 9, output: null });
  });
});
