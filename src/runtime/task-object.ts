/** The plan of a Task object: its own options, unless the call that submits it says otherwise. */

import { checkKeys } from '../core/arguments.ts';
import { invalidArgument } from '../core/errors.ts';
import { type Handlers, prepareTask, type Task } from '../task/index.ts';
import { OPTION_NAMES, readSpec, type TaskOptions, type TaskPlan } from './task-spec.ts';

/** Options that say what a Task does: they belong to it, not to a submission of it. */
const OWN = ['args', 'cwd', 'env'];
const SUBMISSION = OPTION_NAMES.filter((name) => !OWN.includes(name));

/**
 * Looks the handler up and reads the options. Changes nothing.
 * @throws INVALID_ARGUMENT, and what a handler's `command` throws
 */
export function planTaskObject(task: Task, options: unknown, handlers: Handlers): TaskPlan {
  const prepared = prepareTask(task, handlers);
  const { kind, name, work, args, timeoutMs, refusal } = prepared;
  if (kind === 'call' && timeoutMs === undefined && isPlain(options) && hasOnlyArgs(task.options))
    return { spec: { ...PLAIN, name }, work, args, task: prepared };
  const own = pick({ ...task.options, timeoutMs });
  const { executor, ...given } = { ...own, ...pick(readOptions(options)) };
  // What is refused never starts: an executor that would not take its stand-in must not hide why.
  const runsOn = executor === undefined || refusal !== undefined ? {} : { executor };
  const spec = readSpec({ ...given, ...runsOn }, nameOf(given, name), work);
  return { spec: kind === 'call' ? spec : { ...spec, kind }, work, args, task: prepared };
}

/** The spec of a call without options; graphs are full of them. */
const PLAIN = readSpec({}, 'call', { kind: 'function', fn: () => undefined });

function isPlain(options: unknown): boolean {
  return options === undefined;
}

function hasOnlyArgs(settings: object): boolean {
  for (const name in settings) if (name !== 'args') return false;
  return true;
}

function readOptions(options: unknown): TaskOptions {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidArgument('task options', options, 'an object');
  for (const name of OWN) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined)
      throw invalidArgument(name, value, 'nothing here: it is given when the Task is made');
  }
  checkKeys('task option', options, OPTION_NAMES);
  return options;
}

/** What is not there does not override what is. */
function pick(options: object): TaskOptions {
  const entries = Object.entries(options).filter(
    ([name, value]) => value !== undefined && SUBMISSION.includes(name),
  );
  return Object.fromEntries(entries) as TaskOptions;
}

function nameOf({ name }: TaskOptions, otherwise: string): string {
  if (name === undefined) return otherwise;
  if (typeof name === 'string' && name !== '') return name;
  throw invalidArgument('name', name, 'a non-empty string');
}
