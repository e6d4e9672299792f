/** How a graph runs: order, blocking, finally tasks, what bodies see, and how wide it runs. */
import { describe, expect, it } from 'vitest';
import { Task, TaskGraph } from '../../../src/index.ts';
import { check, errorOf, Gate } from '../runtime/kit.ts';
import { bad, expectBefore, gated, good, journal, shared, statuses, titles } from './kit.ts';

describe('order', () => {
  it('runs a diamond: each task once, after all of its parents', async () => {
    const scheduler = shared();
    const lines = journal(scheduler);
    const graph = new TaskGraph();
    const [a, b, c, d] = [good('a'), good('b'), good('c'), good('d')];
    graph.add(d, { after: [b, c] });
    graph.add(c, { after: [a] });
    graph.add(b, { after: [a] });
    graph.add(a);
    expect((await graph.run({ scheduler })).ok).toBe(true);
    expect(lines.filter((line) => line.endsWith('running'))).toHaveLength(4);
    for (const [parent, child] of ['ab', 'ac', 'bd', 'cd'].map((pair) => [...pair] as [string, string]))
      expectBefore(lines, `${parent} succeeded`, `${child} running`);
  });

  it('prefers the order of insertion among what may run', async () => {
    const scheduler = shared({ taskParallelism: 1 });
    const lines = journal(scheduler);
    const graph = new TaskGraph();
    const root = good('root');
    graph.add(good('late'), { after: [root] });
    graph.add(good('first'));
    graph.add(good('second'));
    graph.add(root);
    graph.add(good('next'));
    graph.add(good('last'));
    await graph.run({ scheduler });
    const begun = lines.flatMap((line) => (line.endsWith(' running') ? [line.split(' ')[0]] : []));
    // The slot of root is taken in the turn of its end; what came after it may run when that end was seen.
    expect(begun).toEqual(['first', 'second', 'root', 'next', 'late', 'last']);
  });

  it('runs ten thousand tasks one after another', async () => {
    const graph = new TaskGraph();
    const chain = Array.from({ length: 10_000 }, () => Task.call(() => {}));
    for (let i = chain.length - 1; i >= 0; i -= 1) {
      const before = chain[i - 1];
      graph.add(chain[i] as Task, before === undefined ? {} : { after: [before] });
    }
    expect((await graph.run()).ok).toBe(true);
  });
});

describe('a bad end', () => {
  it('blocks what comes after it, child by child, each naming its direct parent', async () => {
    const graph = new TaskGraph();
    const [a, b, c, other] = [bad('a'), good('b'), good('c'), good('other')];
    graph.add(a);
    graph.add(b, { after: [a] });
    graph.add(c, { after: [other, b] });
    graph.add(other);
    await graph.run();
    expect(statuses(graph)).toEqual({ a: 'failed', b: 'blocked', c: 'blocked', other: 'succeeded' });
    expect([b.blockedBy, c.blockedBy]).toEqual([a.id, b.id]);
    expect([titles(graph.requiredFailed), titles(graph.requiredBlocked)]).toEqual([['a'], ['b', 'c']]);
    expect([...graph.errors.keys()]).toEqual([a.id]);
    expect(b.result).toBeUndefined();
  });

  it('blocks at once, while other parents still run', async () => {
    const scheduler = shared();
    const lines = journal(scheduler);
    const graph = new TaskGraph();
    const { task: slow, gate } = gated('slow');
    const [a, b] = [bad('a'), good('b')];
    graph.add(slow);
    graph.add(a);
    graph.add(b, { after: [slow, a] });
    graph.add(
      Task.call(() => gate.open(), { title: 'opens' }),
      { after: [b], finally: true },
    );
    await graph.run({ scheduler });
    expectBefore(lines, 'b blocked', 'slow succeeded');
    expect(b.blockedBy).toBe(a.id);
  });

  it('of a command is in errors with its result', async () => {
    const graph = new TaskGraph();
    const task = graph.add(Task.bash('echo out; echo err >&2; exit 3', { title: 'sh' }));
    await graph.run();
    expect(graph.errors.get(task.id)).toMatchObject({
      code: 'TASK_FAILED',
      details: { returnCode: 3, output: 'out\n' },
    });
    expect(titles(graph.failed)).toEqual(['sh']);
  });

  it('is retried only if the task asks for it', async () => {
    let calls = 0;
    const flaky = (title: string, options = {}): Task =>
      Task.call(
        () => {
          calls += 1;
          if (calls % 2 === 1) throw new Error('flaky');
        },
        { title, ...options },
      );
    const graph = new TaskGraph();
    graph.add(flaky('no'));
    await graph.run();
    expect([calls, graph.ok]).toEqual([1, false]);
    calls = 0;
    const patient = new TaskGraph();
    patient.add(flaky('own', { retry: { maxAttempts: 2 } }));
    await patient.run();
    expect([calls, patient.ok]).toEqual([2, true]);
    calls = 0;
    const told = new TaskGraph();
    told.add(flaky('told'), { options: { retry: { maxAttempts: 2 } } });
    await told.run();
    expect([calls, told.ok]).toEqual([2, true]);
  });
});

