/*
 * Admission decides which queued task may start next, and keeps the accounts of what the started ones hold.
 *
 * It owns the task queue, the capacities and what of them is in use, and the rate windows. It does not know
 * task states, attempts, pipelines or time: the supervisor calls `enqueue` when a task becomes eligible,
 * `dequeue` when it stops being so, `next` until it returns undefined whenever something changed, and
 * `release` when an admitted task gives back what it holds (its end, a suspension, a retry). Nothing crosses
 * but tickets; there are no callbacks, so a state can be cloned and compared (the explorer does both).
 *
 * S1 no admission exceeds the capacity of that moment for any label.
 * S2 at most `taskParallelism` tickets are admitted.
 * S3 strict: nothing passes the smallest key, not even a ticket that needs nothing.
 * S4 backfill: while a ticket is the smallest, at most `bypassLimit` larger keys pass it, then none.
 * S5 what an admission took is released exactly once; a second release is an AdmissionFault.
 * S6 `next` returns undefined only when nothing may be admitted now; if time alone will change that, `retryAt`
 *    says when.
 */
import { fault } from './fault.ts';
import { type AdmissionOptions, parseBypassLimit, parseLabels, parseTaskParallelism } from './options.ts';
import type { ResourceVector } from './resource-vector.ts';
import { type LabelUsage, NOT_BY_TIME, Resources } from './resources.ts';
import type { Shape } from './shape.ts';
import { TaskQueue } from './task-queue.ts';
import type { Ticket } from './ticket.ts';
import { type ConcurrencyKeySpec, VectorTable } from './vector-table.ts';

/** `T` is the caller's own row; `next` gives the same objects back that were enqueued. */
export class Admission<T extends Ticket = Ticket> {
  /** Tickets that may be admitted at once. */
  readonly taskParallelism: number;
  private readonly bypassLimit: number;
  private readonly options: AdmissionOptions;
  private readonly resources: Resources;
  private readonly queue: TaskQueue<T>;
  private vectors: VectorTable;
  private admitted = 0;
  /** Earliest time at which a ticket refused by the present `next` passes its rate limits. */
  private earliest = NOT_BY_TIME;

  /** `now` of the last `next`, to see the clock jump back. */
  private latest = Number.NEGATIVE_INFINITY;

  /** Throws INVALID_ARGUMENT. The second argument is for `clone`. */
  constructor(options: AdmissionOptions, from?: Parts<T>) {
    const parts = from ?? freshParts(options);
    this.options = options;
    this.taskParallelism = parts.taskParallelism;
    this.bypassLimit = parts.bypassLimit;
    this.resources = parts.resources;
    this.queue = parts.queue;
    this.vectors = parts.vectors;
  }

  /** Tickets queued. */
  get queuedCount(): number {
    return this.queue.size;
  }

  /** Tickets admitted and not released. */
  get admittedCount(): number {
    return this.admitted;
  }

  /** The queued ticket with the smallest key. */
  get smallest(): T | undefined {
    return this.queue.top?.first;
  }

  /**
   * After `next` returned undefined: the time to call it again, if a rate limit is all that keeps a ticket
   * back; else undefined, and only an enqueue, dequeue, release or capacity helps.
   */
  get retryAt(): number | undefined {
    return this.earliest === NOT_BY_TIME ? undefined : this.earliest;
  }

  /**
   * What a task needs, checked: each label in the order of the mapping, then the concurrency key.
   * Throws INVALID_ARGUMENT, UNKNOWN_RESOURCE, UNSCHEDULABLE_TASK. A frozen mapping is checked once.
   */
  vector(resources: Readonly<Record<string, number>>, concurrencyKey?: ConcurrencyKeySpec): ResourceVector {
    return this.vectors.vector(this.resources, resources, concurrencyKey);
  }

  /** The ticket may be admitted from now on. It must be neither queued nor admitted. */
  enqueue(ticket: T): void {
    if (ticket.place === 'queued' || ticket.place === 'admitted')
      fault(`a ticket that is ${ticket.place} was queued`);
    const { concurrencyKey } = ticket.vector;
    if (concurrencyKey !== undefined) this.resources.refer(concurrencyKey);
    ticket.passedBy = 0;
    this.queue.add(ticket);
  }

  /** The ticket may not be admitted any more. Does nothing if it is not queued. */
  dequeue(ticket: T): void {
    if (ticket.place !== 'queued') return;
    this.queue.remove(ticket);
    this.unrefer(ticket);
  }

