/** Ids that are made from a name or from values. */
import { createHash } from 'node:crypto';

const DIGITS = 10n ** 10n;

/**
 * The id of a text: always the same for the same text, upper and lower case told apart.
 *
 * @param simple true (default): ten digits, the last ones of its SHA-256 read as a decimal number, leading zeros
 *   kept; false: its MD5 as 32 hexadecimal digits. Neither is a secret.
 */
export function genId(value: string, simple = true): string {
  if (!simple) return createHash('md5').update(value, 'utf8').digest('hex');
  const hash = BigInt(`0x${createHash('sha256').update(value, 'utf8').digest('hex')}`);
  return String(hash % DIGITS).padStart(10, '0');
}
