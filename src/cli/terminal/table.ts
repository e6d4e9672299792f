/** Rows under titles, each column as wide as its widest cell; the last one takes what is left of the line. */

import { compose, padEnd, padStart, type Span, widthOf } from './cells.ts';
import type { Style } from './style.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** `width`: cells of a line; Infinity for as many as it takes. Cells are safe text. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Span[])[],
  { style, width }: { readonly style: Style; readonly width: number },
): readonly string[] {
  const titles = columns.map(({ title }): Span => [title, style.dim]);
  const widths = columns.map((_, at) =>
    Math.max(...[titles, ...rows].map((row) => widthOf(row[at]?.[0] ?? ''))),
  );
  return [titles, ...rows].map((row) => {
    const cells = columns.flatMap(({ align }, at): Span[] => {
      const [text, paint] = row[at] ?? [''];
      const last = at === columns.length - 1;
      const padded =
        align === 'right' ? padStart(text, widths[at] ?? 0) : last ? text : padEnd(text, widths[at] ?? 0);
      return [...(at === 0 ? [] : [[GAP] as const]), paint === undefined ? [padded] : [padded, paint]];
    });
    return compose(cells, width, style.signs.ellipsis).trimEnd();
  });
}
