/** The params of a file. */
import { SignalboxError } from '../../core/errors.ts';
import { didYouMean } from '../expressions/suggestion.ts';
import type { ParamPlan, Path } from '../model.ts';
import { checkDefault } from '../params.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';
import { describe } from './shared-parts.ts';
import { paramShape, paramTypeShape, paramTypes, type ShapedParam } from './workflow-shape.ts';

/** What types are called elsewhere. */
const HABITS: Readonly<Record<string, string>> = {
  boolean: 'bool',
  dict: 'map',
  double: 'float',
  enum: 'choice',
  integer: 'int',
  json: 'map',
  list: 'array',
  number: 'float',
  object: 'map',
  string: 'str',
  text: 'str',
  time: 'datetime',
  timestamp: 'datetime',
};

export function readParams(raw: unknown, path: Path, reading: Reading): readonly ParamPlan[] {
  if (!isRawMap(raw)) return [];
  return Object.entries(raw).flatMap(
    ([name, param]) => readParam(name, param, [...path, name], reading) ?? [],
  );
}

function readParam(name: string, raw: unknown, path: Path, reading: Reading): ParamPlan | undefined {
  reading.name(name, path, 'key', false);
  if (typeof raw === 'string') return readType(name, raw, path, reading);
  const before =
    typeof (isRawMap(raw) ? raw['type'] : undefined) === 'string'
      ? habit(raw as RawMap, path, reading)
      : false;
  const given = before ? undefined : reading.shaped(paramShape, raw, path, 'a param');
  if (!isRawMap(raw)) return undefined;
  reading.literal(raw['default'], [...path, 'default'], 'a default is a fixed value');
  if (given === undefined) return undefined;
  checkKeys(given, path, reading);
  const plan = planOf(name, given, path);
  return checkPlan(plan, reading) ? plan : undefined;
}

/** `name: int` */
function readType(name: string, raw: string, path: Path, reading: Reading): ParamPlan | undefined {
  if (tellHabit(raw, path, 'a param', reading)) return undefined;
  const type = reading.shaped(paramTypeShape, raw, path, 'a param');
  return type === undefined ? undefined : planOf(name, { type, default: undefined }, path);
}

function habit(raw: RawMap, path: Path, reading: Reading): boolean {
  return tellHabit(String(raw['type']), [...path, 'type'], 'type', reading);
}

function tellHabit(type: string, path: Path, label: string, { problems }: Reading): boolean {
  const meant = Object.hasOwn(HABITS, type) ? HABITS[type] : undefined;
  if (meant === undefined) return false;
  problems.add(path, `${label} is ${JSON.stringify(type)}; allowed: ${paramTypes.join(', ')}`, {
    hint: `did you mean ${meant}?`,
  });
  return true;
}

/** Keys that mean something for some types only. */
function checkKeys({ type, options, precision }: ShapedParam, path: Path, { problems }: Reading): void {
  if (type === 'choice' && options === undefined)
    problems.add(path, 'a choice needs "options"', { hint: 'allowed: a list of texts and numbers' });
  if (type !== 'choice' && options !== undefined)
    problems.add([...path, 'options'], `options belong to a choice, this is ${type}`, {
      part: 'key',
      hint: 'write type: choice',
    });
  if (type !== 'float' && type !== 'decimal' && precision !== undefined)
    problems.add([...path, 'precision'], `precision belongs to float and decimal, this is ${type}`, {
      part: 'key',
      hint: 'leave it out',
    });
  const seen = new Set<unknown>();
  options?.forEach((option, i) => {
    if (seen.has(option))
      problems.add([...path, 'options', i], `the option ${JSON.stringify(option)} stands twice`, {
        hint: 'keep one of them',
      });
    seen.add(option);
  });
}

function planOf(name: string, given: ShapedParam, path: Path): ParamPlan {
  return {
    name,
    path,
    type: given.type,
    description: describe(given.desc),
    required: given.required ?? given.type === 'choice',
    default: given.default,
    options: given.options ?? [],
    precision: given.precision,
  };
}

function checkPlan(plan: ParamPlan, { problems }: Reading): boolean {
  try {
    checkDefault(plan);
    return true;
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    const options = plan.options.map(String);
    problems.add([...plan.path, 'default'], error.message, {
      hint: error.hint ?? didYouMean(String(plan.default), options),
    });
    return false;
  }
}
