/** What is refused when a graph is to run, before anything starts or is saved; and in which order it is looked for. */
import { describe, expect, it } from 'vitest';
import { Task, TaskGraph } from '../../../src/index.ts';
import { check, errorOf, thrownBy } from '../runtime/kit.ts';
import { bad, gated, good, journal, shared, statuses, titles } from './kit.ts';

const cyclic = (): TaskGraph => {
  const graph = new TaskGraph();
  const [a, b, c, free] = [good('a'), good('b'), good('c'), good('free')];
  graph.add(free);
  graph.add(a, { after: [c, free] });
  graph.add(b, { after: [a] });
  graph.add(c, { after: [b] });
  return graph;
};

describe('running a graph', () => {
  it('refuses a cycle and spells it out in the order of running', async () => {
    const error = await errorOf(cyclic().run());
    check(error, 'GRAPH_CYCLE', ['the graph contains a cycle: a -> b -> c -> a']);
    expect(error.details['cycle']).toEqual(['a', 'b', 'c', 'a']);
  });

  it('refuses a task that comes after itself, named by its id when it has no title', async () => {
    const graph = new TaskGraph();
    const task = Task.call(() => {});
    graph.add(task, { after: [task] });
    const error = await errorOf(graph.run());
    check(error, 'GRAPH_CYCLE', [`${task.id} -> ${task.id}`]);
    expect(error.details['taskIds']).toEqual([task.id, task.id]);
  });

  it('finds a cycle behind tasks that only depend on one, and shortens a long one in its message', async () => {
    const graph = new TaskGraph();
    const ring = Array.from({ length: 50 }, (_, i) => good(`r${i}`));
    graph.add(good('behind'), { after: [ring[7] as Task] });
    ring.forEach((task, i) => void graph.add(task, { after: [ring[(i + 49) % 50] as Task] }));
    const error = await errorOf(graph.run());
    check(error, 'GRAPH_CYCLE', ['r0 -> r1 -> ', '-> ... -> r0']);
    expect(error.details['cycle']).toEqual([...titles(ring), 'r0']);
  });

  it('refuses a dependency that was never added, naming both; one that is added later is fine', async () => {
    const graph = new TaskGraph();
    const [a, b] = [good('a'), good('b')];
    graph.add(b, { after: [a] });
    const error = await errorOf(graph.run());
    check(error, 'GRAPH_UNKNOWN_DEPENDENCY', ['"b" comes after "a"']);
    expect(error.details).toMatchObject({ taskId: b.id, dependencyId: a.id });
    graph.add(a);
    expect((await graph.run()).ok).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, true, '4', null])(
    'refuses maxWorkers %s',
    async (maxWorkers) => {
      const error = await errorOf(cyclic().run({ maxWorkers: maxWorkers as never }));
      check(error, 'INVALID_ARGUMENT', ['maxWorkers', 'a whole number, 1 or more']);
    },
  );

  it('refuses what is no scheduler, no signal, or no option', async () => {
    const graph = new TaskGraph();
    check(await errorOf(graph.run({ scheduler: {} as never })), 'INVALID_ARGUMENT', ['scheduler']);
    check(await errorOf(graph.run({ signal: {} as never })), 'INVALID_ARGUMENT', ['signal']);
    check(await errorOf(graph.run({ children: 'cancel' } as never)), 'INVALID_ARGUMENT', ['children']);
    check(await errorOf(graph.run(null as never)), 'INVALID_ARGUMENT', ['null']);
  });

  it('refuses children other than wait where it is submitted, thrown at the call', () => {
    const scheduler = shared();
    const refused = thrownBy(() => scheduler.runPipeline(new TaskGraph(), { children: 'cancel' }));
    check(refused, 'INVALID_ARGUMENT', ['children', "'wait'"]);
    expect(scheduler.snapshot().pipelines.queued).toBe(0);
  });

  it('throws what is wrong with the graph at the call of runPipeline, and submits nothing', () => {
    const scheduler = shared();
    check(
      thrownBy(() => scheduler.runPipeline(cyclic())),
      'GRAPH_CYCLE',
      [],
    );
    expect(scheduler.snapshot().pipelines).toMatchObject({ queued: 0, failed: 0 });
  });

  it('refuses unknown resources, and more than there is, of its last task before its first starts', async () => {
    const scheduler = shared({ resources: { cpu: 2 } });
    const lines = journal(scheduler);
    const graph = new TaskGraph();
    const first = graph.add(good('first'));
    const last = good('last');
    graph.add(last, { after: [first], options: { resources: { gpu: 1 } } });
    check(
      thrownBy(() => scheduler.runPipeline(graph)),
      'UNKNOWN_RESOURCE',
      ['gpu'],
    );
    graph.add(last, { after: [first], options: { resources: { cpu: 3 } } });
    check(await errorOf(graph.run({ scheduler })), 'UNSCHEDULABLE_TASK', ['cpu']);
    check(await errorOf(graph.run()), 'UNKNOWN_RESOURCE', ['cpu']);
    expect([lines, statuses(graph)]).toEqual([[], { first: 'pending', last: 'pending' }]);
  });

  it('looks for a busy member before unknown dependencies, and for those before cycles', async () => {
    const scheduler = shared();
    const { task, gate } = gated('busy');
    const running = new TaskGraph();
    running.add(task);
    const first = running.run({ scheduler });
    const graph = cyclic();
    graph.add(good('loose'), { after: [good('nowhere')] });
    check(await errorOf(graph.run()), 'GRAPH_UNKNOWN_DEPENDENCY', ['loose']);
    graph.add(task);
    check(await errorOf(graph.run()), 'TASK_BUSY', ['"busy" is in a live run']);
    gate.open();
    await first;
  });
});

