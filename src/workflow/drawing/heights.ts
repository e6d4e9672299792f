/**
 * How far down everything stands: each place as near to its neighbours as the order of its layer lets it, so that
 * arrows are short and mostly straight. Pure.
 */
import { LANE_GAP, type Layers, type Place, ROOM_GAP } from './layers.ts';

const PASSES = 4;
/** Of a lane's wish, against 1 of a box: long ways are to be straight. */
const LANE_WEIGHT = 50;

/** Sets `y` of all places; the highest one gets 0. Gives the height of all. */
export function stack({ layers }: Layers): number {
  for (const layer of layers) settle(layer, new Map());
  for (let i = 0; i < PASSES; i += 1) {
    const isForward = i % 2 === 0;
    for (const layer of isForward ? layers : layers.toReversed())
      settle(layer, new Map(layer.flatMap((place) => wish(place, isForward))));
  }
  for (const layer of layers) if (isApart(layer)) centre(layer, layers);
  const least = layers.flat().reduce((low, { y }) => Math.min(low, y), Number.POSITIVE_INFINITY);
  for (const place of layers.flat()) place.y = Math.round(place.y - least);
  return layers.flat().reduce((low, { y, height }) => Math.max(low, y + height), 0);
}

/** Nothing leads to it or from it. */
const isApart = (layer: readonly Place[]): boolean =>
  layer.every(({ before, after }) => before.length + after.length === 0);

/** Half-way down beside the others: it has no neighbours that would hold it. */
function centre(layer: readonly Place[], layers: Layers['layers']): void {
  const others = layers.filter((one) => !isApart(one));
  if (others.length === 0) return;
  const by = middleOf(others.flat()) - middleOf(layer);
  for (const place of layer) place.y += by;
}

function middleOf(places: readonly Place[]): number {
  const top = places.reduce((least, { y }) => Math.min(least, y), Number.POSITIVE_INFINITY);
  const bottom = places.reduce((most, { y, height }) => Math.max(most, y + height), Number.NEGATIVE_INFINITY);
  return (top + bottom) / 2;
}

function wish(place: Place, isForward: boolean): readonly (readonly [Place, number])[] {
  const neighbours = isForward ? place.before : place.after;
  if (neighbours.length === 0) return [];
  const ports = neighbours.map(({ y, port }) => y + port);
  return [[place, ports.reduce((sum, port) => sum + port, 0) / ports.length - place.port]];
}

interface Block {
  readonly places: Place[];
  /** Sum of where its places would have the block begin, by their weights. */
  sum: number;
  weight: number;
  height: number;
}

/**
 * The places of a layer as near as possible (weighted least squares) to where they wish to be, in their order and
 * without overlapping: neighbours that would overlap become one block, until none do (pool adjacent violators).
 */
function settle(layer: readonly Place[], wishes: ReadonlyMap<Place, number>): void {
  const blocks: Block[] = [];
  for (const place of layer) {
    const weight = place.room === undefined ? LANE_WEIGHT : 1;
    const sum = weight * (wishes.get(place) ?? place.y);
    blocks.push({ places: [place], sum, weight, height: spaceOf(place) });
    merge(blocks);
  }
  for (const block of blocks) {
    let y = startOf(block);
    for (const place of block.places) {
      place.y = y;
      y += spaceOf(place);
    }
  }
}

function merge(blocks: Block[]): void {
  for (;;) {
    const [upper, lower] = blocks.slice(-2);
    if (upper === undefined || lower === undefined) return;
    if (startOf(upper) + upper.height <= startOf(lower)) return;
    blocks.pop();
    upper.sum += lower.sum - lower.weight * upper.height;
    upper.weight += lower.weight;
    upper.places.push(...lower.places);
    upper.height += lower.height;
  }
}

const startOf = ({ sum, weight }: Block): number => sum / weight;

const spaceOf = ({ height, room }: Place): number => height + (room === undefined ? LANE_GAP : ROOM_GAP);
