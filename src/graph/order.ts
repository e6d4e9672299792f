/**
 * The order in which a graph submits its tasks: parents first, else as inserted. Finds what makes a graph
 * invalid on the way. Pure but for `parents`, which it fills in; O(n + e), and O(n log n + e) for a graph that
 * was not inserted parents first.
 */
import { SignalboxError } from '../core/errors.ts';
import { Heap } from '../core/heap.ts';
import type { Task } from '../task/index.ts';
import { type GraphNode, labelOf } from './node.ts';

const NONE: readonly GraphNode[] = Object.freeze([]);

/** Labels of a cycle that a message spells out; `details` has all of them. */
const CYCLE_SHOWN = 20;

/** @throws GRAPH_UNKNOWN_DEPENDENCY, GRAPH_CYCLE */
export function orderOf(nodes: ReadonlyMap<string, GraphNode>): readonly GraphNode[] {
  let isSorted = true;
  for (const node of nodes.values()) {
    const { after } = node.placement;
    node.parents = after.length === 0 ? NONE : after.map((task) => memberOf(nodes, node, task));
    for (const parent of node.parents) if (parent.index >= node.index) isSorted = false;
  }
  const inserted = [...nodes.values()];
  return isSorted ? inserted : sorted(inserted);
}

function memberOf(nodes: ReadonlyMap<string, GraphNode>, node: GraphNode, dependency: Task): GraphNode {
  const member = nodes.get(dependency.id);
  if (member !== undefined) return member;
  throw unknownDependency(node.task, dependency);
}

export function unknownDependency(task: Task, dependency: Task): SignalboxError {
  const [child, parent] = [labelOf(task), labelOf(dependency)];
  return new SignalboxError(
    'GRAPH_UNKNOWN_DEPENDENCY',
    `the task ${JSON.stringify(child)} comes after ${JSON.stringify(parent)}, which is not in the graph`,
    {
      hint: 'add that task too, or leave it out of after',
      details: { task: child, taskId: task.id, dependency: parent, dependencyId: dependency.id },
    },
  );
}

/** Kahn's algorithm; the first inserted of those that may come next comes next. */
function sorted(inserted: readonly GraphNode[]): readonly GraphNode[] {
  const open = inserted.map((node) => node.parents.length);
  const children: GraphNode[][] = inserted.map(() => []);
  const next = new Heap<GraphNode>((a, b) => a.index - b.index);
  for (const node of inserted) {
    if (node.parents.length === 0) next.push(node);
    for (const parent of node.parents) children[parent.index]?.push(node);
  }
  const order: GraphNode[] = [];
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    order.push(node);
    for (const child of children[node.index] ?? []) {
      const left = (open[child.index] ?? 0) - 1;
      open[child.index] = left;
      if (left === 0) next.push(child);
    }
  }
  if (order.length < inserted.length) throw cycleError(cycleAmong(inserted, open));
  return order;
}

/** What is left over has a parent that is left over: going up from any of them must come round. */
function cycleAmong(inserted: readonly GraphNode[], open: readonly number[]): readonly GraphNode[] {
  const isLeft = (node: GraphNode): boolean => (open[node.index] ?? 0) > 0;
  const trail: GraphNode[] = [];
  const seen = new Set<GraphNode>();
  let node = inserted.find(isLeft);
  while (node !== undefined && !seen.has(node)) {
    seen.add(node);
    trail.push(node);
    node = node.parents.find(isLeft);
  }
  const circle = node === undefined ? trail : trail.slice(trail.indexOf(node));
  // The trail leads from child to parent; people read the other way round, from the first inserted.
  circle.reverse();
  const first = circle.reduce((a, b, i) => ((circle[a]?.index ?? 0) < b.index ? a : i), 0);
  return [...circle.slice(first), ...circle.slice(0, first)];
}

function cycleError(circle: readonly GraphNode[]): SignalboxError {
  const closed = [...circle, ...circle.slice(0, 1)];
  const cycle = closed.map(({ task }) => labelOf(task));
  const isLong = cycle.length > CYCLE_SHOWN;
  const head = isLong ? [...cycle.slice(0, CYCLE_SHOWN - 1), '...', ...cycle.slice(-1)] : cycle;
  return new SignalboxError('GRAPH_CYCLE', `the graph contains a cycle: ${head.join(' -> ')}`, {
    hint: 'leave one of these dependencies out',
    details: { cycle, taskIds: closed.map(({ task }) => task.id) },
  });
}
