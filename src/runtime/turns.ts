/**
 * Turns (rule 6). Work runs in microtasks of the macrotask that asked for it, until the turn has used up its
 * events or its milliseconds; then the rest waits for the next macrotask, so that I/O is never starved.
 * A turn runs outside every pipeline's async context.
 */
import { AsyncResource } from 'node:async_hooks';
import type { Clock } from '../core/clock.ts';
import { TURN_EVENTS, TURN_MS } from '../core/limits.ts';

/** Does up to `budget` events of work and returns how many it did; `pending` tells whether more waits. */
export interface TurnWork {
  step(budget: number): number;
  pending(): boolean;
  /** The turn is over; the next macrotask has begun. */
  boundary(): void;
}

/** Events between two looks at the clock. */
const SLICE = 256;

export class Turns {
  readonly #clock: Clock;
  readonly #work: TurnWork;
  readonly #outside = new AsyncResource('Signalbox');
  #scheduled = false;
  #running = false;
  #boundaryAsked = false;
  #used = 0;
  #startedAt = 0;

  constructor(clock: Clock, work: TurnWork) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Asks for a turn. Never runs anything now. */
  wake(): void {
    if (this.#scheduled || this.#running) return;
    this.#scheduled = true;
    if (this.#used < TURN_EVENTS) queueMicrotask(this.#enter);
    else this.#askBoundary();
  }

  readonly #enter = (): void => {
    this.#outside.runInAsyncScope(this.#run, this);
  };

  #run(): void {
    this.#scheduled = false;
    this.#running = true;
    if (this.#used === 0) this.#startedAt = this.#clock.now();
    this.#askBoundary();
    try {
      while (this.#used < TURN_EVENTS && this.#work.pending()) {
        this.#used += Math.max(1, this.#work.step(Math.min(SLICE, TURN_EVENTS - this.#used)));
        if (this.#clock.now() - this.#startedAt >= TURN_MS) this.#used = TURN_EVENTS;
      }
    } finally {
      this.#running = false;
      if (this.#work.pending()) this.#scheduled = true;
    }
  }

  /** The next macrotask begins a new turn; whatever was cut off goes on there. */
  #askBoundary(): void {
    if (this.#boundaryAsked) return;
    this.#boundaryAsked = true;
    this.#clock.setImmediate(this.#boundary);
  }

  readonly #boundary = (): void => {
    this.#boundaryAsked = false;
    const cut = this.#used >= TURN_EVENTS;
    this.#used = 0;
    this.#outside.runInAsyncScope(this.#work.boundary, this.#work);
    if (cut && this.#scheduled) this.#enter();
  };
}
