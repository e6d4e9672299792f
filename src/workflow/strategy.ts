/** The combinations of a job's matrix. */
import { invalidArgument, SignalboxError, show, WorkflowError } from '../core/errors.ts';
import { MATRIX_COMBINATIONS } from '../core/limits.ts';
import { didYouMean, listed } from './expressions/suggestion.ts';
import { genId } from './ids.ts';
import type { StrategyPlan } from './model.ts';

export type Combination = Readonly<Record<string, unknown>>;

/** A strategy whose lists are lists: templates that give some are filled in. */
export interface FilledStrategy extends StrategyPlan {
  readonly matrix: Readonly<Record<string, readonly unknown[]>>;
  readonly include: readonly Combination[];
  readonly exclude: readonly Combination[];
}

/** What `max-parallel` may be. */
const MAX_PARALLEL = 9;
const WITHOUT_MATRIX = 'EMPTY';

export function isFilled(strategy: StrategyPlan): strategy is FilledStrategy {
  const { matrix, include, exclude } = strategy;
  return [include, exclude, ...Object.values(matrix)].every((list) => Array.isArray(list));
}

/** @throws INVALID_ARGUMENT for what should be a list by now and is none */
export function filled(strategy: StrategyPlan): FilledStrategy {
  if (isFilled(strategy)) return strategy;
  const { matrix, include, exclude } = strategy;
  const lists = { ...matrix, include, exclude };
  const [name, value] = Object.entries(lists).find(([, list]) => !Array.isArray(list)) ?? [];
  throw invalidArgument(`${name} of the matrix`, value, 'a list');
}

/**
 * Every value with every other, the last key changing fastest, each combination once, without those that an `exclude`
 * matches in all of its keys, with each `include` that is not there yet. Nothing left and no `include`: one
 * combination without parameters.
 *
 * @throws WORKFLOW_INVALID for keys of `include` or `exclude` that the matrix has not, for an `include` when nothing
 *   is left to add it to, and for more than 10,000 combinations
 */
export function combinations(strategy: FilledStrategy): readonly Combination[] {
  checkSize(strategy);
  strategy.exclude.forEach((excluded, i) => {
    checkExclude(excluded, i, strategy);
  });
  const kept = product(strategy.matrix).filter(
    (values) => !strategy.exclude.some((excluded) => isPart(excluded, values)),
  );
  if (kept.length === 0 && strategy.include.length === 0) return [{}];
  strategy.include.forEach((included, i) => {
    checkInclude(included, i, kept, strategy);
  });
  return withoutRepeats([...kept, ...strategy.include]);
}

/**
 * The same for the same values in the same order, also in another process: what results of the combination are kept
 * under. `EMPTY` for a job without a matrix.
 */
export function combinationId(values: Combination, simple = true): string {
  return Object.keys(values).length === 0 ? WITHOUT_MATRIX : genId(JSON.stringify(values), simple);
}

/**
 * `max-parallel` once its template is filled in: 1 to 9, also as text.
 *
 * @throws INVALID_ARGUMENT for anything else
 */
export function readMaxParallel(rendered: unknown): number {
  const isDigits = typeof rendered === 'string' && /^\s*\d{1,9}\s*$/.test(rendered);
  const value = isDigits ? Number(rendered) : rendered;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_PARALLEL)
    return value;
  if (typeof value === 'number' && value > MAX_PARALLEL)
    throw new SignalboxError(
      'INVALID_ARGUMENT',
      `The max-parallel value should not more than 10, the current value was set: ${value}.`,
      { hint: `allowed: 1 to ${MAX_PARALLEL}`, details: { argument: 'max-parallel' } },
    );
  throw invalidArgument('max-parallel', rendered, `a whole number from 1 to ${MAX_PARALLEL}`);
}

function checkSize(strategy: FilledStrategy): void {
  const number = Object.values(strategy.matrix).reduce((sum, values) => sum * values.length, 1);
  if (number + strategy.include.length <= MATRIX_COMBINATIONS) return;
  throw new WorkflowError(
    'WORKFLOW_INVALID',
    `the matrix has ${number + strategy.include.length} combinations; allowed: up to ${MATRIX_COMBINATIONS}`,
    { hint: 'shorten its lists, or split the job', details: { path: strategy.path } },
  );
}

function product(matrix: FilledStrategy['matrix']): readonly Combination[] {
  const axes = Object.entries(matrix);
  if (axes.length === 0) return [];
  return axes.reduce<readonly Combination[]>(
    (all, [key, values]) =>
      all.flatMap((each) =>
        values.map((value) => Object.fromEntries([...Object.entries(each), [key, value]])),
      ),
    [{}],
  );
}

function checkExclude(excluded: Combination, index: number, strategy: FilledStrategy): void {
  const known = Object.keys(strategy.matrix);
  const unknown = Object.keys(excluded).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new WorkflowError(
    'WORKFLOW_INVALID',
    `exclude has the key ${JSON.stringify(unknown)}; the matrix has ${listed(known) || 'no keys'}`,
    {
      hint: didYouMean(unknown, known) ?? 'exclude by keys of the matrix',
      details: { path: [...strategy.path, 'exclude', index, unknown] },
    },
  );
}

function checkInclude(
  included: Combination,
  index: number,
  kept: readonly Combination[],
  strategy: FilledStrategy,
): void {
  const keys = Object.keys(kept[0] ?? {});
  if (kept.length > 0 && Object.keys(included).every((key) => keys.includes(key))) return;
  throw new WorkflowError(
    'WORKFLOW_INVALID',
    'Include should have the keys that equal to all final matrix.',
    {
      hint: `this include has ${listed(Object.keys(included)) || 'no keys'}; the matrix has ${listed(keys) || 'no combination left'}`,
      details: { path: [...strategy.path, 'include', index] },
    },
  );
}

function withoutRepeats(all: readonly Combination[]): readonly Combination[] {
  const seen = new Set<string>();
  return all.filter((values) => {
    const key = canonical(values);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** Whether all of its keys are there with the same values. */
function isPart(part: Combination, whole: Combination): boolean {
  return Object.entries(part).every(
    ([key, value]) => Object.hasOwn(whole, key) && isEqual(whole[key], value),
  );
}

/** 1 and "1" differ, as do two orders of a list; the order of keys does not matter. */
function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, entry: unknown) =>
      typeof entry === 'object' && entry !== null && !Array.isArray(entry)
        ? Object.fromEntries(Object.entries(entry).sort(([x], [y]) => (x < y ? -1 : 1)))
        : entry,
    ) ?? show(value)
  );
}
