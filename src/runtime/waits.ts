/**
 * Waiting for rows to become final. Every wait is told once per row when that row's end is *visible* (its
 * event was delivered), and counts down: nothing is ever rescanned.
 */

import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError, show, TimeoutError } from '../core/errors.ts';
import type { PipelineRow, Row } from './rows.ts';
import { readDuration } from './task-spec.ts';
import type { TimerEntry } from './timers.ts';

export interface Waiter {
  settled(row: Row): void;
  /** Gives the wait up. */
  reject(reason: unknown): void;
}

export interface WaitOptions {
  /** Longest wait in milliseconds; 0 polls. Default: none. */
  readonly timeoutMs?: number;
  /** Gives the wait up: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export const ALL_COMPLETED = 'all-completed' as const;
export const FIRST_COMPLETED = 'first-completed' as const;
/** The first failure; a cancelled task does not count. */
export const FIRST_EXCEPTION = 'first-exception' as const;
export type ReturnWhen = typeof ALL_COMPLETED | typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION;

export interface WaitTimers {
  setTimer(delayMs: number, fire: () => void): TimerEntry;
  cancelTimer(entry: TimerEntry): void;
}

/** Most rows have one waiter or none, so one is kept without a set around it. */
export function addWaiter(row: Row, waiter: Waiter): void {
  const { waiters } = row;
  if (waiters === undefined) row.waiters = waiter;
  else if (waiters instanceof Set) waiters.add(waiter);
  else row.waiters = new Set([waiters, waiter]);
}

export function removeWaiter(row: Row, waiter: Waiter): void {
  const { waiters } = row;
  if (waiters === waiter) row.waiters = undefined;
  else if (waiters instanceof Set) waiters.delete(waiter);
}

/** The row's end is visible: tells everybody who waits for it, once. */
export function tellWaiters(row: Row): void {
  const { waiters } = row;
  row.waiters = undefined;
  if (waiters instanceof Set) for (const waiter of waiters) waiter.settled(row);
  else waiters?.settled(row);
}

/** Gives up every wait for the row. */
export function rejectWaiters(row: Row, reason: unknown): void {
  const { waiters } = row;
  if (waiters instanceof Set) for (const waiter of [...waiters]) waiter.reject(reason);
  else waiters?.reject(reason);
}

/** The plain wait of `await handle.result()`: one row, no limits, one promise. */
export class EndWait<T> implements Waiter {
  readonly #row: Row;
  readonly #read: () => T;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #body: PipelineRow | undefined;

  /** `body`: the run whose code waits. `read` gives the value at the end, or throws what to reject with. */
  constructor(
    row: Row,
    body: PipelineRow | undefined,
    read: () => T,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#row = row;
    this.#body = body;
    this.#read = read;
    this.#resolve = resolve;
    this.#reject = reject;
    if (body !== undefined) body.bodyWaits += 1;
    addWaiter(row, this);
  }

