/**
 * A graph of Tasks: what comes after what, which tasks run whatever happens, and what became of them. One run of
 * it is one run of the runtime, which blocks, releases and orders by the links that the body submits.
 *
 * Owns: members, their dependencies and flags, the views. Does not own: statuses (the Tasks do), the schedule.
 * - A graph that cannot be run is refused before anything is saved or started.
 * - Members keep their place of insertion; adding one again replaces its dependencies and flags.
 */
import { systemClock } from '../core/clock.ts';
import { SignalboxError } from '../core/errors.ts';
import { IdSource } from '../core/ids.ts';
import {
  CHILDREN,
  type CheckTask,
  CLAIM,
  type Controls,
  DEFINITION,
  ENTER,
  NAME,
  type PipelineHandle,
  type RunnablePipeline,
  type Scheduler,
  type SchedulerOptions,
  type StyleDefinition,
  SUBMITTED,
  type TypedPipeline,
} from '../runtime/index.ts';
import type { Task } from '../task/index.ts';
import { BoundedRun, definitionOf, readDefinition, runToTheEnd } from './graph-run.ts';
import { GraphMembers } from './members.ts';
import { mermaidOf } from './mermaid.ts';
import type { GraphNode } from './node.ts';
import {
  DEFAULT_WORKERS,
  type GraphOptions,
  type GraphRunOptions,
  readGraphOptions,
  readGraphRun,
} from './options.ts';
import { orderOf } from './order.ts';
import { checkAll, refuseBusy, submitAll, type WorkerKey } from './submission.ts';
import { type ReadGraph, readGraph, type WrittenGraph, writeGraph } from './written-graph.ts';

const ids = new IdSource(() => systemClock.now());

type NewGraph<G extends TaskGraph> = new (options?: GraphOptions) => G;

export abstract class TaskGraph extends GraphMembers implements RunnablePipeline {
  readonly #title: string;
  readonly #name: string;
  #id: string;
  #createdAt: number;
  /** The order of submission, when the graph was last checked. */
  #order: readonly GraphNode[] = [];
  #runs = 0;
  /** The last submission of this graph. */
  #submitted: PipelineHandle<unknown> | undefined = undefined;

  /** @throws INVALID_ARGUMENT */
  constructor(options: GraphOptions = {}) {
    super();
    const { title, name } = readGraphOptions(options);
    this.#title = title;
    this.#name = name;
    this.#id = ids.next();
    this.#createdAt = systemClock.now();
  }

  /** The scheduler of a run that is given none: made by whoever composes the runtime with its executors. */
  protected abstract newScheduler(options: SchedulerOptions): Scheduler;

  get id(): string {
    return this.#id;
  }
  get title(): string {
    return this.#title;
  }
  /** Epoch milliseconds. */
  get createdAt(): number {
    return this.#createdAt;
  }

