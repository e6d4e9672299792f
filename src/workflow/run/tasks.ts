/**
 * Stages as tasks: one that does work of its own, one that holds others, one that has ended before it could begin.
 *
 * The task of a stage that holds others waits suspended, without a slot or resources, until those are over; it is
 * there to be watched, cancelled and recorded. What it holds is submitted beside it, so that a run which goes on
 * later finds each of its tasks again by name, whatever had ended by then.
 */
import { CancelledError, StageError, TaskTimeoutError } from '../../core/errors.ts';
import type {
  AttemptContext,
  FunctionWork,
  PreparedCommand,
  PreparedContainer,
  Work,
} from '../../executors/executor.ts';
import {
  type Outcome,
  type StyleControls,
  StyleWork,
  type TaskHandle,
  type TaskOptions,
} from '../../runtime/index.ts';
import type { RetryPlan, StagePlan } from '../model.ts';
import type { LeafWork } from '../stages/leaf.ts';
import type { Status } from '../status.ts';
import { type Context, errorInfo, infoOf, type StageEnd } from './contexts.ts';
import { Halt } from './halt.ts';
import type { Frame, Where } from './where.ts';

/** Seconds before the second retry; each further one waits this many times longer. */
const RETRY_BASE = 1.2;

/** How a stage of the file is tried again, as the runtime takes it. */
export function retryOf(retry: RetryPlan | undefined): Pick<TaskOptions, 'retry'> {
  if (retry === undefined || retry.retries === 0) return {};
  const maxAttempts = retry.retries + 1;
  const { backoff } = retry;
  if (backoff === undefined)
    return {
      retry: { maxAttempts, firstBackoffMs: 0, backoffMs: RETRY_BASE * 1000, factor: RETRY_BASE },
    };
  const { backoffMs, factor, maxBackoffMs, jitter } = backoff;
  return {
    retry: {
      maxAttempts,
      backoffMs,
      ...(factor === undefined ? {} : { factor }),
      ...(maxBackoffMs === undefined ? {} : { maxBackoffMs }),
      ...(jitter === undefined ? {} : { jitter }),
    },
  };
}

function submit(
  where: Where,
  name: string,
  subject: StyleWork,
  options: TaskOptions,
  ended?: Ended,
): TaskHandle<unknown> {
  const { frame, stage, isFinally } = where;
  return frame.style.submit(
    subject,
    { ...options, name },
    {
      stage,
      key: name,
      isFinally,
      ...(isFinally ? { after: [] } : {}),
      ...(ended === undefined ? {} : { ended }),
    },
  );
}

