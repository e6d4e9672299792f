/**
 * A part of a run that can be stopped by itself: the run, a job, an item of a foreach. What is stopped starts
 * nothing new; what it has running is cancelled or terminated, in every part below it, and in no other.
 */

/** The live side of what can be stopped, queued or running: a task. */
export interface Stoppable {
  stop(reason: Error): void;
}

export class Halt {
  #reason: Error | undefined = undefined;
  readonly #live = new Set<Stoppable>();
  readonly #parts = new Set<Halt>();
  readonly #listeners = new Set<() => void>();
  readonly #parent: Halt | undefined;
  /** What it is stopped for when its time is over. */
  readonly #limit: Error | undefined;

  constructor(parent?: Halt, limit?: Error) {
    this.#parent = parent;
    this.#limit = limit;
    this.#reason = parent?.reason;
    parent?.take(this);
  }

  /** Why it was stopped; undefined while it goes on. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Stops it, once; the first reason counts. */
  stop(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.startNothing(reason);
    this.#terminate(reason);
  }

  /**
   * Something in it was stopped, and was told why. In a later life of the run, whose clock began anew, that is how a
   * part knows that its time had been over.
   */
  wasStoppedFor(text: string): void {
    if (this.#limit?.message === text) this.stop(this.#limit);
    else this.#parent?.wasStoppedFor(text);
  }

  /** The same as `stop` where somebody else sees to what runs: the runtime does when it stops the whole run. */
  startNothing(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
    for (const part of this.#parts) part.startNothing(reason);
  }

  #terminate(reason: Error): void {
    for (const part of this.#parts) part.#terminate(reason);
    for (const one of [...this.#live]) one.stop(reason);
  }

  /** Called when it is stopped; at once if it is already. Gives how to call that off. */
  onStop(listener: () => void): () => void {
    if (this.#reason === undefined) this.#listeners.add(listener);
    else listener();
    return () => this.#listeners.delete(listener);
  }

  /** Follows something until `over` settles. */
  async during<T>(one: Stoppable, over: Promise<T>): Promise<T> {
    this.#live.add(one);
    try {
      return await over;
    } finally {
      this.#live.delete(one);
    }
  }

  private take(part: Halt): void {
    this.#parts.add(part);
  }

  private forget(part: Halt): void {
    this.#parts.delete(part);
  }

  /** It is over: its parent forgets it. */
  leave(): void {
    this.#parent?.forget(this);
  }
}
