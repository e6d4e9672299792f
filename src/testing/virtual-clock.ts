/**
 * A clock whose time passes only when it is told to, so that tests of waiting are instant and exact.
 *
 * Owns: the time, and the timers set on it. Does not own macrotasks: `setImmediate` is the real one, and every
 * step waits until the event loop is quiet, so that turns and promise reactions have happened before time goes on.
 * Invariants:
 * (V1) time jumps from deadline to deadline: a callback sees `now()` at exactly its own deadline, never later;
 * (V2) timers of the same deadline fire in the order in which they were set;
 * (V3) a timer set from a callback counts from that callback's deadline, so chained timers do not drift;
 * (V4) the event loop is quiet before the first timer fires, between any two, and when the promise resolves.
 */
import { AsyncResource } from 'node:async_hooks';
import { type Clock, systemClock } from '../core/clock.ts';
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import { Heap } from '../core/heap.ts';

interface VirtualTimer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  live: boolean;
}

/** Timers that may fire at one moment: a timer that re-arms itself without delay would otherwise never end. */
const TIMERS_PER_MOMENT = 100_000;
/** Macrotasks in a row without a request for another one after which the event loop counts as quiet. */
const QUIET_TURNS = 2;

export class VirtualClock implements Clock {
  readonly #timers = new Heap<VirtualTimer>((a, b) => a.at - b.at || a.order - b.order);
  #now: number;
  #order = 0;
  #live = 0;
  /** Calls of `setImmediate` that have not happened yet. */
  #immediates = 0;
  #moving = false;

  /** `startAt`: the first value of `now()`, epoch milliseconds. Default 0. */
  constructor(startAt = 0) {
    if (!Number.isFinite(startAt)) throw invalidArgument('startAt', startAt, 'a time in epoch milliseconds');
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#live;
  }

  /** When the next timer is due, epoch milliseconds; undefined when none is set. */
  get nextAt(): number | undefined {
    return this.#next()?.at;
  }

  setTimeout(fn: () => void, delayMs: number): unknown {
    this.#order += 1;
    // As the real one does, the callback keeps the async context of whoever set it.
    const fire = AsyncResource.bind(fn);
    const at = this.#now + (Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs));
    const timer: VirtualTimer = { at, order: this.#order, fire, live: true };
    this.#timers.push(timer);
    this.#live += 1;
    return timer;
  }

  clearTimeout(token: unknown): void {
    const timer = token as VirtualTimer | null | undefined;
    if (timer?.live !== true) return;
    timer.live = false;
    this.#live -= 1;
  }

  setImmediate(fn: () => void): void {
    this.#immediates += 1;
    systemClock.setImmediate(() => {
      this.#immediates -= 1;
      fn();
    });
  }

  /** Lets `ms` milliseconds pass, 0 for none: what is due by then has fired, and has had its effects. */
  async advance(ms: number): Promise<void> {
    if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0)
      throw invalidArgument('ms', ms, 'a finite number of milliseconds, 0 or more');
    await this.#moveTo(this.#now + ms);
  }

  /** Lets time pass until `at`, epoch milliseconds, which must not be in the past. */
  async advanceTo(at: number): Promise<void> {
    if (typeof at !== 'number' || !Number.isFinite(at) || at < this.#now)
      throw invalidArgument('at', at, `a time in epoch milliseconds, ${this.#now} or later`);
    await this.#moveTo(at);
  }

  /** Fires timers, also those that are set meanwhile, until none is left. */
  async runAll(): Promise<void> {
    await this.#moveTo(undefined);
  }

  async #moveTo(target: number | undefined): Promise<void> {
    if (this.#moving) {
      throw new SignalboxError('INVALID_TRANSITION', 'the clock is already moving', {
        hint: 'await the call before',
      });
    }
    this.#moving = true;
    try {
      await this.#settle();
      await this.#fireUntil(target ?? Number.POSITIVE_INFINITY);
      if (target !== undefined) this.#now = target;
    } finally {
      this.#moving = false;
    }
  }

  async #fireUntil(target: number): Promise<void> {
    let atThisMoment = 0;
    for (let timer = this.#next(); timer !== undefined && timer.at <= target; timer = this.#next()) {
      atThisMoment = timer.at > this.#now ? 0 : atThisMoment + 1;
      if (atThisMoment > TIMERS_PER_MOMENT) throw new Error(`a timer at ${this.#now} sets itself for ever`);
      this.#timers.pop();
      this.#live -= 1;
      timer.live = false;
      this.#now = timer.at;
      timer.fire();
      await this.#settle();
    }
  }

  #next(): VirtualTimer | undefined {
    while (this.#timers.peek()?.live === false) this.#timers.pop();
    return this.#timers.peek();
  }

  /** Resolves when nothing asks for another macrotask. Work of threads, processes and sockets is not seen. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise<void>((resolve) => systemClock.setImmediate(resolve));
      if (this.#immediates > 0) quiet = -1;
    }
  }
}
