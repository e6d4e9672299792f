/** Where a placeholder, a quoted text and a `${VAR}` end. Every function passes over its text once. */

import { EXPRESSION_CHARACTERS } from '../../core/limits.ts';
import { errorAt } from './faults.ts';

export const OPENING = '${{';
const CLOSING = '}}';

/** After the quote that closes the one at `start`; `skip` may jump over something inside. */
export function endOfQuoted(
  text: string,
  start: number,
  end: number,
  skip: (at: number) => number = (at) => at,
): number {
  const quote = text[start];
  let at = start + 1;
  while (at < end) {
    const character = text[at];
    if (character === quote) return at + 1;
    if (character === '\\') at += 2;
    else at = Math.max(at + 1, skip(at));
  }
  throw errorAt({ start, end: start + 1 }, `the ${quote} is not closed`, `write the closing ${quote}`);
}

/**
 * Where the content of the placeholder at `start` ends: before its `}}`. Quotes and braces inside count.
 *
 * @throws ExpressionError when it is not closed, or too long.
 */
export function endOfPlaceholder(text: string, start: number, end: number): number {
  const last = Math.min(end, start + EXPRESSION_CHARACTERS + OPENING.length + CLOSING.length);
  let open = 0;
  let at = start + OPENING.length;
  while (at < last) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = endOfQuoted(text, at, last);
      continue;
    }
    if (character === '}' && open === 0 && text[at + 1] === '}' && at + 1 < last) return at;
    if (character === '{') open += 1;
    if (character === '}') open = Math.max(0, open - 1);
    at += 1;
  }
  const span = { start, end: start + OPENING.length };
  if (last < end) throw errorAt(span, `this placeholder is longer than ${EXPRESSION_CHARACTERS} characters`);
  throw errorAt(span, 'this placeholder is not closed', 'write }} where it ends');
}

export function endOfClosing(contentEnd: number): number {
  return contentEnd + CLOSING.length;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  "'": "'",
  '"': '"',
  0: '\0',
};

/** The text that stands between quotes. Unknown escapes stay as they are, as in Python. */
export function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (whole, long, short, one) => {
    if (one === undefined) return String.fromCharCode(Number.parseInt(long ?? short, 16));
    return ESCAPES[one] ?? whole;
  });
}