describe('finally tasks', () => {
  it('run after success, failure, blocking and cancellation alike, and are never blocked', async () => {
    const graph = new TaskGraph();
    const [ok, failing, blocked, cancelled] = [
      good('ok'),
      bad('failing'),
      good('blocked'),
      good('cancelled'),
    ];
    graph.add(ok);
    graph.add(failing);
    graph.add(blocked, { after: [failing] });
    graph.add(cancelled);
    cancelled.cancel();
    for (const parent of [ok, failing, blocked, cancelled])
      graph.add(good(`after ${parent.title}`), { after: [parent], finally: true });
    graph.add(good('after all'), { after: [ok, failing, blocked, cancelled], finally: true });
    await graph.run();
    expect(titles(graph.finallyTasks).length).toBe(5);
    expect(graph.finallyTasks.every(({ status }) => status === 'succeeded')).toBe(true);
  });

  it('without parents run at once', async () => {
    const graph = new TaskGraph();
    const { task: slow, gate } = gated('slow');
    graph.add(slow);
    graph.add(
      Task.call(() => gate.open(), { title: 'at once' }),
      { finally: true },
    );
    expect((await graph.run()).ok).toBe(true);
  });

  it('wait until every parent is inactive', async () => {
    const scheduler = shared();
    const lines = journal(scheduler);
    const graph = new TaskGraph();
    const { task: slow, gate } = gated('slow');
    const quick = graph.add(bad('quick'));
    graph.add(slow);
    graph.add(good('clean'), { after: [quick, slow], finally: true });
    graph.add(
      Task.call(() => gate.open(), { title: 'opens' }),
      { after: [quick], finally: true },
    );
    await graph.run({ scheduler });
    expectBefore(lines, 'slow succeeded', 'clean running');
  });

  it('may chain, whatever becomes of them, and a normal task may come after one', async () => {
    const graph = new TaskGraph();
    const first = graph.add(bad('first'), { finally: true });
    const second = graph.add(good('second'), { after: [first], finally: true });
    const fine = graph.add(good('normal after second'), { after: [second] });
    const stuck = graph.add(good('normal after first'), { after: [first] });
    await graph.run();
    expect([second.status, fine.status, stuck.status]).toEqual(['succeeded', 'succeeded', 'blocked']);
    expect(stuck.blockedBy).toBe(first.id);
  });

  it('count for ok unless they are optional', async () => {
    for (const required of [true, false]) {
      const graph = new TaskGraph();
      const work = graph.add(good('work'));
      graph.add(bad('notify'), { after: [work], finally: true, required });
      await graph.run();
      expect(graph.ok).toBe(!required);
      expect(titles(required ? graph.requiredFailed : graph.optionalFailed)).toEqual(['notify']);
      expect(titles(required ? graph.optionalFailed : graph.requiredFailed)).toEqual([]);
      expect(graph.errors.size).toBe(1);
    }
  });
});