  get #isLive(): boolean {
    return this.#submitted !== undefined && isOpen(this.#submitted);
  }

  protected override refuseChange(): void {
    if (!this.#isLive) return;
    throw new SignalboxError('INVALID_TRANSITION', `${this.label} is running; a graph grows between runs`, {
      hint: 'wait for the run to end, add the task, and run the graph again: what succeeded is kept',
    });
  }

  protected override get label(): string {
    return `the graph ${JSON.stringify(this.title === '' ? this.#id : this.title)}`;
  }

  // --- running ---------------------------------------------------------------------------------------------

  /**
   * Runs every task that has not succeeded and was not cancelled, and resolves to the graph when all have ended,
   * however they ended. Without a scheduler it brings one of its own, which knows no resources.
   * Rejects INVALID_ARGUMENT, TASK_BUSY, GRAPH_UNKNOWN_DEPENDENCY, GRAPH_CYCLE, UNKNOWN_RESOURCE,
   * UNSCHEDULABLE_TASK before anything starts; and as `outcome()` of a handle does when its scheduler lets go.
   */
  async run(options: GraphRunOptions = {}): Promise<this> {
    const { scheduler, maxWorkers, signal, run } = readGraphRun(options);
    if (scheduler !== undefined) {
      const subject: TypedPipeline<TaskGraph> = maxWorkers === undefined ? this : this.#bounded(maxWorkers);
      await runToTheEnd(scheduler.runPipeline(subject, run), signal);
      return this;
    }
    const own = this.newScheduler({ taskParallelism: maxWorkers ?? DEFAULT_WORKERS });
    try {
      await runToTheEnd(own.runPipeline(this, run), signal);
    } finally {
      await own.close();
    }
    return this;
  }

  /**
   * In a live run: keeps a queued task from being started, until `unhold` or the time `until` (epoch
   * milliseconds). Returns whether it did. @throws INVALID_TYPE, INVALID_ARGUMENT
   */
  hold(task: Task, reason?: string, until?: number): boolean {
    const { handle } = this.member(task);
    return (this.#isLive && handle?.hold(reason, until)) ?? false;
  }
  /** Takes a hold back. Returns whether it did. @throws INVALID_TYPE, INVALID_ARGUMENT */
  unhold(task: Task): boolean {
    const { handle } = this.member(task);
    return (this.#isLive && handle?.unhold()) ?? false;
  }

  /** What is wrong with the graph, and then with single tasks, where a scheduler can tell. */
  #claim(limit: number | undefined, check: CheckTask | undefined): () => void {
    this.#checkIdle();
    const order = this.#checkedOrder();
    if (check !== undefined) checkAll(order, this.#workers(limit), check);
    return () => {};
  }

  #checkIdle(): void {
    if (!this.#isLive) return refuseBusy(this.nodes.values());
    throw new SignalboxError('TASK_BUSY', `${this.label} is in a live run; allowed: one run at a time`, {
      hint: 'wait for its end, or build a second graph',
      retryable: true,
    });
  }

  #checkedOrder(): readonly GraphNode[] {
    if (this.changed) this.#order = orderOf(this.nodes);
    this.changed = false;
    return this.#order;
  }

  #bounded(maxWorkers: number): BoundedRun {
    return new BoundedRun(this, {
      maxWorkers,
      claim: (check) => this.#claim(maxWorkers, check),
      enter: (controls) => this.#enter(maxWorkers, controls),
    });
  }

  /** A member may have been taken by another run since this one was submitted: looked at before anything starts. */
  #enter(limit: number | undefined, controls: Controls): this {
    refuseBusy(this.nodes.values());
    const order = this.#checkedOrder();
    this.hasRun = true;
    submitAll(order, controls, this.#workers(limit));
    this.#runs += 1;
    return this;
  }

  /** Each run has its own: a body that an earlier run abandoned may still hold its place in that one. */
  #workers(limit: number | undefined): WorkerKey | undefined {
    return limit === undefined ? undefined : { key: `graph ${this.#id} run ${this.#runs}`, limit };
  }

  get [NAME](): string {
    return this.#name;
  }
  /** A run of a graph ends with its tasks. */
  get [CHILDREN](): 'wait' {
    return 'wait';
  }
  [CLAIM](check?: CheckTask): () => void {
    return this.#claim(undefined, check);
  }
  [SUBMITTED](handle: PipelineHandle<unknown>): void {
    this.#submitted = handle;
  }
  [ENTER](controls: Controls): this {
    return this.#enter(undefined, controls);
  }
  [DEFINITION](): StyleDefinition {
    return definitionOf(this, undefined);
  }

  // --- other forms -----------------------------------------------------------------------------------------

  /**
   * Definition and state as plain data; a task that is running is written as pending.
   * @throws INVALID_ARGUMENT naming the first task that is not data, such as a Task.call; GRAPH_UNKNOWN_DEPENDENCY
   */
  toJSON(): WrittenGraph {
    orderOf(this.nodes);
    const head = { id: this.#id, title: this.title, name: this.#name, createdAt: this.#createdAt };
    return writeGraph({ ...head, hasRun: this.hasRun }, this.nodes.values());
  }

  /** The graph that `toJSON` has written, with the same ids. @throws INVALID_ARGUMENT */
  static fromJSON<G extends TaskGraph>(this: NewGraph<G>, written: unknown): G {
    const read = readGraph(written);
    const graph = new this({ title: read.title, name: read.name });
    graph.#restore(read);
    return graph;
  }

  /** What a ledger has kept of a run of a graph, as what it goes on with. @throws INVALID_ARGUMENT */
  static fromDefinition<G extends TaskGraph>(this: NewGraph<G>, definition: unknown): RunnablePipeline {
    const { graph, maxWorkers } = readDefinition(definition);
    const read = readGraph(graph);
    const built = new this({ title: read.title, name: read.name });
    built.#restore(read);
    return maxWorkers === undefined ? built : built.#bounded(maxWorkers);
  }

  #restore({ id, createdAt, hasRun, members }: ReadGraph): void {
    this.#id = id;
    this.#createdAt = createdAt;
    this.hasRun = hasRun;
    for (const { task, placement } of members) this.put(task, placement);
  }

  /** A Mermaid flowchart with the status of every task; finally tasks are dashed. */
  toMermaid(): string {
    return mermaidOf([...this.nodes.values()]);
  }
}

/** A discarded run is final. */
function isOpen(handle: PipelineHandle<unknown>): boolean {
  try {
    return !handle.done;
  } catch {
    return false;
  }
}
