/**
 * Errors across a thread border. Structured clone alone loses names, own properties and classes, so an error
 * travels as data and is built again: the same name, message, stack, cause and own properties, a standard
 * class where it had one, and the library's own classes (so that a CancelledError thrown on a thread still
 * cancels). What cannot be cloned travels as its printed form.
 */
import { inspect } from 'node:util';
import {
  CancelledError,
  type ErrorCode,
  type ErrorExtras,
  SignalboxError,
  TaskTimeoutError,
  TerminatedError,
  TimeoutError,
} from '../core/errors.ts';

export type EncodedError =
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'error';
      /** The nearest standard class. */
      readonly base: string;
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly props: Readonly<Record<string, unknown>>;
      readonly cause: EncodedError | undefined;
      /** Of an AggregateError. */
      readonly errors: readonly EncodedError[] | undefined;
    };

type Encoded = Extract<EncodedError, { kind: 'error' }>;

/** Deeper causes are cut off; it also ends a chain that runs in a circle. */
const MAX_CAUSES = 8;

const STANDARD = [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];

const OWN: Record<string, (code: ErrorCode, message: string, extras: ErrorExtras) => SignalboxError> = {
  SignalboxError: (code, message, extras) => new SignalboxError(code, message, extras),
  CancelledError: (_code, message, extras) => new CancelledError(message, extras),
  TerminatedError: (_code, message, extras) => new TerminatedError(message, extras),
  TaskTimeoutError: (_code, message, extras) => new TaskTimeoutError(message, extras),
  TimeoutError: (_code, message, extras) => new TimeoutError(message, extras),
};

/** Fields that the constructors of this library set again. */
const REBUILT = ['code', 'hint', 'retryable', 'details'];
const CARRIED = ['name', 'message', 'stack', 'cause', 'errors'];

/** Plain data for any thrown value. Never throws. */
export function encodeError(error: unknown, depth = 0): EncodedError {
  if (!(error instanceof Error)) return { kind: 'value', value: cloneable(error) };
  const deeper = (inner: unknown): EncodedError => encodeError(inner, depth + 1);
  const open = depth < MAX_CAUSES;
  return {
    kind: 'error',
    base: STANDARD.find((standard) => error instanceof standard)?.name ?? 'Error',
    name: String(error.name),
    message: String(error.message),
    stack: typeof error.stack === 'string' ? error.stack : undefined,
    props: ownProps(error),
    cause: open && error.cause !== undefined ? deeper(error.cause) : undefined,
    errors: open && error instanceof AggregateError ? error.errors.map(deeper) : undefined,
  };
}

/** The error again. Never throws. */
export function decodeError(encoded: EncodedError): unknown {
  if (encoded.kind === 'value') return encoded.value;
  const cause = encoded.cause === undefined ? {} : { cause: decodeError(encoded.cause) };
  const own = ownError(encoded, cause);
  const error = own ?? standardError(encoded, cause);
  if (error.name !== encoded.name) hidden(error, 'name', encoded.name);
  hidden(error, 'stack', encoded.stack);
  for (const [key, value] of Object.entries(encoded.props)) {
    if (own === undefined || !REBUILT.includes(key)) Object.assign(error, { [key]: value });
  }
  return error;
}

function ownError({ name, message, props }: Encoded, cause: ErrorExtras): SignalboxError | undefined {
  const { code, hint, retryable, details } = props as Record<string, unknown>;
  if (typeof code !== 'string' || typeof retryable !== 'boolean') return undefined;
  const build = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  return build?.(code as ErrorCode, message, {
    ...cause,
    retryable,
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof details === 'object' && details !== null ? { details: { ...details } } : {}),
  });
}

function standardError({ base, message, errors }: Encoded, cause: ErrorOptions): Error {
  if (errors !== undefined) return new AggregateError(errors.map(decodeError), message, cause);
  const Standard = STANDARD.find((standard) => standard.name === base) ?? Error;
  return new Standard(message, cause);
}

function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

function ownProps(error: Error): Record<string, unknown> {
  const props: Record<string, unknown> = {};
  // A DOMException keeps these behind getters of its class, so it has no own ones.
  for (const key of Object.keys(error)) {
    if (!CARRIED.includes(key)) props[key] = cloneable(Reflect.get(error, key));
  }
  return props;
}

/** The value itself if it can cross, else its printed form. */
export function cloneable(value: unknown): unknown {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return value;
  try {
    structuredClone(value);
    return value;
  } catch {
    return inspect(value);
  }
}
