/** Parameters in a file: one JSON object. */
import { readFileSync } from 'node:fs';
import { invalidArgument } from '../../core/errors.ts';

/** @throws INVALID_ARGUMENT */
export function readParams(file: string | undefined): Readonly<Record<string, unknown>> {
  if (file === undefined) return {};
  const value = parse(file, read(file));
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw invalidArgument(`the content of ${file}`, value, 'a JSON object of parameters');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw invalidArgument('--params', file, 'a file that can be read', (cause as Error).message);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidArgument('--params', file, 'a file of JSON', (cause as Error).message);
  }
}
