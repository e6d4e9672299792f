/** The written form of a graph: definition and state as plain JSON. Graphs with functions in them have none. */
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import type { TaskOptions } from '../runtime/index.ts';
import { Task, type WrittenTask } from '../task/index.ts';
import { type GraphNode, labelOf, type Placement } from './node.ts';
import { isRecord, readGraphOptions, readPlacement } from './options.ts';

/** Of this form; another one is refused. */
const VERSION = 1;

export interface WrittenNode {
  readonly task: WrittenTask;
  /** Ids of tasks of the graph. */
  readonly after: readonly string[];
  readonly finally: boolean;
  readonly required: boolean;
  readonly options: TaskOptions | null;
}

export interface WrittenGraph {
  readonly version: 1;
  readonly id: string;
  readonly title: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly hasRun: boolean;
  /** In the order of insertion. */
  readonly tasks: readonly WrittenNode[];
}

type Head = Pick<WrittenGraph, 'id' | 'title' | 'name' | 'createdAt' | 'hasRun'>;

/** @throws INVALID_ARGUMENT naming the task that is not data */
export function writeGraph(head: Head, nodes: Iterable<GraphNode>): WrittenGraph {
  return { version: VERSION, ...head, tasks: Array.from(nodes, writeNode) };
}

function writeNode({ task, placement }: GraphNode): WrittenNode {
  const { after, isFinally, isOptional, options } = placement;
  try {
    return {
      task: task.toJSON(),
      after: after.map(({ id }) => id),
      finally: isFinally,
      required: !isOptional,
      options: options === undefined ? null : dataOf(options),
    };
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    const label = JSON.stringify(labelOf(task));
    throw new SignalboxError(
      'INVALID_ARGUMENT',
      `the task ${label} of the graph is not data: ${error.message}`,
      {
        hint: 'use tasks that are data (bash, docker, a kind of your own), or keep the graph in code',
        details: { taskId: task.id, title: task.title, kind: task.kind },
        cause: error,
      },
    );
  }
}

/** Task options hold text, numbers and records of them; a function is the one thing that cannot be written. */
function dataOf(options: TaskOptions): TaskOptions {
  const text = JSON.stringify(options, (name, value: unknown) => {
    if (typeof value !== 'function') return value;
    throw invalidArgument(`the task option ${name}`, value, 'what JSON can hold');
  });
  return JSON.parse(text) as TaskOptions;
}

export interface ReadGraph extends Head {
  readonly members: readonly { readonly task: Task; readonly placement: Placement }[];
}

/** @throws INVALID_ARGUMENT for what `writeGraph` cannot have made */
export function readGraph(given: unknown): ReadGraph {
  if (!isRecord(given)) throw invalidArgument('a written graph', given, 'what graph.toJSON() gave');
  checkKeys('field of a written graph', given, 'version id title name createdAt hasRun tasks'.split(' '));
  const { version, id, createdAt, hasRun, tasks } = given;
  if (version !== VERSION) throw invalidArgument('version of a written graph', version, `${VERSION}`);
  if (typeof id !== 'string' || id === '') throw invalidArgument('id of a written graph', id, 'a string');
  if (typeof createdAt !== 'number' || !Number.isFinite(createdAt))
    throw invalidArgument('createdAt of a written graph', createdAt, 'epoch milliseconds');
  if (typeof hasRun !== 'boolean')
    throw invalidArgument('hasRun of a written graph', hasRun, 'true or false');
  if (!Array.isArray(tasks)) throw invalidArgument('tasks of a written graph', tasks, 'an array');
  const { title, name } = readGraphOptions({ title: given['title'], name: given['name'] });
  return { id, title, name, createdAt, hasRun, members: readMembers(tasks) };
}

function readMembers(written: readonly unknown[]): ReadGraph['members'] {
  const nodes = written.map((one) => {
    if (!isRecord(one)) throw invalidArgument('a task of a written graph', one, '{ task, after, ... }');
    return one as unknown as WrittenNode;
  });
  const byId = new Map<string, Task>();
  for (const { task } of nodes) {
    const read = Task.fromJSON(task);
    if (byId.has(read.id)) throw invalidArgument('the id of a task of a written graph', read.id, 'each once');
    byId.set(read.id, read);
  }
  return nodes.map(({ task: { id }, after, finally: isFinally, required, options }) => ({
    task: found(byId, id),
    placement: readPlacement({
      after: Array.isArray(after) ? after.map((parent) => found(byId, parent)) : after,
      finally: isFinally,
      required,
      options: options ?? undefined,
    }),
  }));
}

function found(byId: ReadonlyMap<string, Task>, id: unknown): Task {
  const task = typeof id === 'string' ? byId.get(id) : undefined;
  if (task !== undefined) return task;
  throw invalidArgument('a dependency in a written graph', id, 'the id of one of its tasks');
}
