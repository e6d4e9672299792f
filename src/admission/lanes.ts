import { Heap } from '../core/heap.ts';
import { Lane, type LaneKey, laneKey } from './lane.ts';
import { compareOptional, type Ticket } from './ticket.ts';

const compareLanes = (a: Lane<Ticket>, b: Lane<Ticket>): number => compareOptional(a.front, b.front);

/** The lanes of a shape. A lane is in the heap and in the map from its first ticket to its last (Q4). */
export class Lanes<T extends Ticket> {
  private readonly heap = new Heap<Lane<T>>(compareLanes);
  private readonly byKey = new Map<LaneKey, Lane<T>>();
  /** The lane asked for last; most tickets come many of one lane in a row. */
  private recent: Lane<T> | undefined;

  /** Appends to the lane of the ticket; false if the ticket does not go after all others there. */
  append(ticket: T): boolean {
    if (this.recent?.suits(ticket)) return this.recent.append(ticket);
    const key = laneKey(ticket);
    const lane = this.byKey.get(key);
    if (lane === undefined) return this.open(key, ticket);
    this.recent = lane;
    return lane.append(ticket);
  }

  /** The smallest ticket of all lanes. */
  peek(): T | undefined {
    return this.heap.peek()?.front;
  }

  /** Takes the smallest away, if it is this one. */
  take(ticket: T): boolean {
    const lane = this.heap.peek();
    if (lane === undefined || lane.front !== ticket) return false;
    lane.advance();
    if (lane.empty) {
      this.heap.pop();
      this.close(lane);
    }
    return true;
  }

  retain(keep: (ticket: T) => boolean): void {
    this.heap.retain((lane) => {
      lane.retain(keep);
      if (lane.empty) this.close(lane);
      return !lane.empty;
    });
  }

  forEach(visit: (ticket: T) => void): void {
    this.heap.forEach((lane) => {
      lane.forEach(visit);
    });
  }

  clone(mapTicket: (ticket: T) => T): Lanes<T> {
    const copy = new Lanes<T>();
    copy.heap.copyFrom(this.heap, (lane) => {
      const copied = lane.clone(mapTicket);
      copy.byKey.set(copied.key, copied);
      return copied;
    });
    return copy;
  }

  private open(key: LaneKey, first: T): boolean {
    const lane = new Lane<T>(key, first);
    lane.append(first);
    this.byKey.set(key, lane);
    this.heap.push(lane);
    this.recent = lane;
    return true;
  }

  private close(lane: Lane<T>): void {
    this.byKey.delete(lane.key);
    this.recent = undefined; // it may be this one, which must not come back
  }
}
