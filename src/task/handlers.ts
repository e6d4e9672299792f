/**
 * Handlers: what running a Task of some kind means. A scheduler has one set of them, looked up when a Task is
 * submitted; a Task itself is data.
 */
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument } from '../core/errors.ts';
import type { ContainerWork } from '../executors/executor.ts';
import type { HandlerContext } from './handler-context.ts';
import { isRecord, readContent, readEnv } from './options.ts';
import type { Task } from './task.ts';

/** A command for a child process: `argv[0]` is looked up on PATH. */
export interface HandlerCommand {
  readonly argv: readonly string[];
  /** Default: the Task's own, else this process's. */
  readonly cwd?: string | undefined;
  /** Added to the environment of this process. Default: the Task's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/**
 * A handler that says which command runs a Task. It is run by the process executor, in a process group of its
 * own: its lines are told as `task:output` while it runs, its whole output is in the result, and the group is
 * ended when the task is stopped. `command` is called at submission.
 */
export interface CommandHandler {
  command(task: Task): HandlerCommand;
}

/**
 * A function that runs a Task of this kind, in this process; a generator function may suspend, as any body may.
 * A string it returns is the output of the result, and whatever it returns is its `raw`.
 */
export interface HandlerFunction {
  (context: HandlerContext): unknown;
  /** Time one attempt may take, in milliseconds, of a Task that says nothing of it. Default: no limit. */
  readonly timeoutMs?: number | undefined;
}

/** A handler that says which container runs a Task, at submission. It is run by the docker executor. */
export interface ContainerHandler {
  container(task: Task): Omit<ContainerWork, 'kind'>;
}

export type Handler = HandlerFunction | CommandHandler | ContainerHandler;

/** `none` starts empty; a record adds to the built-in ones, or replaces them. */
export type HandlersOption = Readonly<Record<string, Handler>> | 'none';

/** The built-in handler of `Task.call`: the function itself is the body. */
export const CALL: HandlerFunction = () => {
  throw new Error('a called function is its own body');
};

const bash: CommandHandler = {
  command: ({ payload }) => ({ argv: ['bash', '-c', String(payload)] }),
};

const powershell: CommandHandler = {
  command: ({ payload }) => ({
    argv: ['pwsh', '-NoProfile', '-NonInteractive', '-Command', String(payload)],
  }),
};

const docker: ContainerHandler = {
  container: ({ payload, options }) => {
    const { tag, command, env, volumes, auth, cwd } = options;
    return { image: String(payload), tag, command, env, volumes, auth, cwd };
  },
};

const BUILT_IN: Readonly<Record<string, Handler>> = { bash, powershell, docker, call: CALL };

export class Handlers {
  readonly #byKind: Map<string, Handler>;

  /** @throws INVALID_ARGUMENT */
  constructor(option: unknown = {}) {
    this.#byKind = new Map(option === 'none' ? [] : Object.entries(BUILT_IN));
    if (option === 'none') return;
    if (!isRecord(option))
      throw invalidArgument('handlers', option, "an object of kinds and handlers, or 'none'");
    for (const [kind, handler] of Object.entries(option)) this.register(kind, handler);
  }

  /** @throws INVALID_ARGUMENT for an empty kind, or what is no function, nor `{ command }` or `{ container }` */
  register(kind: unknown, handler: unknown): void {
    const name = readContent('the kind of a handler', kind);
    if (!isHandler(handler))
      throw invalidArgument(
        `the handler of ${name}`,
        handler,
        'a function, or an object with command(task) or container(task)',
      );
    this.#byKind.set(name, handler);
  }

  find(kind: string): Handler | undefined {
    return this.#byKind.get(kind);
  }

  get kinds(): readonly string[] {
    return [...this.#byKind.keys()];
  }
}

function isHandler(value: unknown): value is Handler {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { command, container } = value as Partial<CommandHandler & ContainerHandler>;
  return typeof command === 'function' || typeof container === 'function';
}

/** What the handler gave, checked, with the Task's own surroundings where it says nothing. */
export function readCommand(task: Task, given: unknown): Required<HandlerCommand> {
  const what = `the command of the ${task.kind} handler`;
  if (!isRecord(given)) throw invalidArgument(what, given, '{ argv, cwd?, env? }');
  checkKeys(`field of ${what}`, given, ['argv', 'cwd', 'env']);
  const { argv, cwd = task.options.cwd, env = task.options.env } = given as Partial<HandlerCommand>;
  if (!Array.isArray(argv) || argv[0] === '' || argv.length === 0 || !argv.every(isText))
    throw invalidArgument(`argv of ${what}`, argv, 'an array of strings that begins with the program');
  if (cwd !== undefined) readContent(`cwd of ${what}`, cwd);
  if (env !== undefined) readEnv(env);
  return { argv: [...argv], cwd, env: env === undefined ? undefined : { ...env } };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
