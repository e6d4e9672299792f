/** The timeline of a run as lines of a terminal. */
import { compose, cut, padEnd, type Span, widthOf } from '../terminal/cells.ts';
import { clean } from '../terminal/safe-text.ts';
import type { Paint, Style } from '../terminal/style.ts';
import { duration } from '../terminal/times.ts';
import type { Bar, Bars, Row } from './bars.ts';

export interface GanttOptions {
  readonly width: number;
  readonly style: Style;
  /** Most rows. */
  readonly room: number;
}

const NAME_SHARE = 0.35;
const DURATION_CELLS = 8;
const LEAST_CHART = 8;

export function ganttLines(
  { rows, from, to }: Bars,
  { width, style, room }: GanttOptions,
): readonly string[] {
  const shown = longest(rows, room);
  const names = shown.map(({ path }) => clean(path.join(' > ')));
  const nameCells = Math.min(Math.max(...names.map(widthOf)), Math.floor(width * NAME_SHARE));
  const cells = Math.max(LEAST_CHART, width - nameCells - DURATION_CELLS - 2);
  const total = Math.max(1, to - from);
  const at = (time: number): number => Math.min(cells - 1, Math.floor(((time - from) / total) * cells));
  const lines = shown.map((row, i) => {
    const name = padEnd(cut(names[i] ?? '', nameCells, style.signs.ellipsis), nameCells);
    const took = row.bars.reduce((sum, bar) => sum + bar.to - bar.from, 0);
    const spans: readonly Span[] = [
      [name],
      [' '],
      ...chart(row.bars, cells, at, style),
      [` ${duration(took)}`, style.dim],
    ];
    return compose(spans, width, style.signs.ellipsis).trimEnd();
  });
  const more = rows.length - shown.length;
  return [
    ...lines,
    axis(nameCells, cells, total, style),
    ...(more > 0 ? [style.dim(`the ${shown.length} longest of ${rows.length}; --all shows every one`)] : []),
  ];
}

/** In their order, those that took longest. */
function longest(rows: readonly Row[], room: number): readonly Row[] {
  if (rows.length <= room) return rows;
  const took = ({ bars }: Row): number => bars.reduce((sum, bar) => sum + bar.to - bar.from, 0);
  const kept = new Set([...rows].sort((a, b) => took(b) - took(a)).slice(0, room));
  return rows.filter((row) => kept.has(row));
}

/** One cell at least for each attempt; where several fall into one, the last is seen. */
function chart(
  bars: readonly Bar[],
  cells: number,
  at: (time: number) => number,
  style: Style,
): readonly Span[] {
  const ends: (Bar['end'] | undefined)[] = Array.from({ length: cells });
  for (const { from, to, end } of bars) {
    const first = at(from);
    ends.fill(end, first, Math.max(first + 1, at(to)));
  }
  return ends.map((end): Span => (end === undefined ? [' '] : [style.signs.full, colourOf(end, style)]));
}

function colourOf(end: Bar['end'], style: Style): Paint {
  switch (end) {
    case 'succeeded':
      return style.good;
    case 'failed':
      return style.bad;
    case 'cancelled':
      return style.warn;
    case 'running':
      return style.accent;
    default:
      return end satisfies never;
  }
}

function axis(nameCells: number, cells: number, total: number, style: Style): string {
  const end = duration(total);
  return style.dim(`${' '.repeat(nameCells + 1)}0${' '.repeat(Math.max(1, cells - end.length - 1))}${end}`);
}
