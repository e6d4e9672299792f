/**
 * Task options, validated and made plain. Everything a caller can get wrong about a task is said here, at the
 * call, before any state changes.
 */
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError, show } from '../core/errors.ts';
import { GRACE_MS } from '../core/limits.ts';
import { isTaskDefinition } from '../executors/define-task.ts';
import type { CommandWork, Work } from '../executors/executor.ts';
import { validateStandard } from '../executors/standard-schema.ts';
import type { PreparedTask } from '../task/index.ts';
import { shareMapping } from './shared-mappings.ts';
import type { TaskHandle } from './task-handle.ts';

/** How a failed attempt is tried again. */
export interface RetryOptions {
  /** Attempts in all, the first included. 1 asks for no retry. */
  readonly maxAttempts: number;
  /** Wait before the second attempt, in milliseconds. Default 0. */
  readonly backoffMs?: number;
  /** Wait before the second attempt where that is not the one the further waits grow from. Default: backoffMs. */
  readonly firstBackoffMs?: number;
  /** Each further wait is this many times the one before. Default 2. */
  readonly factor?: number;
  /** Longest wait, in milliseconds. Default: no bound but the largest safe timer. */
  readonly maxBackoffMs?: number;
  /** Share of each wait that is drawn at random, 0 to 1. Default 0. */
  readonly jitter?: number;
  /** Whether this error is worth another attempt. Default: every error is. */
  readonly when?: (error: unknown) => boolean;
}

export interface TaskOptions {
  /** Admission labels and amounts, for example `{ cpu: 1, mem: 0.5 }`. Default none. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Shown in events, handles and errors. Default: the function's or the task definition's name. */
  readonly name?: string;
  readonly retry?: RetryOptions;
  /** Time one attempt may take, suspension excluded, in milliseconds. Default: none. */
  readonly timeoutMs?: number;
  /** Time the whole task may take, queueing included, in milliseconds. Default: none. */
  readonly deadlineMs?: number;
  /** Time between the polite stop of an attempt and its end by force (or abandonment). Default 5,000. */
  readonly graceMs?: number;
  /** `inline` (functions), `thread` (defineTask), `process` (argv), `docker` (Task.docker), or one of your own. */
  readonly executor?: string;
  /**
   * What becomes of a task whose process died under it, when its run is resumed: another attempt (`retry`, the
   * default), or the failure ATTEMPT_LOST (`fail`), for bodies that must not run twice. With `fail`, the start
   * of every attempt is committed before its body.
   */
  readonly onLost?: 'retry' | 'fail';
  /** `discard`: the result is not kept in the ledger, so it need not be serialisable. Default `keep`. */
  readonly result?: 'keep' | 'discard';
  /** Larger goes first. Default: the priority of its run. */
  readonly priority?: number;
  /** Tasks with the same key run one at a time, or `limit` at a time. */
  readonly concurrencyKey?: string | { readonly key: string; readonly limit: number };
  /** Process tasks: the working directory. Default: this process's. */
  readonly cwd?: string;
  /** Process tasks: added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A command for a child process: an argv, or one line for /bin/sh. */
export type Command = readonly [string, ...string[]] | { readonly shell: string };

export interface TaskSpec {
  readonly name: string;
  readonly executor: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly concurrencyKey: string | { readonly key: string; readonly limit: number } | undefined;
  readonly retry: RetryOptions | undefined;
  readonly timeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly graceMs: number;
  readonly priority: number | undefined;
  readonly onLost: 'retry' | 'fail';
  readonly keepsResult: boolean;
  /** The kind of a data task; undefined where the work says it. */
  readonly kind?: string | undefined;
}

export interface TaskPlan {
  readonly spec: TaskSpec;
  readonly work: Work;
  readonly args: readonly unknown[];
  /** The Task object it was made of, if it was one. */
  readonly task?: PreparedTask;
}

/** How a task lies in a graph. */
export interface TaskPlace {
  /** Handles of tasks of the same run that it comes after, in the order of declaration. Default none. */
  readonly after?: readonly TaskHandle<unknown>[];
  /** Starts once those are inactive, however they ended; is never blocked. */
  readonly isFinally: boolean;
  /** The Tasks it directly comes after, by id, for the context of its body. Default none. */
  readonly upstream?: ReadonlyMap<string, unknown>;
  /** Index of its stage. Default: the one reached last. */
  readonly stage?: number;
  /** It has ended before it could begin: it was skipped, or what it needs cannot be made. */
  readonly ended?:
    | { readonly kind: 'skipped'; readonly value: unknown }
    | { readonly kind: 'failed'; readonly error: unknown };
  /** Names the task among all of its run, also after a restart (rule 9). */
  readonly key: string;
  /** Id of a parent that ended badly before the run and is not in it: the task is blocked by it at once (P1). */
  readonly blockedBy?: string | undefined;
}

/** What `task()` may be given. */
export const OPTION_NAMES: readonly string[] =
  'resources args name retry timeoutMs deadlineMs graceMs executor priority concurrencyKey onLost result cwd env'.split(
    ' ',
  );
const RETRY_NAMES = 'maxAttempts backoffMs firstBackoffMs factor maxBackoffMs jitter when'.split(' ');
const NOTHING: Readonly<Record<string, number>> = Object.freeze({});
const NO_ARGS: readonly unknown[] = Object.freeze([]);

/** Plans of plain functions without options: equal for every call, so they are made once. */
const plainPlans = new WeakMap<object, TaskPlan>();

/** Reads what the user gave to `task()`. Throws INVALID_ARGUMENT or INVALID_TYPE; changes nothing. */
export function planTask(subject: unknown, options?: unknown): TaskPlan {
  if (typeof subject !== 'function' || options !== undefined)
    return readPlan(subject, options === undefined ? {} : options);
  let plan = plainPlans.get(subject);
  if (plan === undefined) {
    plan = readPlan(subject, {});
    plainPlans.set(subject, plan);
  }
  return plan;
}

function readPlan(subject: unknown, options: unknown): TaskPlan {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgument('task options', options, 'an object');
  }
  checkKeys('task option', options, OPTION_NAMES);
  const given = options as TaskOptions & { readonly args?: readonly unknown[] };
  const work = readWork(subject, given);
  const spec = readSpec(given, readName(given.name, subject, work), work);
  return { spec, work, args: readArgs(given.args, subject) };
}

