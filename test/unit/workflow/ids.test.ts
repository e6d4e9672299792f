import { createHash } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { genId } from '../../../src/workflow/ids.ts';

describe('a generated id', () => {
  it('is the last ten digits of the SHA-256 as a decimal number, leading zeros kept', () => {
    expect(genId('hello')).toBe('9023427620');
    expect(genId('1')).toBe('0658922315');
    expect(genId('First Stage')).not.toBe(genId('first stage'));
  });

  it('is the MD5 when it is not to be simple', () => {
    expect(genId('hello', false)).toBe('5d41402abc4b2a76b9719d911017c592');
  });

  test.prop([fc.string({ unit: 'binary' })])('always has ten digits, the same for the same text', (text) => {
    expect(genId(text)).toMatch(/^\d{10}$/);
    expect(genId(text)).toBe(genId(text));
    const hex = createHash('sha256').update(text, 'utf8').digest('hex');
    expect(BigInt(`0x${hex}`).toString().endsWith(genId(text))).toBe(true);
  });
});