describe('what a body sees', () => {
  it('is its direct parents only, by id, in the order of declaration, however they ended', async () => {
    const graph = new TaskGraph();
    const [far, a, b] = [good('far', 1), good('a', 2), bad('b')];
    graph.add(far);
    graph.add(a, { after: [far] });
    graph.add(b);
    const last = Task.call(({ upstream }) => upstream, { title: 'last' });
    graph.add(last, { after: [b, a], finally: true });
    await graph.run();
    const upstream = last.result?.raw as ReadonlyMap<string, Task>;
    expect([...upstream.keys()]).toEqual([b.id, a.id]);
    expect(titles(upstream.values())).toEqual(['b', 'a']);
    expect(upstream.get(a.id)?.result?.raw).toBe(2);
    expect(upstream.get(b.id)?.status).toBe('failed');
    expect([upstream.size, upstream.has(far.id), upstream.get('x')]).toEqual([2, false, undefined]);
    const visited: string[] = [];
    upstream.forEach((task, id, map) => {
      visited.push(`${task.title} ${id === task.id} ${map === upstream}`);
    });
    expect(visited).toEqual(['b true true', 'a true true']);
    expect(new Map(upstream).size).toBe(2);
    expect('set' in upstream).toBe(false);
  });

  it('is found among many parents too; of nothing it is empty', async () => {
    const graph = new TaskGraph();
    const parts = graph.map(Array(100).keys(), (i) => good(`${i}`, i));
    const sum = Task.call(
      ({ upstream }) => parts.reduce((total, { id }) => total + Number(upstream.get(id)?.result?.raw), 0),
      { title: 'sum' },
    );
    graph.add(sum, { after: parts });
    const alone = graph.add(Task.call(({ upstream }) => upstream.size));
    await graph.run();
    expect([sum.result?.raw, alone.result?.raw]).toEqual([4950, 0]);
  });
});

describe('how wide it runs', () => {
  /** Tasks that note how many of them run at once. */
  function crowd(count: number, options = {}): { graph: TaskGraph; most: () => number } {
    let now = 0;
    let most = 0;
    const graph = new TaskGraph();
    graph.map(Array(count).keys(), (i) =>
      Task.call(
        async () => {
          now += 1;
          most = Math.max(most, now);
          await new Promise((resolve) => setImmediate(resolve));
          now -= 1;
        },
        { title: `${i}`, ...options },
      ),
    );
    return { graph, most: () => most };
  }

  it('is four at once by itself, or maxWorkers', async () => {
    const usual = crowd(12);
    await usual.graph.run();
    expect(usual.most()).toBe(4);
    const narrow = crowd(6);
    await narrow.graph.run({ maxWorkers: 1 });
    expect(narrow.most()).toBe(1);
    const wide = crowd(12);
    await wide.graph.run({ maxWorkers: 9 });
    expect(wide.most()).toBe(9);
  });

  it('is as wide as the scheduler when it is given one, and maxWorkers bounds this graph alone', async () => {
    const scheduler = shared({ taskParallelism: 6, pipelineParallelism: 2 });
    const wide = crowd(12);
    await wide.graph.run({ scheduler });
    expect(wide.most()).toBe(6);
    const [two, rest] = [crowd(12), crowd(12)];
    await Promise.all([two.graph.run({ scheduler, maxWorkers: 2 }), rest.graph.run({ scheduler })]);
    expect([two.most(), rest.most()]).toEqual([2, 6]);
    expect((await crowd(3).graph.run({ scheduler, maxWorkers: 2 })).ok).toBe(true);
  });

  it('refuses maxWorkers in a scheduler for a task with a concurrencyKey of its own', async () => {
    const scheduler = shared();
    const { graph } = crowd(2, { concurrencyKey: 'db' });
    const error = await errorOf(graph.run({ scheduler, maxWorkers: 2 }));
    check(error, 'INVALID_ARGUMENT', ['the concurrencyKey of the task "0" was "db"']);
    expect((await graph.run({ maxWorkers: 2 })).ok).toBe(true);
  });

  it('keeps to the resources of its tasks', async () => {
    const scheduler = shared({ taskParallelism: 8, resources: { cpu: 2 } });
    const { graph, most } = crowd(8, { resources: { cpu: 1 } });
    await graph.run({ scheduler });
    expect([graph.ok, most()]).toEqual([true, 2]);
  });
});

