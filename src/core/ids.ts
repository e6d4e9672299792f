/**
 * Sortable ids: UUIDv7 (RFC 9562, section 5.7), with the counter method of section 6.2: 48 bits of time, a
 * 26-bit counter that starts anew each millisecond, and 48 random bits drawn once per source. Ids of one
 * source are strictly increasing, also when the clock stands still or jumps back.
 */
import { randomBytes } from 'node:crypto';

export interface IdSource {
  next(): string;
}

const COUNTER_LIMIT = 1 << 26;

class UuidV7Source implements IdSource {
  readonly #now: () => number;
  readonly #node: string;
  #ms = 0;
  #prefix = '';
  #counter = 0;

  constructor(now: () => number, node: string) {
    this.#now = now;
    this.#node = node;
  }

  next(): string {
    const now = this.#now();
    if (now > this.#ms) this.#enter(now);
    else if (this.#counter === COUNTER_LIMIT) this.#enter(this.#ms + 1);
    const counter = this.#counter;
    this.#counter += 1;
    const high = (0x7000 | (counter >>> 14)).toString(16);
    const low = (0x8000 | (counter & 0x3fff)).toString(16);
    return `${this.#prefix}${high}-${low}-${this.#node}`;
  }

  #enter(ms: number): void {
    this.#ms = Math.trunc(ms);
    this.#counter = 0;
    const hex = this.#ms.toString(16).padStart(12, '0');
    this.#prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-`;
  }
}

/** Ids from a clock and 48 bits of randomness (12 hex digits; tests pass their own for repeatable ids). */
export function createIdSource(now: () => number, node: string = randomBytes(6).toString('hex')): IdSource {
  return new UuidV7Source(now, node);
}
