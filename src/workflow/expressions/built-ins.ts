/** The filters that are always there. What they throw is completed by the caller with the name of the filter. */
import { show } from '../../core/errors.ts';
import { instantOf } from './dates.ts';
import { type Filter, type FilterForm, FilterSet } from './filter-set.ts';
import { strftime } from './strftime.ts';
import { asText, isMap, kindOf, sizeOf } from './values.ts';

/** Characters that `replace`, `join` may produce. */
const LONGEST_TEXT = 10_000_000;

function refuse(takes: string, value: unknown): never {
  throw new Error(`it takes ${takes}, this is ${kindOf(value)}`);
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : refuse('a text', value);
}

function mapIn(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : refuse('a map', value);
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : refuse('a list', value);
}

/** A whole number: of a text its digits, of a number what is before the point, of a boolean 1 or 0. */
function toInt(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' && typeof value !== 'number') return refuse('a text or number', value);
  const isWritten = typeof value === 'number' || /^\s*[+-]?\d+(?:_\d+)*\s*$/.test(value);
  const whole = isWritten ? Math.trunc(Number(String(value).replaceAll('_', ''))) : Number.NaN;
  if (!Number.isSafeInteger(whole)) throw new Error(`${show(value)} is no whole number`);
  return whole + 0;
}

function toFloat(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' && typeof value !== 'number') return refuse('a text or number', value);
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new Error(`${show(value)} is no number`);
  return number;
}

function toList(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return [...value];
  if (Array.isArray(value)) return [...value];
  return isMap(value) ? Object.keys(value) : refuse('a list, map or text', value);
}

function toMap(value: unknown): unknown {
  if (isMap(value)) return Object.fromEntries(Object.entries(value));
  const pairs = listIn(value).map((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw new Error('it takes a map, or a list of pairs');
    return [asText(pair[0]), pair[1]] as const;
  });
  return Object.fromEntries(pairs);
}

/** Each word with a capital first, the rest in small letters; what is no letter ends a word. */
function title(text: string): string {
  return text.replace(
    /(\p{L})(\p{L}*)/gu,
    (_, first: string, rest: string) => first.toUpperCase() + rest.toLowerCase(),
  );
}

/** Text as a literal of Python. */
function literal(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
  const inside = text.replace(/[\n\r\t\\'"]/g, (one) => escapes[one] ?? (one === quote ? `\\${one}` : one));
  return quote + inside + quote;
}

function formatted(value: unknown, pattern: unknown): string {
  const instant = value instanceof Date ? value : instantOf(textIn(value));
  if (instant === undefined || Number.isNaN(instant.getTime()))
    throw new Error(`${show(value)} is no date; allowed: 2024-01-31, or 2024-01-31T09:30:00Z`);
  return strftime(instant, textIn(pattern));
}

function itemOf(value: unknown, key: unknown, otherwise: unknown): unknown {
  const map = mapIn(value);
  const name = asText(key);
  return Object.hasOwn(map, name) ? map[name] : otherwise;
}

function placeOf(value: unknown, index: unknown): unknown {
  const list = listIn(value);
  if (typeof index !== 'number' || !Number.isInteger(index)) return refuse('a whole number as index', index);
  const at = index < 0 ? list.length + index : index;
  if (at >= 0 && at < list.length) return list[at];
  const range = list.length === 0 ? 'the list is empty' : `the list goes from 0 to ${list.length - 1}`;
  throw new Error(`index ${index} is out of range: ${range}`);
}

/** Joined text, counted before it is made: it can be much longer than what it is made of. */
function joined(parts: readonly string[], by: string): string {
  const length =
    parts.reduce((sum, part) => sum + part.length, 0) + Math.max(0, parts.length - 1) * by.length;
  if (length > LONGEST_TEXT)
    throw new Error(`the text would have ${length} characters; allowed: up to ${LONGEST_TEXT}`);
  return parts.join(by);
}

function textJson(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return typeof value === 'string' || value instanceof Date ? JSON.stringify(value) : asText(value);
}

type Plain = (value: unknown, first: unknown, second: unknown) => unknown;

/** A filter whose arguments come by place or name. */
function made(filter: Plain, names: readonly string[] = [], required = 0, defaults: readonly unknown[] = []) {
  const form: FilterForm = { names, required };
  const argument = (args: readonly unknown[], named: Readonly<Record<string, unknown>>, i: number) => {
    if (i < args.length) return args[i];
    const name = names[i];
    return name !== undefined && Object.hasOwn(named, name) ? named[name] : defaults[i];
  };
  const called: Filter = (value, args, named) =>
    filter(value, argument(args, named, 0), argument(args, named, 1));
  return { filter: called, form };
}

const coalesce = made((value, otherwise) => value ?? otherwise, ['default'], 1);

export const BUILT_IN_FILTERS = new FilterSet(
  new Map([
    ['abs', made((value) => (typeof value === 'number' ? Math.abs(value) : refuse('a number', value)))],
    ['str', made((value) => asText(value))],
    ['int', made(toInt)],
    ['float', made(toFloat)],
    ['list', made(toList)],
    ['dict', made(toMap)],
    ['title', made((value) => title(textIn(value)))],
    ['upper', made((value) => textIn(value).toUpperCase())],
    ['lower', made((value) => textIn(value).toLowerCase())],
    ['trim', made((value) => textIn(value).trim())],
    ['rstr', made((value) => literal(asText(value)))],
    ['keys', made((value) => Object.keys(mapIn(value)))],
    ['values', made((value) => Object.values(mapIn(value)))],
    ['fmt', made(formatted, ['fmt'], 0, ['%Y-%m-%d %H:%M:%S'])],
    ['coalesce', coalesce],
    ['default', coalesce],
    ['getitem', made(itemOf, ['key', 'default'], 1, [null, null])],
    ['getindex', made(placeOf, ['index'], 1)],
    ['json', made(textJson)],
    ['length', made((value) => sizeOf(value) ?? refuse('a text, list or map', value))],
    ['join', made((value, by) => joined(listIn(value).map(asText), textIn(by)), ['separator'], 0, [''])],
    ['split', made((value, by) => textIn(value).split(textIn(by)), ['separator'], 1)],
    [
      'replace',
      made((value, part, by) => joined(textIn(value).split(textIn(part)), textIn(by)), ['part', 'by'], 2),
    ],
    /** Last in a placeholder of code: the value is pasted as text. Nothing anywhere else. */
    ['raw', made((value) => value)],
  ]),
);
