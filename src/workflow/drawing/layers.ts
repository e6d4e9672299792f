/**
 * The order of the picture: which layer (column) a job stands in, and which way an arrow takes through the layers
 * between two jobs.
 *
 * A layer holds the jobs of one depth, or a part of them where there are too many for one column. An arrow that passes
 * layers goes through a lane in each, a thin place of its own between the boxes, so that no arrow ever crosses a box.
 * Arrows of the same source, or to the same target, share a lane: of whichever there are more.
 *
 * Layers are ordered by the mean place of their neighbours, to and fro (the barycentre method of Sugiyama, Tagawa and
 * Toda, 1981). Pure; equal plans give equal orders.
 */
import type { Room } from './rooms.ts';

/** Something with a place in a layer: a box, or a lane. */
export interface Place {
  readonly layer: number;
  /** Undefined for a lane. */
  readonly room: Room | undefined;
  readonly height: number;
  /** Where arrows come in and go out, below the top. */
  readonly port: number;
  /** Neighbours in the layer before, and in the one after. */
  readonly before: Place[];
  readonly after: Place[];
  /** Index in its layer. */
  order: number;
  /** Of its top; set by the layout. */
  y: number;
}

export interface Layers {
  readonly layers: readonly (readonly Place[])[];
  /** Index of the first layer with finally jobs; undefined where there are none. */
  readonly finallyFrom: number | undefined;
}

const LANE_HEIGHT = 8;
const SWEEPS = 6;
export const ROOM_GAP = 26;
export const LANE_GAP = 8;
/** Columns are filled so that the picture becomes this much wider than high. */
const SHAPE = 1.6;
const LEAST_HEIGHT = 900;
/** Assumed for what stands between two columns, when columns are filled. */
const GUTTER = 70;

export function layersOf(rooms: readonly Room[]): Layers {
  const most = columnHeight(rooms);
  const normal = columnsOf(
    rooms.filter(({ job }) => !job.isFinally),
    most,
  );
  const last = columnsOf(
    rooms.filter(({ job }) => job.isFinally),
    most,
  );
  const layers = [...normal, ...last].map((column, layer) => column.map((room) => boxPlace(room, layer)));
  connect(layers);
  for (const layer of layers) number(layer);
  for (let i = 0; i < SWEEPS; i += 1) sweep(i % 2 === 0 ? layers : layers.toReversed(), i % 2 === 0);
  return { layers, finallyFrom: last.length === 0 ? undefined : normal.length };
}

function columnHeight(rooms: readonly Room[]): number {
  const area = rooms.reduce((sum, { width, height }) => sum + (width + GUTTER) * (height + ROOM_GAP), 0);
  return Math.max(LEAST_HEIGHT, Math.sqrt(area / SHAPE));
}

/** By depth, in the order of the file; a new column where one is full. */
function columnsOf(rooms: readonly Room[], most: number): Room[][] {
  const columns: Room[][] = [];
  let [depth, height] = [-1, 0];
  for (const room of rooms.toSorted((a, b) => a.job.depth - b.job.depth)) {
    const isNew = room.job.depth !== depth || height + room.height > most;
    if (isNew) {
      columns.push([]);
      height = 0;
    }
    depth = room.job.depth;
    height += room.height + ROOM_GAP;
    columns.at(-1)?.push(room);
  }
  return columns;
}

const boxPlace = (room: Room, layer: number): Place => ({
  layer,
  room,
  height: room.height,
  port: 15,
  before: [],
  after: [],
  order: 0,
  y: 0,
});

const lanePlace = (layer: number): Place => ({
  layer,
  room: undefined,
  height: LANE_HEIGHT,
  port: LANE_HEIGHT / 2,
  before: [],
  after: [],
  order: 0,
  y: 0,
});

interface Need {
  readonly from: Place;
  readonly to: Place;
}

function connect(layers: Place[][]): void {
  const needs = needsOf(layers);
  const sources = tally(needs.map(({ from }) => from));
  const targets = tally(needs.map(({ to }) => to));
  const lanes = new Map<Place, Map<number, Place>>();
  for (const { from, to } of needs) {
    const isOfSource = (sources.get(from) ?? 0) >= (targets.get(to) ?? 0);
    const own = laneOf(lanes, isOfSource ? from : to);
    let at = from;
    for (let layer = from.layer + 1; layer < to.layer; layer += 1) {
      const lane = own.get(layer) ?? addLane(own, layers, layer);
      link(at, lane);
      at = lane;
    }
    link(at, to);
  }
}

/** Needs that lead forward: in a plan that was checked, all of them. */
function needsOf(layers: readonly (readonly Place[])[]): readonly Need[] {
  const byId = new Map(layers.flat().map((place) => [place.room?.job.id, place]));
  return layers.flat().flatMap((to) =>
    [...new Set(to.room?.job.needs)].flatMap((id) => {
      const from = byId.get(id);
      return from === undefined || from.layer >= to.layer ? [] : [{ from, to }];
    }),
  );
}

function tally(places: readonly Place[]): ReadonlyMap<Place, number> {
  const counts = new Map<Place, number>();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  return counts;
}

function laneOf(lanes: Map<Place, Map<number, Place>>, owner: Place): Map<number, Place> {
  const own = lanes.get(owner) ?? new Map<number, Place>();
  lanes.set(owner, own);
  return own;
}

function addLane(own: Map<number, Place>, layers: Place[][], layer: number): Place {
  const lane = lanePlace(layer);
  own.set(layer, lane);
  layers[layer]?.push(lane);
  return lane;
}

function link(from: Place, to: Place): void {
  if (from.after.includes(to)) return;
  from.after.push(to);
  to.before.push(from);
}

function number(layer: readonly Place[]): void {
  layer.forEach((place, order) => {
    place.order = order;
  });
}

/** One way through the layers: each is sorted by the mean place of its neighbours in the one that was sorted before. */
function sweep(layers: readonly Place[][], isForward: boolean): void {
  for (const layer of layers) {
    const wanted = new Map(
      layer.map((place) => [place, middle(isForward ? place.before : place.after, place)]),
    );
    layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
    number(layer);
  }
}

/** The mean place, as a part of the layer: layers have different lengths. */
function middle(neighbours: readonly Place[], place: Place): number {
  if (neighbours.length === 0) return place.order;
  return neighbours.reduce((sum, { order }) => sum + order, 0) / neighbours.length;
}
