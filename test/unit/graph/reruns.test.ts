/** What a second run does with what the first one left. */
import { describe, expect, it } from 'vitest';
import { Task, TaskGraph } from '../../../src/index.ts';
import { bad, good, journal, shared, statuses, titles } from './kit.ts';

/** Fails until it is mended; counts its calls. */
function fragile(title: string) {
  const state = { broken: true, calls: 0 };
  const task = Task.call(
    () => {
      state.calls += 1;
      if (state.broken) throw new Error(`${title} broke`);
    },
    { title },
  );
  return { task, state };
}

describe('running a graph again', () => {
  it('keeps what succeeded and retries what failed or was blocked', async () => {
    const scheduler = shared();
    const lines = journal(scheduler);
    const graph = new TaskGraph();
    const { task, state } = fragile('b');
    const a = graph.add(good('a'));
    graph.add(task, { after: [a] });
    const c = graph.add(good('c'), { after: [task] });
    await graph.run({ scheduler });
    expect(statuses(graph)).toEqual({ a: 'succeeded', b: 'failed', c: 'blocked' });
    expect([graph.errors.size, c.blockedBy]).toEqual([1, task.id]);
    state.broken = false;
    await graph.run({ scheduler });
    expect([graph.ok, graph.errors.size, graph.blocked, c.blockedBy]).toEqual([true, 0, [], undefined]);
    expect(lines.filter((line) => line === 'a running')).toHaveLength(1);
    await graph.run({ scheduler });
    expect([graph.ok, state.calls]).toEqual([true, 2]);
  });

  it('blocks again what still cannot run, and names who is to blame this time', async () => {
    const graph = new TaskGraph();
    const [first, second] = [fragile('first'), fragile('second')];
    graph.add(first.task);
    const last = good('last');
    graph.add(second.task, { after: [first.task] });
    graph.add(last, { after: [second.task] });
    await graph.run();
    first.state.broken = false;
    await graph.run();
    expect(statuses(graph)).toEqual({ first: 'succeeded', second: 'failed', last: 'blocked' });
    expect([...graph.errors.keys()]).toEqual([second.task.id]);
  });

  it('lets a graph grow between runs', async () => {
    const graph = new TaskGraph();
    const a = graph.add(good('a'));
    await graph.run();
    const b = graph.add(good('b'), { after: [a] });
    expect(graph.ok).toBe(false);
    await graph.run();
    expect([graph.ok, b.status]).toEqual([true, 'succeeded']);
  });

  it('never retries what was cancelled: it blocks its children, and finally tasks run', async () => {
    const scheduler = shared();
    const lines = journal(scheduler);
    const graph = new TaskGraph();
    const [a, b, c, d, e] = [good('a'), good('b'), good('c'), good('d'), good('e')];
    graph.add(a);
    graph.add(b);
    graph.add(c, { after: [a, b] });
    graph.add(d, { after: [c] });
    graph.add(e, { after: [b, c], finally: true });
    b.cancel();
    for (const _ of [1, 2]) {
      await graph.run({ scheduler });
      expect([titles(graph.cancelled), titles(graph.blocked), graph.ok]).toEqual([['b'], ['c', 'd'], false]);
      expect([c.blockedBy, d.blockedBy, e.status]).toEqual([b.id, c.id, 'succeeded']);
    }
    expect(lines.filter((line) => line.startsWith('b '))).toEqual([]);
    expect(lines.filter((line) => line === 'c blocked')).toHaveLength(2);
  });

  it('may go on in another scheduler, also after a task ran by itself', async () => {
    const graph = new TaskGraph();
    const { task, state } = fragile('a');
    graph.add(task);
    const b = graph.add(good('b'), { after: [task] });
    await graph.run({ scheduler: shared() });
    state.broken = false;
    await shared().runTask(task).result();
    expect([graph.ok, b.status]).toEqual([false, 'blocked']);
    await graph.run({ scheduler: shared() });
    expect([graph.ok, state.calls]).toEqual([true, 2]);
  });

  it('does not repeat a finally task that succeeded', async () => {
    const graph = new TaskGraph();
    const work = graph.add(bad('work'));
    let cleaned = 0;
    graph.add(
      Task.call(
        () => {
          cleaned += 1;
        },
        { title: 'clean' },
      ),
      { after: [work], finally: true },
    );
    await graph.run();
    await graph.run();
    expect(cleaned).toBe(1);
  });
});
