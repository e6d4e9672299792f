import { invalidArgument } from '../core/errors.ts';
import { MAX_RATE_LIMIT } from '../core/limits.ts';
import { capacityToUnits } from './amounts.ts';
import type { RateLimit } from './rate-window.ts';

/** Which queued task may be admitted before which (rule 4). */
export type AdmissionPolicy =
  /** Nothing passes the smallest key. */
  | { readonly policy: 'strict' }
  /** What fits may pass the smallest key, at most `bypassLimit` times while it stays the smallest. */
  | { readonly policy: 'backfill'; readonly bypassLimit: number };

/** A label of the scheduler. A plain number is its capacity. */
export interface ResourceSpec {
  readonly capacity: number;
  /** At most `limit` (a positive integer) admissions that need the label in any `intervalMs` milliseconds. */
  readonly rateLimit?: RateLimit | undefined;
}

export interface AdmissionOptions {
  readonly resources: Readonly<Record<string, number | ResourceSpec>>;
  /** Tasks admitted at once: a positive integer. */
  readonly taskParallelism: number;
  readonly policy: AdmissionPolicy;
}

/** A label as validated. */
export interface LabelSpec {
  readonly name: string;
  readonly capacityUnits: number;
  readonly rateLimit: RateLimit | undefined;
}

/** Begins the names under which concurrency keys are shown; no label of the scheduler may. */
export const KEY_PREFIX = 'key:';

export function parseLabels(resources: unknown): LabelSpec[] {
  if (!isRecord(resources)) throw invalidArgument('resources', resources, 'an object of label: capacity');
  return Object.entries(resources).map(([name, spec]) => parseLabel(name, spec));
}

export function parseTaskParallelism(value: unknown): number {
  return positiveInteger('taskParallelism', value, Number.MAX_SAFE_INTEGER);
}

/** How many larger keys may pass the smallest one: strict is a backfill of none. */
export function parseBypassLimit(given: unknown): number {
  const { policy, bypassLimit } = fieldsOf('admission', given, ['policy', 'bypassLimit']);
  switch (policy) {
    case 'strict':
      if (bypassLimit === undefined) return 0;
      throw invalidArgument('admission.bypassLimit', bypassLimit, "nothing, when the policy is 'strict'");
    case 'backfill':
      return wholeNumber('admission.bypassLimit', bypassLimit, 0, Number.MAX_SAFE_INTEGER);
    default:
      throw invalidArgument('admission.policy', policy, "'strict' or 'backfill'");
  }
}

export function positiveInteger(what: string, value: unknown, largest: number): number {
  return wholeNumber(what, value, 1, largest);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an options object that may have these fields and no others. */
export function fieldsOf<K extends string>(
  what: string,
  value: unknown,
  allowed: readonly K[],
): { readonly [field in K]?: unknown } {
  const list = allowed.join(', ');
  if (!isRecord(value)) throw invalidArgument(what, value, `an object of ${list}`);
  const known: readonly string[] = allowed;
  for (const field of Object.keys(value)) {
    if (!known.includes(field)) throw invalidArgument(`${what}.${field}`, value[field], `only ${list}`);
  }
  return value as { readonly [field in K]?: unknown };
}

function parseLabel(name: string, spec: unknown): LabelSpec {
  if (name === '' || name.startsWith(KEY_PREFIX)) {
    throw invalidArgument('a resource label', name, `any text but '' and what begins with '${KEY_PREFIX}'`);
  }
  const what = `resources.${name}`;
  if (!isRecord(spec)) return { name, capacityUnits: capacityToUnits(what, spec), rateLimit: undefined };
  const { capacity, rateLimit } = fieldsOf(what, spec, ['capacity', 'rateLimit']);
  return {
    name,
    capacityUnits: capacityToUnits(`${what}.capacity`, capacity),
    rateLimit: rateLimit === undefined ? undefined : parseRateLimit(`${what}.rateLimit`, rateLimit),
  };
}

function parseRateLimit(what: string, given: unknown): RateLimit {
  const { limit, intervalMs } = fieldsOf(what, given, ['limit', 'intervalMs']);
  if (typeof intervalMs !== 'number' || !(intervalMs > 0 && intervalMs < Number.POSITIVE_INFINITY)) {
    throw invalidArgument(`${what}.intervalMs`, intervalMs, 'a positive number of milliseconds');
  }
  return { limit: positiveInteger(`${what}.limit`, limit, MAX_RATE_LIMIT), intervalMs };
}

function wholeNumber(what: string, value: unknown, smallest: number, largest: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < smallest || value > largest) {
    throw invalidArgument(what, value, `a whole number from ${smallest} to ${largest}`);
  }
  return value;
}