describe('in a scheduler', () => {
  it('is an ordinary run with one stage, named after the graph, and resolves to the graph', async () => {
    const scheduler = shared();
    const graph = new TaskGraph({ title: 'preflight' });
    graph.add(bad('a'));
    const handle = scheduler.runPipeline(graph);
    expect(handle.name).toBe('preflight');
    expect(await handle.result()).toBe(graph);
    expect([handle.state, handle.stages.map(({ state }) => state)]).toEqual(['succeeded', ['failed']]);
    expect(handle.tasks.map(({ name }) => name)).toEqual(['a']);
    expect(scheduler.runPipeline(new TaskGraph()).name).toBe('TaskGraph');
    expect(scheduler.runPipeline(new TaskGraph({ title: 't', name: 'n' })).name).toBe('n');
  });

  it('passes run options on: name, id, priority, input, after', async () => {
    const scheduler = shared();
    const seen: unknown[] = [];
    scheduler.events$.subscribe((event) => {
      if (event.type === 'pipeline:succeeded') seen.push(event.runId);
    });
    const before = scheduler.runPipeline(async () => 1, { runId: 'before' });
    await new TaskGraph().run({
      scheduler,
      runId: 'mine',
      name: 'x',
      priority: 3,
      input: 1,
      after: [before],
    });
    expect(seen).toEqual(['before', 'mine']);
  });

  it('logs no failures that the graph itself shows', async () => {
    const lines: string[] = [];
    const say = (message: string): void => void lines.push(message);
    const scheduler = shared({ logger: { debug: say, info: say, warn: say, error: say } });
    const graph = new TaskGraph();
    graph.add(bad('a'));
    await graph.run({ scheduler });
    await scheduler.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toEqual([]);
    // Whoever never asks for the run at all is told.
    const again = shared({ logger: { debug: say, info: say, warn: say, error: say } });
    again.runPipeline(graph);
    await again.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toMatchObject([expect.stringContaining('failures nobody looked at')]);
  });

  it('can be a child: a task runs a graph of the same scheduler, and both end', async () => {
    const scheduler = shared({ taskParallelism: 2 });
    const inner = new TaskGraph();
    inner.add(good('inner'));
    const graph = new TaskGraph();
    graph.add(Task.call(() => inner.run({ scheduler }).then(({ ok }) => ok), { title: 'outer' }));
    await graph.run({ scheduler });
    expect([graph.ok, inner.ok]).toEqual([true, true]);
  });

  it('holds a task and lets it go again', async () => {
    const scheduler = shared();
    const graph = new TaskGraph();
    const { task: slow, gate, begun } = gated('slow');
    const after = graph.add(good('after'), { after: [graph.add(slow)] });
    const seen = new Gate();
    graph.add(
      Task.call(() => seen.open(), { title: 'seen' }),
      { after: [slow], finally: true },
    );
    expect(graph.hold(after)).toBe(false);
    const run = graph.run({ scheduler });
    await begun.promise;
    expect(graph.hold(after, 'not yet')).toBe(true);
    gate.open();
    await seen.promise;
    expect([after.status, graph.unhold(after)]).toEqual(['pending', true]);
    await run;
    expect([after.status, graph.unhold(after)]).toEqual(['succeeded', false]);
    await expect(async () => graph.hold(good('stranger'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
