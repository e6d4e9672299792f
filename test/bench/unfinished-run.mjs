// @ts-check
/** A run that is cut off when all but its last task have finished: in code, and as a graph. */
import { Task, TaskGraph } from '../../dist/src/index.js';
import { layeredGraph, WIDTH } from './layered-graph.mjs';

export const RUN_ID = 'unfinished';
export const WORKERS = 64;

/** @typedef {{ each: () => Promise<void>, last: () => Promise<void> }} Bodies */

/** @param {'code' | 'graph'} style @param {number} n @param {Bodies} bodies */
export const unfinishedRun = (style, n, bodies) =>
  style === 'code' ? inCode(n, bodies) : asGraph(n, bodies);

/** @param {number} n @param {Bodies} bodies */
function inCode(n, { each, last }) {
  return async (/** @type {import('../../dist/src/index.js').Controls} */ pipeline) => {
    const handles = Array.from({ length: n }, () => pipeline.task(each, { name: 'each' }).run());
    await pipeline.wait(handles);
    await pipeline.task(last, { name: 'last' }).run().result();
  };
}

/** @param {number} n @param {Bodies} bodies */
function asGraph(n, { each, last }) {
  const graph = new TaskGraph({ title: RUN_ID });
  /** @type {Task[]} */
  const tasks = [];
  for (const parents of layeredGraph(n)) {
    const after = parents.flatMap((parent) => tasks[parent] ?? []);
    tasks.push(graph.add(Task.call(each, { title: 'each' }), { after }));
  }
  graph.add(Task.call(last, { title: 'last' }), { after: tasks.slice(-WIDTH) });
  return graph;
}
