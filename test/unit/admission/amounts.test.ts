import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountToUnits, capacityToUnits, unitsToAmount } from '../../../src/admission/index.ts';

describe('amounts are exact integers', () => {
  it('gives back exactly 0.4 for 0.1 + 0.3 (the drift that stalls a naive scheduler for ever)', () => {
    const used = amountToUnits('a', 0.1) + amountToUnits('a', 0.3);
    expect(used).toBe(amountToUnits('a', 0.4));
    expect(unitsToAmount(used)).toBe(0.4);
  });

  it('sees 0.1 * 3 and 0.7 + 0.1 as the decimals they mean, in both directions', () => {
    for (const [drifted, meant] of [
      [0.1 * 3, 300_000],
      [0.7 + 0.1, 800_000],
      [1.1 * 1.1, 1_210_000],
    ] as const) {
      expect(amountToUnits('a', drifted)).toBe(meant);
      expect(capacityToUnits('a', drifted)).toBe(meant);
    }
  });

  it('rounds an amount up and a capacity down, so rounding never admits too much', () => {
    expect(amountToUnits('a', 1 / 3)).toBe(333_334);
    expect(capacityToUnits('a', 1 / 3)).toBe(333_333);
    expect(amountToUnits('a', 1e-7)).toBe(1);
    expect(amountToUnits('a', Number.MIN_VALUE)).toBe(1);
    expect(capacityToUnits('a', 1e-7)).toBe(0);
  });

  it('keeps the largest amount exact, and reads -0 as 0', () => {
    expect(amountToUnits('a', 9e9)).toBe(9e15);
    expect(capacityToUnits('a', 9e9)).toBe(9e15);
    expect(Object.is(amountToUnits('a', -0), 0)).toBe(true);
  });

  it.each([true, '1', null, undefined, {}, [1], 1n, Number.NaN, Number.POSITIVE_INFINITY, -1, -1e-12, 9.1e9])(
    'refuses %s, saying what is allowed',
    (value) => {
      for (const toUnits of [amountToUnits, capacityToUnits]) {
        expect(() => toUnits('resources.cpu', value)).toThrow(
          /resources\.cpu was .*; allowed: a number from 0 to/,
        );
        expect(() => toUnits('resources.cpu', value)).toThrow(
          expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
        );
      }
    },
  );

  it('never rounds an amount below, nor a capacity above, what was given by more than the tolerance', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e9, noNaN: true }), (value) => {
        const amount = amountToUnits('a', value);
        const capacity = capacityToUnits('a', value);
        expect(Number.isSafeInteger(amount) && Number.isSafeInteger(capacity)).toBe(true);
        expect(amount).toBeGreaterThanOrEqual(value * 1e6 * (1 - 1e-9));
        expect(capacity).toBeLessThanOrEqual(value * 1e6 * (1 + 1e-9));
        expect(amount - capacity).toBeLessThanOrEqual(1);
        expect(amount).toBeGreaterThanOrEqual(capacity);
        expect(value === 0 || amount > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads every whole number of millionths exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9e15 }), (units) => {
        // Far up, the doubles around an amount are further apart than a unit.
        const drift = Math.abs(amountToUnits('a', unitsToAmount(units)) - units);
        expect(drift).toBeLessThanOrEqual(units < 1e14 ? 0 : 1);
      }),
    );
  });
});
