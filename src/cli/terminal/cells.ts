/** How many cells of a terminal a text takes, and text cut and padded to cells. Takes safe text only. */
import stringWidth from 'string-width';
import { isPlainAscii } from './safe-text.ts';

const graphemes = new Intl.Segmenter();

/** Cells that safe text takes. */
export function widthOf(text: string): number {
  return isPlainAscii(text) ? text.length : stringWidth(text);
}

/** At most `cells` wide; what is cut off ends in `ellipsis`. */
export function cut(text: string, cells: number, ellipsis = '…'): string {
  if (cells <= 0) return '';
  if (widthOf(text) <= cells) return text;
  const room = cells - widthOf(ellipsis);
  if (room <= 0) return ellipsis.slice(0, cells);
  if (isPlainAscii(text)) return text.slice(0, room) + ellipsis;
  let [kept, used] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept + ellipsis;
}

export function padEnd(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - widthOf(text)));
}

export function padStart(text: string, cells: number): string {
  return ' '.repeat(Math.max(0, cells - widthOf(text))) + text;
}

/** Text, and how it is coloured once it has been cut to its place. */
export type Span = readonly [text: string, paint?: (text: string) => string];

/** A line no wider than `width`: spans one after another, the one that crosses the edge is cut. */
export function compose(spans: readonly Span[], width: number, ellipsis?: string): string {
  let [line, left] = ['', width];
  for (const [text, paint] of spans) {
    const shown = cut(text, left, ellipsis);
    line += paint === undefined || shown.trim() === '' ? shown : paint(shown);
    left -= widthOf(shown);
    if (shown !== text) break;
  }
  return line;
}
