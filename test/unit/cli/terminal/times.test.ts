/** Durations in words. The hunted bugs: `60s`, `10.0s`, a column that is too narrow. */
import { describe, expect, it } from 'vitest';
import { duration, parseDuration } from '../../../../src/cli/terminal/times.ts';

describe('durations', () => {
  it.each([
    [0, '0ms'],
    [-5, '0ms'],
    [999.4, '999ms'],
    [999.6, '1.0s'],
    [1_234, '1.2s'],
    [9_999, '9.9s'],
    [10_000, '10s'],
    [59_999, '59s'],
    [60_000, '1m 00s'],
    [3_599_999, '59m 59s'],
    [3_600_000, '1h 00m'],
    [86_399_999, '23h 59m'],
    [90_000_000, '1d 01h'],
  ])('%d ms are %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(7);
  });
  it.each([
    ['30d', 2_592_000_000],
    ['12h', 43_200_000],
    ['0ms', 0],
    ['1.5m', 90_000],
    [' 2 w ', 1_209_600_000],
  ])('%j is read as %d ms', (text, ms) => {
    expect(parseDuration('--older-than', text)).toBe(ms);
  });
  it.each(['', '30', 'd', '-1d', '1y', '1e3s', '30 days'])(
    '%j is refused, and told what is allowed',
    (text) => {
      expect(() => parseDuration('--older-than', text)).toThrow(
        /--older-than was .*allowed: a number and a unit/,
      );
    },
  );
});