type Ended =
  | { readonly kind: 'skipped'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A stage that is over before it began. */
export async function endedTask(where: Where, kind: string, name: string, ended: Ended): Promise<StageEnd> {
  const at = where.frame.style.time;
  const handle = submit(where, name, new StyleWork(kind, NOTHING), {}, ended);
  const outcome = await where.halt.during(handle, handle.outcome());
  return endOf(outcome, infoOf(at, at), {}, 0);
}

const NOTHING: Work = {
  kind: 'function',
  fn: () => {
    throw new Error('a stage that had ended was started');
  },
};

/** A stage that does work of its own. */
export async function leafTask(
  where: Where,
  stage: StagePlan,
  name: string,
  work: LeafWork,
  options: TaskOptions,
): Promise<StageEnd> {
  const { style } = where.frame;
  const startedAt = style.time;
  const handle = submit(where, name, new StyleWork(stage.kind, recordedAs(work, where.frame)), options);
  const outcome = await where.halt.during(handle, handle.outcome());
  return endOf(outcome, infoOf(startedAt, style.time), {}, Math.max(0, handle.attempts - 1));
}

/** The work of a stage, whose value is the stage's whole context: that is what a ledger keeps. */
function recordedAs(work: LeafWork, { style }: Frame): Work {
  switch (work.kind) {
    case 'function':
      return work.fn.constructor === GENERATOR ? work : timedFunction(work, style);
    case 'command':
      return work.begin === undefined ? work : { ...work, begin: timed(work.begin, style) };
    case 'container':
      return work.begin === undefined ? work : { ...work, begin: timed(work.begin, style) };
    default:
      return work satisfies never;
  }
}

const GENERATOR = function* () {}.constructor;

function timedFunction({ fn }: FunctionWork, style: StyleControls): FunctionWork {
  const body = fn as unknown as (context: AttemptContext) => unknown;
  const run = async (context: AttemptContext): Promise<Context> => {
    const startedAt = style.time;
    return succeeded(await body(context), startedAt, style);
  };
  return { kind: 'function', fn: run as unknown as FunctionWork['fn'] };
}

type Begin<P> = (context: AttemptContext) => P | Promise<P>;

function timed<P extends PreparedCommand | PreparedContainer>(
  begin: Begin<P>,
  style: StyleControls,
): Begin<P> {
  return async (context) => {
    const startedAt = style.time;
    const prepared = await begin(context);
    const read = prepared.succeeded as ((result: unknown) => unknown) | undefined;
    return { ...prepared, succeeded: (result: unknown) => succeeded(read?.(result), startedAt, style) };
  };
}

function succeeded(outputs: unknown, startedAt: number, style: StyleControls): Context {
  return {
    status: 'SUCCESS',
    info: infoOf(startedAt, style.time),
    ...(outputs as Context | undefined),
  };
}

/** What happened inside a stage that holds others. */
export interface Inside {
  readonly status: Status;
  /** `{ foreach, items }`, ...: what it leaves besides its status. */
  readonly outputs: Context;
  /** `errors` of its context. */
  readonly errors?: unknown;
  /** Why it failed or was cancelled. */
  readonly error?: Error;
}

/**
 * A stage, item or branch that holds others. `inside` runs what it holds; it is told to stop through its halt, and
 * never rejects for what fails in there.
 */
export async function holdingTask(
  where: Where,
  kind: string,
  name: string,
  timeoutMs: number | undefined,
  inside: (halt: Halt) => Promise<Inside>,
): Promise<StageEnd> {
  const { style } = where.frame;
  const startedAt = style.time;
  const halt = new Halt(where.halt);
  const over = defer<Inside>();
  const handle = submit(where, name, new StyleWork(kind, holding(over.promise)), {});
  const ended = handle.outcome();
  // Cancelled by itself, it takes what it holds with it.
  const watch = ended.then((outcome) => {
    if (!over.settled) halt.stop(outcome.error instanceof Error ? outcome.error : new CancelledError());
  });
  const late =
    timeoutMs === undefined ? undefined : style.after(timeoutMs, () => halt.stop(tooLate(name, timeoutMs)));
  const end = await where.halt.during(handle, guarded(inside, halt));
  late?.();
  halt.leave();
  over.settle(timedOut(end, halt));
  const outcome = await where.halt.during(handle, ended);
  await watch;
  const { outputs, errors } = end;
  return endOf(outcome, infoOf(startedAt, style.time), outputs, 0, errors);
}

/** Whatever goes wrong inside is how it ends. */
async function guarded(inside: (halt: Halt) => Promise<Inside>, halt: Halt): Promise<Inside> {
  try {
    return await inside(halt);
  } catch (error) {
    return { status: halt.reason === undefined ? 'FAILED' : 'CANCEL', outputs: {}, error: error as Error };
  }
}

/** Running out of time is a failure, whatever was cancelled for it. */
function timedOut(end: Inside, halt: Halt): Inside {
  const { reason } = halt;
  return reason instanceof TaskTimeoutError && end.status === 'CANCEL'
    ? { ...end, status: 'FAILED', error: reason }
    : end;
}

export function tooLate(name: string, timeoutMs: number): TaskTimeoutError {
  return new TaskTimeoutError(`${JSON.stringify(name)} took more than its ${timeoutMs / 1000} seconds`);
}

/** Waits without holding anything (rule 3). Its value says how it went; what was inside is recorded there. */
function holding(over: Promise<Inside>): Work {
  const body = function* (): Generator<unknown, Context, unknown> {
    const { status, error } = (yield over) as Inside;
    if (status === 'FAILED') throw error ?? new StageError('a stage inside failed');
    if (status === 'CANCEL')
      throw error instanceof CancelledError ? error : new CancelledError(error?.message);
    return { status };
  };
  return { kind: 'function', fn: body as unknown as (...args: readonly never[]) => unknown };
}

function endOf(outcome: Outcome, info: unknown, outputs: Context, retry: number, errors?: unknown): StageEnd {
  const retried = retry > 0 ? { retry } : {};
  switch (outcome.kind) {
    case 'succeeded': {
      const value = (outcome.value ?? {}) as Context;
      const status = (value['status'] ?? 'SUCCESS') as Status;
      return { status, context: { info, ...value, ...outputs, ...retried, status } };
    }
    case 'failed': {
      const told = errors ?? errorInfo(outcome.error);
      return { status: 'FAILED', context: { status: 'FAILED', info, ...outputs, ...retried, errors: told } };
    }
    case 'cancelled':
    case 'blocked': {
      const told = errors ?? { name: 'StageCancelError', message: messageOf(outcome) };
      return { status: 'CANCEL', context: { status: 'CANCEL', info, ...outputs, ...retried, errors: told } };
    }
    default:
      return outcome.kind satisfies never;
  }
}

function messageOf({ error, reason }: Outcome): string {
  return error instanceof Error ? error.message : (reason ?? 'cancelled');
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly settled: boolean;
  settle(value: T): void;
}

function defer<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((then) => {
    resolve = then;
  });
  const deferred = {
    promise,
    settled: false,
    settle: (value: T) => {
      deferred.settled = true;
      resolve(value);
    },
  };
  return deferred;
}
