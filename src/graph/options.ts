/** What the methods of a graph are given, read and checked before anything changes. */
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError, show } from '../core/errors.ts';
import { GRAPH_WORKERS } from '../core/limits.ts';
import { type RunOptions, Scheduler, type TaskOptions } from '../runtime/index.ts';
import { isTask, type Task } from '../task/index.ts';
import type { Placement } from './node.ts';

export interface GraphOptions {
  /** For people, and the default name of its runs. Default ''. */
  readonly title?: string | undefined;
  /** Name of its runs, by which `recover()` finds the graph again. Default: the title, else `TaskGraph`. */
  readonly name?: string | undefined;
}

export interface AddOptions {
  /** Tasks that it comes after, members or to be added later. Default none. */
  readonly after?: Iterable<Task> | undefined;
  /** Runs once those have ended, however they ended; is never blocked. Default false. */
  readonly finally?: boolean | undefined;
  /** `false`: its failure does not count for `ok`. Only with `finally`. Default true. */
  readonly required?: boolean | undefined;
  /** Go before the Task's own options. */
  readonly options?: TaskOptions | undefined;
}

/** What a fan-out makes of an item: its task, and where that differs from the others. */
export type Mapped<T extends Task> = T | ({ readonly task: T } & AddOptions);

export interface GraphRunOptions extends Omit<RunOptions, 'children'> {
  /** Where to run. Default: a scheduler of its own, closed at the end. */
  readonly scheduler?: Scheduler | undefined;
  /** Tasks of this run at once. Default: 4, or with a scheduler as many as that admits. */
  readonly maxWorkers?: number | undefined;
  /** Aborting it terminates the run; finally tasks still run. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadGraphRun {
  readonly scheduler: Scheduler | undefined;
  readonly maxWorkers: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly run: RunOptions;
}

const ADD = ['after', 'finally', 'required', 'options'];
const RUN = ['name', 'runId', 'input', 'priority', 'after', 'scheduler', 'maxWorkers', 'signal'];
/** Up to so many, comparing each with each beats a map. */
const FEW = 8;
const NO_TASKS: readonly Task[] = Object.freeze([]);
const PLAIN: Placement = Object.freeze({
  after: NO_TASKS,
  isFinally: false,
  isOptional: false,
  options: undefined,
});

/** @throws INVALID_ARGUMENT */
export function readGraphOptions(given: unknown): { readonly title: string; readonly name: string } {
  if (!isRecord(given)) throw invalidArgument('the options of a graph', given, '{ title?, name? }');
  checkKeys('option of a graph', given, ['title', 'name']);
  const { title = '', name } = given as GraphOptions;
  if (typeof title !== 'string') throw invalidArgument('title', title, 'a string');
  if (name === undefined) return { title, name: title.trim() === '' ? 'TaskGraph' : title };
  if (typeof name !== 'string' || name === '') throw invalidArgument('name', name, 'a non-empty string');
  return { title, name };
}

/** @throws INVALID_TYPE */
export function checkTask(value: unknown, what = 'a task of a graph'): asserts value is Task {
  if (!isTask(value)) throw notATask(what, value);
}

function notATask(what: string, given: unknown): SignalboxError {
  return new SignalboxError('INVALID_TYPE', `${what} was ${show(given)}; allowed: a Task`, {
    hint: 'make one with Task.bash(...), Task.call(...) or another factory',
  });
}

/** @throws INVALID_TYPE, INVALID_ARGUMENT */
export function readPlacement(given: unknown): Placement {
  if (given === undefined) return PLAIN;
  if (!isRecord(given)) throw invalidArgument('the options of graph.add', given, `{ ${ADD.join(', ')} }`);
  checkKeys('option of graph.add', given, ADD);
  const { after, finally: isFinally = false, required = true, options } = given as AddOptions;
  checkFlag('finally', isFinally);
  checkFlag('required', required);
  if (!required && !isFinally)
    throw invalidArgument('required', required, 'false only with finally: true', 'a normal task is required');
  if (options !== undefined && !isRecord(options))
    throw invalidArgument('the task options of graph.add', options, 'an object');
  return { after: readAfter(after), isFinally, isOptional: !required, options: copied(options) };
}

function checkFlag(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalidArgument(name, value, 'true or false');
}

/** What is given counts as it was then. */
function copied(options: TaskOptions | undefined): TaskOptions | undefined {
  return options === undefined ? undefined : Object.freeze({ ...options });
}

function readAfter(given: unknown): readonly Task[] {
  if (given === undefined) return NO_TASKS;
  if (isTask(given) || !isIterable(given))
    throw invalidArgument('after', given, 'an iterable of Tasks, such as [lint, test]');
  const tasks: Task[] = [];
  for (const task of given) {
    checkTask(task, 'an element of after');
    tasks.push(task);
  }
  return tasks.length === 0 ? NO_TASKS : eachOnce(tasks);
}

/** Most tasks come after a few: looking back is cheaper than a map then. */
function eachOnce(tasks: readonly Task[]): readonly Task[] {
  if (tasks.length > FEW) return [...new Map(tasks.map((task) => [task.id, task])).values()];
  const isFirst = ({ id }: Task, index: number): boolean => {
    for (let i = 0; i < index; i += 1) if (tasks[i]?.id === id) return false;
    return true;
  };
  return tasks.every(isFirst) ? tasks : tasks.filter(isFirst);
}

/** @throws INVALID_TYPE, INVALID_ARGUMENT */
export function readMapped(given: unknown, shared: Placement): { task: Task; placement: Placement } {
  if (isTask(given)) return { task: given, placement: shared };
  const what = 'what the function of graph.map gave';
  if (!isRecord(given)) throw notATask(what, given);
  const { task, ...own } = given as { readonly task?: unknown } & AddOptions;
  checkTask(task, 'task' in given ? `the task in ${what}` : what);
  const { after, isFinally, isOptional, options } = shared;
  return {
    task,
    placement: readPlacement({ after, finally: isFinally, required: !isOptional, options, ...own }),
  };
}

/** @throws INVALID_ARGUMENT */
export function readItems<I>(items: unknown, make: unknown): readonly I[] {
  if (!isIterable(items)) throw invalidArgument('the items of graph.map', items, 'an iterable');
  if (typeof make !== 'function')
    throw invalidArgument('the function of graph.map', make, 'a function of an item that gives a Task');
  return [...(items as Iterable<I>)];
}

/** @throws INVALID_ARGUMENT, INVALID_TYPE */
export function readGraphRun(given: unknown): ReadGraphRun {
  if (!isRecord(given)) throw invalidArgument('the options of graph.run', given, `{ ${RUN.join(', ')} }`);
  checkKeys('option of graph.run', given, RUN);
  const { scheduler, maxWorkers, signal, ...run } = given as GraphRunOptions;
  if (scheduler !== undefined && !(scheduler instanceof Scheduler))
    throw invalidArgument('scheduler', scheduler, 'a Scheduler');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidArgument('signal', signal, 'an AbortSignal');
  return { scheduler, maxWorkers: readWorkers(maxWorkers), signal, run };
}

/** A graph that brings its own scheduler runs so many tasks at once unless told. */
export const DEFAULT_WORKERS: number = GRAPH_WORKERS;

export function readWorkers(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidArgument('maxWorkers', value, 'a whole number, 1 or more');
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function'
  );
}
