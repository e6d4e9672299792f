// @ts-check
/** A graph in layers, the same at every call: each node comes after 3 different nodes of the layer before. */

/** Nodes of a layer. */
export const WIDTH = 100;
const PARENTS = 3;

/** @typedef {readonly (readonly number[])[]} Parents the parents of each node, all of smaller numbers */

/** @param {number} nodes @returns {Parents} */
export function layeredGraph(nodes) {
  const random = randomOf(1);
  return Array.from({ length: nodes }, (_, node) => {
    const layer = Math.floor(node / WIDTH);
    if (layer === 0) return [];
    const first = (layer - 1) * WIDTH;
    const parents = new Set();
    while (parents.size < PARENTS) parents.add(first + Math.floor(random() * WIDTH));
    return [...parents];
  });
}

/** Numbers from 0 up to 1 (mulberry32, by Tommy Ettinger; public domain). @param {number} seed */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
