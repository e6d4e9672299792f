// @ts-check
import { Task, TaskGraph } from '../../../dist/src/index.js';

/** @param {import('../layered-graph.mjs').Parents} parents @param {(node: number) => Promise<void>} body */
export function graphOf(parents, body) {
  const graph = new TaskGraph();
  /** @type {Task[]} */
  const tasks = [];
  for (const [node, above] of parents.entries()) {
    const after = above.flatMap((parent) => tasks[parent] ?? []);
    tasks.push(
      graph.add(
        Task.call(() => body(node)),
        { after },
      ),
    );
  }
  return graph;
}

/** Alone: the graph brings its own scheduler. @type {import('./runner.d.ts').GraphRunner} */
export const runner = {
  prepare(parents, body, atOnce) {
    const graph = graphOf(parents, body);
    return async () => {
      await graph.run({ maxWorkers: atOnce });
      if (!graph.ok) throw new Error('a task of the graph did not succeed');
    };
  },
};
