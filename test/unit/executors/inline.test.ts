import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AttemptContext, FunctionWork } from '../../../src/executors/executor.ts';
import { inlineExecutor } from '../../../src/executors/inline.ts';
import { ExecutorProbe, loopTurns } from '../../../src/testing/executor-probe.ts';

const executor = inlineExecutor();

type AnyBody = (...args: never[]) => unknown;

function probe(fn: AnyBody, args: readonly unknown[] = []): ExecutorProbe {
  return new ExecutorProbe(executor, { work: { kind: 'function', fn: fn as FunctionWork['fn'] }, args });
}

function suspensions(of: ExecutorProbe): readonly PromiseLike<unknown>[] {
  return of.entries.flatMap((entry) => (entry.kind === 'suspended' ? [entry.on] : []));
}

const fulfilled = (value: unknown) => ({ status: 'fulfilled', value }) as const;

/** The microtasks that are due have run. */
const settle = () => loopTurns(1);

describe('an ordinary body', () => {
  it('is called with its arguments and then the context', async () => {
    const body = (a: number, b: string, context: AttemptContext) => [a, b, context.name];
    expect(await probe(body, [1, 'x']).value()).toEqual([1, 'x', 'probe']);
  });

  it('is entered by start itself, so that no turn is lost on the hot path', () => {
    let entered = false;
    probe(() => {
      entered = true;
    });
    expect(entered).toBe(true);
  });

  it('fails with the identical object it threw or rejected with', async () => {
    const error = { not: 'even an error' };
    const thrown = probe(() => {
      throw error;
    });
    expect(await thrown.error()).toBe(error);
    expect(await probe(() => Promise.reject(error)).error()).toBe(error);
  });

  it('may return any thenable, also one that settles twice, synchronously, or throws', async () => {
    // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is the point
    const hasty = { then: (ok: (value: number) => void) => [ok(1), ok(2)] };
    const first = probe(() => hasty);
    expect(await first.value()).toBe(1);
    await settle();
    expect(first.ends).toHaveLength(1);
    const raising = {
      // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is the point
      get then() {
        throw new Error('no then for you');
      },
    };
    expect(await probe(() => raising).error()).toEqual(new Error('no then for you'));
  });

  it('costs no AbortController and no timer', async () => {
    const made = vi.spyOn(globalThis, 'AbortController');
    const reports = { succeeded: vi.fn(), failed: vi.fn(), suspended: vi.fn() };
    const context = { name: 'x' } as AttemptContext;
    executor.start({ work: { kind: 'function', fn: async () => 1 }, args: [], context }, reports);
    await settle();
    expect(reports.succeeded).toHaveBeenCalledWith(1);
    expect(made).not.toHaveBeenCalled();
    made.mockRestore();
  });

  it('may return an iterator that is no generator', async () => {
    const value = [1, 2][Symbol.iterator]();
    expect(await probe(() => value).value()).toBe(value);
  });
});

