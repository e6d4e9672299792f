// @ts-check

/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 */

/** @param {Iterable<number>} values @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** @param {readonly number[]} values @returns {Spread} */
export const spread = (values) => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** The value that a share `p` of the sorted values does not exceed. @param {Float64Array} sorted @param {number} p */
export const percentile = (sorted, p) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;

/** Slope of the least-squares line through `values` at 0, 1, 2, ... @param {readonly number[]} values */
export function slope(values) {
  const middle = (values.length - 1) / 2;
  let above = 0;
  let below = 0;
  for (const [x, y] of values.entries()) {
    above += (x - middle) * y;
    below += (x - middle) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
