/**
 * Values of a workflow's parameters: what was given, read as the type that the file states. Results are plain data:
 * a date is `YYYY-MM-DD`, a datetime ISO text in UTC, so that they compare, go through JSON and into a ledger.
 */
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import { PARAM_PRECISION } from '../core/limits.ts';
import { instantOf, isDate } from './expressions/dates.ts';
import { didYouMean, listed } from './expressions/suggestion.ts';
import { isMap } from './expressions/values.ts';
import type { ParamPlan, ParamType } from './model.ts';

type Reader = (given: unknown, plan: ParamPlan) => unknown;

/** A reader returns undefined for what it refuses. */
const READERS: Readonly<Record<ParamType, Reader>> = {
  str: (given) => readText(given),
  int: (given) => readInt(given),
  float: (given, plan) => readNumber(given, plan.precision),
  decimal: (given, plan) => readNumber(given, plan.precision),
  bool: (given) => readBool(given),
  date: (given) => readDate(given),
  datetime: (given) => readDatetime(given),
  choice: (given, plan) => readChoice(given, plan.options),
  map: (given) => readJson(given, isMap),
  array: (given) => readJson(given, Array.isArray),
};

const ALLOWED: Readonly<Record<Exclude<ParamType, 'choice'>, string>> = {
  str: 'a text, number or boolean',
  int: 'a whole number',
  float: 'a number',
  decimal: 'a number',
  bool: 'true or false',
  date: 'a date as 2024-01-31',
  datetime: 'a date with time as 2024-01-31T09:30:00Z',
  map: 'a map, or a JSON object as text',
  array: 'a list, or a JSON array as text',
};

/**
 * The default of a parameter, read like a given value; null and undefined for none.
 *
 * @throws INVALID_ARGUMENT for a default that is not of the type, or not among the options
 */
export function checkDefault(plan: ParamPlan): unknown {
  const fallback = plan.default;
  return fallback === undefined || fallback === null ? null : read(plan, fallback, 'the default of param');
}

/**
 * The value of one parameter. Nothing given (undefined or null): its default, the first option of a choice, for a
 * date or datetime without a default the present one; null if there is none of these.
 *
 * @param now epoch milliseconds
 * @throws INVALID_ARGUMENT that says what was given, and what is allowed
 */
export function readParam(plan: ParamPlan, given: unknown, now: number): unknown {
  if (given !== undefined && given !== null) return read(plan, given, 'param');
  const fallback = checkDefault(plan);
  if (fallback !== null) return fallback;
  if (plan.required && plan.type !== 'choice') throw missing([plan.name]);
  if (plan.type === 'choice') return plan.options[0] ?? null;
  if (plan.type === 'datetime') return new Date(now).toISOString();
  return plan.type === 'date' ? new Date(now).toISOString().slice(0, 10) : null;
}

/**
 * The values of all parameters of a workflow.
 *
 * @param now epoch milliseconds
 * @throws INVALID_ARGUMENT with everything that is wrong: `details.problems` has a message for each. A name that the
 *   workflow does not have is refused, since it is most likely a slip of the keys.
 */
export function readParams(
  plans: readonly ParamPlan[],
  given: Readonly<Record<string, unknown>>,
  now: number,
): Record<string, unknown> {
  const problems: SignalboxError[] = [];
  const known = plans.map((plan) => plan.name);
  for (const name of Object.keys(given)) if (!known.includes(name)) problems.push(unknown(name, known));
  const absent: string[] = [];
  const values = plans.map((plan) => {
    const value = Object.hasOwn(given, plan.name) ? given[plan.name] : undefined;
    if (isMissing(plan, value)) absent.push(plan.name);
    else return [plan.name, attempted(plan, value, now, problems)] as const;
    return [plan.name, null] as const;
  });
  if (absent.length > 0) problems.unshift(missing(absent));
  if (problems.length > 0) throw together(problems);
  return Object.fromEntries(values);
}

/** One line for a help text: the type, what is allowed, the default. */
export function describeParam(plan: ParamPlan): string {
  const type = plan.type === 'choice' ? `one of ${plan.options.map(String).join(', ')}` : plan.type;
  const parts = [type];
  if (plan.required && plan.default === undefined && plan.type !== 'choice') parts.push('required');
  if (plan.default !== undefined && plan.default !== null)
    parts.push(`default ${JSON.stringify(plan.default)}`);
  const facts = parts.join(', ');
  return plan.description === '' ? facts : `${plan.description} (${facts})`;
}

function isMissing(plan: ParamPlan, value: unknown): boolean {
  const isAbsent = value === undefined || value === null;
  const hasDefault = plan.default !== undefined && plan.default !== null;
  return isAbsent && plan.required && !hasDefault && plan.type !== 'choice';
}

