/** How a node lies in its run, as the runtime asks: what is seldom asked for is made when it is. */
import type { TaskHandle, TaskPlace } from '../runtime/index.ts';
import type { Task } from '../task/index.ts';
import type { GraphNode } from './node.ts';
import { Upstream } from './upstream.ts';

const NO_HANDLES: readonly TaskHandle<unknown>[] = Object.freeze([]);
const NO_UPSTREAM: ReadonlyMap<string, Task> = new Map();

export class GraphPlace implements TaskPlace {
  readonly #node: GraphNode;
  readonly after: readonly TaskHandle<unknown>[];
  readonly upstream: ReadonlyMap<string, Task>;
  readonly blockedBy: string | undefined;

  constructor(node: GraphNode) {
    const { parents } = node;
    this.#node = node;
    this.after = handlesOf(parents);
    this.upstream = parents.length === 0 ? NO_UPSTREAM : new Upstream(parents);
    this.blockedBy = blockerOf(node);
  }

  get isFinally(): boolean {
    return this.#node.placement.isFinally;
  }

  /** Ids are new in a program that builds the graph again; the place in it is not. */
  get key(): string {
    return keyOf(this.#node.index, this.#node.task);
  }
}

/** Of the task that was added as the `index`th. */
export function keyOf(index: number, { title, kind }: Task): string {
  return `#${index} ${title === '' ? kind : title}`;
}

/** Of the parents that are in this run; the others were final before it. */
function handlesOf(parents: readonly GraphNode[]): readonly TaskHandle<unknown>[] {
  if (parents.length === 0) return NO_HANDLES;
  const handles: TaskHandle<unknown>[] = [];
  for (const { handle } of parents) if (handle !== undefined) handles.push(handle);
  return handles;
}

/** The first parent that was cancelled before this run: it is never retried, so the node cannot run (P1). */
function blockerOf({ parents, placement }: GraphNode): string | undefined {
  if (placement.isFinally) return undefined;
  return parents.find(({ handle, task }) => handle === undefined && task.status === 'cancelled')?.task.id;
}
