import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CancelledError,
  SignalboxError,
  TaskTimeoutError,
  TerminatedError,
} from '../../../src/core/errors.ts';
import { ThreadExecutor, threadExecutor } from '../../../src/executors/thread.ts';
import { cloneable, decodeError, encodeError } from '../../../src/executors/thread-errors.ts';
import { ExecutorProbe, loopTurns } from '../../../src/testing/executor-probe.ts';

const bodies = new URL('../../fixtures/thread-bodies.mjs', import.meta.url).href;

let executor = threadExecutor({ maxThreads: 1 });
afterEach(async () => {
  await executor.close();
  executor = threadExecutor({ maxThreads: 1 });
});

function probe(name: string, args: readonly unknown[] = [], module = bodies): ExecutorProbe {
  return new ExecutorProbe(executor, { work: { kind: 'module', module, export: name }, args });
}

const sharing = (error: Partial<SignalboxError>) => expect.objectContaining(error);

describe('a body on a thread', () => {
  it('is called with its arguments', async () => {
    expect(await probe('add', [40, 2]).value()).toBe(42);
  });

  it('gets arguments as they were at the start, though they wait for a thread', async () => {
    const changed = [1];
    const running = probe('add', [changed, '']);
    changed.push(2);
    expect(await running.value()).toBe('1');
  });

  it('computes without stalling the event loop of the process', async () => {
    // While the body spins without a pause, the main loop turns a thousand times; only then is it told to stop.
    const running = probe('spinsUntilStopped');
    await running.wrote('ready');
    await loopTurns(1_000);
    expect(running.ends).toHaveLength(0);
    running.stop(new TerminatedError('you can stop now'));
    const value = (await running.value()) as { rounds: number };
    expect(value).toMatchObject({ aborted: true, reason: 'you can stop now' });
    expect(value.rounds).toBeGreaterThan(0);
  });

  it('that spins and throws its reason ends with the identical object', async () => {
    const reason = { any: 'object', even: () => 'one that cannot be cloned' };
    const running = probe('spinsAndThrows');
    await running.wrote('ready');
    running.stop(reason);
    expect(await running.error()).toBe(reason);
  });

  it('knows its attempt, and reports progress, output and log lines in the order it made them', async () => {
    const running = probe('reports');
    expect(await running.value()).toEqual({
      id: 'task-1',
      name: 'probe',
      runId: 'run-1',
      attempt: 1,
      terminateRequested: false,
    });
    expect(running.entries.slice(0, -1)).toEqual([
      { kind: 'progress', percent: 10, message: 'a' },
      { kind: 'output', stream: 'stderr', chunk: 'b' },
      { kind: 'log', level: 'warn', message: 'c', rest: [{ d: 1 }, '[Function (anonymous)]'] },
      { kind: 'progress', percent: undefined, message: 'e' },
    ]);
  });

  it('is not heard after its end', async () => {
    const running = probe('writesLate');
    expect(await running.value()).toBe('ended');
    await probe('answer').value(); // on the same thread, whose late callbacks have run by then
    expect(running.output).toEqual([]);
  });

  it('gets the stop reason as an error of this library, if it was one', async () => {
    const running = probe('reportsReason');
    await running.wrote('ready');
    running.stop(new TaskTimeoutError('too slow', { details: { timeoutMs: 5 } }));
    expect(await running.value()).toEqual({ own: true, code: 'TASK_TIMEOUT', details: { timeoutMs: 5 } });
  });
});

