/**
 * Text in a picture: how wide it will be without asking a font, cut to its place, and made safe to stand in XML. The
 * font is one of equal widths, so cells can be counted.
 */

/** Width of a cell as a part of the font's size; fonts of equal widths have 0.6, a little less or more. */
const CELL = 0.61;

/** Scripts and pictures that take two cells. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}|[\u{20000}-\u{3fffd}]/u;
const PLAIN = /^[\x20-\x7e]*$/;
/** What XML does not allow, and what turns the direction of the text that follows. */
const UNSAFE = /[\p{Cc}\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Longer text is cut before anything else looks at it. */
const LONGEST_CHARS = 1_000;

const graphemes = new Intl.Segmenter();

/** One line that may stand in a picture. */
export function clean(text: string): string {
  const short = text.length > LONGEST_CHARS ? text.slice(0, LONGEST_CHARS) : text;
  if (PLAIN.test(short)) return short;
  return short
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\s+/g, ' ')
    .replace(UNSAFE, '');
}

export function cellsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of graphemes.segment(text)) cells += WIDE.test(segment) ? 2 : 1;
  return cells;
}

/** In pixels. */
export const widthOf = (text: string, fontSize: number): number => cellsOf(text) * fontSize * CELL;

export const cellsIn = (width: number, fontSize: number): number =>
  Math.max(0, Math.floor(width / (fontSize * CELL)));

/** At most `cells` wide; what is cut off ends in an ellipsis. */
export function shorten(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  if (cells < 1) return '';
  let [kept, used] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > cells - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function escapeXml(text: string): string {
  return clean(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
