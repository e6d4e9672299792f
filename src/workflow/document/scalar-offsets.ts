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

/** Characters of an escape in double quotes, where they are not two. */
const WIDTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/** A piece of a quoted text: how much of the file, and how much of the value. */
interface Piece {
  readonly width: number;
  readonly units: number;
}

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
  while (at < end - 1 && index <= offset && index < value.length) {
    const { width, units } = lineEndAt(text, at) ?? characterAt(text, at, quote);
    if (offset < index + units) return at;
    index += units;
    at += width;
  }
  return undefined;
}

/** A line end with the blanks around it is one blank; with blank lines after it, a line end for each of those. */
function lineEndAt(text: string, at: number): Piece | undefined {
  if (!/[ \t\r\n]/.test(text[at] ?? '')) return undefined;
  LINE_END.lastIndex = at;
  const [whole] = LINE_END.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return { width: whole.length, units: Math.max(1, whole.split('\n').length - 2) };
}

const LINE_END = /[ \t]*\r?\n[ \t\r\n]*/y;
const ESCAPED_LINE_END = /\\\r?\n[ \t]*/y;

function characterAt(text: string, at: number, quote: string | undefined): Piece {
  if (quote === "'") return { width: text.startsWith("''", at) ? 2 : 1, units: 1 };
  if (text[at] !== '\\') return { width: 1, units: 1 };
  ESCAPED_LINE_END.lastIndex = at;
  const [lineEnd] = ESCAPED_LINE_END.exec(text) ?? [];
  if (lineEnd !== undefined) return { width: lineEnd.length, units: 0 };
  const isPair = text[at + 1] === 'U' && Number.parseInt(text.slice(at + 2, at + 10), 16) > 0xffff;
  return { width: WIDTHS[text[at + 1] ?? ''] ?? 2, units: isPair ? 2 : 1 };
}