describe('errors from a thread', () => {
  it('keep name, message, class, stack, cause and own properties', async () => {
    const error = (await probe('throwsRich').error()) as TypeError & { amount: number; callback: unknown };
    expect(error).toBeInstanceOf(TypeError);
    expect(error.name).toBe('PaymentError');
    expect(error.message).toBe('declined');
    expect(error.stack).toContain('throwsRich');
    expect(error.amount).toBe(7);
    expect(error.callback).toMatch(/^\[Function/);
    expect(error.cause).toEqual(new Error('card', { cause: 'expired' }));
    expect((error.cause as Error).cause).toBe('expired');
  });

  it('may be several, plain values, or an AbortError', async () => {
    const many = (await probe('throwsMany').error()) as AggregateError;
    expect(many).toBeInstanceOf(AggregateError);
    expect(many.errors).toEqual([new RangeError('one'), 'two']);
    expect(await probe('throwsValue').error()).toEqual({ plain: true });
    const aborted = probe('throwsAbort');
    await aborted.wrote('ready');
    aborted.stop(new TerminatedError());
    expect(await aborted.error()).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  });

  it('of this library are its classes again, so that a CancelledError cancels', async () => {
    const error = await probe('throwsCancelled').error();
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ code: 'CANCELLED', message: 'not today', details: { day: 'monday' } });
  });

  it('do not follow causes that run in a circle', () => {
    const error = new Error('ouroboros');
    error.cause = error;
    let depth = 0;
    for (let at: unknown = decodeError(encodeError(error)); at instanceof Error; at = at.cause) depth += 1;
    expect(depth).toBe(9);
  });

  it('survive the way there and back with hint and retryable', () => {
    const error = new SignalboxError('TIMEOUT', 'm', { hint: 'h', retryable: true, cause: 'c' });
    const back = decodeError(encodeError(error)) as SignalboxError;
    expect(back).toBeInstanceOf(SignalboxError);
    expect({ ...back }).toEqual({ ...error });
    expect(back.cause).toBe('c');
    expect(back.stack).toBe(error.stack);
  });

  it('are not taken for one of this library by their name alone', () => {
    const named = Object.assign(new Error('other'), { name: 'TimeoutError', code: 23 });
    const back = decodeError(encodeError(named)) as Error;
    expect(back).not.toBeInstanceOf(SignalboxError);
    expect(back).toMatchObject({ name: 'TimeoutError', code: 23 });
  });

  it('print what cannot be cloned', () => {
    expect(cloneable(Symbol('s'))).toBe('Symbol(s)');
    expect(cloneable(1)).toBe(1);
  });
});

