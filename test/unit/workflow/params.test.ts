/** Parameters: what each type reads, what it refuses, and that nothing is silently dropped. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../../src/core/errors.ts';
import type { ParamPlan } from '../../../src/workflow/model.ts';
import { checkDefault, describeParam, readParam, readParams } from '../../../src/workflow/params.ts';

const NOW = Date.UTC(2024, 1, 29, 12, 30);

function plan(given: Partial<ParamPlan>): ParamPlan {
  return {
    name: 'p',
    path: ['params', 'p'],
    type: 'str',
    description: '',
    required: false,
    default: undefined,
    options: [],
    precision: undefined,
    ...given,
  };
}

describe('a parameter', () => {
  it.each([
    ['str', 'x', 'x'],
    ['str', 3, '3'],
    ['str', true, 'true'],
    ['str', '', ''],
    ['int', 3, 3],
    ['int', '3', 3],
    ['int', ' -3 ', -3],
    ['float', '2.5', 2.5],
    ['float', 1.23456789, 1.234568],
    ['float', -1e-9, 0],
    ['decimal', '1e3', 1000],
    ['decimal', 1e300, 1e300],
    ['bool', true, true],
    ['bool', 'FALSE', false],
    ['date', '2024-02-29', '2024-02-29'],
    ['datetime', '2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['datetime', '2024-02-29T10:00:00+02:00', '2024-02-29T08:00:00.000Z'],
    ['datetime', '2024-02-29 10:00', '2024-02-29T10:00:00.000Z'],
    ['datetime', '2024-03-01T00:30:00.5-0130', '2024-03-01T02:00:00.500Z'],
    ['map', '{"a": 1}', { a: 1 }],
    ['map', { a: 1 }, { a: 1 }],
    ['array', '[1, "x"]', [1, 'x']],
    ['array', [1], [1]],
  ] as const)('of type %s reads %j as %j', (type, given, value) => {
    expect(readParam(plan({ type }), given, NOW)).toEqual(value);
  });

  it.each([
    ['str', { a: 1 }],
    ['int', true],
    ['int', '3.0'],
    ['int', 3.5],
    ['int', 'three'],
    ['int', ''],
    ['int', 2 ** 60],
    ['int', '99999999999999999999'],
    ['float', 'abc'],
    ['float', ''],
    ['float', true],
    ['float', Number.POSITIVE_INFINITY],
    ['bool', 'yes'],
    ['bool', 1],
    ['date', '2023-02-29'],
    ['date', '29.02.2024'],
    ['date', '2024-02-29T00:00:00Z'],
    ['datetime', '2024-02-29T25:00:00Z'],
    ['datetime', 'now'],
    ['datetime', 5],
    ['map', '[1]'],
    ['map', '{'],
    ['map', []],
    ['array', '{}'],
    ['array', 'a,b'],
    ['choice', 'c'],
  ] as const)('of type %s refuses %j with what is allowed', (type, given) => {
    const read = () => readParam(plan({ type, options: type === 'choice' ? ['a', 'b'] : [] }), given, NOW);
    expect(read).toThrow(SignalboxError);
    expect(read).toThrow(/^param "p" was .*; allowed: ./);
  });

  it('keeps as many digits as the file says, by the digits one sees', () => {
    const read = (precision: number, given: number) =>
      readParam(plan({ type: 'float', precision }), given, NOW);
    expect([read(2, 1.005), read(0, 2.5), read(2, -1.005), read(3, 1e-7), read(2, 0.1 + 0.2)]).toEqual([
      1.01, 3, -1.01, 0, 0.3,
    ]);
  });

  it('of type choice takes the first option when nothing is given, and text for a number', () => {
    const choice = plan({ type: 'choice', options: [1, 'two'], required: true });
    expect(readParam(choice, null, NOW)).toBe(1);
    expect(readParam(choice, '1', NOW)).toBe(1);
    expect(() => readParam(choice, 'twos', NOW)).toThrow(
      expect.objectContaining({ hint: 'did you mean two?' }),
    );
  });

  it('takes its default when absent or null, read like a given value; a date by itself is the present one', () => {
    expect(readParam(plan({ type: 'int', default: '3' }), undefined, NOW)).toBe(3);
    expect(readParam(plan({ type: 'int', default: 3, required: true }), null, NOW)).toBe(3);
    expect(readParam(plan({ type: 'datetime', default: '2024-01-01T00:00+01:00' }), null, NOW)).toBe(
      '2023-12-31T23:00:00.000Z',
    );
    expect(readParam(plan({ type: 'datetime' }), undefined, NOW)).toBe('2024-02-29T12:30:00.000Z');
    expect(readParam(plan({ type: 'date' }), undefined, NOW)).toBe('2024-02-29');
    expect(readParam(plan({ type: 'map' }), undefined, NOW)).toBeNull();
  });

  it('has a default that fits, or the file is wrong', () => {
    expect(() => checkDefault(plan({ type: 'int', default: 'x' }))).toThrow(
      'the default of param "p" was "x"',
    );
    expect(() => checkDefault(plan({ type: 'choice', options: ['a'], default: 'b' }))).toThrow('allowed: a');
    expect(checkDefault(plan({ type: 'bool', default: 'true' }))).toBe(true);
    expect(checkDefault(plan({}))).toBeNull();
  });

  test.prop([fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 })])(
    'that is a number comes back from the text a command line gives',
    (digits, precision) => {
      const number = Number(`${digits}e-${precision}`);
      expect(readParam(plan({ type: 'float', precision }), String(number), NOW)).toBe(number + 0);
    },
  );

  test.prop([fc.date({ min: new Date('0001-01-01'), max: new Date('9999-01-01'), noInvalidDate: true })])(
    'that is a datetime comes back from its own text',
    (date) => {
      expect(readParam(plan({ type: 'datetime' }), date.toISOString(), NOW)).toBe(date.toISOString());
    },
  );
});

describe('the parameters of a workflow', () => {
  const plans = [
    plan({ name: 'name', required: true }),
    plan({ name: 'count', type: 'int', default: 2 }),
    plan({ name: 'mode', type: 'choice', options: ['fast', 'slow'] }),
  ];

  it('are all there, in the order of the file, with their defaults', () => {
    const values = readParams(plans, { count: null, name: 'x' }, NOW);
    expect(Object.entries(values)).toEqual([
      ['name', 'x'],
      ['count', 2],
      ['mode', 'fast'],
    ]);
  });

  it('are refused with everything that is wrong at once', () => {
    const read = () => readParams(plans, { cuont: 1, count: 'x', mode: 'slo' }, NOW);
    expect(read).toThrow("Required Param on this workflow setting does not set: 'name'.");
    expect(read).toThrow('unknown param "cuont"; allowed: name, count, mode');
    expect(read).toThrow('param "count" was "x"; allowed: a whole number');
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    try {
      read();
    } catch (error) {
      const { hint, details } = error as SignalboxError;
      expect(hint).toContain('did you mean count?');
      expect(details['problems']).toHaveLength(4);
    }
  });

  it('do not take what is inherited for given', () => {
    const inherited = plan({ name: 'toString' });
    expect(readParams([inherited], {}, NOW)).toEqual({ toString: null });
    expect(() => readParams(plans, JSON.parse('{"name": "x", "__proto__": 1}'), NOW)).toThrow(
      'unknown param',
    );
  });

  it('are described in a line', () => {
    expect(plans.map(describeParam)).toEqual(['str, required', 'int, default 2', 'one of fast, slow']);
    expect(describeParam(plan({ description: 'Who', default: 'a' }))).toBe('Who (str, default "a")');
  });
});
