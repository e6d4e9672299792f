/**
 * One timer heap per scheduler and one clock timeout for its earliest entry. Cancelled entries are dropped
 * when they surface, or all at once when they outnumber the live ones.
 */

import type { Clock } from '../core/clock.ts';
import { BinaryHeap } from '../core/heap.ts';

export interface TimerEntry {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  live: boolean;
}

const earlier = (a: TimerEntry, b: TimerEntry): number => a.at - b.at || a.order - b.order;
const SLACK = 1_024;

export class Timers {
  readonly #clock: Clock;
  readonly #run: (fire: () => void) => void;
  #heap = new BinaryHeap<TimerEntry>(earlier);
  #dead = 0;
  #order = 0;
  #armedFor: number | undefined = undefined;
  #token: unknown = undefined;

  /** `run` carries a fired timer into a turn. */
  constructor(clock: Clock, run: (fire: () => void) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  get size(): number {
    return this.#heap.size - this.#dead;
  }

  set(at: number, fire: () => void): TimerEntry {
    this.#order += 1;
    const entry: TimerEntry = { at, order: this.#order, fire, live: true };
    this.#heap.push(entry);
    this.#arm();
    return entry;
  }

  cancel(entry: TimerEntry): void {
    if (!entry.live) return;
    entry.live = false;
    this.#dead += 1;
    if (this.#dead > SLACK && this.#dead * 2 > this.#heap.size) this.#compact();
    if (this.size === 0) this.#disarm();
  }

  #compact(): void {
    this.#heap = BinaryHeap.from(
      this.#heap.items.filter((entry) => entry.live),
      earlier,
    );
    this.#dead = 0;
  }

  #arm(): void {
    const first = this.#first();
    if (first === undefined) return this.#disarm();
    if (this.#armedFor !== undefined && this.#armedFor <= first.at) return;
    this.#disarm();
    this.#armedFor = first.at;
    this.#token = this.#clock.setTimeout(this.#onTime, first.at - this.#clock.now());
  }

  #disarm(): void {
    if (this.#armedFor === undefined) return;
    this.#clock.clearTimeout(this.#token);
    this.#armedFor = undefined;
  }

  #first(): TimerEntry | undefined {
    for (let entry = this.#heap.peek(); entry !== undefined; entry = this.#heap.peek()) {
      if (entry.live) return entry;
      this.#heap.pop();
      this.#dead -= 1;
    }
    return undefined;
  }

  readonly #onTime = (): void => {
    this.#armedFor = undefined;
    const now = this.#clock.now();
    for (let entry = this.#first(); entry !== undefined && entry.at <= now; entry = this.#first()) {
      this.#heap.pop();
      entry.live = false;
      this.#run(entry.fire);
    }
    this.#arm();
  };
}
