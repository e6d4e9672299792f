/** Where everything of the picture stands, in pixels: columns from left to right, what lies between them. */
import { stack } from './heights.ts';
import { layersOf, type Place } from './layers.ts';
import type { Outline } from './outline.ts';
import { widthOf } from './picture-text.ts';
import { FACT_SIZE, roomsOf } from './rooms.ts';

/** How far a pile of sheets sticks out to the right and below. */
export const SHEET = 8;
/** From the end of a way to the box it leads to. */
export const HEAD = 10;
const MARGIN = 24;
const TOP = 92;
/** Between two columns: more where many ways have to find their place. */
const LEAST_GUTTER = 40;
const MOST_GUTTER = 110;
const GUTTER_PER_WAY = 2;
const FINALLY_ROOM = 36;
/** Of an empty plan. */
const LEAST_WIDTH = 320;

export interface Column {
  /** Left edge of its boxes. */
  readonly x: number;
  readonly width: number;
  /** What is added to `y` of its places. */
  readonly top: number;
  readonly places: readonly Place[];
  /** Where ways from it begin to turn: right of its boxes and their sheets. */
  readonly exit: number;
  /** Where ways to it have ended to turn: left of its arrow heads and rule labels. */
  readonly entry: number;
}

export interface Scene {
  readonly columns: readonly Column[];
  readonly width: number;
  readonly height: number;
  /** Margin on the left. */
  readonly left: number;
  /** The dashed line before finally jobs. */
  readonly finallyX: number | undefined;
}

export function arrange({ jobs }: Outline): Scene {
  const layers = layersOf(roomsOf(jobs));
  const height = stack(layers) + TOP + MARGIN + SHEET;
  const columns: Column[] = [];
  let [x, finallyX]: [number, number | undefined] = [MARGIN, undefined];
  for (const [index, places] of layers.layers.entries()) {
    const isLast = index === layers.finallyFrom;
    const before = columns.at(-1);
    if (before !== undefined)
      x = before.exit + gutterOf(places) + labelRoom(places) + (isLast ? FINALLY_ROOM : 0);
    else if (isLast) x += FINALLY_ROOM;
    const column = columnAt(x, places);
    if (isLast) finallyX = before === undefined ? MARGIN : Math.round((before.exit + column.entry) / 2);
    columns.push(column);
  }
  const width = Math.max(LEAST_WIDTH, (columns.at(-1)?.exit ?? 0) + MARGIN);
  return { columns, width, height, left: MARGIN, finallyX };
}

function columnAt(x: number, places: readonly Place[]): Column {
  const width = places.reduce((widest, { room }) => Math.max(widest, room?.width ?? 0), 0);
  return { x, width, top: TOP, places, exit: x + width + SHEET, entry: x - HEAD - labelRoom(places) };
}

function gutterOf(places: readonly Place[]): number {
  const ways = places.reduce((sum, { before }) => sum + before.length, 0);
  return HEAD + Math.min(MOST_GUTTER, LEAST_GUTTER + GUTTER_PER_WAY * ways);
}

function labelRoom(places: readonly Place[]): number {
  return places.reduce((widest, place) => Math.max(widest, labelWidth(place)), 0);
}

/** Of the label with the job's rule: 0 for the usual rule, and where nothing is needed. */
export function labelWidth({ room, before }: Place): number {
  if (room === undefined || before.length === 0 || room.job.rule === 'all_success') return 0;
  return Math.ceil(widthOf(room.job.rule, FACT_SIZE)) + 14;
}