export function readSpec(given: TaskOptions, name: string, work: Work): TaskSpec {
  return {
    name,
    executor: readExecutor(given.executor, work),
    resources: given.resources === undefined ? NOTHING : readResources(given.resources),
    concurrencyKey: given.concurrencyKey,
    retry: given.retry === undefined ? undefined : readRetry(given.retry),
    timeoutMs: readDuration('timeoutMs', given.timeoutMs),
    deadlineMs: readDuration('deadlineMs', given.deadlineMs),
    graceMs: readDuration('graceMs', given.graceMs) ?? GRACE_MS,
    priority: readPriority(given.priority),
    onLost: readWord('onLost', given.onLost, ['retry', 'fail']),
    keepsResult: readWord('result', given.result, ['keep', 'discard']) === 'keep',
  };
}

/** A finite number of milliseconds, zero or more; undefined stays undefined. */
export function readDuration(what: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw invalidArgument(what, value, 'a finite number of milliseconds, 0 or more');
}

export function readPriority(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw invalidArgument('priority', value, 'a whole number; larger goes first');
}

/** One of a few words; the first is the default. */
function readWord<W extends string>(what: string, value: unknown, words: readonly [W, ...W[]]): W {
  if (value === undefined) return words[0];
  const word = words.find((one) => one === value);
  if (word === undefined) throw invalidArgument(what, value, words.map((one) => `'${one}'`).join(' or '));
  return word;
}

function readWork(subject: unknown, options: TaskOptions): Work {
  if (typeof subject === 'function') {
    refuseSurroundings(options);
    return { kind: 'function', fn: subject as (...args: readonly never[]) => unknown };
  }
  if (isTaskDefinition(subject)) {
    refuseSurroundings(options);
    return subject;
  }
  const command = readCommand(subject);
  if (command !== undefined) return { kind: 'command', ...command, ...readSurroundings(options) };
  throw new SignalboxError(
    'INVALID_TYPE',
    `a task was ${show(subject)}; allowed: a function, defineTask(...), an argv or { shell }`,
    {
      hint: 'pass the function itself, not its result',
    },
  );
}

/** Where a command runs. A function has no folder or environment of its own, so it cannot be given one. */
function readSurroundings({ cwd, env }: TaskOptions): Pick<CommandWork, 'cwd' | 'env'> {
  if (cwd !== undefined && (typeof cwd !== 'string' || cwd === ''))
    throw invalidArgument('cwd', cwd, 'the path of a folder');
  if (env === undefined) return { cwd, env };
  const isRecord = typeof env === 'object' && env !== null && !Array.isArray(env);
  if (isRecord && Object.values(env).every((value) => typeof value === 'string'))
    return { cwd, env: { ...env } };
  throw invalidArgument('env', env, 'an object of names and strings');
}

function refuseSurroundings({ cwd, env }: TaskOptions): void {
  if (cwd !== undefined) throw invalidArgument('cwd', cwd, 'only with a command');
  if (env !== undefined) throw invalidArgument('env', env, 'only with a command');
}

