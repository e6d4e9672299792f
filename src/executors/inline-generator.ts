/**
 * Drives a generator as the body of an inline attempt.
 *
 * Owns: stepping, the suspension state, and the one end. Crossing it: `reports.suspended(on)` out,
 * `resume(settled)` and `stop(reason)` in.
 * Invariants:
 * (G1) the generator is only ever stepped from a microtask: no report is made from inside start, stop or resume;
 * (G2) a stop reason is thrown into the generator once, at the first suspension that it reaches or is in, so
 *      that a `finally` which waits for its own clean-up is not thrown at a second time;
 * (G3) `resume` is heard while suspended alone, and nothing is heard after the end.
 */
import type { AttemptReports, RunningAttempt } from './executor.ts';

type Step = IteratorResult<unknown, unknown>;

/** What sync and async generator objects have in common. */
export interface GeneratorObject {
  next(value?: unknown): Step | Promise<Step>;
  return(value?: unknown): Step | Promise<Step>;
  throw(reason?: unknown): Step | Promise<Step>;
}

type Input =
  | { readonly kind: 'next'; readonly value: unknown }
  | { readonly kind: 'throw'; readonly reason: unknown };

type Stop =
  | { readonly kind: 'none' }
  | { readonly kind: 'pending'; readonly reason: unknown }
  | { readonly kind: 'delivered' };

export function isGeneratorObject(value: unknown): value is GeneratorObject {
  if (typeof value !== 'object' || value === null) return false;
  const { next, return: end, throw: raise } = value as Partial<GeneratorObject>;
  const callable = typeof next === 'function' && typeof end === 'function' && typeof raise === 'function';
  return callable && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

class GeneratorAttempt implements RunningAttempt {
  readonly #generator: GeneratorObject;
  readonly #reports: AttemptReports;
  #phase: 'running' | 'suspended' | 'ended' = 'running';
  #stop: Stop = { kind: 'none' };

  constructor(generator: GeneratorObject, reports: AttemptReports) {
    this.#generator = generator;
    this.#reports = reports;
    this.#schedule({ kind: 'next', value: undefined });
  }

  stop(reason: unknown): void {
    if (this.#phase === 'ended' || this.#stop.kind !== 'none') return;
    this.#stop = { kind: 'pending', reason };
    if (this.#phase === 'suspended') this.#schedule(this.#deliver(reason));
  }

  resume(settled: PromiseSettledResult<unknown>): void {
    if (this.#phase !== 'suspended') return;
    if (settled.status === 'fulfilled') this.#schedule({ kind: 'next', value: settled.value });
    else this.#schedule({ kind: 'throw', reason: settled.reason });
  }

  #deliver(reason: unknown): Input {
    this.#stop = { kind: 'delivered' };
    return { kind: 'throw', reason };
  }

  #schedule(input: Input): void {
    this.#phase = 'running';
    queueMicrotask(() => this.#run(input));
  }

  /** Steps until the generator suspends, ends, or answers with a promise (async generators). */
  #run(first: Input): void {
    let input: Input | undefined = first;
    while (input !== undefined) {
      try {
        const step = this.#advance(input);
        if (isThenable(step)) {
          step.then(
            (settled) => this.#continue(settled),
            (error: unknown) => this.#fail(error),
          );
          return;
        }
        input = this.#take(step);
      } catch (error) {
        this.#fail(error);
        return;
      }
    }
  }

  #continue(step: Step): void {
    const input = this.#take(step);
    if (input !== undefined) this.#run(input);
  }

  #advance(input: Input): Step | PromiseLike<Step> {
    return input.kind === 'next' ? this.#generator.next(input.value) : this.#generator.throw(input.reason);
  }

  /** What to hand the generator next; undefined when it waits or has ended. */
  #take(step: Step): Input | undefined {
    if (step.done === true) {
      this.#finish(step.value);
      return undefined;
    }
    if (!isThenable(step.value)) return { kind: 'next', value: step.value };
    if (this.#stop.kind === 'pending') {
      // (G2) nobody will look at this promise any more; its rejection must not end the process.
      step.value.then(undefined, () => {});
      return this.#deliver(this.#stop.reason);
    }
    this.#phase = 'suspended';
    this.#reports.suspended(step.value);
    return undefined;
  }

  #finish(value: unknown): void {
    Promise.resolve(value).then(
      (result) => {
        this.#phase = 'ended';
        this.#reports.succeeded(result);
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    this.#phase = 'ended';
    this.#reports.failed(error);
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<T>).then === 'function';
}

/** Starts driving; the first step is taken in a microtask (G1). */
export function driveGenerator(generator: GeneratorObject, reports: AttemptReports): RunningAttempt {
  return new GeneratorAttempt(generator, reports);
}
