/**
 * Numbers, keeps and delivers events. Emitting only queues; `flush` delivers in `seq` order, never inside a
 * public call (rule 6). One Subject per scheduler; Subjects per id exist while somebody listens (rule 12).
 */
import { Observable, Subject } from 'rxjs';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { EventStream } from '../streams/event-stream.ts';
import type { EventBody, RuntimeEvent } from './events.ts';
import type { Row } from './rows.ts';

interface Queued {
  readonly event: RuntimeEvent;
  /** The row whose end this event tells: it becomes visible when the event was delivered. */
  readonly ended: Row | undefined;
}

export interface EventHubOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ring: number;
  /** Called when an ended row's event was delivered. */
  readonly onVisible: (row: Row) => void;
  /** Called when there is something to flush. */
  readonly wake: () => void;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #subject = new Subject<RuntimeEvent>();
  readonly #byId = new Map<string, { readonly subject: Subject<RuntimeEvent>; listeners: number }>();
  readonly #ring: RuntimeEvent[] = [];
  #ringNext = 0;
  #queue: Queued[] = [];
  #seq = 0;
  readonly events$: EventStream<RuntimeEvent>;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.events$ = new EventStream(this.#subject, this.observerFailed);
  }

  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  /** Takes the next number for an event and queues it. */
  emit(body: EventBody, ended?: Row): void {
    this.push({ seq: 0, at: 0, ...body } as RuntimeEvent, ended);
  }

  /** As `emit`, for callers on the hot path that build the whole event with `stamp`. */
  push(event: RuntimeEvent, ended: Row | undefined): void {
    if (event.seq === 0) Object.assign(event, { seq: this.nextSeq(), at: this.#options.clock.now() });
    this.#queue.push({ event, ended });
    this.#options.wake();
  }

  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** Delivers what is queued, also what subscribers add meanwhile, up to `budget`. Returns how many. */
  flush(budget: number): number {
    let delivered = 0;
    while (delivered < budget && this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const entry of batch) this.#deliver(entry);
      delivered += batch.length;
    }
    return delivered;
  }

  #deliver({ event, ended }: Queued): void {
    this.#remember(event);
    this.#subject.next(event);
    if (this.#byId.size > 0) this.#route(event);
    if (ended !== undefined) this.#options.onVisible(ended);
  }

  #route(event: RuntimeEvent): void {
    if ('runId' in event) this.#byId.get(event.runId)?.subject.next(event);
    if ('taskId' in event) this.#byId.get(event.taskId)?.subject.next(event);
    else if ('stage' in event) this.#byId.get(`${event.runId}/${event.stage}`)?.subject.next(event);
  }

  #remember(event: RuntimeEvent): void {
    const { ring } = this.#options;
    if (ring === 0) return;
    this.#ring[this.#ringNext] = event;
    this.#ringNext = (this.#ringNext + 1) % ring;
  }

  /** The last events, oldest first: for viewers that come late. */
  recent(): readonly RuntimeEvent[] {
    return [...this.#ring.slice(this.#ringNext), ...this.#ring.slice(0, this.#ringNext)];
  }

  /**
   * The events of one id. `last` is asked at subscription: when it gives an event, the id is final, and the
   * subscriber gets that event and the completion.
   */
  of(id: string, last: () => RuntimeEvent | undefined): Observable<RuntimeEvent> {
    const source = new Observable<RuntimeEvent>((subscriber) => {
      const final = last();
      if (final === undefined) return this.#join(id, subscriber);
      subscriber.next(final);
      subscriber.complete();
      return undefined;
    });
    return new EventStream(source, this.observerFailed);
  }

  #join(id: string, subscriber: { next(event: RuntimeEvent): void; complete(): void }): () => void {
    const entry = this.#byId.get(id) ?? { subject: new Subject<RuntimeEvent>(), listeners: 0 };
    this.#byId.set(id, entry);
    entry.listeners += 1;
    const subscription = entry.subject.subscribe(subscriber);
    return () => {
      subscription.unsubscribe();
      entry.listeners -= 1;
      if (entry.listeners === 0 && this.#byId.get(id) === entry) this.#byId.delete(id);
    };
  }

  /** Completes the stream of an id that is final. */
  complete(id: string): void {
    if (this.#byId.size > 0) this.#byId.get(id)?.subject.complete();
  }

  /** Completes everything: the scheduler is closed. */
  end(): void {
    for (const { subject } of [...this.#byId.values()]) subject.complete();
    this.#subject.complete();
  }

  readonly observerFailed = (error: unknown): void => {
    this.#options.logger.error('a subscriber of events$ threw and was unsubscribed', error);
    this.emit({ type: 'observer:error', error });
  };
}
