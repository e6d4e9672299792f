/** Values of options as users write them. Each throws what commander tells as wrong usage. */
import { InvalidArgumentError } from 'commander';

/** Cannot be a label or a parameter: assigning it would change what all objects are. */
const FORBIDDEN = '__proto__';

/** `k=v`, again and again. */
export function collectPair(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  const key = text.slice(0, at).trim();
  if (at < 0 || key === '' || key === FORBIDDEN)
    throw new InvalidArgumentError('Allowed: name=value, for example --param version=1.2.');
  return { ...before, [key]: text.slice(at + 1) };
}

export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** `cpu=8,mem=32`, also again and again. */
export function collectAmounts(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const pairs = text.split(',').map((part): readonly [string, number] => {
    const [, label = '', amount] = /^\s*([^=\s]+)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    if (amount === undefined || label === FORBIDDEN)
      throw new InvalidArgumentError('Allowed: label=amount, separated by commas, for example cpu=8,mem=32.');
    return [label, Number(amount)];
  });
  return { ...before, ...Object.fromEntries(pairs) };
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('Allowed: a whole number, 1 or more.');
}
