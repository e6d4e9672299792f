/**
 * Errors as plain data, and back. Owns: which class an error is revived as, and that writing an error never
 * fails: what of it cannot be written is left out. Does not own: the text form (codec.ts).
 *
 * Every enumerable property of its own is kept (`code`, `details`, `exitCode`, ...), besides name, message,
 * stack, cause and the errors of an AggregateError. An error is revived as the nearest class known here, so that
 * `instanceof` answers as before for the library's and the language's classes; another class keeps its name.
 */
import * as ours from './errors.ts';

/** What stands in a text for an error. The order matters: `cause` last, so that a cycle meets a made error. */
export interface WrittenError {
  readonly class: string;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly own?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly unknown[];
  readonly cause?: unknown;
}

type ErrorClass = new (...args: never[]) => Error;

const BUILT_IN: readonly ErrorClass[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  DOMException as unknown as ErrorClass,
];

const OURS: readonly unknown[] = Object.values(ours);
const CLASSES: ReadonlyMap<string, ErrorClass> = new Map(
  [...BUILT_IN, ...OURS.filter(isErrorClass)].map((known) => [known.name, known] as const),
);

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && (value === ours.SignalboxError || value.prototype instanceof Error);
}

/** Levels of plain data below an error that are kept. */
const MAX_DEPTH = 32;
const LEFT_OUT = Symbol('left out');
/** Kept in fields of their own. */
const FIELDS = new Set(['name', 'message', 'stack', 'cause']);

/** The error as plain data. Never throws. */
export function writeError(error: Error): WrittenError {
  const known = nearestClass(error);
  const stack = read(error, 'stack');
  const cause = Object.hasOwn(error, 'cause') ? writable(read(error, 'cause')) : LEFT_OUT;
  const own = known === DOMException ? undefined : ownProperties(error);
  const errors = error instanceof AggregateError ? writable(read(error, 'errors')) : LEFT_OUT;
  return {
    class: known.name,
    name: textOf(read(error, 'name'), 'Error'),
    message: textOf(read(error, 'message'), ''),
    ...(typeof stack === 'string' ? { stack } : {}),
    ...(own === undefined ? {} : { own }),
    ...(Array.isArray(errors) ? { errors } : {}),
    ...(cause === LEFT_OUT ? {} : { cause }),
  };
}