  settled(): void {
    if (this.#body !== undefined) this.#body.bodyWaits -= 1;
    try {
      this.#resolve(this.#read());
    } catch (error) {
      this.#reject(error);
    }
  }

  reject(reason: unknown): void {
    removeWaiter(this.#row, this);
    if (this.#body !== undefined) this.#body.bodyWaits -= 1;
    this.#reject(reason);
  }
}

/** One wait: resolves once, and takes itself off every row it was put on. */
class Wait<T> implements Waiter {
  readonly #timers: WaitTimers;
  readonly #rows: readonly Row[];
  readonly #onSettled: (row: Row) => T | undefined;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  #timer: TimerEntry | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;

  constructor(
    timers: WaitTimers,
    rows: readonly Row[],
    onSettled: (row: Row) => T | undefined,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#timers = timers;
    this.#rows = rows;
    this.#onSettled = onSettled;
    this.#resolve = resolve;
    this.#reject = reject;
    for (const row of rows) addWaiter(row, this);
  }

  settled(row: Row): void {
    const value = this.#onSettled(row);
    if (value !== undefined) this.finish(() => this.#resolve(value));
  }

  limit(options: WaitOptions, onTime: () => T | Error): void {
    if (options.timeoutMs !== undefined) {
      this.#timer = this.#timers.setTimer(options.timeoutMs, () => {
        const value = onTime();
        this.finish(() => (value instanceof Error ? this.#reject(value) : this.#resolve(value)));
      });
    }
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#aborted, { once: true });
  }

  finish(settle: () => void): void {
    for (const row of this.#rows) removeWaiter(row, this);
    if (this.#timer !== undefined) this.#timers.cancelTimer(this.#timer);
    this.#signal?.removeEventListener('abort', this.#aborted);
    settle();
  }

  reject(reason: unknown): void {
    this.finish(() => this.#reject(reason));
  }

  readonly #aborted = (): void => this.reject(this.#signal?.reason);
}

/** Checks `timeoutMs` and `signal`, as every wait does. */
export function readWaitOptions(options: unknown): WaitOptions {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument('wait options', options, '{ timeoutMs?, signal? }');
  }
  checkKeys('wait option', options, ['timeoutMs', 'signal', 'returnWhen']);
  const { timeoutMs, signal } = options as WaitOptions;
  readDuration('timeoutMs', timeoutMs);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument('signal', signal, 'an AbortSignal');
  }
  return options;
}

/**
 * Resolves when the end of `row` is visible. `interrupt` registers a way to reject the wait from outside (a
 * terminated pipeline leaves its waits) and returns how to unregister it.
 */
export function untilVisible(
  timers: WaitTimers,
  row: Row,
  options: WaitOptions,
  what: string,
): { readonly promise: Promise<Row>; readonly reject: (reason: unknown) => void } {
  let wait: Wait<Row> | undefined;
  const promise = new Promise<Row>((resolve, reject) => {
    if (options.signal?.aborted) return reject(options.signal.reason);
    if (row.visible) return resolve(row);
    const late = () => new TimeoutError(`${what} was not final after ${options.timeoutMs} ms`);
    if (options.timeoutMs === 0) return poll(() => (row.visible ? resolve(row) : reject(late())));
    wait = new Wait<Row>(timers, [row], (settled) => settled, resolve, reject);
    wait.limit(options, late);
    return undefined;
  });
  return { promise, reject: (reason) => wait?.reject(reason) };
}

/** Looks after the turn that is due already: what the caller did a moment ago counts. */
function poll(look: () => void): void {
  queueMicrotask(look);
}

export interface WaitResult<H> {
  readonly done: Set<H>;
  readonly pending: Set<H>;
}

/** A wait over several rows; see `ReturnWhen`. Time running out resolves with what is pending. */
export function untilReady<H>(
  timers: WaitTimers,
  pairs: ReadonlyMap<Row, H>,
  options: WaitOptions & { readonly returnWhen?: ReturnWhen },
): { readonly promise: Promise<WaitResult<H>>; readonly reject: (reason: unknown) => void } {
  const when = options.returnWhen ?? ALL_COMPLETED;
  const rows = [...pairs.keys()];
  const result = (): WaitResult<H> => split(pairs);
  let open = 0;
  let satisfied = false;
  for (const row of rows) {
    if (row.visible) satisfied ||= satisfies(row, when);
    else open += 1;
  }
  let wait: Wait<WaitResult<H>> | undefined;
  const promise = new Promise<WaitResult<H>>((resolve, reject) => {
    if (options.signal?.aborted) return reject(options.signal.reason);
    if (open === 0 || satisfied) return resolve(result());
    if (options.timeoutMs === 0) return poll(() => resolve(result()));
    const onSettled = (row: Row) => {
      open -= 1;
      return open === 0 || satisfies(row, when) ? result() : undefined;
    };
    wait = new Wait(
      timers,
      rows.filter((row) => !row.visible),
      onSettled,
      resolve,
      reject,
    );
    wait.limit(options, result);
    return undefined;
  });
  return { promise, reject: (reason) => wait?.reject(reason) };
}

function satisfies(row: Row, when: ReturnWhen): boolean {
  switch (when) {
    case 'first-completed':
      return true;
    case 'first-exception':
      return row.snapshot.leaf.state === 'failed';
    case 'all-completed':
      return false;
    default:
      return when satisfies never;
  }
}

function split<H>(pairs: ReadonlyMap<Row, H>): WaitResult<H> {
  const done = new Set<H>();
  const pending = new Set<H>();
  for (const [row, handle] of pairs) (row.visible ? done : pending).add(handle);
  return { done, pending };
}

export function readReturnWhen(value: unknown): ReturnWhen {
  if (value === undefined) return ALL_COMPLETED;
  if (value === ALL_COMPLETED || value === FIRST_COMPLETED || value === FIRST_EXCEPTION) return value;
  throw invalidArgument('returnWhen', value, `${ALL_COMPLETED}, ${FIRST_COMPLETED} or ${FIRST_EXCEPTION}`);
}

/** Reads the handles of a wait: at least one, each of the right kind and owner. Duplicates collapse. */
export function readHandles<H, R extends Row>(
  handles: unknown,
  rowOf: (handle: unknown) => R | undefined,
  owns: (row: R) => boolean,
  kind: string,
): Map<Row, H> {
  if (typeof handles !== 'object' || handles === null || !(Symbol.iterator in handles)) {
    throw invalidArgument('handles', handles, `an iterable of ${kind} handles`);
  }
  const pairs = new Map<Row, H>();
  for (const handle of handles as Iterable<unknown>) {
    const row = rowOf(handle);
    if (row === undefined) {
      throw new SignalboxError('INVALID_TYPE', `a handle was ${show(handle)}; allowed: ${kind} handles`);
    }
    if (!owns(row)) {
      throw new SignalboxError('NOT_OWNER', `the ${kind} handle ${show(row.name)} belongs to another owner`, {
        hint: 'wait for it where it was made',
      });
    }
    pairs.set(row, handle as H);
  }
  if (pairs.size === 0)
    throw new SignalboxError('EMPTY_HANDLES', 'handles were empty; allowed: at least one handle');
  return pairs;
}
