/** What a graph keeps of one of its tasks. Plain; the graph alone changes it. */
import type { TaskHandle, TaskOptions } from '../runtime/index.ts';
import type { Task } from '../task/index.ts';

/** How a task lies in its graph: what `add` was given, read. */
export interface Placement {
  /** Direct parents in the order of declaration, each once. They need not be members yet. */
  readonly after: readonly Task[];
  readonly isFinally: boolean;
  readonly isOptional: boolean;
  readonly options: TaskOptions | undefined;
}

export class GraphNode {
  task: Task;
  /** Place in the order of insertion. */
  readonly index: number;
  placement: Placement;
  /** `placement.after` as members; set by `orderOf`. */
  parents: readonly GraphNode[] = [];
  /** Of the last run that submitted it. */
  handle: TaskHandle<unknown> | undefined = undefined;

  constructor(task: Task, index: number, placement: Placement) {
    this.task = task;
    this.index = index;
    this.placement = placement;
  }
}

/** What a message calls a task. */
export function labelOf(task: Task): string {
  return task.title === '' ? task.id : task.title;
}
