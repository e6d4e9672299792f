import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TerminatedError } from '../../../../src/core/errors.ts';
import { type CallFunction, type RegisterOptions, Registry } from '../../../../src/workflow/registry.ts';
import { attempt, common, type HostOptions } from './stage-host.ts';

function call(
  fn: CallFunction,
  options: HostOptions & RegisterOptions & { with?: Record<string, unknown> } = {},
) {
  const registry = new Registry();
  registry.register('tasks', 'f', 'v1', fn, options);
  const stage = { ...common, kind: 'call', uses: 'tasks/f@v1', with: options.with ?? {} } as const;
  return attempt(stage, { ...options, registry });
}

describe('a call stage', () => {
  it('hands over what was rendered, and has what is returned as outputs', async () => {
    const fn = ({ a, b }: Readonly<Record<string, unknown>>) => ({ a, b });
    const probe = call(fn, { with: { a: '${{ params.x }}', b: 'n=${{ params.x }}' }, params: { x: 3 } });
    expect(await probe.value()).toEqual({ a: 3, b: 'n=3' });
  });

  it('tells the function of its attempt', async () => {
    const probe = call(
      async (_, { extras, attempt, runId, name, signal, logger, emitOutput, emitProgress }) => {
        emitOutput('stdout', 'out\n');
        emitProgress(50, 'half');
        logger.info('said');
        return { extras, attempt, runId, name, aborted: signal.aborted };
      },
      { extras: { owner: 'me' } },
    );
    expect(await probe.value()).toEqual({
      extras: { owner: 'me' },
      attempt: 1,
      runId: 'run-1',
      name: 'the stage',
      aborted: false,
    });
    expect(probe.entries.map(({ kind }) => kind)).toEqual(['output', 'progress', 'log', 'succeeded']);
  });

  it('checks and converts arguments, and says everything that is wrong', async () => {
    const input = z.object({ n: z.coerce.number(), list: z.array(z.object({ id: z.string() })).default([]) });
    const fn: CallFunction = (args) => args;
    expect(await call(fn, { input, with: { n: '5' } }).value()).toEqual({ n: 5, list: [] });
    const error = await call(fn, { input, with: { n: 'x', list: [{ id: 'a' }, { id: 1 }] } }).error();
    expect(error).toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringMatching(
        /^Validate argument from the caller function raise invalid type\.\n- n: .*\n- list\.1\.id: /,
      ),
      details: { issues: [{ path: 'n' }, { path: 'list.1.id' }] },
    });
  });

  it('waits for schemas that check asynchronously', async () => {
    const input = z.object({ n: z.number().refine(async (n) => n > 1, 'too small') });
    expect(await call((args) => args, { input, with: { n: 1 } }).error()).toMatchObject({
      message: expect.stringContaining('- n: too small'),
    });
  });

  it('checks what is returned', async () => {
    const output = z.object({ n: z.number() });
    expect(await call(() => ({ n: 1, more: 2 }), { output }).value()).toEqual({ n: 1 });
    expect(await call(() => ({ n: '1' }), { output }).error()).toMatchObject({ code: 'STAGE_FAILED' });
  });

  it('takes a Map for a record', async () => {
    expect(await call(() => new Map([['a', 1]])).value()).toEqual({ a: 1 });
  });

  it.each([[1], ['text'], [[1]], [new Date(0)], [undefined], [null]])(
    'refuses %j as outputs',
    async (returned) => {
      expect(await call(() => returned).error()).toMatchObject({
        message: expect.stringContaining("Return type: 'f@v1' can not serialize"),
        details: { errorName: 'TypeError' },
      });
    },
  );

  it("fails with the function's own error", async () => {
    const error = new RangeError('mine');
    const throws = () => {
      throw error;
    };
    expect(await call(throws).error()).toBe(error);
    expect(await call(() => Promise.reject(error)).error()).toBe(error);
  });

  it('aborts the signal of the function', async () => {
    const probe = call((_, { signal, emitOutput }) => {
      emitOutput('stdout', 'started');
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    await probe.wrote('started');
    const reason = new TerminatedError();
    probe.stop(reason);
    expect(await probe.error()).toBe(reason);
  });

  it('fails for what nobody registered', async () => {
    const stage = { ...common, kind: 'call', uses: 'tasks/g@v1', with: {} } as const;
    expect(await attempt(stage).error()).toMatchObject({ code: 'CALL_NOT_REGISTERED' });
  });
});
