/**
 * Lists of stages: which kind each is, whether it fits that kind, and what its templates may name. A stage that does
 * not fit is told of and left out; what is inside it is read all the same, so that all problems are found at once.
 */
import { WORKFLOW_STAGES } from '../../core/limits.ts';
import type { Path, StageKind, StagePlan } from '../model.ts';
import { type InnerPlans, innerLists, placeKey } from './inner-lists.ts';
import { shown } from './issues.ts';
import { keyHint } from './key-hints.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';
import { checkStage } from './stage-checks.ts';
import { planOf } from './stage-plans.ts';
import { DISCRIMINATORS, kindsWith, SHAPES, STAGE_KEYS, VIRTUAL_KEY } from './stage-shapes.ts';
import { checkStageTexts } from './stage-texts.ts';

/** `roots`: what templates may name there. Undefined where the list itself is wrong, which its owner has told. */
export function readStages(
  raw: unknown,
  path: Path,
  roots: readonly string[],
  reading: Reading,
): readonly StagePlan[] {
  if (!Array.isArray(raw)) return [];
  const plans = raw.map((stage: unknown, i) => readStage(stage, [...path, i], roots, reading));
  tellRepeats(raw, path, reading);
  return plans.filter((plan) => plan !== undefined);
}

function readStage(
  raw: unknown,
  path: Path,
  roots: readonly string[],
  reading: Reading,
): StagePlan | undefined {
  reading.stages += 1;
  if (reading.stages > WORKFLOW_STAGES) {
    if (reading.stages === WORKFLOW_STAGES + 1)
      reading.problems.add(path, `the file has more than ${WORKFLOW_STAGES} stages`, {
        hint: 'repeat stages with foreach, or split the workflow',
      });
    return undefined;
  }
  if (!isRawMap(raw)) {
    reading.problems.add(path, `a stage is ${shown(raw)}; allowed: a map with a name`, {
      hint: 'for example { name: Build, bash: make }',
    });
    return undefined;
  }
  const kind = kindOf(raw, path, reading);
  return kind === undefined ? undefined : readKind(kind, raw, path, roots, reading);
}

function readKind(
  kind: StageKind,
  raw: RawMap,
  path: Path,
  roots: readonly string[],
  reading: Reading,
): StagePlan | undefined {
  const shape = SHAPES[kind];
  const hint = (key: string) => foreignKeyHint(kind, key);
  const given = reading.shaped<unknown>(shape, raw, path, called(kind), hint);
  reading.name(raw['name'], [...path, 'name'], 'value', true);
  reading.name(raw['id'], [...path, 'id'], 'value', true);
  checkStageTexts(kind, raw, path, roots, reading);
  checkStage(kind, raw, path, reading);
  const inner: InnerPlans = new Map(
    innerLists(kind, raw, path, reading).map(({ list, at, adds }) => [
      placeKey(at),
      readStages(list, [...path, ...at], [...roots, ...adds], reading),
    ]),
  );
  return given === undefined ? undefined : planOf(kind, given, path, inner, reading);
}

function called(kind: StageKind): string {
  if (kind === 'empty') return 'a stage';
  return /^[aeu]/.test(kind) ? `an ${kind} stage` : `a ${kind} stage`;
}

/** By its discriminating key; undefined, with a problem told, for several. */
function kindOf(raw: RawMap, path: Path, reading: Reading): StageKind | undefined {
  const keys = Object.keys(raw).filter((key) => Object.hasOwn(DISCRIMINATORS, key));
  const kinds = new Set(keys.map((key) => DISCRIMINATORS[key]));
  const [kind] = kinds;
  if (kinds.size > 1 || (keys.includes('run') && keys.includes('py'))) {
    const [first = '', ...others] = keys.map((key) => JSON.stringify(key));
    const second = keys.find((key) => DISCRIMINATORS[key] !== kind) ?? keys[1] ?? '';
    reading.problems.add(
      [...path, second],
      `a stage does one thing; this one has ${first} and ${others.join(' and ')}`,
      {
        part: 'key',
        hint: 'make a stage of each',
      },
    );
    return undefined;
  }
  const isVirtual = Object.hasOwn(raw, VIRTUAL_KEY) && (kind === 'py' || kind === undefined);
  return isVirtual ? 'virtual-py' : (kind ?? 'empty');
}

/** A key that belongs to other kinds says more than a list of what is allowed. */
function foreignKeyHint(kind: StageKind, key: string): string | undefined {
  const owners = kindsWith(key);
  if (owners.length > 0) return `"${key}" belongs to ${owners.join(', ')} stages`;
  return kind === 'empty' ? keyHint(key, STAGE_KEYS) : undefined;
}

function tellRepeats(raw: readonly unknown[], path: Path, reading: Reading): void {
  const seen = new Set<string>();
  raw.forEach((stage, i) => {
    if (!isRawMap(stage)) return;
    const key = typeof stage['id'] === 'string' ? 'id' : 'name';
    const iden = stage[key];
    if (typeof iden !== 'string') return;
    if (seen.has(iden))
      reading.problems.add([...path, i, key], `Stage name, '${iden}', should not be duplicate.`, {
        hint: `give each stage of a list its own ${key}`,
      });
    seen.add(iden);
  });
}