/** The text form when even a part that looked writable was not: always plain strings. */
export function writeErrorPlainly(error: Error): WrittenError {
  const stack = read(error, 'stack');
  return {
    class: nearestClass(error).name,
    name: textOf(read(error, 'name'), 'Error'),
    message: textOf(read(error, 'message'), ''),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
}

const revived = new WeakMap<WrittenError, Error>();

/**
 * The error again. In a cycle it is asked for twice with the same object: first while only the simple fields are
 * there, then with all of them; both times it gives the same error.
 */
export function reviveError(written: WrittenError): Error {
  const error = revived.get(written) ?? makeError(written);
  revived.set(written, error);
  const { own, errors } = written;
  if (own !== undefined) Object.assign(error, own);
  if (error instanceof ours.SignalboxError) Object.freeze(error.details);
  if (errors !== undefined) define(error, 'errors', errors);
  if ('cause' in written) define(error, 'cause', written.cause);
  return error;
}

function makeError({ class: className, name, message, stack }: WrittenError): Error {
  const known = CLASSES.get(className) ?? Error;
  // Only the built-in constructor runs: a revived error is as it was, not made anew from arguments.
  const error =
    known === DOMException
      ? new DOMException(message, name)
      : (Reflect.construct(Error, [message], known) as Error);
  if (error.name !== name) define(error, 'name', name);
  if (error instanceof ours.SignalboxError) Object.defineProperty(error, 'name', { enumerable: true });
  if (stack === undefined) Reflect.deleteProperty(error, 'stack');
  else define(error, 'stack', stack);
  return error;
}

function define(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

function nearestClass(error: Error): ErrorClass {
  for (let at: unknown = error; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    const maker: unknown = Object.hasOwn(at, 'constructor') ? read(at, 'constructor') : undefined;
    if (typeof maker === 'function' && CLASSES.get(maker.name) === maker) return maker as ErrorClass;
  }
  // An error of another realm (a vm context) has classes of its own: its name is the best there is.
  const known = CLASSES.get(textOf(read(error, 'name'), 'Error'));
  return known !== undefined && BUILT_IN.includes(known) && known !== DOMException ? known : Error;
}

function ownProperties(error: Error): Record<string, unknown> | undefined {
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (FIELDS.has(key) || key === '__proto__') continue;
    const value = writable(read(error, key));
    if (value !== LEFT_OUT) kept[key] = value;
  }
  const code = read(error, 'code');
  if (!('code' in kept) && (typeof code === 'string' || typeof code === 'number')) kept['code'] = code;
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/**
 * A thrown value as it can be written: errors stay (they always can), of anything else what cannot is left out.
 * An instance of a class becomes a plain object of its data; a function or symbol becomes its description.
 */
export function writableThrown(thrown: unknown): unknown {
  const kept = writable(thrown);
  if (kept !== LEFT_OUT) return kept;
  if (typeof thrown === 'object' && thrown !== null) return copyProperties(thrown, new Map(), 0);
  return ours.show(thrown);
}

export function isError(value: unknown): value is Error {
  return value instanceof Error || (typeof value === 'object' && tagOf(value) === 'Error');
}

/** A copy without what cannot be written; LEFT_OUT when nothing is left. */
function writable(value: unknown, copies = new Map<object, unknown>(), depth = 0): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return LEFT_OUT;
  if (typeof value !== 'object' || value === null) return value;
  if (isError(value) || ArrayBuffer.isView(value)) return value;
  const copied = copies.get(value);
  if (copied !== undefined) return copied;
  if (depth >= MAX_DEPTH) return LEFT_OUT;
  switch (tagOf(value)) {
    case 'Date':
    case 'RegExp':
    case 'URL':
    case 'URLSearchParams':
    case 'ArrayBuffer':
      return value;
    case 'Array':
      return copyArray(value as readonly unknown[], copies, depth + 1);
    case 'Map':
      return copyMap(value as ReadonlyMap<unknown, unknown>, copies, depth + 1);
    case 'Set':
      return copySet(value as ReadonlySet<unknown>, copies, depth + 1);
    default:
      return isPlain(value) ? copyProperties(value, copies, depth + 1) : LEFT_OUT;
  }
}

type Copies = Map<object, unknown>;

/** Indices stay: what is left out of an array becomes undefined. */
function copyArray(from: readonly unknown[], copies: Copies, depth: number): unknown[] {
  const copy: unknown[] = [];
  copies.set(from, copy);
  copy.length = from.length;
  for (const key of Object.keys(from)) {
    const index = Number(key);
    if (!Number.isInteger(index)) continue;
    const value = writable(read(from, key), copies, depth);
    copy[index] = value === LEFT_OUT ? undefined : value;
  }
  return copy;
}

function copyMap(from: ReadonlyMap<unknown, unknown>, copies: Copies, depth: number): unknown {
  const copy = new Map<unknown, unknown>();
  copies.set(from, copy);
  for (const [key, value] of from) {
    const [newKey, newValue] = [writable(key, copies, depth), writable(value, copies, depth)];
    if (newKey !== LEFT_OUT && newValue !== LEFT_OUT) copy.set(newKey, newValue);
  }
  return copy;
}

function copySet(from: ReadonlySet<unknown>, copies: Copies, depth: number): unknown {
  const copy = new Set<unknown>();
  copies.set(from, copy);
  for (const value of from) {
    const kept = writable(value, copies, depth);
    if (kept !== LEFT_OUT) copy.add(kept);
  }
  return copy;
}

function copyProperties(from: object, copies: Copies, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  copies.set(from, copy);
  for (const key of keysOf(from)) {
    const value = writable(read(from, key), copies, depth);
    if (value !== LEFT_OUT && key !== '__proto__') copy[key] = value;
  }
  return copy;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** Getters and proxies may throw; nothing that an error carries may. */
function read(from: object, key: string): unknown {
  try {
    return (from as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1);
  } catch {
    return '';
  }
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
