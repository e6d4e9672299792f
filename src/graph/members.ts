/**
 * The members of a graph: tasks, what they come after, their flags, and the views of them. Knows no runs.
 *
 * - Members keep their place of insertion; adding one again replaces its dependencies and flags.
 * - What is wrong with a call is thrown before anything changes.
 */
import { SignalboxError } from '../core/errors.ts';
import type { Task } from '../task/index.ts';
import { GraphNode, labelOf, type Placement } from './node.ts';
import { type AddOptions, checkTask, type Mapped, readItems, readMapped, readPlacement } from './options.ts';
import { unknownDependency } from './order.ts';

/** Edges that `toString()` names. */
const EDGES_SHOWN = 20;

export abstract class GraphMembers {
  /** By the id of the task, in the order of insertion. */
  protected readonly nodes: Map<string, GraphNode> = new Map();
  /** Since the graph was last checked. */
  protected changed = true;
  protected hasRun = false;

  /** What a message calls the graph. */
  protected abstract get label(): string;
  /** @throws INVALID_TRANSITION while the graph runs */
  protected abstract refuseChange(): void;

  // --- members ---------------------------------------------------------------------------------------------

  /**
   * Puts a task into the graph, and gives it back. Added again, it keeps its place and has the dependencies and
   * flags it is given now.
   * @throws INVALID_TYPE for what is not a Task, INVALID_ARGUMENT, INVALID_TRANSITION while the graph runs
   */
  add<T extends Task>(task: T, options?: AddOptions): T {
    checkTask(task);
    const placement = readPlacement(options);
    this.refuseChange();
    this.put(task, placement);
    return task;
  }

  /**
   * Fan-out: adds one task per item, and gives the tasks, for a fan-in `after` them. `make` gives a Task, or
   * `{ task, ... }` with what is different for this one from the options of all.
   * Throws as `add` does, and whatever `make` throws; then nothing was added.
   */
  map<I, T extends Task>(
    items: Iterable<I>,
    make: (item: I, index: number) => Mapped<T>,
    options?: AddOptions,
  ): T[] {
    const list = readItems<I>(items, make);
    const shared = readPlacement(options);
    this.refuseChange();
    const made = list.map((item, index) => readMapped(make(item, index), shared));
    this.refuseChange();
    for (const { task, placement } of made) this.put(task, placement);
    return made.map(({ task }) => task as T);
  }

  protected put(task: Task, placement: Placement): void {
    this.changed = true;
    const known = this.nodes.get(task.id);
    if (known === undefined) {
      this.nodes.set(task.id, new GraphNode(task, this.nodes.size, placement));
    } else {
      known.task = task;
      known.placement = placement;
    }
  }

  has(task: unknown): boolean {
    return this.#nodeOf(task) !== undefined;
  }
  get size(): number {
    return this.nodes.size;
  }
  /** Its tasks in the order of insertion. */
  [Symbol.iterator](): IterableIterator<Task> {
    return this.tasks[Symbol.iterator]();
  }

  #nodeOf(task: unknown): GraphNode | undefined {
    const id = (task as Partial<Task> | null | undefined)?.id;
    return id === undefined ? undefined : this.nodes.get(id);
  }

  protected member(task: Task): GraphNode {
    checkTask(task);
    const node = this.nodes.get(task.id);
    if (node !== undefined) return node;
    throw new SignalboxError(
      'INVALID_ARGUMENT',
      `the task ${JSON.stringify(labelOf(task))} is not in ${this.label}; allowed: a task of the graph`,
      { hint: 'add it first', details: { taskId: task.id } },
    );
  }

  // --- views: fresh lists in the order of insertion ----------------------------------------------------------

  get tasks(): Task[] {
    return this.#where(() => true);
  }
  /** Tasks that come after nothing. */
  roots(): Task[] {
    return this.#where(({ placement }) => placement.after.length === 0);
  }
  /** Tasks that nothing comes after. */
  leaves(): Task[] {
    const parents = new Set<string>();
    for (const { placement } of this.nodes.values()) for (const { id } of placement.after) parents.add(id);
    return this.#where(({ task }) => !parents.has(task.id));
  }
  /**
   * What the task comes after, as declared.
   * @throws INVALID_ARGUMENT for a task that is no member, GRAPH_UNKNOWN_DEPENDENCY for a dependency that is none
   */
  dependencies(task: Task): Task[] {
    return this.member(task).placement.after.map((dependency) => {
      const node = this.nodes.get(dependency.id);
      if (node === undefined) throw unknownDependency(task, dependency);
      return node.task;
    });
  }
  /** False also for what is no member. */
  isFinally(task: Task): boolean {
    return this.#nodeOf(task)?.placement.isFinally === true;
  }
  /** Its failure does not count for `ok`. False also for what is no member. */
  isOptional(task: Task): boolean {
    return this.#nodeOf(task)?.placement.isOptional === true;
  }

  get succeeded(): Task[] {
    return this.#where(({ task }) => task.status === 'succeeded');
  }
  get failed(): Task[] {
    return this.#where(({ task }) => task.status === 'failed');
  }
  get cancelled(): Task[] {
    return this.#where(({ task }) => task.status === 'cancelled');
  }
  get blocked(): Task[] {
    return this.#where(({ task }) => task.status === 'blocked');
  }
  get finallyTasks(): Task[] {
    return this.#where(({ placement }) => placement.isFinally);
  }
  get optionalTasks(): Task[] {
    return this.#where(({ placement }) => placement.isOptional);
  }
  /** All that are not optional. */
  get requiredTasks(): Task[] {
    return this.#where(({ placement }) => !placement.isOptional);
  }
  get optionalFailed(): Task[] {
    return this.#where(({ task, placement }) => placement.isOptional && task.status === 'failed');
  }
  get requiredFailed(): Task[] {
    return this.#where(({ task, placement }) => !placement.isOptional && task.status === 'failed');
  }
  get requiredBlocked(): Task[] {
    return this.#where(({ task, placement }) => !placement.isOptional && task.status === 'blocked');
  }

  /** The error of every failed task, by the id of the task. */
  get errors(): ReadonlyMap<string, unknown> {
    return new Map(this.failed.map((task) => [task.id, task.error]));
  }

  /** It has run, and every task that is not optional has succeeded. */
  get ok(): boolean {
    if (!this.hasRun) return false;
    for (const { task, placement } of this.nodes.values())
      if (!placement.isOptional && task.status !== 'succeeded') return false;
    return true;
  }

  #where(keep: (node: GraphNode) => boolean): Task[] {
    const kept: Task[] = [];
    for (const node of this.nodes.values()) if (keep(node)) kept.push(node.task);
    return kept;
  }

  toString(): string {
    const edges: string[] = [];
    for (const { task, placement } of this.nodes.values()) {
      for (const parent of placement.after) edges.push(`${labelOf(parent)} -> ${labelOf(task)}`);
    }
    const more = edges.length > EDGES_SHOWN ? ', ...' : '';
    const count = this.size === 1 ? '1 task' : `${this.size} tasks`;
    return `TaskGraph(${count}, edges=[${edges.slice(0, EDGES_SHOWN).join(', ')}${more}])`;
  }
}