describe('what cannot run', () => {
  it('names module and export when there is no such module', async () => {
    const missing = new URL('./nowhere.mjs', bodies).href;
    const error = await probe('add', [], missing).error();
    expect(error).toEqual(sharing({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(missing) }));
    expect((error as SignalboxError).details).toEqual({ module: missing, export: 'add' });
  });

  it('lists what the module exports when the export is missing or no function', async () => {
    for (const name of ['nothing', 'notAFunction']) {
      const message = new RegExp(
        `thread-bodies.mjs has no function exported as "${name}".*\\badd, answer\\b`,
      );
      expect(await probe(name).error()).toEqual(
        sharing({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
      );
    }
  });

  // From 22.18 on Node imports TypeScript itself: there is nothing to point out.
  const readsTypeScript = 'typescript' in process.features && process.features.typescript !== false;
  it.skipIf(readsTypeScript)('points out TypeScript that was not compiled', async () => {
    const source = new URL('../../../src/core/errors.ts', import.meta.url).href;
    const error = await probe('show', [], source).error();
    expect((error as SignalboxError).hint).toMatch(/compile TypeScript first/);
  });

  it('reports what a module throws while it is imported as it is', async () => {
    const error = await probe('x', [], new URL('./thread-throws-on-import.mjs', bodies).href).error();
    expect(error).toEqual(new SyntaxError('broken on purpose'));
  });

  it('says that an argument or a result cannot be cloned', async () => {
    expect(await probe('add', [() => {}]).error()).toEqual(
      sharing({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('an argument of export "add"') }),
    );
    expect(await probe('uncloneable').error()).toEqual(
      sharing({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('the result of export "uncloneable"'),
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, '2'])('refuses %s threads', (maxThreads) => {
    expect(() => threadExecutor({ maxThreads: maxThreads as number })).toThrow(
      sharing({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('reports it when no thread can be started, also to those that wait', async () => {
    const broken = new ThreadExecutor(1, '/nowhere/thread-worker.js');
    const work = { kind: 'module', module: bodies, export: 'answer' } as const;
    const probes = [new ExecutorProbe(broken, { work }), new ExecutorProbe(broken, { work })];
    for (const one of probes) {
      expect(await one.error()).toEqual(
        sharing({
          code: 'EXECUTOR_UNAVAILABLE',
          message: expect.stringContaining('no worker thread can be started'),
        }),
      );
    }
    await broken.close();
  });
});

describe('a thread that dies', () => {
  it('fails its attempt, keeps what was written before, and is replaced', async () => {
    const running = probe('exits');
    const waiting = probe('answer');
    expect(await running.error()).toEqual(
      sharing({
        code: 'TASK_FAILED',
        message: expect.stringMatching(/thread of export "exits".*exited with code: 3/),
      }),
    );
    expect(running.output).toEqual(['last words']);
    expect(await waiting.value()).toBe(42);
  });

  it('of an exception nobody awaits takes its attempt along, with the exception as cause', async () => {
    const error = (await probe('throwsInCallback').error()) as SignalboxError;
    expect(error.code).toBe('TASK_FAILED');
    expect(error.cause).toMatchObject({ message: 'nobody awaits me' });
  });

  it.each(['exitsWhenIdle', 'throwsWhenIdle'])('after its attempt (%s) is replaced', async (name) => {
    const gone = new Int32Array(new SharedArrayBuffer(4));
    await probe(name, [gone]).value();
    while (Atomics.load(gone, 0) === 0) await loopTurns(1);
    // The news may reach us late: one attempt may still be handed to the dying thread, and ends with it.
    await probe('answer').end();
    expect(await probe('answer').value()).toBe(42);
  });

  it('loses nothing of what was written before', async () => {
    const running = probe('writesALotAndExits', [20_000]);
    await running.error();
    expect(running.output).toEqual(Array.from({ length: 20_000 }, (_, line) => String(line)));
  });

  it.runIf(process.platform === 'linux')(
    'by kill is gone when the end is reported: resources are not given back before',
    async () => {
      const running = probe('spinsForever');
      while (running.output.length === 0) await loopTurns(1);
      const thread = `/proc/self/task/${running.output[0]}`;
      expect(existsSync(thread)).toBe(true);
      running.kill();
      await running.end();
      expect(existsSync(thread)).toBe(false);
    },
  );
});

describe('attempts beyond the number of threads', () => {
  it('wait, and get the thread when the one before them is killed', async () => {
    // Hunts a queue that is not served again once its thread was taken away.
    const first = probe('stubborn');
    await first.wrote('ready');
    const second = probe('answer');
    await loopTurns(20);
    expect(second.ends).toHaveLength(0);
    first.kill();
    expect(await first.error()).toEqual(sharing({ code: 'TERMINATED', details: { forced: true } }));
    expect(await second.value()).toBe(42);
  });

  it('end with their reason, and never run, when they are stopped while they wait', async () => {
    const first = probe('hangs');
    await first.wrote('ready');
    const reason = new Error('not any more');
    const second = probe('writes');
    second.stop(reason);
    second.stop(new Error('again'));
    expect(await second.error()).toBe(reason);
    first.stop(reason);
    await first.end();
    await probe('answer').value();
    expect(second.output).toEqual([]);
  });

  it('are all ended by close, running or not, and nothing starts afterwards', async () => {
    const running = probe('hangs');
    await running.wrote('ready');
    const waiting = probe('answer');
    await executor.close();
    expect(await running.error()).toEqual(sharing({ code: 'TASK_FAILED' }));
    expect(await waiting.error()).toEqual(sharing({ code: 'EXECUTOR_UNAVAILABLE' }));
    expect(await probe('answer').error()).toEqual(sharing({ code: 'EXECUTOR_UNAVAILABLE' }));
    const refused = probe('answer');
    refused.stop(1);
    refused.kill();
    await refused.end();
  });
});

describe('a script that forgets to close', () => {
  it('ends when its attempts have ended, though threads idle', async () => {
    const script = `
      const { threadExecutor } = await import(${JSON.stringify(new URL('../../../dist/src/executors/thread.js', import.meta.url).href)});
      const context = { id: '', name: '', runId: '', attempt: 1 };
      const work = { kind: 'module', module: ${JSON.stringify(bodies)}, export: 'answer' };
      threadExecutor().start({ work, args: [], context }, { succeeded: console.log, failed: console.error });`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      script,
    ]);
    expect(stdout + stderr).toBe('42\n');
  });
});
