/**
 * Where a character of a text stands in the file. The two differ by quotes, escapes, indentation and folded lines;
 * none of them changes the order, so both are walked side by side.
 */
import type { Scalar } from 'yaml';

/**
 * The offset in `text` of the character at `offset` of the scalar's value. Undefined where they cannot be brought
 * together.
 */
export function offsetInFile(node: Scalar, text: string, offset: number): number | undefined {
  const { range, value } = node;
  if (typeof value !== 'string' || range === undefined || range === null) return undefined;
  const [start, end] = range;
  switch (node.type) {
    case 'QUOTE_SINGLE':
    case 'QUOTE_DOUBLE':
      return inQuotes(text, start, end, value, offset);
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED': {
      const header = text.indexOf('\n', start);
      return header < 0 ? undefined : inLines(text, header + 1, end, value, offset);
    }
    default:
      return inLines(text, start, end, value, offset);
  }
}

/** Lines of the file keep their text but for indentation; between two of them the value has blanks or line ends. */
function inLines(
  text: string,
  start: number,
  end: number,
  value: string,
  offset: number,
): number | undefined {
  let at = 0;
  let from = start;
  let last: number | undefined;
  for (const line of text.slice(start, end).split('\n')) {
    const content = line.trim();
    if (content !== '') {
      const found = skipBlanks(value, at);
      if (!value.startsWith(content, found)) return undefined;
      const place = from + line.indexOf(content);
      if (offset < found) return last ?? place;
      if (offset < found + content.length) return place + offset - found;
      at = found + content.length;
      last = place + content.length;
    }
    from += line.length + 1;
  }
  return last;
}

function skipBlanks(value: string, at: number): number {
  let next = at;
  while (/\s/.test(value[next] ?? 'x')) next += 1;
  return next;
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function inQuotes(
  text: string,
  start: number,
  end: number,
  value: string,
  offset: number,
): number | undefined {
  const quote = text[start];
  let at = start + 1;
  let index = 0;
  while (at < end - 1 && index < value.length) {
    const width = widthAt(text, at, quote);
    const isBreak = /[\r\n]/.test(text[at] ?? '') || isEscapedBreak(text, at, quote);
    if (isBreak || (isBlank(text[at]) && breaksAfter(text, at))) {
      const next = afterBreak(text, at, end);
      const folded = foldedLength(value, index, text, next, quote);
      if (offset < index + folded) return at;
      index += folded;
      at = next;
      continue;
    }
    const units = unitsAt(text, at, quote);
    if (offset < index + units) return at;
    index += units;
    at += width;
  }
  return index === offset ? at : undefined;
}

function widthAt(text: string, at: number, quote: string | undefined): number {
  if (quote === "'") return text.startsWith("''", at) ? 2 : 1;
  return text[at] === '\\' ? (SIMPLE_ESCAPES[text[at + 1] ?? ''] ?? 2) : 1;
}

/** Code units of the value that the character or escape stands for. */
function unitsAt(text: string, at: number, quote: string | undefined): number {
  const isLong = quote === '"' && text.startsWith('\\U', at);
  return isLong && Number.parseInt(text.slice(at + 2, at + 10), 16) > 0xffff ? 2 : 1;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function breaksAfter(text: string, at: number): boolean {
  return /^[ \t]*\r?\n/.test(text.slice(at, at + 1_000));
}

function isEscapedBreak(text: string, at: number, quote: string | undefined): boolean {
  return quote === '"' && text[at] === '\\' && /[\r\n]/.test(text[at + 1] ?? '');
}

/** After the line end, the blank lines and the indentation that follow. */
function afterBreak(text: string, at: number, end: number): number {
  let next = text[at] === '\\' ? at + 1 : at;
  while (next < end && /\s/.test(text[next] ?? 'x')) next += 1;
  return next;
}

/** Characters that the value has for a line end: none after a backslash, a blank, or line ends for blank lines. */
function foldedLength(
  value: string,
  index: number,
  text: string,
  next: number,
  quote: string | undefined,
): number {
  const after = text[next] === '\\' && quote === '"' ? undefined : text[next];
  let length = 0;
  while (
    /[ \n]/.test(value[index + length] ?? 'x') &&
    (after === undefined || value[index + length] !== after)
  )
    length += 1;
  return length;
}
