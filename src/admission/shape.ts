import { Heap, type Indexed } from '../core/heap.ts';
import { fault } from './fault.ts';
import { Lanes } from './lanes.ts';
import type { ResourceVector } from './resource-vector.ts';
import { compareOptional, compareTickets, type Ticket } from './ticket.ts';

/*
 * A shape owns the queued tickets of one resource vector, in the order of their keys. It knows nothing of
 * capacity and of other shapes.
 *
 * A ticket that is queued in ascending position joins the *lane* of its priority, stage and pipeline; one that
 * comes out of order (a retry, a wake, a graph) becomes a *stray*. So a million tasks of one pipeline cost O(1)
 * each, any mixture O(log n), and a lane is never shifted.
 *
 * Q1 `head` is the smallest queued ticket, never a stale one; undefined exactly when `live` is 0.
 * Q2 a parked ticket is `queued` or `stale`, and parked once; `live` and `dead` count the two.
 * Q3 a shape without a live ticket parks nothing; otherwise `dead` is at most `live`, or `STALE_SLACK`.
 * Q4 a lane is never empty (lanes.ts).
 */

/** Stale tickets a shape may keep although they outnumber the live ones. */
const STALE_SLACK = 64;

export class Shape<T extends Ticket> implements Indexed {
  readonly vector: ResourceVector;
  heapIndex = -1;
  head: T | undefined;
  live = 0;
  private dead = 0;
  /** Made when a second ticket is parked: most shapes of concurrency keys never hold two. */
  private lanes: Lanes<T> | undefined;
  private readonly strays = new Heap<T>(compareTickets);

  constructor(vector: ResourceVector) {
    this.vector = vector;
  }

  /** The head of a shape that has one. */
  get first(): T {
    return this.head ?? fault('an empty shape was asked for its head (Q1)');
  }

  add(ticket: T): void {
    if (ticket.place === 'stale') this.dead -= 1;
    else this.park(ticket);
    ticket.place = 'queued';
    this.live += 1;
    if (this.head === undefined || compareTickets(ticket, this.head) < 0) this.head = ticket;
  }

  /** Takes a queued ticket out; its entry stays behind for a while. */
  remove(ticket: T): void {
    ticket.place = 'stale';
    this.dead += 1;
    this.live -= 1;
    this.settle();
  }

  /** Takes the head out and leaves its place to the caller. */
  takeHead(): T {
    const head = this.first;
    this.unpark(head);
    this.live -= 1;
    this.settle();
    return head;
  }

  forEach(visit: (ticket: T) => void): void {
    const visitLive = (ticket: T): void => {
      if (ticket.place === 'queued') visit(ticket);
    };
    this.lanes?.forEach(visitLive);
    this.strays.forEach(visitLive);
  }

  clone(mapTicket: (ticket: T) => T): Shape<T> {
    const copy = new Shape<T>(this.vector);
    copy.live = this.live;
    copy.dead = this.dead;
    copy.lanes = this.lanes?.clone(mapTicket);
    copy.strays.copyFrom(this.strays, mapTicket);
    copy.head = copy.smallestParked();
    return copy;
  }

  private park(ticket: T): void {
    if (this.live + this.dead > 0) this.lanes ??= new Lanes<T>();
    if (!this.lanes?.append(ticket)) this.strays.push(ticket);
  }

  /** `ticket` is the smallest one parked. */
  private unpark(ticket: T): void {
    if (!this.lanes?.take(ticket)) this.strays.pop();
  }

  private smallestParked(): T | undefined {
    const laned = this.lanes?.peek();
    const stray = this.strays.peek();
    return compareOptional(laned, stray) < 0 ? laned : stray;
  }

  /** Restores Q1 and Q3 after a ticket left. */
  private settle(): void {
    if (this.dead > STALE_SLACK && this.dead > this.live) this.sweep();
    let smallest = this.smallestParked();
    while (smallest !== undefined && smallest.place === 'stale') {
      this.unpark(smallest);
      smallest.place = 'out';
      this.dead -= 1;
      smallest = this.smallestParked();
    }
    this.head = smallest;
  }

  /** Lets go of every stale entry. */
  private sweep(): void {
    const keep = (ticket: T): boolean => {
      if (ticket.place === 'queued') return true;
      ticket.place = 'out';
      return false;
    };
    this.lanes?.retain(keep);
    this.strays.retain(keep);
    this.dead = 0;
  }
}
