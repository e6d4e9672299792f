/** The body of a run of a graph: submits every task that has not ended for good, parents first, and is over. */
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import { type Controls, STYLE, type TaskOptions } from '../runtime/index.ts';
import type { Task } from '../task/index.ts';
import { type GraphNode, labelOf } from './node.ts';
import { GraphPlace } from './place.ts';

/** A label made for one run of a graph: so many of its tasks at once. */
export type WorkerKey = { readonly key: string; readonly limit: number };

/** Submits one task; also what only looks whether it could be. */
export type Submit = (task: Task, options: TaskOptions | undefined) => unknown;

/** Succeeded tasks count as they are, and cancelled ones are never retried. */
export function isSettled({ status }: Task): boolean {
  return status === 'succeeded' || status === 'cancelled';
}

/** Either every task is submitted or none: the order is valid and no member is in another run. */
export function submitAll(
  order: readonly GraphNode[],
  controls: Controls,
  workers: WorkerKey | undefined,
): void {
  const options = optionsOf(workers);
  const style = controls[STYLE];
  try {
    for (const node of order) {
      node.handle = undefined;
      if (isSettled(node.task)) continue;
      node.handle = style.submit(node.task, options(node), new GraphPlace(node));
    }
  } catch (error) {
    for (const { handle } of order) handle?.cancel('the graph could not be submitted');
    throw error;
  }
}

/** Throws what submitting would, as far as that is known beforehand; nothing is submitted. */
export function checkAll(order: readonly GraphNode[], workers: WorkerKey | undefined, check: Submit): void {
  const options = optionsOf(workers);
  for (const node of order) {
    if (isSettled(node.task) || (isPlain(node) && workers === undefined)) continue;
    check(node.task, options(node));
  }
}

/** Nothing about it can be refused: a function with no options but its arguments. */
function isPlain({ task, placement }: GraphNode): boolean {
  if (task.kind !== 'call' || placement.options !== undefined) return false;
  for (const name in task.options) if (name !== 'name' && name !== 'args') return false;
  return true;
}

/** What goes before the Task's own options. Most nodes have nothing, or only the label of the run. */
function optionsOf(workers: WorkerKey | undefined): (node: GraphNode) => TaskOptions | undefined {
  if (workers === undefined) return ({ placement }) => placement.options;
  const label: TaskOptions = Object.freeze({ concurrencyKey: workers });
  return ({ task, placement: { options } }) => {
    const own = options?.concurrencyKey ?? task.options.concurrencyKey;
    if (own !== undefined) throw twoKeys(task, own);
    return options === undefined ? label : { ...options, ...label };
  };
}

function twoKeys(task: Task, own: unknown): SignalboxError {
  return invalidArgument(
    `the concurrencyKey of the task ${JSON.stringify(labelOf(task))}`,
    typeof own === 'string' ? own : (own as { readonly key?: unknown } | null)?.key,
    'none, in a run of a graph with a scheduler and maxWorkers: that is a label of its own, and a task has one',
    "leave maxWorkers out, or let a resource of the scheduler take the key's place",
  );
}

/** @throws TASK_BUSY for a member that is in a live run */
export function refuseBusy(nodes: Iterable<GraphNode>): void {
  for (const { task } of nodes) {
    if (!isInLiveRun(task)) continue;
    throw new SignalboxError(
      'TASK_BUSY',
      `the task ${JSON.stringify(labelOf(task))} is in a live run; allowed: one run at a time`,
      {
        hint: 'wait for its end, or put a second Task into this graph',
        details: { taskId: task.id },
        retryable: true,
      },
    );
  }
}

/** A Task takes no change while it is in a live run, queued or running: it is asked to keep its description. */
function isInLiveRun(task: Task): boolean {
  if (task.status === 'running') return true;
  if (task.status === 'succeeded') return false;
  try {
    const { description } = task;
    task.description = description;
    return false;
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'TASK_BUSY') return true;
    throw error;
  }
}
