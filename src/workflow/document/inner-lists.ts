/** The lists of stages inside a stage, as they are written, and the names that they add for templates. */
import type { Path, StageKind, StagePlan } from '../model.ts';
import { shown } from './issues.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';

export interface InnerList {
  readonly list: unknown;
  /** Below the stage. */
  readonly at: Path;
  readonly adds: readonly string[];
}

/** By their place below the stage. */
export type InnerPlans = ReadonlyMap<string, readonly StagePlan[]>;

export const placeKey = (at: Path): string => JSON.stringify(at);

export function innerLists(kind: StageKind, raw: RawMap, path: Path, reading: Reading): readonly InnerList[] {
  switch (kind) {
    case 'foreach':
    case 'until':
      return [{ list: raw['stages'], at: ['stages'], adds: ['item', 'loop'] }];
    case 'parallel':
      return branches(raw['parallel'], path, reading);
    case 'case':
      return matches(raw['match']);
    default:
      return [];
  }
}

/** The stages at a place below the stage. */
export function stagesAt(inner: InnerPlans, ...at: Path): readonly StagePlan[] {
  return inner.get(placeKey(at)) ?? [];
}

function branches(raw: unknown, path: Path, reading: Reading): readonly InnerList[] {
  if (!isRawMap(raw)) return [];
  return Object.entries(raw).map(([name, list]) => {
    const place = [...path, 'parallel', name];
    reading.name(name, place, 'key', false);
    if (!Array.isArray(list))
      reading.problems.add(
        place,
        `the branch ${JSON.stringify(name)} is ${shown(list)}; allowed: a list of stages`,
        {
          hint: isRawMap(list) ? 'begin each stage with "- "' : 'write [] for none',
        },
      );
    return { list, at: ['parallel', name], adds: ['branch'] };
  });
}

function matches(raw: unknown): readonly InnerList[] {
  if (!Array.isArray(raw)) return [];
  return raw.flatMap((match: unknown, i) =>
    isRawMap(match)
      ? ['stages', 'else'].map((key) => ({ list: match[key], at: ['match', i, key], adds: ['case'] }))
      : [],
  );
}