  /**
   * Admits the ticket that is to go next by the policy: takes its slot, resources and rate tokens. Undefined
   * when nothing may be admitted now. `now` is in milliseconds.
   */
  next(now: number): T | undefined {
    if (now < this.latest) this.resources.turnBack(now);
    this.latest = now;
    this.earliest = NOT_BY_TIME;
    const top = this.queue.top;
    if (top === undefined || this.admitted >= this.taskParallelism) return undefined;
    if (this.mayTake(top.vector, now)) return this.admit(top, now);
    const smallest = top.first;
    if (smallest.passedBy >= this.bypassLimit) return undefined; // (S3, S4)
    const passing = this.queue.firstWhere((shape) => this.mayTake(shape.vector, now));
    if (passing === undefined) return undefined;
    smallest.passedBy += 1;
    return this.admit(passing, now);
  }

  /** Gives back what the admission of this ticket took, except rate tokens. */
  release(ticket: T): void {
    if (ticket.place !== 'admitted') fault(`a ticket that is ${ticket.place} was released (S5)`);
    this.resources.give(ticket.vector);
    this.unrefer(ticket);
    ticket.place = 'out';
    this.admitted -= 1;
  }

  /**
   * Changes the capacity of a label. It may fall below what is in use: that stays, and admission waits; so do
   * queued tickets that do not fit any more. Throws UNKNOWN_RESOURCE, INVALID_ARGUMENT.
   */
  setCapacity(label: string, amount: number): void {
    this.resources.setCapacity(label, amount);
    this.vectors = this.vectors.afterCapacityChange();
  }

  /** Every label, and every concurrency key that a queued or admitted ticket names, sorted by label. */
  usage(): LabelUsage[] {
    return this.resources.usage();
  }

  capacityUnits(label: number): number {
    return this.resources.capacityUnits(label);
  }

  inUseUnits(label: number): number {
    return this.resources.inUseUnits(label);
  }

  /** Whether a larger key may still be admitted before this one (S3, S4). */
  mayBePassed(ticket: T): boolean {
    return ticket.passedBy < this.bypassLimit;
  }

  /** Whether there is room for the vector now. Asks neither task parallelism nor rate limits. */
  fits(vector: ResourceVector): boolean {
    return this.resources.hasRoom(vector);
  }

  /**
   * Whether the vector would find a slot and room if exactly `held` were admitted. A task that waits for
   * another of this vector is in a deadlock if it does not, `held` being what the waiting ones hold.
   */
  fitsBeside(vector: ResourceVector, held: readonly ResourceVector[]): boolean {
    return held.length < this.taskParallelism && this.resources.hasRoomBeside(vector, held);
  }

  /**
   * An independent copy. `mapTicket` is called once for each ticket that is queued or stale and returns its
   * copy, all fields equal; the caller copies admitted tickets itself.
   */
  clone(mapTicket: (ticket: T) => T): Admission<T> {
    const { taskParallelism, bypassLimit, vectors } = this;
    const resources = this.resources.clone();
    const queue = this.queue.clone(mapTicket);
    const copy = new Admission<T>(this.options, { taskParallelism, bypassLimit, resources, queue, vectors });
    copy.admitted = this.admitted;
    copy.earliest = this.earliest;
    copy.latest = this.latest;
    return copy;
  }

  /**
   * Text that is equal for two states exactly when they have the same future, tickets being told apart by
   * `idOf`. Rate windows are written as the time left from `now`, so that equal situations at different times
   * are equal; without `now`, as absolute times. Holds for a clock that does not go back.
   */
  stateKey(idOf: (ticket: T) => number | string, now = 0): string {
    const queued: string[] = [];
    this.queue.forEach((ticket) => {
      const id = idOf(ticket);
      queued.push(`${typeof id === 'number' ? id : JSON.stringify(id)}:${ticket.passedBy}`);
    });
    return `${this.admitted}|${this.resources.stateKey(now)}|${queued.sort().join(',')}`;
  }

  private mayTake(vector: ResourceVector, now: number): boolean {
    const ready = this.resources.readyAt(vector, now);
    if (ready <= now) return true;
    if (ready < this.earliest) this.earliest = ready;
    return false;
  }

  private admit(shape: Shape<T>, now: number): T {
    this.earliest = NOT_BY_TIME;
    this.resources.take(shape.vector, now);
    this.admitted += 1;
    const ticket = this.queue.takeHead(shape);
    ticket.place = 'admitted';
    return ticket;
  }

  private unrefer({ vector: { concurrencyKey } }: T): void {
    if (concurrencyKey !== undefined) this.resources.unrefer(concurrencyKey);
  }
}

interface Parts<T extends Ticket> {
  readonly taskParallelism: number;
  readonly bypassLimit: number;
  readonly resources: Resources;
  readonly queue: TaskQueue<T>;
  readonly vectors: VectorTable;
}

function freshParts<T extends Ticket>(options: AdmissionOptions): Parts<T> {
  return {
    resources: Resources.of(parseLabels(options.resources)),
    taskParallelism: parseTaskParallelism(options.taskParallelism),
    bypassLimit: parseBypassLimit(options.policy),
    queue: new TaskQueue<T>(),
    vectors: new VectorTable(),
  };
}
