/** From what zod finds to problems with their places, in the words of the file. */
import type { z } from 'zod';
import { didYouMean } from '../expressions/suggestion.ts';
import type { Path } from '../model.ts';
import { readUnknownKeys } from './fields.ts';
import { keyHint, meantHint } from './key-hints.ts';
import type { Problems } from './problems.ts';

type Issue = z.core.$ZodIssue;

/** What is read, and where. */
export interface Place {
  readonly raw: unknown;
  readonly path: Path;
  /** What it is called, with its article: `a bash stage`. */
  readonly what: string;
  readonly written: (path: Path) => string | undefined;
  readonly problems: Problems;
  /** What to say of an unknown key, if something better is known. */
  readonly keyHint?: (key: string) => string | undefined;
}

/** Unknown keys of one map that are compared with all known ones. */
const MOST_HINTS = 50;

/** `meant`: keys that are there in another spelling. */
interface Telling extends Place {
  readonly meant: Set<string>;
}

/** The value as its shape makes it; undefined, with problems told, if it does not fit. */
export function shaped<T>(shape: z.ZodType<T>, place: Place): T | undefined {
  const result = shape.safeParse(place.raw);
  if (result.success) return result.data;
  const telling = { ...place, meant: new Set<string>() };
  for (const issue of unknownKeysFirst(result.error.issues)) tell(issue, [], telling);
  return undefined;
}

function tell(issue: Issue, parent: Path, place: Telling): void {
  const inside = [...parent, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') return tellUnknownKeys(issue, inside, place);
  const branch = issue.code === 'invalid_union' ? meantBranch(issue.errors) : undefined;
  if (branch !== undefined) {
    for (const inner of branch) tell(inner, inside, place);
    return;
  }
  const given = valueAt(place.raw, inside);
  if (given === undefined && inside.length > 0) return tellMissing(issue, inside, place);
  const path = [...place.path, ...inside];
  const label = inside.length === 0 ? place.what : labelOf(inside);
  const written = typeof given === 'number' ? place.written(path) : undefined;
  const [allowed, advice] = issue.message.split('\n');
  const hint = advice ?? hintFor(issue, given, written);
  place.problems.add(path, `${label} is ${written ?? shown(given)}; allowed: ${allowed}`, { hint });
}

/** So that a key that is only misspelt is not told as missing as well. */
function unknownKeysFirst(issues: readonly Issue[]): readonly Issue[] {
  const isUnknown = ({ code }: Issue) => code === 'unrecognized_keys';
  return [...issues.filter(isUnknown), ...issues.filter((issue) => !isUnknown(issue))];
}

function tellUnknownKeys(
  issue: Extract<Issue, { code: 'unrecognized_keys' }>,
  inside: Path,
  place: Telling,
): void {
  const { where, known } = readUnknownKeys(issue.message);
  for (const [i, key] of issue.keys.entries()) {
    const own = inside.length === 0 ? place.keyHint?.(key) : undefined;
    const hint = i < MOST_HINTS ? (own ?? keyHint(key, known)) : undefined;
    if (hint !== undefined) place.meant.add(meantAt(inside, hint));
    place.problems.add([...place.path, ...inside, key], `unknown key ${JSON.stringify(key)} ${where}`, {
      part: 'key',
      hint,
    });
  }
}

function tellMissing(issue: Issue, inside: Path, { what, path, problems, meant }: Telling): void {
  const key = inside.at(-1);
  const parent = inside.slice(0, -1);
  if (meant.has(meantAt(parent, meantHint(String(key))))) return;
  const owner = parent.length === 0 ? what : labelOf(parent);
  problems.add([...path, ...parent], `${owner} needs ${JSON.stringify(key)}`, {
    hint: `allowed: ${issue.message}`,
  });
}

function meantAt(parent: Path, hint: string): string {
  return JSON.stringify([...parent, hint]);
}

const WRONG_TYPE: readonly string[] = ['invalid_type', 'invalid_value', 'invalid_union'];

/** The alternative that fits but for something inside it: what is wrong there says more than the list of all. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const meant = branches.filter((issues) =>
    issues.every(({ path, code }) => path.length > 0 || !WRONG_TYPE.includes(code)),
  );
  return meant.length === 1 ? meant[0] : undefined;
}

function hintFor(issue: Issue, given: unknown, written: string | undefined): string | undefined {
  if (issue.code === 'invalid_value' && typeof given === 'string')
    return didYouMean(given, issue.values.map(String));
  const wantsText = /^(?:text|the name)/.test(issue.message);
  if (wantsText && (typeof given === 'number' || typeof given === 'boolean'))
    return `in quotes it is text: '${written ?? String(given)}'`;
  if (wantsText && Array.isArray(given)) return 'a text of several lines begins with | after the colon';
  if (issue.message.startsWith('a list') && typeof given === 'string' && /^[\w./-]+$/.test(given))
    return `write [${given}]`;
  if (
    /^a (?:whole )?number|^seconds/.test(issue.message) &&
    typeof given === 'string' &&
    /^\s*[\d.]+\s*$/.test(given)
  )
    return 'leave the quotes out';
  return undefined;
}

/** `env.FOO`, `needs[1]` */
export function labelOf(path: Path): string {
  return path.reduce<string>((label, step) => {
    if (typeof step === 'number') return `${label}[${step}]`;
    return label === '' ? step : `${label}.${step}`;
  }, '');
}

const LONGEST = 60;

/** A value in the words of YAML. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string')
    return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST - 3)}...` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  return typeof value === 'object' ? 'a map' : String(value);
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Readonly<Record<string | number, unknown>>)[step]
        : undefined,
    raw,
  );
}
