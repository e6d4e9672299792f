/** From a Task to what the runtime submits: its handler looked up, its work made, its place not yet taken. */
import { SignalboxError } from '../core/errors.ts';
import { isOnPath } from '../core/programs.ts';
import type { AttemptContext, Work } from '../executors/executor.ts';
import type { TaskBinding } from './binding.ts';
import { HandlerContext } from './handler-context.ts';
import {
  CALL,
  type CommandHandler,
  type Handler,
  type HandlerFunction,
  type Handlers,
  readCommand,
} from './handlers.ts';
import { LIFE, type LiveSlot, type TaskLife } from './life.ts';
import { Submission } from './submission.ts';
import { isTask, type Task } from './task.ts';

export interface PreparedTask {
  readonly kind: string;
  readonly name: string;
  readonly work: Work;
  readonly args: readonly unknown[];
  /** The Task's own, else the default of its handler. */
  readonly timeoutMs: number | undefined;
  /** Why it can never run. */
  readonly refusal: SignalboxError | undefined;
  /** Throws what `bind` would. */
  check(): void;
  /** @throws TASK_BUSY, TASK_IMMUTABLE, INVALID_TRANSITION, with nothing changed */
  bind(upstream: ReadonlyMap<string, unknown>, live: LiveSlot): TaskBinding;
}

interface Body {
  readonly work: Work;
  readonly args: readonly unknown[];
  readonly refusal?: SignalboxError | undefined;
}

/** Changes nothing. @throws INVALID_ARGUMENT, and what `command` of a handler throws */
export function prepareTask(task: Task, handlers: Handlers): PreparedTask {
  const { work, args, refusal } = bodyOf(task, task[LIFE], handlers);
  return new Prepared(task, work, args, task.timeoutMs ?? defaultTimeout(handlers.find(task.kind)), refusal);
}

/** An object, not closures: a graph makes one for each of its tasks. */
class Prepared implements PreparedTask {
  readonly #task: Task;
  readonly work: Work;
  readonly args: readonly unknown[];
  readonly timeoutMs: number | undefined;
  readonly refusal: SignalboxError | undefined;

  constructor(
    task: Task,
    work: Work,
    args: readonly unknown[],
    timeoutMs: number | undefined,
    refusal: SignalboxError | undefined,
  ) {
    this.#task = task;
    this.work = work;
    this.args = args;
    this.timeoutMs = timeoutMs;
    this.refusal = refusal;
  }

  get kind(): string {
    return this.#task.kind;
  }
  get name(): string {
    return nameOf(this.#task);
  }

  check(): void {
    this.#task[LIFE].checkSubmittable(this.#task);
  }

  bind(upstream: ReadonlyMap<string, unknown>, live: LiveSlot): TaskBinding {
    const life = this.#task[LIFE];
    life.submit({ upstream, live }, this.#task);
    const isCommand = this.work.kind === 'command' || this.work.kind === 'container';
    return new Submission({
      life,
      upstream,
      refusal: this.refusal,
      isCommand,
      givesValue: this.kind === 'call',
      parentId,
    });
  }
}

function defaultTimeout(handler: Handler | undefined): number | undefined {
  return typeof handler === 'function' ? handler.timeoutMs : undefined;
}

function nameOf({ kind, title, payload, options }: Task): string {
  if (options.name !== undefined) return options.name;
  if (title !== '') return title;
  return typeof payload === 'function' && payload.name !== '' ? payload.name : kind;
}

function bodyOf(task: Task, life: TaskLife, handlers: Handlers): Body {
  const handler = handlers.find(task.kind);
  if (handler === undefined) return { work: NEVER, args: [], refusal: handlerMissing(task, handlers) };
  if (handler === CALL) {
    const fn = task.payload as (...args: readonly never[]) => unknown;
    return { work: { kind: 'function', fn }, args: task.options.args ?? NO_ARGS };
  }
  if (typeof handler === 'function') return handled(task, life, handler);
  if ('command' in handler) return commanded(task, handler);
  return { work: { ...handler.container(task), kind: 'container' }, args: NO_ARGS };
}

/** Its data is an argument, so that a run which is resumed tells it from others of its kind. */
function handled(task: Task, life: TaskLife, handler: HandlerFunction): Body {
  const { kind, payload, options } = task;
  const { model, args } = options;
  const fn = (_data: unknown, context: AttemptContext): unknown => {
    const upstream = (life.place?.upstream ?? new Map()) as ReadonlyMap<string, Task>;
    return handler(new HandlerContext(context, task, upstream));
  };
  return { work: { kind: 'function', fn }, args: [{ kind, payload, model, args }] };
}

function commanded(task: Task, handler: CommandHandler): Body {
  const { argv, cwd, env } = readCommand(task, handler.command(task));
  const program = argv[0] ?? '';
  const work: Work = { kind: 'command', argv, shell: false, cwd, env };
  const runsHere = task.options.executor === undefined || task.options.executor === 'process';
  if (!runsHere || isOnPath(program, env)) return { work, args: [] };
  return { work, args: [], refusal: programMissing(task, program) };
}

const NO_ARGS: readonly unknown[] = Object.freeze([]);

const NEVER: Work = {
  kind: 'function',
  fn: () => {
    throw new Error('a task without a handler was started');
  },
};

function handlerMissing({ kind, id }: Task, handlers: Handlers): SignalboxError {
  const known = handlers.kinds;
  return new SignalboxError(
    'HANDLER_MISSING',
    `no handler is registered for the task kind ${JSON.stringify(kind)}; registered: ${known.length === 0 ? 'none' : known.join(', ')}`,
    {
      hint: `pass handlers: { ${JSON.stringify(kind)}: ... } to the scheduler, or call registerHandler before submitting`,
      details: { kind, taskId: id, known },
    },
  );
}

function programMissing({ kind, id }: Task, program: string): SignalboxError {
  return new SignalboxError('EXECUTOR_UNAVAILABLE', `${program}, which runs ${kind} tasks, is not on PATH`, {
    hint: `install ${program}, or register another handler for ${kind}`,
    details: { kind, taskId: id, program },
  });
}

function parentId(upstream: ReadonlyMap<string, unknown>, runtimeId: string): string {
  for (const parent of upstream.values()) {
    if (isTask(parent) && parent[LIFE].runtimeId === runtimeId) return parent.id;
  }
  return runtimeId;
}
