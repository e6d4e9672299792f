/**
 * The arrows. Between two columns a way is one smooth curve, which begins and ends level and stays between them; a box
 * is passed on a straight line through its lane. So no way crosses a box.
 */
import type { Place } from './layers.ts';
import { FACT_SIZE } from './rooms.ts';
import { type Column, HEAD, labelWidth, type Scene } from './scene.ts';

export function waysOf({ columns }: Scene): readonly string[] {
  return columns.flatMap((column, index) => {
    const before = columns[index - 1];
    const ways = column.places.flatMap((place) => [
      ...(before === undefined ? [] : place.before.map((from) => curve(from, before, place, column))),
      ...(place.room === undefined ? [lane(place, column)] : []),
    ]);
    const heads = column.places.flatMap((place) => headOf(place, column));
    return [...(ways.length === 0 ? [] : [`<path class="sb-way" d="${ways.join('')}"/>`]), ...heads];
  });
}

const portOf = ({ y, port }: Place, { top }: Column): number => y + port + top;

function curve(from: Place, before: Column, to: Place, column: Column): string {
  const start = from.room === undefined ? before.exit : before.x + before.width;
  const [y0, y1] = [portOf(from, before), portOf(to, column)];
  const middle = (before.exit + column.entry) / 2;
  return `M${start} ${y0}H${before.exit}C${middle} ${y0} ${middle} ${y1} ${column.entry} ${y1}`;
}

/** Past the boxes of a column; up to its boxes, where it leads to one. */
function lane(place: Place, column: Column): string {
  return `M${column.entry} ${portOf(place, column)}H${column.exit}`;
}

function headOf(place: Place, column: Column): readonly string[] {
  if (place.room === undefined || place.before.length === 0) return [];
  const [x, y] = [column.x, portOf(place, column)];
  return [
    `<path class="sb-way" d="M${column.entry} ${y}H${x - HEAD + 2}"/>`,
    ...label(place, x - HEAD, y),
    `<path class="sb-head" d="M${x - 1} ${y}l-${HEAD - 2} -4.5v9z"/>`,
  ];
}

function label(place: Place, right: number, y: number): readonly string[] {
  const width = labelWidth(place);
  if (width === 0) return [];
  const x = right - width;
  return [
    `<rect class="sb-rule" x="${x}" y="${y - 9}" width="${width - 4}" height="18" rx="9"/><text class="sb-dim" x="${x + (width - 4) / 2}" y="${y + 4}" font-size="${FACT_SIZE}" text-anchor="middle">${place.room?.job.rule ?? ''}</text>`,
  ];
}
