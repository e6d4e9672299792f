/** Option values as users write them. The hunted bugs: `--param a=b=c`, amounts that are no numbers, `__proto__`. */
import { describe, expect, it } from 'vitest';
import { collect, collectAmounts, collectPair, wholeNumber } from '../../../../src/cli/options/values.ts';

describe('option values', () => {
  it('keeps everything after the first = of a parameter', () => {
    expect(collectPair('a=b=c', { x: '1' })).toEqual({ x: '1', a: 'b=c' });
    expect(collectPair('empty=')).toEqual({ empty: '' });
    expect(collectPair('a=2', { a: '1' })).toEqual({ a: '2' });
  });
  it.each(['novalue', '=x', '', '__proto__=1'])('refuses the parameter %j', (text) => {
    expect(() => collectPair(text)).toThrow('Allowed: name=value');
  });
  it('collects amounts over several options', () => {
    expect(collectAmounts('cpu=8, mem=0.5', { gpu: 1 })).toEqual({ gpu: 1, cpu: 8, mem: 0.5 });
  });
  it.each(['', 'cpu', 'cpu=', 'cpu=x', 'cpu=-1', 'cpu=1;mem=2', 'cpu=1,', '__proto__=1', 'cpu=Infinity'])(
    'refuses the amounts %j',
    (text) => {
      expect(() => collectAmounts(text)).toThrow('Allowed: label=amount');
    },
  );
  it.each(['0', '-1', '1.5', '', 'x', '1e3', '99999999999999999999'])('refuses the count %j', (text) => {
    expect(() => wholeNumber(text)).toThrow('Allowed: a whole number');
  });
  it('reads counts and lists', () => {
    expect(wholeNumber('12')).toBe(12);
    expect(collect('b', ['a'])).toEqual(['a', 'b']);
  });
});
