/** One timer heap per scheduler and one clock timeout for its earliest entry. */
import type { Clock } from '../core/clock.ts';
import { type Indexed, IndexedHeap } from '../core/heap.ts';

export interface TimerEntry extends Indexed {
  readonly at: number;
  /** Timers of one moment fire in the order in which they were set. */
  readonly order: number;
  readonly fire: () => void;
}

export class Timers {
  readonly #clock: Clock;
  readonly #run: (fire: () => void) => void;
  readonly #heap = new IndexedHeap<TimerEntry>((a, b) => a.at - b.at || a.order - b.order);
  #order = 0;
  #armedFor: number | undefined = undefined;
  #token: unknown = undefined;

  /** `run` carries a fired timer into a turn. */
  constructor(clock: Clock, run: (fire: () => void) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  get size(): number {
    return this.#heap.size;
  }

  isSet(entry: TimerEntry): boolean {
    return this.#heap.has(entry);
  }

  set(at: number, fire: () => void): TimerEntry {
    this.#order += 1;
    const entry: TimerEntry = { at, order: this.#order, fire, heapIndex: -1 };
    this.#heap.push(entry);
    this.#arm();
    return entry;
  }

  cancel(entry: TimerEntry): void {
    if (!this.#heap.has(entry)) return;
    this.#heap.remove(entry);
    if (this.#heap.size === 0) this.#disarm();
  }

  /** A timeout that comes too early, because its timer was cancelled, finds nothing due and arms the next. */
  #arm(): void {
    const first = this.#heap.peek();
    if (first === undefined || (this.#armedFor !== undefined && this.#armedFor <= first.at)) return;
    this.#disarm();
    this.#armedFor = first.at;
    this.#token = this.#clock.setTimeout(this.#onTime, first.at - this.#clock.now());
  }

  #disarm(): void {
    if (this.#armedFor === undefined) return;
    this.#clock.clearTimeout(this.#token);
    this.#armedFor = undefined;
  }

  readonly #onTime = (): void => {
    this.#armedFor = undefined;
    const now = this.#clock.now();
    for (let entry = this.#heap.peek(); entry !== undefined && entry.at <= now; entry = this.#heap.peek()) {
      this.#heap.pop();
      this.#run(entry.fire);
    }
    this.#arm();
  };
}
