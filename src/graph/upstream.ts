/**
 * The Tasks that a task directly comes after, by id: what its body sees as `context.upstream`. Read-only, and
 * made of an array that is there anyway, since most bodies never look.
 */
import type { Task } from '../task/index.ts';
import type { GraphNode } from './node.ts';

/** Up to so many, looking through the array beats making a map. */
const FEW = 8;

export class Upstream implements ReadonlyMap<string, Task> {
  readonly #nodes: readonly GraphNode[];
  #byId: ReadonlyMap<string, Task> | undefined = undefined;

  constructor(parents: readonly GraphNode[]) {
    this.#nodes = parents;
  }

  get size(): number {
    return this.#nodes.length;
  }

  get(id: string): Task | undefined {
    if (this.#nodes.length <= FEW) return this.#nodes.find(({ task }) => task.id === id)?.task;
    this.#byId ??= new Map(this.entries());
    return this.#byId.get(id);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  forEach(visit: (task: Task, id: string, map: ReadonlyMap<string, Task>) => void, self?: unknown): void {
    for (const { task } of this.#nodes) visit.call(self, task, task.id, this);
  }

  *entries(): MapIterator<[string, Task]> {
    for (const { task } of this.#nodes) yield [task.id, task];
  }
  *keys(): MapIterator<string> {
    for (const { task } of this.#nodes) yield task.id;
  }
  *values(): MapIterator<Task> {
    for (const { task } of this.#nodes) yield task;
  }
  [Symbol.iterator](): MapIterator<[string, Task]> {
    return this.entries();
  }
  get [Symbol.toStringTag](): string {
    return 'Upstream';
  }
}
