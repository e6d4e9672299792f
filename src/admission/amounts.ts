import { invalidArgument } from '../core/errors.ts';

/**
 * Resource amounts as exact integers. One unit is a millionth, so every sum of units is exact in a double and
 * 0.1 + 0.3 gives back exactly 0.4. An amount rounds up and a capacity down: rounding never admits too much.
 */

/** Units in an amount of 1. */
export const UNITS_PER_ONE = 1_000_000;
/** Largest amount; in units it is still below 2^53. */
export const MAX_AMOUNT = 9e9;
/** How far, relative to itself, a number may be from a whole unit and still mean it: 0.3 / 3 is 0.1. */
const TOLERANCE = 1e-9;

/** What a task asks for, in units, rounded up. `what` names the value in the INVALID_ARGUMENT it may throw. */
export function amountToUnits(what: string, value: unknown): number {
  const scaled = scale(what, value);
  return wholeUnits(scaled) ?? Math.ceil(scaled);
}

/** What there is to give, in units, rounded down. `what` names the value in the INVALID_ARGUMENT it may throw. */
export function capacityToUnits(what: string, value: unknown): number {
  const scaled = scale(what, value);
  return wholeUnits(scaled) ?? Math.floor(scaled);
}

/** The amount that so many units stand for. */
export function unitsToAmount(units: number): number {
  return units / UNITS_PER_ONE;
}

function scale(what: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_AMOUNT)) {
    throw invalidArgument(what, value, `a number from 0 to ${MAX_AMOUNT}`);
  }
  return Math.abs(value) * UNITS_PER_ONE; // abs: -0 is 0
}

/** The whole number of units that `scaled` is within the tolerance of; a positive amount never becomes 0. */
function wholeUnits(scaled: number): number | undefined {
  const nearest = Math.round(scaled);
  return Math.abs(scaled - nearest) <= scaled * TOLERANCE ? nearest : undefined;
}