function readCommand(subject: unknown): { argv: readonly string[]; shell: boolean } | undefined {
  if (Array.isArray(subject)) {
    if (subject.length > 0 && subject.every((part) => typeof part === 'string') && subject[0] !== '') {
      return { argv: [...subject], shell: false };
    }
    throw invalidArgument('argv', subject, 'an array of strings that begins with the command');
  }
  if (typeof subject !== 'object' || subject === null || !('shell' in subject)) return undefined;
  if (typeof subject.shell === 'string' && subject.shell.trim() !== '')
    return { argv: [subject.shell], shell: true };
  throw invalidArgument('shell', subject.shell, 'a command line for /bin/sh');
}

function readName(given: unknown, subject: unknown, work: Work): string {
  if (given !== undefined) {
    if (typeof given === 'string' && given !== '') return given;
    throw invalidArgument('name', given, 'a non-empty string');
  }
  if (isTaskDefinition(subject)) return subject.name;
  if (work.kind === 'command') return work.argv[0] ?? 'command';
  if (work.kind === 'container') return work.image;
  const name: unknown = work.kind === 'function' ? work.fn.name : undefined;
  return typeof name === 'string' && name !== '' ? name : 'anonymous';
}

const DEFAULT_EXECUTOR = {
  function: 'inline',
  module: 'thread',
  command: 'process',
  container: 'docker',
} as const;

function readExecutor(given: unknown, work: Work): string {
  if (given === undefined) return DEFAULT_EXECUTOR[work.kind];
  if (typeof given === 'string' && given !== '') return given;
  throw invalidArgument(
    'executor',
    given,
    'the name of an executor: inline, thread, process, docker or one of your own',
  );
}

function readResources(given: unknown): Readonly<Record<string, number>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidArgument('resources', given, 'an object of labels and amounts, such as { cpu: 1 }');
  }
  return shareMapping(given as Record<string, number>) as Readonly<Record<string, number>>;
}

function readArgs(given: unknown, subject: unknown): readonly unknown[] {
  if (given !== undefined && !Array.isArray(given)) throw invalidArgument('args', given, 'an array');
  const args: readonly unknown[] = given === undefined ? NO_ARGS : [...given];
  const takesNone = typeof subject !== 'function' && !isTaskDefinition(subject);
  if (takesNone && args.length > 0)
    throw invalidArgument('args', args, 'none: a command has them in its argv');
  if (!isTaskDefinition(subject) || subject.input === undefined) return args;
  if (args.length !== 1)
    throw invalidArgument('args', args, `exactly one argument, the input of ${subject.name}`);
  return [validateStandard(subject.input, args[0], `the input of ${subject.name}`)];
}

function readRetry(given: unknown): RetryOptions {
  if (typeof given !== 'object' || given === null)
    throw invalidArgument('retry', given, 'an object with maxAttempts');
  checkKeys('retry option', given, RETRY_NAMES);
  const retry = given as Partial<RetryOptions>;
  if (!Number.isSafeInteger(retry.maxAttempts) || Number(retry.maxAttempts) < 1) {
    throw invalidArgument('retry.maxAttempts', retry.maxAttempts, 'a whole number, 1 or more');
  }
  readDuration('retry.backoffMs', retry.backoffMs);
  readDuration('retry.firstBackoffMs', retry.firstBackoffMs);
  readDuration('retry.maxBackoffMs', retry.maxBackoffMs);
  if (retry.factor !== undefined && !(Number.isFinite(retry.factor) && retry.factor >= 1)) {
    throw invalidArgument('retry.factor', retry.factor, 'a finite number, 1 or more');
  }
  if (
    retry.jitter !== undefined &&
    !(Number.isFinite(retry.jitter) && retry.jitter >= 0 && retry.jitter <= 1)
  ) {
    throw invalidArgument('retry.jitter', retry.jitter, 'a number from 0 to 1');
  }
  if (retry.when !== undefined && typeof retry.when !== 'function') {
    throw invalidArgument('retry.when', retry.when, 'a function of the error that returns a boolean');
  }
  return Object.freeze({ ...retry, maxAttempts: Number(retry.maxAttempts) });
}

/** Wait before the attempt after `failures` failed ones, in milliseconds (exponential, capped, jittered). */
export function backoffMs(retry: RetryOptions, failures: number, random: () => number): number {
  const { backoffMs: base = 0, factor = 2, maxBackoffMs = Number.MAX_SAFE_INTEGER, jitter = 0 } = retry;
  // The power grows beyond every number after a thousand failures, and 0 times that is not a number.
  const grown = base === 0 ? 0 : base * factor ** (failures - 1);
  const wait = Math.min(failures === 1 ? (retry.firstBackoffMs ?? grown) : grown, maxBackoffMs);
  return wait * (1 - jitter * random());
}