describe('a generator body', () => {
  const unhandled = vi.fn();
  afterEach(() => {
    process.removeListener('unhandledRejection', unhandled);
    unhandled.mockReset();
  });

  it('suspends on a promise and goes on with its value', async () => {
    const on = Promise.resolve();
    const running = probe(function* (): Generator<unknown, string, string> {
      return `got ${yield on}`;
    });
    await settle();
    expect(suspensions(running)).toEqual([on]);
    expect(suspensions(running)[0]).toBe(on);
    expect(running.ends).toHaveLength(0);
    running.attempt.resume?.(fulfilled('it'));
    expect(await running.value()).toBe('got it');
  });

  it('gets a rejection thrown in, where it can be caught', async () => {
    const running = probe(function* (): Generator<unknown, unknown, unknown> {
      try {
        return yield new Promise(() => {});
      } catch (error) {
        return `caught ${error}`;
      }
    });
    await settle();
    running.attempt.resume?.({ status: 'rejected', reason: 'it' });
    expect(await running.value()).toBe('caught it');
  });

  it('gets what is no promise straight back, a hundred thousand times without a deep stack', async () => {
    const running = probe(function* (): Generator<number, number, number> {
      let sum = 0;
      for (let i = 0; i < 100_000; i += 1) sum += yield 1;
      return sum;
    });
    expect(await running.value()).toBe(100_000);
    expect(suspensions(running)).toHaveLength(0);
  });

  it('waits for a promise that it returns', async () => {
    const running = probe(function* () {
      yield 1;
      return Promise.resolve('late');
    });
    expect(await running.value()).toBe('late');
  });

  it('fails with what it throws, or what the promise it returns rejects with', async () => {
    const thrown = probe(function* () {
      yield 1;
      throw new Error('mid-way');
    });
    expect(await thrown.error()).toEqual(new Error('mid-way'));
    const rejected = probe(function* () {
      yield 1;
      return Promise.reject(new Error('at the end'));
    });
    expect(await rejected.error()).toEqual(new Error('at the end'));
  });

  it('takes no step from inside start, resume or stop', async () => {
    const steps: string[] = [];
    const running = probe(function* () {
      try {
        steps.push('first');
        yield new Promise(() => {});
        steps.push('second');
        yield new Promise(() => {});
      } finally {
        steps.push('finally');
      }
    });
    expect(steps).toEqual([]);
    await settle();
    running.attempt.resume?.(fulfilled(1));
    expect(steps).toEqual(['first']);
    await settle();
    running.attempt.stop(new Error('stop'));
    expect(steps).toEqual(['first', 'second']);
    await settle();
    expect(steps).toEqual(['first', 'second', 'finally']);
  });

  it('that is suspended when it is stopped runs its finally and ends with the reason', async () => {
    const reason = new Error('enough');
    let cleaned = false;
    const running = probe(function* () {
      try {
        yield new Promise(() => {});
      } finally {
        cleaned = true;
      }
    });
    await settle();
    running.stop(reason);
    expect(await running.error()).toBe(reason);
    expect(cleaned).toBe(true);
  });

  it('may wait in its finally: a second stop does not tear the clean-up apart', async () => {
    const log: unknown[] = [];
    const running = probe(function* () {
      try {
        yield new Promise(() => {});
      } finally {
        log.push(yield new Promise(() => {}));
      }
    });
    await settle();
    running.stop(new Error('first'));
    await settle();
    running.stop(new Error('second'));
    await settle();
    expect(suspensions(running)).toHaveLength(2);
    running.attempt.resume?.(fulfilled('cleaned'));
    expect(await running.error()).toEqual(new Error('first'));
    expect(log).toEqual(['cleaned']);
  });

  it('that is stopped while it runs is stopped where it would suspend next, and its promise is disarmed', async () => {
    process.on('unhandledRejection', unhandled);
    const reason = new Error('enough');
    const running = probe(function* () {
      running.attempt.stop(reason);
      yield Promise.reject(new Error('nobody looks at this'));
    });
    expect(await running.error()).toBe(reason);
    await loopTurns(3);
    expect(suspensions(running)).toHaveLength(0);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('hears resume only while it is suspended, and nothing after the end', async () => {
    const given: unknown[] = [];
    const running = probe(function* () {
      given.push(yield new Promise(() => {}));
      given.push(yield new Promise(() => {}));
    });
    running.attempt.resume?.(fulfilled('too early'));
    await settle();
    running.attempt.resume?.(fulfilled('a'));
    running.attempt.resume?.(fulfilled('a again'));
    await settle();
    running.attempt.resume?.(fulfilled('b'));
    await running.end();
    running.attempt.resume?.(fulfilled('c'));
    running.attempt.stop(new Error('late'));
    await settle();
    expect(given).toEqual(['a', 'b']);
    expect(running.ends).toHaveLength(1);
  });

  it('that is async runs to its end, its yields handed back', async () => {
    const running = probe(async function* (): AsyncGenerator<unknown, unknown, unknown> {
      const awaited = await Promise.resolve(20);
      const yielded = yield Promise.resolve(22);
      return [awaited, yielded];
    });
    expect(await running.value()).toEqual([20, 22]);
    const failing = probe(async function* () {
      yield 1;
      throw new Error('async');
    });
    expect(await failing.error()).toEqual(new Error('async'));
  });
});
