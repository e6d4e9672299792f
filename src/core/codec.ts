/**
 * The one text form of values in ledgers: tagged JSON by `devalue` (Date, Map, Set, BigInt, bytes, undefined,
 * NaN, -0, cycles, repeated references, RegExp, URL), and on top of it Buffers and errors. Texts stand in
 * ledgers that outlive this code: what `encode` wrote once, `decode` reads for ever.
 *
 * Of a view on an ArrayBuffer its own bytes are written and no others. A class instance that is none of the
 * above is refused rather than written as something else.
 */
import { DevalueError, parse, stringify } from 'devalue';
import { SignalboxError, show } from './errors.ts';
import {
  isError,
  reviveError,
  type WrittenError,
  writableThrown,
  writeError,
  writeErrorPlainly,
} from './written-errors.ts';

const UNDEFINED = '-1';
/** An error of which only plain strings are kept. */
class PlainError {
  readonly error: Error;
  constructor(error: Error) {
    this.error = error;
  }
}

const reducers = {
  Error: (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return undefined;
    if (value instanceof PlainError) return writeErrorPlainly(value.error);
    return isError(value) ? writeError(value) : undefined;
  },
  Buffer: (value: unknown): unknown => Buffer.isBuffer(value) && new Uint8Array(value),
  /** A view on a part of its buffer. */
  Part: (value: unknown): unknown => ArrayBuffer.isView(value) && ownBytes(value),
};

const revivers = {
  Error: (value: WrittenError): Error => reviveError(value),
  Buffer: (value: Uint8Array): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  Part: (value: ArrayBufferView): ArrayBufferView => value,
};

/** devalue would write the whole buffer behind a view, with what others keep there. */
function ownBytes(view: ArrayBufferView): ArrayBufferView | undefined {
  if (view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength) return undefined;
  const { buffer } = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  return Reflect.construct(view.constructor, [buffer]) as ArrayBufferView;
}

/**
 * The value as text. `what` names it in the error, for example `the result of task "sum"`.
 * Throws RESULT_NOT_SERIALISABLE, naming the path to the first thing that cannot be written (`$.user.callback`).
 */
export function encode(value: unknown, what = 'the value'): string {
  switch (typeof value) {
    case 'undefined':
      return UNDEFINED;
    case 'string':
      return `[${JSON.stringify(value)}]`;
    case 'boolean':
      return `[${value}]`;
    default:
      break;
  }
  try {
    return stringify(value, reducers);
  } catch (problem) {
    throw notSerialisable(what, problem);
  }
}

/** The value of a text that `encode` or `encodeError` gave. Throws SyntaxError or Error for any other text. */
export function decode(text: string): unknown {
  return text === UNDEFINED ? undefined : parse(text, revivers);
}

/** Anything thrown, as text. Never throws: what cannot be written is left out. */
export function encodeError(thrown: unknown): string {
  return encode(writableError(thrown));
}

/**
 * Anything thrown, as a value that `encode` takes wherever it stands: an error as it is, another value without
 * what cannot be written. For a text of which the error is one part: `encode({ error: writableError(error) })`.
 */
export function writableError(thrown: unknown): unknown {
  try {
    const kept = writableThrown(thrown);
    stringify(kept, reducers);
    return kept;
  } catch {
    // A chain of causes deeper than the stack, a proxy that throws: the words are what is left.
    return isError(thrown) ? new PlainError(thrown) : show(thrown);
  }
}

function notSerialisable(what: string, problem: unknown): SignalboxError {
  const known = problem instanceof DevalueError;
  const path = `$${known ? (problem.path ?? '') : ''}`;
  const allowed = 'plain data, Date, Map, Set, BigInt, bytes, RegExp, URL, Error';
  return new SignalboxError(
    'RESULT_NOT_SERIALISABLE',
    `${what} cannot be written: ${path} is ${known ? thingAt(problem) : 'not readable'}; allowed: ${allowed}`,
    {
      hint: 'return plain data, or leave this part out',
      details: { path },
      ...(known ? {} : { cause: problem }),
    },
  );
}

function thingAt(problem: DevalueError): string {
  if (/symbolic keys/.test(problem.message)) return 'an object with symbols as keys';
  if (/__proto__/.test(problem.message)) return 'an object with a key "__proto__"';
  return show(problem.value);
}