describe('a graph that runs', () => {
  it('cannot be run or changed beside that; afterwards it can', async () => {
    const scheduler = shared();
    const graph = new TaskGraph({ title: 'g' });
    const { task, gate, begun } = gated('slow');
    graph.add(task);
    const run = graph.run({ scheduler });
    check(await errorOf(graph.run({ scheduler })), 'TASK_BUSY', ['"g"']);
    check(
      thrownBy(() => graph.add(good('late'))),
      'INVALID_TRANSITION',
      ['"g" is running'],
    );
    check(
      thrownBy(() => graph.map([1], () => good('late'))),
      'INVALID_TRANSITION',
      [],
    );
    await begun.promise;
    check(
      thrownBy(() => scheduler.runPipeline(graph)),
      'TASK_BUSY',
      [],
    );
    gate.open();
    await run;
    graph.add(good('late'), { after: [task] });
    expect((await graph.run({ scheduler })).ok).toBe(true);
  });

  it('starts nothing when a member was taken by another run while it was queued', async () => {
    const scheduler = shared({ pipelineParallelism: 1 });
    const { task, gate } = gated('shared');
    const blocker = gated('blocker');
    const [first, second, other] = [new TaskGraph(), new TaskGraph(), new TaskGraph()];
    first.add(blocker.task);
    const own = second.add(good('own'));
    second.add(task);
    other.add(task);
    const before = scheduler.runPipeline(first);
    const queued = second.run({ scheduler });
    const elsewhere = other.run();
    await blocker.begun.promise;
    blocker.gate.open();
    check(await errorOf(queued), 'TASK_BUSY', ['"shared"']);
    expect(own.status).toBe('pending');
    gate.open();
    await Promise.all([before.result(), elsewhere]);
    expect((await second.run({ scheduler })).ok).toBe(true);
  });

  it('is free again when its run was refused or cancelled before it began', async () => {
    const scheduler = shared();
    const graph = new TaskGraph();
    graph.add(good('a'));
    const blocker = gated('blocker');
    const busy = new TaskGraph();
    busy.add(blocker.task);
    const before = scheduler.runPipeline(busy, { runId: 'taken' });
    await expect(graph.run({ scheduler, runId: 'taken' })).rejects.toMatchObject({ code: 'RUN_EXISTS' });
    const queued = scheduler.runPipeline(graph);
    expect(queued.cancel()).toBe(true);
    blocker.gate.open();
    await before.result();
    expect([graph.ok, statuses(graph)]).toEqual([false, { a: 'pending' }]);
    expect((await graph.run({ scheduler })).ok).toBe(true);
  });
});

it('an empty graph is ok once it has run, and not before', async () => {
  const graph = new TaskGraph();
  expect(graph.ok).toBe(false);
  expect((await graph.run()).ok).toBe(true);
});

it('a task that failed is no reason for run to reject, and its error is the very one it threw', async () => {
  const thrown = new Error('boom');
  const graph = new TaskGraph();
  const task = graph.add(bad('a', thrown));
  expect(await graph.run()).toBe(graph);
  expect([graph.ok, [...graph.errors]]).toEqual([false, [[task.id, thrown]]]);
});
