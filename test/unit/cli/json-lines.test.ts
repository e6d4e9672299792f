/** Events as JSON. The hunted bugs: a value JSON cannot have stops the output; an error prints as `{}`. */
import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../../src/cli/json-lines.ts';
import { SignalboxError } from '../../../src/core/errors.ts';

describe('a line of JSON', () => {
  it('has of an error its name, message, code and details, and no stack', () => {
    const error = new SignalboxError('TASK_FAILED', 'it failed', {
      details: { exitCode: 3 },
      cause: new TypeError('why'),
    });
    const { error: printed } = JSON.parse(jsonLine({ error })) as { error: Record<string, unknown> };
    expect(printed).toMatchObject({
      name: 'SignalboxError',
      message: 'it failed',
      code: 'TASK_FAILED',
      details: { exitCode: 3 },
      cause: { name: 'TypeError', message: 'why' },
    });
    expect(printed).not.toHaveProperty('stack');
  });
  it('takes what JSON does not have', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const odd = {
      big: 12n,
      map: new Map([['a', 1]]),
      set: new Set([1]),
      date: new Date(0),
      bad: new Date(Number.NaN),
      bytes: new Uint8Array([1, 2]),
      fn: () => 1,
      nothing: undefined,
      circle,
      line: 'a\nb',
    };
    const line = jsonLine(odd);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      big: '12',
      map: [['a', 1]],
      set: [1],
      date: '1970-01-01T00:00:00.000Z',
      bad: null,
      bytes: 'AQI=',
      fn: '[function fn]',
      circle: { self: '[circular]' },
      line: 'a\nb',
    });
  });
  it('survives getters that throw, and depth', () => {
    const trap = {
      get boom(): never {
        throw new Error('boom');
      },
    };
    let deep: unknown = 1;
    for (let i = 0; i < 100; i += 1) deep = { deep };
    expect(JSON.parse(jsonLine({ trap }))).toEqual({ trap: {} });
    expect(jsonLine(deep)).toContain('[deeper]');
  });
});
