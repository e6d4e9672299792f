/**
 * Sortable ids: UUIDv7 (RFC 9562, section 5.7), with the counter method of section 6.2: 48 bits of time, a
 * 26-bit counter that starts anew each millisecond, and 48 random bits drawn once per source. Ids of one
 * source are strictly increasing, also when the clock stands still or jumps back.
 */
import { randomBytes } from 'node:crypto';

/** A reserved place in the order of ids, as text only when `format` is asked: two words instead of a string. */
export interface IdPlace {
  readonly prefix: string;
  readonly counter: number;
}

const COUNTER_LIMIT = 1 << 26;

export class IdSource implements IdPlace {
  readonly #now: () => number;
  readonly #node: string;
  #ms = 0;
  /** The place that `reserve` took last. */
  prefix = '';
  counter = COUNTER_LIMIT;

  /** Ids from a clock and 48 bits of randomness (12 hex digits; tests pass their own for repeatable ids). */
  constructor(now: () => number, node: string = randomBytes(6).toString('hex')) {
    this.#now = now;
    this.#node = node;
  }

  /** Takes the next place: read `prefix` and `counter` right after. */
  reserve(now: number): void {
    if (now > this.#ms) this.#enter(now);
    else if (this.counter >= COUNTER_LIMIT - 1) this.#enter(this.#ms + 1);
    else this.counter += 1;
  }

  format(prefix: string, counter: number): string {
    const high = (0x7000 | (counter >>> 14)).toString(16);
    const low = (0x8000 | (counter & 0x3fff)).toString(16);
    return `${prefix}${high}-${low}-${this.#node}`;
  }

  next(): string {
    this.reserve(this.#now());
    return this.format(this.prefix, this.counter);
  }

  #enter(ms: number): void {
    this.#ms = Math.trunc(ms);
    this.counter = 0;
    const hex = this.#ms.toString(16).padStart(12, '0');
    this.prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-`;
  }
}
