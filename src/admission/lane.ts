import type { Ticket } from './ticket.ts';

/** What the tickets of a lane have in common. */
export type LaneOf = Pick<Ticket, 'priority' | 'stage' | 'pipeline'>;

/** Names the lane of a ticket among all lanes of its shape. */
export type LaneKey = number | string;

const PIPELINES = 2 ** 26;
const STAGES = 2 ** 17;
const PRIORITIES = 2 ** 10;

/**
 * Two tickets get the same key exactly when priority, stage and pipeline are equal. The usual ranges pack into
 * one safe integer, which is several times cheaper to look up than text.
 */
export function laneKey({ priority, stage, pipeline }: LaneOf): LaneKey {
  const shifted = priority + PRIORITIES / 2;
  const packs =
    (pipeline & (PIPELINES - 1)) === pipeline &&
    (stage & (STAGES - 1)) === stage &&
    (shifted & (PRIORITIES - 1)) === shifted;
  if (!packs) return `${priority}/${stage}/${pipeline}`;
  // Zigzag, so that the usual priority 0 leaves a small integer.
  const rank = priority < 0 ? -2 * priority - 1 : 2 * priority;
  return (rank * STAGES + stage) * PIPELINES + pipeline;
}

/** Taken tickets are cut off the array when there are more of them than this, and than of the others. */
const SLACK = 64;

/**
 * Tickets of equal priority, stage and pipeline in ascending position: a queue with O(1) at both ends. It is
 * never empty while it is in use. The order of two lanes never changes, whatever is taken from them.
 */
export class Lane<T extends Ticket> {
  readonly key: LaneKey;
  readonly priority: number;
  readonly stage: number;
  readonly pipeline: number;
  private items: (T | undefined)[] = [];
  private taken = 0;
  private lastPosition = Number.NEGATIVE_INFINITY;

  constructor(key: LaneKey, { priority, stage, pipeline }: LaneOf) {
    this.key = key;
    this.priority = priority;
    this.stage = stage;
    this.pipeline = pipeline;
  }

  get front(): T | undefined {
    return this.items[this.taken];
  }

  get empty(): boolean {
    return this.taken === this.items.length;
  }

  /** Whether the ticket belongs to this lane. */
  suits(ticket: LaneOf): boolean {
    const { priority, stage, pipeline } = ticket;
    return pipeline === this.pipeline && stage === this.stage && priority === this.priority;
  }

  /** Appends a ticket that suits if it goes after all others; false if it does not. */
  append(ticket: T): boolean {
    if (ticket.position <= this.lastPosition) return false;
    this.items.push(ticket);
    this.lastPosition = ticket.position;
    return true;
  }

  /** Takes the front away. */
  advance(): void {
    this.items[this.taken] = undefined; // let go of it at once
    this.taken += 1;
    if (this.taken > SLACK && this.taken * 2 > this.items.length) {
      this.items = this.items.slice(this.taken);
      this.taken = 0;
    }
  }

  retain(keep: (ticket: T) => boolean): void {
    this.items = this.items.filter((ticket) => ticket !== undefined && keep(ticket));
    this.taken = 0;
  }

  forEach(visit: (ticket: T) => void): void {
    for (const ticket of this.items) {
      if (ticket !== undefined) visit(ticket);
    }
  }

  /** A lane of the mapped tickets; `mapTicket` keeps their keys. */
  clone(mapTicket: (ticket: T) => T): Lane<T> {
    const copy = new Lane<T>(this.key, this);
    this.forEach((ticket) => {
      copy.items.push(mapTicket(ticket));
    });
    copy.lastPosition = this.lastPosition;
    return copy;
  }
}
