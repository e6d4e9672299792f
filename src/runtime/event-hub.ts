/**
 * Numbers, keeps and delivers events. Emitting only queues; `flush` delivers in `seq` order, never inside a
 * public call (rule 6). One stream per scheduler; streams per id exist while somebody listens (rule 12).
 *
 * The queue and the ring hold moves, not events: what happened, the row, and the row's (immutable) snapshot.
 * An event object is made when somebody is there to see it, so events that nobody watches cost no memory.
 */
import type { Observable } from 'rxjs';
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Clock } from '../core/clock.ts';
import { type Logger, logSafely } from '../core/logger.ts';
import { ChosenStream, EventStream } from '../streams/event-stream.ts';
import type { TaskBinding } from '../task/index.ts';
import { describeMove, type MoveType } from './event-text.ts';
import type { EventBody, RuntimeEvent } from './events.ts';
import { Moves, RecentMoves } from './moves.ts';
import type { EndMark, Row, TaskRow } from './rows.ts';

export interface EventHubOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ring: number;
  /** Called when the event of an ended row was delivered. */
  readonly onVisible: (row: Row, end: EndMark) => void;
  /** Called when there is something to flush. */
  readonly wake: () => void;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #byId = new Map<string, EventStream<RuntimeEvent>>();
  readonly #ring: RecentMoves;
  #queue = new Moves();
  /** The other buffer of the queue: filled while one is delivered. */
  #spare = new Moves();
  #seq = 0;
  #ended = false;
  #turnTime: number | undefined = undefined;
  readonly events$: EventStream<RuntimeEvent>;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#ring = new RecentMoves(options.ring);
    this.events$ = new EventStream(this.observerFailed);
  }

  get waiting(): boolean {
    return this.#queue.size > 0;
  }

  /** Somebody listens now. */
  get watched(): boolean {
    return this.events$.observed || this.#byId.size > 0;
  }

  /** Somebody listens to a single id. */
  get routed(): boolean {
    return this.#byId.size > 0;
  }

  /** Inside a turn all events carry the time of its slice; outside, the time of the call. */
  beginSlice(): void {
    this.#turnTime = this.#options.clock.now();
  }
  endSlice(): void {
    this.#turnTime = undefined;
  }
  get now(): number {
    return this.#turnTime ?? this.#options.clock.now();
  }

  /** `row`: the task that moved, where the body says more of the move than the row knows. */
  emit(body: EventBody, row?: TaskRow, runSeq = 0): void {
    this.#queue.add(body, row, row?.snapshot, undefined, this.now, runSeq);
    this.#options.wake();
  }

  /** A move of a row. Its event is made from the row's present snapshot when it is delivered. */
  move(type: MoveType, row: Row, previous: LifecycleState | undefined, at: number, runSeq: number): void {
    this.#queue.add(type, row, row.snapshot, previous, at, runSeq);
    this.#options.wake();
  }

  /** Delivers what is queued, also what subscribers add meanwhile, up to `budget`. Returns how many. */
  flush(budget: number): number {
    let delivered = 0;
    while (delivered < budget && this.#queue.size > 0) {
      const batch = this.#queue;
      this.#queue = this.#spare;
      for (let i = 0; i < batch.size; i += 1) this.#deliver(batch, i);
      delivered += batch.size;
      batch.clear();
      this.#spare = batch;
    }
    return delivered;
  }

  /** Takes what waits out, to be delivered later; undefined for nothing. */
  take(): Moves | undefined {
    const taken = this.#queue;
    if (taken.size === 0) return undefined;
    this.#queue = this.#spare;
    this.#spare = new Moves();
    return taken;
  }

  /** Delivers what was taken out, but for what `keep` refuses. */
  deliver(taken: Moves, keep: (row: Row | undefined, runSeq: number) => boolean): void {
    for (let i = 0; i < taken.size; i += 1) {
      if (keep(taken.row[i], taken.runSeq[i] ?? 0)) this.#deliver(taken, i);
    }
    taken.clear();
    this.#spare = taken;
  }

  /** Delivers an event now, before what waits. */
  tell(body: EventBody): void {
    const only = new Moves();
    only.add(body, undefined, undefined, undefined, this.now, 0);
    this.#deliver(only, 0);
  }

  #deliver(batch: Moves, i: number): void {
    this.#seq += 1;
    const what = batch.what[i];
    const row = batch.row[i];
    const snapshot = batch.snapshot[i];
    if (row?.kind === 'task' && row.binding !== undefined)
      tellBinding(row.binding, what, snapshot, batch.at[i] ?? 0);
    if (this.watched) {
      const event = eventAt(batch, i, this.#seq);
      this.#ring.keepEvent(event);
      this.events$.next(event);
      if (this.#byId.size > 0) this.#route(event);
    } else this.#ring.keepMove(batch, i, this.#seq);
    if (row !== undefined && isEnd(what, snapshot)) {
      const at = batch.at[i] ?? 0;
      const runSeq = batch.runSeq[i] ?? 0;
      this.#options.onVisible(row, { seq: this.#seq, at, previous: batch.previous[i], runSeq });
    }
  }

  #route(event: RuntimeEvent): void {
    if ('runId' in event) this.#byId.get(event.runId)?.next(event);
    if ('taskId' in event) this.#byId.get(event.taskId)?.next(event);
    else if ('stage' in event) this.#byId.get(`${event.runId}/${event.stage}`)?.next(event);
  }

  /** The last events, oldest first: for viewers that come late. */
  recent(): readonly RuntimeEvent[] {
    const ring = this.#ring;
    return ring.order().map((i) => ring.event[i] ?? eventAt(ring, i, ring.seq[i] ?? 0));
  }

  /**
   * The events of one id. `last` is asked at subscription: when it gives an event, the id is final, and the
   * subscriber gets that event and the completion.
   */
  of(id: string, last: () => RuntimeEvent | undefined): Observable<RuntimeEvent> {
    return new ChosenStream(() => {
      const final = last();
      if (final === undefined && !this.#ended) return this.#streamOf(id);
      return EventStream.ended(this.observerFailed, final);
    });
  }

  #streamOf(id: string): EventStream<RuntimeEvent> {
    let stream = this.#byId.get(id);
    if (stream === undefined) {
      stream = new EventStream(this.observerFailed, () => this.#byId.delete(id));
      this.#byId.set(id, stream);
    }
    return stream;
  }

  /** Completes the streams of an id that is final. */
  complete(id: string): void {
    this.#byId.get(id)?.complete();
  }

  /** Completes everything: the scheduler is closed. */
  end(): void {
    this.#ended = true;
    for (const stream of [...this.#byId.values()]) stream.complete();
    this.events$.complete();
  }

  readonly observerFailed = (error: unknown): void => {
    const { logger } = this.#options;
    logSafely(logger, 'error', 'a subscriber of events$ threw and was unsubscribed', error);
    this.emit({ type: 'observer:error', error });
  };
}

/** The Task object shows a state before anybody hears of it. */
function tellBinding(
  binding: TaskBinding,
  what: Moves['what'][number] | undefined,
  snapshot: Row['snapshot'] | undefined,
  at: number,
): void {
  if (snapshot === undefined || (typeof what === 'string' && what !== 'state')) return;
  if (typeof what === 'object' && what.type === 'attempt:failed') return;
  binding.moved(snapshot.leaf.state as LifecycleState, snapshot.context.outcome, at);
}

function isEnd(what: Moves['what'][number] | undefined, snapshot: Row['snapshot'] | undefined): boolean {
  return what === 'state' && snapshot?.leaf.final === true;
}

/** In place: the event was made a moment ago, and a copy of every event is felt. */
function numbered(event: RuntimeEvent, runSeq: number): RuntimeEvent {
  (event as { runSeq?: number }).runSeq = runSeq;
  return event;
}

function eventAt(moves: Moves, i: number, seq: number): RuntimeEvent {
  const what = moves.what[i];
  const at = moves.at[i] ?? 0;
  const row = moves.row[i];
  const runSeq = moves.runSeq[i] ?? 0;
  if (typeof what === 'object') {
    return (runSeq === 0 ? { ...what, seq, at } : { ...what, seq, at, runSeq }) as RuntimeEvent;
  }
  const snapshot = moves.snapshot[i];
  if (what === undefined || row === undefined || snapshot === undefined)
    throw new Error('a move without a row');
  const event = describeMove(what, row, snapshot, moves.previous[i], seq, at);
  return runSeq === 0 ? event : numbered(event, runSeq);
}
