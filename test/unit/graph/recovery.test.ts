/** Graphs over a crash: from data alone, and with a termination that was under way. */
import { expect, it } from 'vitest';
import { memoryStore, Task, TaskGraph } from '../../../src/index.ts';
import { bench } from '../runtime/kit.ts';

const LATER = 10_000_000;
const never = () => new Promise<never>(() => {});

/** a, then b, then a finally task; all of a kind that the given handler runs. */
function abc(): TaskGraph {
  const graph = new TaskGraph({ title: 'abc' });
  const a = graph.add(Task.custom('step', { n: 1 }, { title: 'a' }));
  const b = graph.add(Task.custom('step', { n: 2 }, { title: 'b' }), { after: [a] });
  graph.add(Task.custom('step', {}, { title: 'clean' }), { after: [a, b], finally: true });
  return graph;
}

it('a graph of data goes on from the store alone, and what had succeeded is not done again', async () => {
  const store = memoryStore();
  const ran: string[] = [];
  let stuck = true;
  const step = ({ title }: { readonly title: string }) => {
    ran.push(title);
    return title === 'b' && stuck ? never() : title.toUpperCase();
  };
  const options = { store, handlers: { step }, taskParallelism: 4 };
  const first = bench(options);
  first.scheduler.runPipeline(abc(), { runId: 'r' });
  await first.clock.advance(1);
  expect(ran).toEqual(['a', 'b']);
  stuck = false;
  const second = bench(options, LATER);
  const { resumed } = await second.scheduler.recover();
  const graph = await resumed[0]?.result();
  expect(graph).toBeInstanceOf(TaskGraph);
  if (!(graph instanceof TaskGraph)) return;
  expect(graph.ok).toBe(true);
  expect(graph.tasks.map((task) => [task.title, task.status, task.result?.output])).toEqual([
    ['a', 'succeeded', 'A'],
    ['b', 'succeeded', 'B'],
    ['clean', 'succeeded', 'CLEAN'],
  ]);
  expect(ran).toEqual(['a', 'b', 'b', 'clean']);
});

it('a graph that was being terminated when its process ended runs its finally tasks and ends cancelled', async () => {
  const store = memoryStore();
  const ran: string[] = [];
  const step = ({ title }: { readonly title: string }) => {
    ran.push(title);
    return title === 'a' ? never() : title;
  };
  const options = { store, handlers: { step }, taskParallelism: 4 };
  const first = bench(options);
  const handle = first.scheduler.runPipeline(abc(), { runId: 'r' });
  await first.clock.advance(1);
  handle.requestTerminate('enough');
  await first.clock.advance(1);
  expect(ran).toEqual(['a']);
  const second = bench(options, LATER);
  const again = second.scheduler.resume('r');
  await expect(again.result()).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ran).toEqual(['a', 'clean']);
  const tasks = await store.tasks.list('r');
  expect(tasks.map((task) => [task.name, task.state])).toEqual([
    ['a', 'cancelled'],
    ['b', 'cancelled'],
    ['clean', 'succeeded'],
  ]);
  await second.scheduler.close();
  expect(await store.runs.get('r')).toMatchObject({ state: 'cancelled', closed: true });
});
