import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  combinationId,
  combinations,
  type FilledStrategy,
  readMaxParallel,
} from '../../../src/workflow/strategy.ts';

function strategy(given: Partial<FilledStrategy>): FilledStrategy {
  return {
    matrix: {},
    include: [],
    exclude: [],
    failFast: false,
    maxParallel: 1,
    path: ['jobs', 'a'],
    ...given,
  };
}

const matrix = { os: ['linux', 'mac'], node: [20, 22] };

describe('combinations', () => {
  it('are every value with every other, the last key changing fastest', () => {
    expect(combinations(strategy({ matrix }))).toEqual([
      { os: 'linux', node: 20 },
      { os: 'linux', node: 22 },
      { os: 'mac', node: 20 },
      { os: 'mac', node: 22 },
    ]);
  });

  it('leave out what an exclude matches in all of its keys', () => {
    const exclude = [{ os: 'mac' }, { os: 'linux', node: 22 }, { node: '20' }];
    expect(combinations(strategy({ matrix, exclude }))).toEqual([{ os: 'linux', node: 20 }]);
  });

  it('take in an include once, and one that is there already not again', () => {
    const include = [
      { os: 'linux', node: 20 },
      { node: 18, os: 'bsd' },
      { os: 'bsd', node: 18 },
      { os: 'mac' },
    ];
    expect(combinations(strategy({ matrix, include })).slice(4)).toEqual([
      { node: 18, os: 'bsd' },
      { os: 'mac' },
    ]);
  });

  it('are one without parameters when there is no matrix, or nothing is left of it', () => {
    expect(combinations(strategy({}))).toEqual([{}]);
    expect(combinations(strategy({ matrix: { a: [] } }))).toEqual([{}]);
    expect(combinations(strategy({ matrix: { a: [1] }, exclude: [{ a: 1 }] }))).toEqual([{}]);
  });

  it('compare by type and by value, lists and maps too', () => {
    const given = { a: [1, '1', [1, 2], { x: 1, y: 2 }] };
    const exclude = [{ a: 1 }, { a: [1, 2] }, { a: { y: 2, x: 1 } }];
    expect(combinations(strategy({ matrix: given, exclude }))).toEqual([{ a: '1' }]);
  });

  it('come once, even if a value stands twice: results would overwrite each other', () => {
    expect(combinations(strategy({ matrix: { a: [1, 1, '1'] } }))).toEqual([{ a: 1 }, { a: '1' }]);
  });

  it.each([
    [
      { matrix, include: [{ os: 'bsd', arch: 'arm' }] },
      'Include should have the keys that equal to all final matrix.',
    ],
    [{ matrix: { a: [1] }, exclude: [{ a: 1 }], include: [{ a: 2 }] }, 'Include should have the keys'],
    [{ include: [{ a: 2 }] }, 'Include should have the keys'],
    [{ matrix, exclude: [{ nod: 20 }] }, 'exclude has the key "nod"'],
    [
      {
        matrix: {
          a: Array(101)
            .fill(1)
            .map((_, i) => i),
          b: Array(100)
            .fill(1)
            .map((_, i) => i),
        },
      },
      '10100 combinations',
    ],
  ])('%# are refused: %s', (given, message) => {
    expect(() => combinations(strategy(given))).toThrow(message);
  });

  const values = fc.uniqueArray(fc.oneof(fc.integer(), fc.string()), { maxLength: 4 });
  test.prop([fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), values, { maxKeys: 4 })])(
    'are as many as the product of the lengths, all different, with one id each',
    (given) => {
      const lengths = Object.values(given).map((each) => each.length);
      const expected = lengths.length === 0 ? 1 : lengths.reduce((a, b) => a * b, 1) || 1;
      const all = combinations(strategy({ matrix: given }));
      expect(all).toHaveLength(expected);
      expect(new Set(all.map((each) => combinationId(each))).size).toBe(expected);
    },
  );
});

describe('the id of a combination', () => {
  it('is EMPTY without parameters, and stays the same from run to run otherwise', () => {
    expect(combinationId({})).toBe('EMPTY');
    expect(combinationId({ os: 'linux', node: 20 })).toBe('1819802099');
    expect(combinationId({ os: 'linux', node: 20 }, false)).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('max-parallel', () => {
  it.each([
    [1, 1],
    [9, 9],
    ['4', 4],
    [' 4 ', 4],
  ])('%j is %i', (given, value) => {
    expect(readMaxParallel(given)).toBe(value);
  });

  it.each([0, -1, 1.5, '', 'lots', '1.5', true, null, undefined, [], Number.NaN, '0x4', '1e0'])(
    '%j is refused',
    (given) => {
      expect(() => readMaxParallel(given)).toThrow('1 to 9');
    },
  );

  it('of ten or more is refused in the words users know', () => {
    expect(() => readMaxParallel(12)).toThrow(
      'The max-parallel value should not more than 10, the current value was set: 12.',
    );
  });
});
