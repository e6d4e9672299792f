/** A task graph as a plan: one run that submits every task after those that it comes after. */
import type { TaskGraph } from '../../graph/index.ts';
import type { Task } from '../../task/index.ts';
import type { PlannedTask } from '../explore/index.ts';
import type { PlanFinding } from './findings.ts';
import type { PlanModel, ReadOptions } from './index.ts';
import { Names } from './names.ts';
import type { PlanNote } from './stages.ts';
import { common } from './workflow.ts';

/** Attempts of one task that are tried out. */
const ATTEMPTS = 2;

export function graphModel(graph: TaskGraph, options: ReadOptions): PlanModel {
  const names = new Names();
  const run = names.take(graph.title === '' ? 'graph' : graph.title);
  const nameOf = new Map(
    graph.tasks.map((task) => [task, names.take(task.title === '' ? task.id : task.title)]),
  );
  const isFinally = new Set(graph.finallyTasks);
  const findings: PlanFinding[] = [];
  const body = inOrder(graph).map((task): PlannedTask => {
    const name = nameOf.get(task) ?? task.id;
    const after = graph.dependencies(task).map((parent) => nameOf.get(parent) ?? parent.id);
    const misfit = misfitOf(task, options.resources);
    if (misfit !== undefined) findings.push(neverFits(name, misfit));
    const attempts = Math.min(task.options.retry?.maxAttempts ?? 1, ATTEMPTS);
    return {
      task: name,
      ...(after.length === 0 ? {} : { after }),
      ...(isFinally.has(task) ? { finally: true } : {}),
      ...(attempts > 1 ? { attempts } : {}),
      ...(misfit === undefined ? { needs: task.options.resources ?? {} } : { over: ['refused'], ends: [] }),
    };
  });
  const notes: PlanNote[] = graph.tasks.some(({ options: { retry } }) => (retry?.maxAttempts ?? 1) > ATTEMPTS)
    ? [{ message: `${ATTEMPTS} attempts of each task are tried`, path: undefined }]
    : [];
  const runs = { [run]: { children: 'wait' as const, body: [...body, 'wait' as const] } };
  return { plan: { ...common(options), runs }, notes, findings, placeOf: () => undefined };
}

/** A task after all that it comes after. */
function inOrder(graph: TaskGraph): readonly Task[] {
  const order = new Set<Task>();
  const visit = (task: Task): void => {
    if (order.has(task)) return;
    for (const parent of graph.dependencies(task)) visit(parent);
    order.add(task);
  };
  graph.tasks.forEach(visit);
  return [...order];
}

function misfitOf(task: Task, capacities: Readonly<Record<string, number>>): string | undefined {
  const needs = Object.entries(task.options.resources ?? {});
  const [label, amount] = needs.find(([one, given]) => given > (capacities[one] ?? -1)) ?? [];
  if (label === undefined) return undefined;
  return `${amount} ${label}, and there are ${capacities[label] ?? 'none'}`;
}

function neverFits(task: string, why: string): PlanFinding {
  return {
    kind: 'never-fits',
    message: `the task '${task}' can never start: it needs ${why}`,
    hint: 'ask for less, or give the scheduler more',
    path: [],
    task,
  };
}
