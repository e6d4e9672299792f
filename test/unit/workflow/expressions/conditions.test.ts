/** Conditions: what holds, what is refused, and what is known before anything runs. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of workflow files
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  BUILT_IN_FILTERS,
  checkCondition,
  checkTemplate,
  decide,
  ExpressionError,
} from '../../../../src/workflow/expressions/index.ts';

const options = { filters: BUILT_IN_FILTERS, env: { CI: 'true', MODE: 'a' } };
const params = { x: 1, text: '1', flag: true, off: false, mode: 'a', list: ['a'], evil: "' or True or '" };
const scope = { params, item: 3, loop: 2 };

const rules = { roots: ['params', 'matrix', 'item'], filters: BUILT_IN_FILTERS, expandsEnv: true };

describe('a condition', () => {
  it.each([
    [null, true],
    ['', true],
    [' \n', true],
    [true, true],
    [false, false],
    ['true', true],
    ['False', false],
    ['params.x == 1', true],
    ['${{ params.x == 1 }}', true],
    ['${{ params.x }} == 1', true],
    ['${{ params.x }} == 1 and ${{ params.flag }}', true],
    ['${{ params.text }} == 1', false],
    ['params.flag', true],
    ['${{ params.flag }}', true],
    ['  ${{ params.off }}\n', false],
    ['not ${{ params.flag }}', false],
    ['"${{ params.mode }}" == \'a\'', true],
    ["'${{ params.mode }}' == 'a'", true],
    ["'${{ params.mode }}-${{ params.x }}' == 'a-1'", true],
    ['"${{ params.x }}" == "1"', true],
    ["'${{ params.list | getindex(0) }}' == 'a'", true],
    ['${{ params.list | length }} > 0', true],
    ['params.list | length == 1', undefined],
    ['(params.list | length) == 1', true],
    ['params.text | int | abs', undefined],
    ['${CI} == "true"', true],
    ['"${CI}" == \'true\'', true],
    ["'${MODE}' == params.mode", true],
    ["'${NOPE:x}' == 'x'", true],
    ["'$$' == '$$' and '$$' != 'x'", true],
    ['item >= 3\n  and loop == 2', true],
    ["params.mode in ['a', 'b'] and params.mode not in ['c']", true],
    ['params.missing? == None', true],
    ['params.missing?.deep == None', true],
    ['params.off and params.missing', false],
  ])('%j is %s', (condition, expected) => {
    if (expected === undefined) expect(() => decide(condition, scope, options)).toThrow(ExpressionError);
    else expect(decide(condition, scope, options)).toBe(expected);
  });

  it.each([
    ['params.x', 'the condition `params.x` does not evaluate to a boolean, it is a number'],
    ['${{ params.text }}', 'does not evaluate to a boolean, it is a text'],
    ['"${{ params.flag }}"', 'does not evaluate to a boolean, it is a text'],
    ['params.list', 'it is a list'],
    ['params.missing', '`params.missing` is not there'],
    ['params.flag ==', 'a value is missing'],
    ['params.x = 1', '`=` cannot stand here'],
    ['"${NOPE}" == 1', 'the environment variable NOPE is not set'],
    ['$x', '"$" cannot stand here'],
    ["'${{ params.x ' == 1", 'not closed'],
  ])('%j is refused: %s', (condition, message) => {
    expect(() => decide(condition, scope, options)).toThrow(message);
  });

  it('binds values and never pastes them: a value cannot change what is asked', () => {
    expect(decide("'${{ params.evil }}' == 'x'", scope, options)).toBe(false);
    expect(decide("${{ params.evil }} == 'x'", scope, options)).toBe(false);
    expect(decide("params.evil == '\\' or True or \\''", scope, options)).toBe(true);
  });

  test.prop([fc.string({ unit: 'binary' })])('is never decided by the syntax of a value', (value) => {
    const given = { v: value };
    const other = value === 'other' ? 'another' : 'other';
    expect(decide(`"\${{ v }}" == '${other}'`, given, options)).toBe(false);
    expect(decide(`\${{ v }} == '${other}'`, given, options)).toBe(false);
    expect(decide('"${{ v }}" == v', given, options)).toBe(true);
  });

  test.prop([fc.boolean(), fc.boolean(), fc.boolean()])(
    'puts and before or, and not before both',
    (a, b, c) => {
      const given = { a, b, c };
      const value = (text: string) => decide(text, given, options);
      expect(value('a or b and not c')).toBe(a || (b && !c));
      expect(value('not a and b or c')).toBe((!a && b) || c);
      expect(value('not (a or b) and c')).toBe(!(a || b) && c);
      expect(value('a && !b || c')).toBe((a && !b) || c);
      expect(value('a == b or not b == c')).toBe(a === b || b !== c);
      expect(value('b if a else c')).toBe(a ? b : c);
      expect(value('(a ? b : c) == (b if a else c)')).toBe(true);
    },
  );

  test.prop([fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })])(
    'compares whole and other numbers as numbers',
    (a, b) => {
      const given = { a, b };
      expect(decide('a < b', given, options)).toBe(a < b);
      expect(decide('a == b', given, options)).toBe(a === b);
      expect(decide(`a >= ${Math.abs(b)}`, given, options)).toBe(a >= Math.abs(b));
    },
  );
});

describe('checking before anything runs', () => {
  it.each([
    ['params.x == 1', []],
    ['${{ matrix.os }} == "linux"', []],
    ['release?.date == None', []],
    ['yes', [['unknown name "yes"', 0, 3]]],
    ["'a'", [['does not evaluate to a boolean, it is a text', 0, 3]]],
    ['1 + 1', [['it is a number', 0, 5]]],
    ['${{ 3 }}', [['it is a number', 0, 8]]],
    ["1 < 'a'", [['cannot take a number and a text', 0, 7]]],
    [
      'prams.x == 1 and metrix.y',
      [
        ['unknown name "prams"', 0, 7],
        ['unknown name "metrix"', 17, 8],
      ],
    ],
    [
      "'${{ prams.x }}' == (item | uper)",
      [
        ['unknown name "prams"', 5, 7],
        ['unknown filter `uper`', 28, 4],
      ],
    ],
    ['params.x ==', [['a value is missing', 9, 2]]],
    ['', []],
  ])('%j has the faults %j', (text, expected) => {
    const faults = checkCondition(text, rules);
    expect(faults.map(({ message, offset, length }) => [message, offset, length])).toEqual(
      expected.map(([message, ...place]) => [expect.stringContaining(String(message)), ...place]),
    );
  });

  it('finds the faults of every placeholder of a text at once, with hints', () => {
    const text = '${{ prams.a }} ${{ item | uper }} ok ${{ item }} ${{ ) }} ${{ item | raw | str }}';
    expect(checkTemplate(text, rules).map(({ message, hint, offset }) => [message, hint, offset])).toEqual([
      [expect.stringContaining('unknown name "prams"'), 'did you mean params?', 4],
      ['unknown filter `uper`', 'did you mean upper?', 26],
      [expect.stringContaining('nothing is open'), undefined, 53],
      ['the filter `raw` can only be the last one', undefined, 69],
    ]);
    expect(checkTemplate('plain $ text', rules)).toEqual([]);
    expect(checkTemplate('${{ matrix.x | fmt(1, 2) }}', rules)).toHaveLength(1);
    expect(checkTemplate('${{ item', rules)).toHaveLength(1);
    expect(checkTemplate('${{ }}'.repeat(1_000), rules)).toHaveLength(20);
  });

  it('does not call filters of the user', () => {
    const filters = BUILT_IN_FILTERS.with('boom', () => {
      throw new Error('called');
    });
    expect(checkTemplate("${{ 'a' | boom }} ${{ ('a' | boom) + 1 }}", { ...rules, filters })).toEqual([]);
    expect(checkCondition("('a' | boom) == 1", { ...rules, filters })).toEqual([]);
  });
});
