import { IndexedHeap } from '../core/heap.ts';
import type { ResourceVector } from './resource-vector.ts';
import { Shape } from './shape.ts';
import { compareTickets, type Ticket } from './ticket.ts';

/*
 * The task queue owns one shape per resource vector that has queued tickets, in a heap by the keys of their
 * heads. It decides nothing: admission asks for the smallest head, or the smallest that passes a test.
 *
 * Q5 a shape is in the heap exactly while it has a live ticket.
 * Q6 at most IDLE_SHAPES shapes without a live ticket are kept for reuse, so that a million concurrency keys
 *    over a long life do not stay in memory.
 */

const IDLE_SHAPES = 64;

const compareShapes = (a: { readonly first: Ticket }, b: { readonly first: Ticket }): number =>
  compareTickets(a.first, b.first);

export class TaskQueue<T extends Ticket> {
  private readonly shapes = new Map<string, Shape<T>>();
  private readonly busy = new IndexedHeap<Shape<T>>(compareShapes);
  /** The shape used last; most callers come with the same vector many times over. */
  private recent: Shape<T> | undefined;
  private queued = 0;

  /** Tickets queued. */
  get size(): number {
    return this.queued;
  }

  /** Shapes in memory: those with queued tickets, and the idle ones (Q6). */
  get shapeCount(): number {
    return this.shapes.size;
  }

  /** The shape with the smallest key of all. */
  get top(): Shape<T> | undefined {
    return this.busy.peek();
  }

  add(ticket: T): void {
    const shape = this.shapeFor(ticket.vector);
    const before = shape.head;
    shape.add(ticket);
    this.queued += 1;
    if (before !== shape.head) this.reorder(shape);
  }

  /** Takes a queued ticket out. */
  remove(ticket: T): void {
    const shape = this.shapeFor(ticket.vector);
    const before = shape.head;
    shape.remove(ticket);
    this.queued -= 1;
    if (before !== shape.head) this.reorder(shape);
  }

  /** Takes the head of a shape out. */
  takeHead(shape: Shape<T>): T {
    const ticket = shape.takeHead();
    this.queued -= 1;
    this.reorder(shape);
    return ticket;
  }

  /** Of the shapes that pass, the one with the smallest head. */
  firstWhere(test: (shape: Shape<T>) => boolean): Shape<T> | undefined {
    return this.busy.firstWhere(test);
  }

  /** Visits every queued ticket, in no particular order. */
  forEach(visit: (ticket: T) => void): void {
    this.busy.forEach((shape) => {
      shape.forEach(visit);
    });
  }

  clone(mapTicket: (ticket: T) => T): TaskQueue<T> {
    const copy = new TaskQueue<T>();
    copy.queued = this.queued;
    copy.busy.copyFrom(this.busy, (shape) => {
      const copied = shape.clone(mapTicket);
      copy.shapes.set(copied.vector.key, copied);
      return copied;
    });
    return copy;
  }

  private shapeFor(vector: ResourceVector): Shape<T> {
    if (this.recent?.vector === vector) return this.recent;
    let shape = this.shapes.get(vector.key);
    if (shape === undefined) {
      shape = new Shape<T>(vector);
      this.shapes.set(vector.key, shape);
    }
    this.recent = shape;
    return shape;
  }

  /** Puts a shape whose head changed where it belongs (Q5). */
  private reorder(shape: Shape<T>): void {
    if (shape.live === 0) this.retire(shape);
    else if (this.busy.has(shape)) this.busy.update(shape);
    else this.busy.push(shape);
  }

  private retire(shape: Shape<T>): void {
    this.busy.remove(shape);
    if (this.shapes.size <= IDLE_SHAPES) return;
    this.shapes.delete(shape.vector.key);
    this.recent = undefined; // it may be this one, which must not come back
  }
}
