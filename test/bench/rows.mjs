// @ts-check
/** From the results of all rounds to rows. */
import { spread } from './statistics.mjs';

/** @typedef {import('./measures/job.d.ts').Job} Job */
/** @typedef {import('./measures/job.d.ts').Result} Result */
/** @typedef {import('./measures/job.d.ts').Row} Row */

/** @param {ReadonlyMap<Job, readonly (Result | Error)[]>} results @returns {Row[]} */
export const toRows = (results) => [...results].map(([job, rounds]) => toRow(job, rounds));

/** @param {Job} job @param {readonly (Result | Error)[]} rounds @returns {Row} */
function toRow(job, rounds) {
  const failed = rounds.find((round) => round instanceof Error);
  const good = rounds.filter((round) => !(round instanceof Error));
  /** @type {Record<string, number[]>} */
  const numbers = {};
  /** @type {Record<string, readonly number[]>} */
  const lists = {};
  /** @type {string | undefined} */
  let problem = failed instanceof Error ? `failed: ${failed.message}` : undefined;
  for (const round of good) {
    for (const [name, value] of Object.entries(round)) {
      if (typeof value === 'number') numbers[name] = [...(numbers[name] ?? []), value];
      else if (typeof value === 'string') problem = `skipped: ${value}`;
      else lists[name] = value;
    }
  }
  const values = Object.fromEntries(Object.entries(numbers).map(([name, all]) => [name, spread(all)]));
  return { job, values, lists, problem };
}

/** The number a row is about. */
const FIGURES = /** @type {const} */ (['perSecond', 'bytes', 'ns', 'ms']);

/** @param {Row} row */
export function figureOf({ values }) {
  for (const unit of FIGURES) {
    const found = values[unit];
    if (found !== undefined) return { unit, ...found };
  }
  return undefined;
}

/** How a row's median relates to that of the row it is compared with. @param {Row} row @param {readonly Row[]} rows */
export function ratioOf(row, rows) {
  const other = rows.find(({ job }) => job.id === row.job.against);
  const [mine, theirs] = [figureOf(row), other === undefined ? undefined : figureOf(other)];
  return mine === undefined || theirs === undefined ? undefined : mine.median / theirs.median;
}
