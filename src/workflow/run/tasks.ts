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
import { type Context, errorInfo, type Info, infoOf, type StageEnd, type StageValue } from './contexts.ts';
import { Halt, type Stoppable } from './halt.ts';
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
  const { frame, stage, isFinally, generation } = where;
  return frame.style.submit(
    subject,
    { ...options, name },
    {
      stage,
      key: generation === '' ? name : `${name} after ${generation}`,
      isFinally,
      ...(isFinally ? { after: [] } : {}),
      ...(ended === undefined ? {} : { ended }),
    },
  );
}

async function outcomeIn({ frame: { style }, halt }: Where, handle: TaskHandle<unknown>): Promise<Outcome> {
  const own: Stoppable = { stop: (reason) => style.stop(handle, reason) };
  const outcome = await halt.during(own, handle.outcome());
  if (outcome.kind === 'cancelled') halt.wasStoppedFor(messageOf(outcome));
  return outcome;
}

type Ended =
  | { readonly kind: 'skipped'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A stage that is over before it began. */
export async function endedTask(where: Where, kind: string, name: string, ended: Ended): Promise<StageEnd> {
  const at = where.frame.style.time;
  const handle = submit(where, name, new StyleWork(kind, NOTHING), {}, ended);
  const outcome = await outcomeIn(where, handle);
  return endOf(outcome, infoOf(at, at));
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
  make: (retry: () => number) => LeafWork,
  options: TaskOptions,
): Promise<StageEnd> {
  const { style } = where.frame;
  const startedAt = style.time;
  // Of attempts that were lost with their process nobody is told: they did not fail.
  const retry = (): number => style.failuresOf(handle);
  const work = new StyleWork(stage.kind, recordedAs(make(retry), where.frame));
  const { executor } = where;
  // One that was named further out is for the stages that it can run.
  const fits = executor !== undefined && (stage.executor !== undefined || style.takes(work, { executor }));
  const handle: TaskHandle<unknown> = submit(where, name, work, fits ? { ...options, executor } : options);
  const outcome = await outcomeIn(where, handle);
  if (outcome.kind !== 'succeeded') where.effort.attempts += handle.attempts;
  const retries = retry();
  return endOf(outcome, infoOf(startedAt, style.time), retries === 0 ? {} : { retry: retries });
}

/** The work of a stage, whose value is all there is to know of its success: that is what a ledger keeps. */
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
  const run = async (context: AttemptContext): Promise<StageValue> => {
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

function succeeded(outputs: unknown, startedAt: number, style: StyleControls): StageValue {
  return {
    status: 'SUCCESS',
    info: infoOf(startedAt, style.time),
    outputs: (outputs ?? {}) as Context,
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

/** `end` comes after `inside`, once the task that holds it has ended too. Only `end` may reject. */
export interface Held {
  readonly inside: Promise<Inside>;
  readonly end: Promise<StageEnd>;
}

/**
 * A stage, item or branch that holds others. `inside` runs what it holds; it is told to stop through its halt, and
 * never rejects for what fails in there.
 *
 * @throws what submitting does
 */
export function holdingTask(
  where: Where,
  kind: string,
  name: string,
  timeoutMs: number | undefined,
  inside: (halt: Halt) => Promise<Inside>,
): Held {
  const { style } = where.frame;
  const startedAt = style.time;
  const late = timeoutMs === undefined ? undefined : tooLate(name, timeoutMs);
  const halt = new Halt(where.halt, late);
  const over = defer<Inside>();
  const handle = submit(where, name, new StyleWork(kind, holding(over.promise)), {});
  // Cancelled by itself, it takes what it holds with it.
  const ended = handle.outcome().then((outcome) => {
    if (!over.settled) halt.stop(outcome.error instanceof Error ? outcome.error : new CancelledError());
    return outcome;
  });
  const settle = async (): Promise<Inside> => {
    const callOff = late === undefined ? undefined : style.after(timeoutMs ?? 0, () => halt.stop(late));
    const end = inTime(await guarded(inside, halt), halt, late);
    callOff?.();
    halt.leave();
    over.settle(end);
    return end;
  };
  const settled = settle();
  const conclude = async (): Promise<StageEnd> => {
    const { outputs, errors } = await settled;
    return endOf(await ended, infoOf(startedAt, style.time), outputs, errors);
  };
  // Once all inside is over, its own end is on the way: it is what that says.
  const own = { stop: (reason: Error) => void (over.settled || style.stop(handle, reason)) };
  return { inside: settled, end: where.halt.during(own, conclude()) };
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
function inTime(end: Inside, halt: Halt, late: Error | undefined): Inside {
  if (late === undefined || end.status !== 'CANCEL' || halt.reason !== late) return end;
  return { status: 'FAILED', outputs: end.outputs, error: late };
}

export function tooLate(name: string, timeoutMs: number): TaskTimeoutError {
  return new TaskTimeoutError(`${JSON.stringify(name)} took more than its ${timeoutMs / 1000} seconds`);
}

/** Waits without holding anything (rule 3). Its value says how it went; what was inside is recorded there. */
function holding(over: Promise<Inside>): Work {
  const body = function* (): Generator<unknown, StageValue, unknown> {
    const { status, error } = (yield over) as Inside;
    if (status === 'FAILED') throw error ?? new StageError('a stage inside failed');
    if (status === 'CANCEL')
      throw error instanceof CancelledError ? error : new CancelledError(error?.message);
    return { status };
  };
  return { kind: 'function', fn: body as unknown as (...args: readonly never[]) => unknown };
}

function endOf(outcome: Outcome, info: Info, given: Context = {}, errors?: unknown): StageEnd {
  switch (outcome.kind) {
    case 'succeeded': {
      const value = (outcome.value ?? { status: 'SUCCESS' }) as StageValue;
      return { info, ...value, outputs: { ...given, ...value.outputs } };
    }
    case 'failed':
      return { status: 'FAILED', info, outputs: given, errors: errors ?? errorInfo(outcome.error) };
    case 'cancelled':
    case 'blocked': {
      const told = errors ?? { name: 'StageCancelError', message: messageOf(outcome) };
      return { status: 'CANCEL', info, outputs: given, errors: told };
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
