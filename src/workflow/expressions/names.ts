/** What a name refers to. Only own keys of maps and places in lists count: nothing is inherited. */
import { errorAt } from './faults.ts';
import { didYouMean, listed, suggestion } from './suggestion.ts';
import type { NameOperand, Step } from './syntax.ts';
import { isMap, kindOf } from './values.ts';

export type Scope = Readonly<Record<string, unknown>>;

const MISSING = Symbol('missing');
const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** @throws ExpressionError that says which step is not there, and what is. */
export function resolve(name: NameOperand, scope: Scope): unknown {
  let value: unknown = scope;
  let before: Step | undefined;
  for (const step of name.steps) {
    if (before?.optional && (value === null || value === undefined)) return null;
    const next = member(value, step.key);
    if (next === MISSING) {
      if (step.optional && (isMap(value) || Array.isArray(value))) return null;
      throw notThere(name, step, value);
    }
    value = next;
    before = step;
  }
  return value ?? null;
}

/** One step with a key that was worked out; the reason as text where there is nothing. */
export function element(container: unknown, key: unknown, optional: boolean): { value: unknown } | string {
  if (typeof key !== 'string' && typeof key !== 'number') return `${kindOf(key)} cannot be a key`;
  const value = member(container, key);
  if (value !== MISSING) return { value: value ?? null };
  if (optional && (isMap(container) || Array.isArray(container))) return { value: null };
  return `there is no ${JSON.stringify(key)}: ${contents(container)}`;
}

function member(container: unknown, key: string | number): unknown {
  if (Array.isArray(container)) return place(container, key);
  if (!isMap(container)) return MISSING;
  return Object.hasOwn(container, key) ? container[key] : MISSING;
}

/** A negative index counts from the end. */
function place(list: readonly unknown[], key: string | number): unknown {
  if (typeof key === 'string' && !INDEX.test(key)) return MISSING;
  const index = Number(key);
  const at = index < 0 ? list.length + index : index;
  return Number.isInteger(at) && at >= 0 && at < list.length ? list[at] : MISSING;
}

function notThere(name: NameOperand, step: Step, container: unknown): Error {
  const at = name.steps.indexOf(step);
  const keys = isMap(container) ? Object.keys(container) : [];
  const key = String(step.key);
  if (at === 0)
    return errorAt(
      step,
      `unknown name ${JSON.stringify(key)}; known here: ${listed(keys)}`,
      didYouMean(key, keys),
    );
  const parent = textUpTo(name, at);
  return errorAt(
    step,
    `\`${textUpTo(name, at + 1)}\` is not there: \`${parent}\` ${contents(container)}`,
    hintFor(key, keys, parent),
  );
}

function textUpTo(name: NameOperand, steps: number): string {
  const end = name.steps[steps - 1]?.end ?? name.end;
  return name.text.slice(0, end - name.start);
}

function contents(container: unknown): string {
  if (Array.isArray(container)) return `is a list of ${container.length}`;
  if (!isMap(container)) return `is ${kindOf(container)}`;
  const keys = Object.keys(container);
  return keys.length === 0 ? 'is an empty map' : `has ${listed(keys)}`;
}

function hintFor(key: string, keys: readonly string[], parent: string): string {
  const meant = suggestion(key, keys);
  if (meant !== undefined) return `did you mean ${parent}.${meant}?`;
  if (key.includes('-')) return 'a hyphen belongs to the name; write blanks around it to subtract';
  return `write \`${key}?\` if it may be missing`;
}
