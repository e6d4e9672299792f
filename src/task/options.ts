/** What the factories of Task are given, and the checks of it that need no scheduler. */
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument } from '../core/errors.ts';
import type { AttemptContext } from '../executors/executor.ts';
import type { Task } from './task.ts';

/** How a failed attempt is tried again; checked at submission. See `RetryOptions` of the runtime. */
export interface TaskRetry {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  readonly backoffMs?: number;
  readonly factor?: number;
  readonly maxBackoffMs?: number;
  readonly jitter?: number;
  readonly when?: (error: unknown) => boolean;
}

/** How a Task is submitted, unless `task(task, options)` or `runTask(task, options)` says otherwise. */
export interface SubmissionOptions {
  /** Shown in events and handles. Default: the title; else the function's name, or the kind. */
  readonly name?: string;
  readonly resources?: Readonly<Record<string, number>>;
  /** Default: one attempt. */
  readonly retry?: TaskRetry;
  /** Time of the whole task, queueing included, in milliseconds. Default: none. */
  readonly deadlineMs?: number;
  /** Time between the polite stop and the end by force, in milliseconds. Default 5,000. */
  readonly graceMs?: number;
  readonly priority?: number;
  readonly concurrencyKey?: string | { readonly key: string; readonly limit: number };
  /** One of the scheduler's own executors, instead of the handler's (`process` for commands, `inline` else). */
  readonly executor?: string;
  readonly onLost?: 'retry' | 'fail';
  readonly result?: 'keep' | 'discard';
}

export interface TaskDetails extends SubmissionOptions {
  /** For people. Default ''. */
  readonly title?: string;
  readonly description?: string;
  /** Time one attempt may take, in milliseconds, more than 0. Default: none. */
  readonly timeoutMs?: number;
}

/** Options of a Task that becomes a command. */
export interface CommandOptions extends TaskDetails {
  /** The working folder. Default: this process's. */
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Options of a Task that runs in a container. */
export interface DockerOptions extends CommandOptions {
  /**
   * Arguments for the entry point of the image; or a line for `/bin/sh -c`, instead of the entry point. Default:
   * what the image runs by itself.
   */
  readonly command?: string | readonly string[];
  /** Of the image, where its name says none. Default `latest`. */
  readonly tag?: string;
  /**
   * Folders for the container: path below the working folder (`cwd`) -> absolute path in the container, with `:ro`
   * at its end for one that cannot be written to. What leads out of the working folder is refused.
   */
  readonly volumes?: Readonly<Record<string, string>>;
  /** Who pulls the image. */
  readonly auth?: DockerAuth;
}

/**
 * A user of a registry. The password is named, never given: a Task can be written down, and `passwordEnv` is read
 * from the environment of this process when an attempt begins.
 */
export interface DockerAuth {
  readonly username: string;
  readonly passwordEnv: string;
  /** Host of the registry. Default: what the image's name says. */
  readonly registry?: string;
}

/** A handler decides which model is the default. */
export interface PromptOptions extends TaskDetails {
  readonly model?: string;
}

export interface AgentOptions extends PromptOptions {
  /** Handed to the handler as it is. */
  readonly tools?: unknown;
}

export type CallOptions = Omit<TaskDetails, 'executor'>;

/** What a function of `Task.call` gets as its last argument: the context of any task body. */
export interface CallContext extends AttemptContext {
  /** The Tasks it directly comes after, by id. Empty outside of a graph. */
  readonly upstream: ReadonlyMap<string, Task>;
}

/** Everything a handler may need besides payload and details; read-only once the Task is made. */
export interface TaskSettings extends SubmissionOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly model?: string;
  readonly tools?: unknown;
  readonly args?: readonly unknown[];
  readonly command?: string | readonly string[];
  readonly tag?: string;
  readonly volumes?: Readonly<Record<string, string>>;
  readonly auth?: DockerAuth;
}

const SUBMISSION =
  'name resources retry deadlineMs graceMs priority concurrencyKey executor onLost result'.split(' ');
const DETAILS = ['title', 'description', 'timeoutMs'];
const COMMAND = ['cwd', 'env'];
const CONTAINER = ['command', 'tag', 'volumes', 'auth'];

