/** A column store of moves: the event queue, and the ring of past events. No object per entry. */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { MoveType } from './event-text.ts';
import type { EventBody } from './events.ts';
import type { Row } from './rows.ts';

type What = MoveType | EventBody;
type Snapshot = Row['snapshot'];

/** Entries whose room a queue keeps from one turn to the next. */
const KEPT_ROOM = 8_192;

export class Moves {
  readonly what: (What | undefined)[] = [];
  readonly row: (Row | undefined)[] = [];
  readonly snapshot: (Snapshot | undefined)[] = [];
  readonly previous: (LifecycleState | undefined)[] = [];
  readonly at: number[] = [];
  readonly seq: number[] = [];
  readonly #capacity: number;
  #next = 0;
  #size = 0;

  /** A ring keeps the last `capacity` entries; a queue is made without one. */
  constructor(capacity = 0) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  add(
    what: What,
    row: Row | undefined,
    snapshot: Snapshot | undefined,
    previous: LifecycleState | undefined,
    at: number,
  ): void {
    const i = this.#size;
    this.what[i] = what;
    this.row[i] = row;
    this.snapshot[i] = snapshot;
    this.previous[i] = previous;
    this.at[i] = at;
    this.#size = i + 1;
  }

  /** Empties a queue. The columns of a usual size are kept, without what they pointed to. */
  clear(): void {
    const size = this.#size;
    this.#size = 0;
    if (size > KEPT_ROOM)
      for (const column of [this.what, this.row, this.snapshot, this.previous]) column.length = 0;
    if (size > KEPT_ROOM) this.at.length = 0;
    else for (let i = 0; i < size; i += 1) this.what[i] = this.row[i] = this.snapshot[i] = undefined;
  }

  /** Writes into the ring, over the oldest entry. */
  keep(
    what: What | undefined,
    row: Row | undefined,
    snapshot: Snapshot | undefined,
    previous: LifecycleState | undefined,
    at: number | undefined,
    seq: number,
  ): void {
    if (this.#capacity === 0) return;
    const i = this.#next;
    this.what[i] = what;
    this.row[i] = row;
    this.snapshot[i] = snapshot;
    this.previous[i] = previous;
    this.at[i] = at ?? 0;
    this.seq[i] = seq;
    this.#next = i + 1 === this.#capacity ? 0 : i + 1;
  }

  /** Indices of a ring, oldest first. */
  order(): number[] {
    const indices = this.what.map((_, i) => i);
    return [...indices.slice(this.#next), ...indices.slice(0, this.#next)];
  }
}
