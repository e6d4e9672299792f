/**
 * The public face of a Subject of events: subscribing is guarded, so that a subscriber that throws is
 * unsubscribed and reported, and harms nobody. Behind operators RxJS's own `onUnhandledError` applies, as
 * everywhere in RxJS.
 */
import { Observable, type Observer, Subscriber, Subscription } from 'rxjs';

type Listener<T> = Partial<Observer<T>> | ((value: T) => void) | null | undefined;

export class EventStream<T> extends Observable<T> {
  readonly #events: Observable<T>;
  readonly #report: (error: unknown) => void;

  constructor(events: Observable<T>, report: (error: unknown) => void) {
    super((subscriber) => events.subscribe(subscriber));
    this.#events = events;
    this.#report = report;
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
    const subscription = new Subscription();
    subscription.add(this.#events.subscribe(this.#guarded(observer, subscription)));
    return subscription;
  }

  #guarded(observer: Partial<Observer<T>>, subscription: Subscription): Observer<T> {
    const failed = (problem: unknown) => {
      subscription.unsubscribe();
      this.#report(problem);
    };
    return {
      next: (value) => {
        try {
          observer.next?.(value);
        } catch (problem) {
          failed(problem);
        }
      },
      error: (error) => {
        try {
          observer.error?.(error);
        } catch (problem) {
          failed(problem);
        }
      },
      complete: () => {
        try {
          observer.complete?.();
        } catch (problem) {
          failed(problem);
        }
      },
    };
  }
}