/** Option names by kind; every other kind is a custom one. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  bash: [...DETAILS, ...SUBMISSION, ...COMMAND],
  powershell: [...DETAILS, ...SUBMISSION, ...COMMAND],
  call: [...DETAILS, ...SUBMISSION, 'args'],
  prompt: [...DETAILS, ...SUBMISSION, 'model'],
  agent: [...DETAILS, ...SUBMISSION, 'model', 'tools'],
  docker: [...DETAILS, ...SUBMISSION, ...COMMAND, ...CONTAINER],
};
const CUSTOM_NAMES = [...DETAILS, ...SUBMISSION, ...COMMAND];

/** Kinds with a factory of their own. */
export function isOwnKind(kind: string): boolean {
  return Object.hasOwn(NAMES, kind);
}

export interface ReadDetails {
  readonly title: string;
  readonly description: string;
  readonly timeoutMs: number | undefined;
  readonly settings: TaskSettings;
}

/** @throws INVALID_ARGUMENT for an option that this kind of Task does not have, or a value that cannot be */
export function readDetails(kind: string, given: unknown): ReadDetails {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalidArgument(`${kind} task options`, given, 'an object');
  checkKeys(`${kind} task option`, given, NAMES[kind] ?? CUSTOM_NAMES);
  const { title = '', description = '', timeoutMs, ...rest } = given as TaskDetails & TaskSettings;
  return {
    title: readText('title', title),
    description: readText('description', description),
    timeoutMs: readTimeout(timeoutMs),
    settings: readSettings(kind === 'docker' ? { ...rest, ...readContainer(rest) } : rest),
  };
}

/** Of the many Tasks that have none. */
const NO_SETTINGS: TaskSettings = Object.freeze({});

function readSettings(given: TaskSettings): TaskSettings {
  if (Object.keys(given).length === 0) return NO_SETTINGS;
  const { model, args, env, resources, cwd } = given;
  if (model !== undefined) readContent('model', model);
  if (cwd !== undefined) readContent('cwd', cwd);
  if (args !== undefined && !Array.isArray(args)) throw invalidArgument('args', args, 'an array');
  if (env !== undefined) readEnv(env);
  return Object.freeze({
    ...given,
    ...(args === undefined ? {} : { args: Object.freeze([...args]) }),
    ...(env === undefined ? {} : { env: Object.freeze({ ...env }) }),
    ...(isRecord(resources) ? { resources: Object.freeze({ ...resources }) } : {}),
  });
}

export function readEnv(env: unknown): void {
  if (isTexts(env)) return;
  throw invalidArgument('env', env, 'an object of names and strings');
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'string');
}

type ContainerSettings = Pick<TaskSettings, 'command' | 'tag' | 'volumes' | 'auth'>;

/** What only a docker task has, checked and copied. Where a volume leads is looked at when an attempt begins. */
function readContainer({ command, tag, volumes, auth }: ContainerSettings): ContainerSettings {
  if (volumes !== undefined && !isTexts(volumes))
    throw invalidArgument('volumes', volumes, 'an object of paths here and paths in the container');
  return {
    ...(command === undefined ? {} : { command: readLine(command) }),
    ...(tag === undefined ? {} : { tag: readContent('tag', tag) }),
    ...(volumes === undefined ? {} : { volumes: Object.freeze({ ...volumes }) }),
    ...(auth === undefined ? {} : { auth: readAuth(auth) }),
  };
}

function readLine(command: unknown): string | readonly string[] {
  if (typeof command === 'string' && command.trim() !== '') return command;
  if (Array.isArray(command) && command.length > 0 && command.every((part) => typeof part === 'string'))
    return Object.freeze([...command]);
  throw invalidArgument('command', command, 'a line for /bin/sh, or an array of strings');
}

/** Says nothing of the values: one of them may be a password. */
function readAuth(auth: unknown): DockerAuth {
  const allowed = '{ username, passwordEnv, registry? }, each a string';
  if (!isTexts(auth)) throw invalidArgument('auth', `(a ${typeof auth}, not shown)`, allowed);
  const { username = '', passwordEnv = '', registry, ...others } = auth;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw invalidArgument(
      'auth',
      `an object with ${other}`,
      allowed,
      'a Task can be written down: put the password into an environment variable, and its name into passwordEnv',
    );
  readContent('auth.username', username);
  readContent('auth.passwordEnv', passwordEnv);
  return Object.freeze({ username, passwordEnv, ...(registry === undefined ? {} : { registry }) });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readText(what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalidArgument(what, value, 'a string');
}

/** A string that says something. */
export function readContent(what: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalidArgument(what, value, 'a string that is not empty');
}

export function readTimeout(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw invalidArgument('timeoutMs', value, 'a finite number of milliseconds, more than 0');
}