function attempted(plan: ParamPlan, value: unknown, now: number, problems: SignalboxError[]): unknown {
  try {
    return readParam(plan, value, now);
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    problems.push(error);
    return null;
  }
}

function read(plan: ParamPlan, given: unknown, what: string): unknown {
  const value = READERS[plan.type](given, plan);
  if (value !== undefined) return value;
  const allowed = plan.type === 'choice' ? plan.options.map(String).join(', ') : ALLOWED[plan.type];
  const text = String(given);
  const hint =
    plan.type === 'choice' ? didYouMean(text, plan.options.map(String)) : hintFor(plan.type, given);
  throw invalidArgument(`${what} ${JSON.stringify(plan.name)}`, given, allowed, hint);
}

function hintFor(type: ParamType, given: unknown): string | undefined {
  if (type === 'int' && typeof given === 'boolean') return 'a boolean is no number';
  if (type === 'str' && typeof given === 'object')
    return 'for maps and lists there are the types map and array';
  return undefined;
}

function missing(names: readonly string[]): SignalboxError {
  return new SignalboxError(
    'INVALID_ARGUMENT',
    `Required Param on this workflow setting does not set: ${names.map((name) => `'${name}'`).join(', ')}.`,
    { hint: `give ${names.map((name) => `${name}=...`).join(' ')}`, details: { params: names } },
  );
}

function unknown(name: string, known: readonly string[]): SignalboxError {
  const allowed = known.length === 0 ? 'none, this workflow has no params' : listed(known);
  return new SignalboxError(
    'INVALID_ARGUMENT',
    `unknown param ${JSON.stringify(name)}; allowed: ${allowed}`,
    { hint: didYouMean(name, known) ?? 'declare it under params:', details: { params: [name] } },
  );
}

function together(problems: readonly SignalboxError[]): SignalboxError {
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) return first;
  const hints = problems.flatMap(({ hint }) => (hint === undefined ? [] : [hint]));
  return new SignalboxError('INVALID_ARGUMENT', problems.map(({ message }) => message).join('\n'), {
    ...(hints.length === 0 ? {} : { hint: hints.join('; ') }),
    details: { problems: problems.map(({ message, hint }) => ({ message, hint })) },
  });
}

function readText(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  return typeof given === 'number' || typeof given === 'boolean' ? String(given) : undefined;
}

function readInt(given: unknown): number | undefined {
  const isWritten = typeof given === 'string' && /^\s*[+-]?\d+\s*$/.test(given);
  const value = isWritten ? Number(given) : given;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value + 0 : undefined;
}

function readNumber(given: unknown, precision = PARAM_PRECISION): number | undefined {
  const isWritten =
    typeof given === 'string' && /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(given);
  const value = isWritten ? Number(given) : given;
  return typeof value === 'number' && Number.isFinite(value) ? rounded(value, precision) : undefined;
}

/** By the decimal digits that a number is written with: 1.005 to two digits is 1.01. */
function rounded(value: number, precision: number): number {
  const [digits = '0', exponent = '0'] = String(Math.abs(value)).split('e');
  const shifted = Math.round(Number(`${digits}e${Number(exponent) + precision}`));
  const result = Number(`${shifted}e-${precision}`);
  if (!Number.isFinite(result) || shifted > Number.MAX_SAFE_INTEGER) return value;
  return value < 0 && result !== 0 ? -result : result;
}

function readBool(given: unknown): boolean | undefined {
  if (typeof given === 'boolean') return given;
  const text = typeof given === 'string' ? given.trim().toLowerCase() : '';
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function readDate(given: unknown): string | undefined {
  if (given instanceof Date)
    return Number.isNaN(given.getTime()) ? undefined : given.toISOString().slice(0, 10);
  return typeof given === 'string' && isDate(given.trim()) ? given.trim() : undefined;
}

function readDatetime(given: unknown): string | undefined {
  const instant = typeof given === 'string' ? instantOf(given.trim()) : given;
  return instant instanceof Date && !Number.isNaN(instant.getTime()) ? instant.toISOString() : undefined;
}

/** From a command line an option comes as text, also where it is a number. */
function readChoice(given: unknown, options: readonly (string | number)[]): string | number | undefined {
  return options.find((option) => option === given) ?? options.find((option) => String(option) === given);
}

function readJson(given: unknown, fits: (value: unknown) => boolean): unknown {
  if (typeof given !== 'string') return fits(given) ? given : undefined;
  try {
    const value: unknown = JSON.parse(given);
    return fits(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
