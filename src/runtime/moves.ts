/** Column stores of moves: the event queue, and the ring of past events. No object per entry. */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { MoveType } from './event-text.ts';
import type { EventBody, RuntimeEvent } from './events.ts';
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
  /** Number of the event in its run, 0 for what no ledger has. */
  readonly runSeq: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(
    what: What,
    row: Row | undefined,
    snapshot: Snapshot | undefined,
    previous: LifecycleState | undefined,
    at: number,
    runSeq: number,
  ): void {
    const i = this.#size;
    this.what[i] = what;
    this.row[i] = row;
    this.snapshot[i] = snapshot;
    this.previous[i] = previous;
    this.at[i] = at;
    this.runSeq[i] = runSeq;
    this.#size = i + 1;
  }

  /** Empties a queue. The columns of a usual size are kept, without what they pointed to. */
  clear(): void {
    const size = this.#size;
    this.#size = 0;
    if (size > KEPT_ROOM)
      for (const column of [this.what, this.row, this.snapshot, this.previous]) column.length = 0;
    if (size > KEPT_ROOM) this.at.length = this.runSeq.length = 0;
    else for (let i = 0; i < size; i += 1) this.what[i] = this.row[i] = this.snapshot[i] = undefined;
  }
}

/** The last moves. Where an event was made of one, because somebody watched, the event itself is kept. */
export class RecentMoves extends Moves {
  readonly seq: number[] = [];
  readonly event: (RuntimeEvent | undefined)[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    super();
    this.#capacity = capacity;
  }

  keepEvent(event: RuntimeEvent): void {
    if (this.#capacity === 0) return;
    this.event[this.#advance()] = event;
  }

  keepMove(from: Moves, index: number, seq: number): void {
    if (this.#capacity === 0) return;
    const i = this.#advance();
    this.event[i] = undefined;
    this.what[i] = from.what[index];
    this.row[i] = from.row[index];
    this.snapshot[i] = from.snapshot[index];
    this.previous[i] = from.previous[index];
    this.at[i] = from.at[index] ?? 0;
    this.runSeq[i] = from.runSeq[index] ?? 0;
    this.seq[i] = seq;
  }

  /** The place of the oldest entry, to be written over. */
  #advance(): number {
    const i = this.#next;
    this.#next = i + 1 === this.#capacity ? 0 : i + 1;
    return i;
  }

  /** Indices, oldest first. */
  order(): number[] {
    const indices = this.event.map((_, i) => i);
    return [...indices.slice(this.#next), ...indices.slice(0, this.#next)];
  }
}
