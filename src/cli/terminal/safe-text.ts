/**
 * Text of tasks, files and errors made safe to print: it cannot move the cursor, colour the screen or turn the
 * direction of what follows.
 */
import { stripVTControlCharacters } from 'node:util';

const PLAIN_ASCII = /^[\x20-\x7e]*$/;
/** Control characters, and those that turn the direction of what follows. */
const UNSAFE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Longer text is cut before anything else looks at it. */
const LONGEST_CHARS = 4_000;

export const isPlainAscii = (text: string): boolean => PLAIN_ASCII.test(text);

/** One line without anything a terminal would obey. Of text that overwrites itself (`\r`), what is seen at the end. */
export function clean(text: string): string {
  const short = text.length > LONGEST_CHARS ? text.slice(0, LONGEST_CHARS) : text;
  if (isPlainAscii(short)) return short;
  const stripped = stripVTControlCharacters(short).replace(/\r+$/, '');
  const shown = stripped.slice(stripped.lastIndexOf('\r') + 1);
  return shown.replaceAll('\t', '  ').replaceAll('\n', ' ').replace(UNSAFE, '');
}

/** The first line that is not blank. */
export function firstLine(text: string): string {
  return clean(text.split('\n').find((line) => line.trim() !== '') ?? '').trim();
}
