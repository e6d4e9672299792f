/** Runs of graphs that go on: with the graph built again, as a program that was started again would. */
import { describe, expect, it } from 'vitest';
import { memoryStore, Scheduler, Task, TaskGraph } from '../../../src/index.ts';
import { gated, good, shared, statuses } from './kit.ts';

/** A graph as a program builds it at every start: equal titles and places, new ids. */
function build(calls: string[], isBroken: () => boolean) {
  const graph = new TaskGraph({ title: 'nightly' });
  const noted = (title: string, broken = () => false): Task =>
    Task.call(
      () => {
        calls.push(title);
        if (broken()) throw new Error(`${title} broke`);
        return title;
      },
      { title },
    );
  const a = graph.add(noted('a'));
  const b = graph.add(noted('b', isBroken), { after: [a] });
  graph.add(noted('c'), { after: [b] });
  graph.add(noted('clean'), { after: [b], finally: true });
  return graph;
}

describe('resuming a run of a graph', () => {
  it('that ended with failures retries those and gives the graph that was passed', async () => {
    const store = memoryStore();
    const calls: string[] = [];
    const first = build(calls, () => true);
    await first.run({ scheduler: shared({ store }), runId: 'night' });
    expect(statuses(first)).toEqual({ a: 'succeeded', b: 'failed', c: 'blocked', clean: 'succeeded' });
    const again = build(calls, () => false);
    const handle = shared({ store }).resume('night', again);
    expect(await handle.result()).toBe(again);
    expect([again.ok, again.tasks[0]?.result?.raw]).toEqual([true, 'a']);
    expect(calls).toEqual(['a', 'b', 'clean', 'b', 'c']);
  });

  it('that was cut short goes on where it was', async () => {
    const store = memoryStore();
    const graph = new TaskGraph();
    const { task, gate, begun } = gated('slow');
    graph.add(good('after'), { after: [graph.add(task)] });
    const scheduler = new Scheduler({ store });
    const handle = scheduler.runPipeline(graph, { runId: 'cut' });
    const lost = expect(handle.result()).rejects.toMatchObject({ code: 'SCHEDULER_ABORTED' });
    await begun.promise;
    const closed = scheduler.close({ mode: 'suspend' });
    gate.open();
    await closed;
    await lost;
    const again = new TaskGraph();
    again.add(good('after'), { after: [again.add(good('slow'))] });
    await shared({ store }).resume('cut', again).result();
    expect(statuses(again)).toEqual({ slow: 'succeeded', after: 'succeeded' });
  });
});
