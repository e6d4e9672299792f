/**
 * Runs functions of this process, on this thread, in the caller's turn.
 *
 * Owns: the call, and the one end that follows from it. Does not own stopping: the runtime aborts
 * `context.signal`, and a body that ignores it cannot be ended from here (`canKill` is false).
 * Invariants:
 * (I1) an ordinary attempt costs one promise reaction and no state, because it is the hot path;
 * (I2) an end is reported from a microtask, never from inside `start`, also for a plain value or a throw.
 */
import { invalidArgument } from '../core/errors.ts';
import type { AttemptReports, AttemptRequest, Executor, RunningAttempt } from './executor.ts';
import { driveGenerator, isGeneratorObject } from './inline-generator.ts';

type Body = (...args: readonly unknown[]) => unknown;

/** An ordinary body has nothing to stop and nothing to resume, so every attempt can share one (I1). */
class OrdinaryAttempt implements RunningAttempt {
  stop(_reason: unknown): void {}
}

const ordinaryAttempt: RunningAttempt = Object.freeze(new OrdinaryAttempt());

class InlineExecutor implements Executor {
  readonly name = 'inline';
  readonly accepts = ['function'] as const;
  readonly canKill = false;

  start({ work, args, context }: AttemptRequest, reports: AttemptReports): RunningAttempt {
    if (work.kind !== 'function') return refuse(work.kind, reports);
    const body = work.fn as Body;
    let returned: unknown;
    try {
      returned = args.length === 0 ? body(context) : body(...args, context);
    } catch (error) {
      queueMicrotask(() => reports.failed(error));
      return ordinaryAttempt;
    }
    // The instanceof spares an async body, the usual case, the five look-ups of the generator check.
    if (!(returned instanceof Promise) && isGeneratorObject(returned))
      return driveGenerator(returned, reports);
    // Promise.resolve hands a native promise back as it is, and tames thenables that settle twice or throw.
    Promise.resolve(returned).then(
      (value) => reports.succeeded(value),
      (error: unknown) => reports.failed(error),
    );
    return ordinaryAttempt;
  }

  async close(): Promise<void> {}
}

function refuse(kind: string, reports: AttemptReports): RunningAttempt {
  queueMicrotask(() => reports.failed(invalidArgument('the work of the inline executor', kind, 'function')));
  return ordinaryAttempt;
}

/**
 * An executor for functions of this process; the default of `task(fn)`.
 *
 * A function that returns a generator is driven by it: `yield promise` suspends the attempt, so that it holds
 * no resources while it waits, and gets the promise's value back (or its rejection thrown in). An *async*
 * generator runs, but cannot suspend, because the language awaits what it yields before anyone sees it.
 */
export function inlineExecutor(): Executor {
  return new InlineExecutor();
}
