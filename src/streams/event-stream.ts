/**
 * A stream of events that many may watch: an Observable that is fed from one place. It is what a Subject behind
 * `asObservable()` would be, with two differences: a direct subscriber that throws is unsubscribed and reported
 * and harms nobody (behind operators RxJS's own `onUnhandledError` applies, as everywhere in RxJS), and an
 * event costs no more than one call per subscriber.
 */
import { Observable, type Observer, Subscriber, Subscription } from './observable.ts';

type Listener<T> = Partial<Observer<T>> | ((value: T) => void) | null | undefined;

/** One subscriber. RxJS's own Subscribers (operators) catch for themselves; what others throw is caught here. */
interface Watcher<T> {
  readonly observer: Partial<Observer<T>>;
  readonly subscription: Subscription;
}

export class EventStream<T> extends Observable<T> {
  readonly #report: (error: unknown) => void;
  /** Replaced, never changed, so that a delivery may go on over the old list while somebody unsubscribes. */
  #watchers: readonly Watcher<T>[] = [];
  #completed = false;
  /** What a stream that began completed still has to say. */
  #last: T | undefined = undefined;
  readonly #onIdle: () => void;

  /** `report` gets what a direct subscriber threw; `onIdle` is called when the last one has left. */
  constructor(report: (error: unknown) => void, onIdle: () => void = () => {}) {
    super((subscriber) => this.#watch(subscriber, subscriber));
    this.#report = report;
    this.#onIdle = onIdle;
  }

  /** A stream that is over: it gives its last value, if there is one, and completes. */
  static ended<T>(report: (error: unknown) => void, last: T | undefined): EventStream<T> {
    const stream = new EventStream<T>(report);
    stream.#completed = true;
    stream.#last = last;
    return stream;
  }

  /** Whether somebody watches. */
  get observed(): boolean {
    return this.#watchers.length > 0;
  }

  next(value: T): void {
    const watchers = this.#watchers;
    for (let i = 0; i < watchers.length; i += 1) {
      const watcher = watchers[i];
      if (watcher !== undefined && !watcher.subscription.closed) this.#tell(watcher, value);
    }
  }

  #tell(watcher: Watcher<T>, value: T): void {
    try {
      watcher.observer.next?.(value);
    } catch (error) {
      this.#failed(watcher, error);
    }
  }

  complete(): void {
    this.#completed = true;
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) this.#finish(watcher);
  }

  #finish(watcher: Watcher<T>): void {
    if (watcher.subscription.closed) return;
    try {
      watcher.observer.complete?.();
    } catch (error) {
      this.#failed(watcher, error);
    }
    watcher.subscription.unsubscribe();
  }

  #failed(watcher: Watcher<T>, error: unknown): void {
    watcher.subscription.unsubscribe();
    this.#report(error);
  }

  override subscribe(listener?: Listener<T>): Subscription;
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    listener?: Listener<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (listener instanceof Subscriber) return super.subscribe(listener);
    const observer: Partial<Observer<T>> =
      typeof listener === 'function' || listener === null || listener === undefined
        ? { ...(listener && { next: listener }), ...(error && { error }), ...(complete && { complete }) }
        : listener;
    return this.#watch(observer, new Subscription());
  }

  #watch(observer: Partial<Observer<T>>, subscription: Subscription): Subscription {
    const watcher: Watcher<T> = { observer, subscription };
    if (this.#completed) {
      if (this.#last !== undefined) this.#tell(watcher, this.#last);
      this.#finish(watcher);
      return subscription;
    }
    this.#watchers = [...this.#watchers, watcher];
    subscription.add(() => this.#leave(watcher));
    return subscription;
  }

  #leave(watcher: Watcher<T>): void {
    const before = this.#watchers.length;
    this.#watchers = this.#watchers.filter((other) => other !== watcher);
    if (before > 0 && this.#watchers.length === 0) this.#onIdle();
  }
}

/** An Observable that chooses its stream at each subscription: the live one, or one that is over. */
export class ChosenStream<T> extends Observable<T> {
  readonly #choose: () => EventStream<T>;

  constructor(choose: () => EventStream<T>) {
    super((subscriber) => choose().subscribe(subscriber));
    this.#choose = choose;
  }

  override subscribe(listener?: Listener<T>): Subscription;
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    listener?: Listener<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // Handed on as it came, so that the stream sees whether it is a direct subscriber.
    return this.#choose().subscribe(listener as (value: T) => void, error, complete);
  }
}
