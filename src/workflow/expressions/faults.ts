/** What is wrong with a text, and the error that carries it. */
import { SignalboxError } from '../../core/errors.ts';

/** One thing that is wrong with a text; offset and length in characters of that text. */
export interface ExpressionFault {
  readonly message: string;
  readonly hint: string | undefined;
  readonly offset: number;
  readonly length: number;
}

/**
 * A template or condition that cannot be read, or that fails with the values it is given.
 * `details`: `{ offset, length, path }`, as the properties.
 */
export class ExpressionError extends SignalboxError {
  /** Where in its text, in characters. */
  readonly offset: number;
  readonly length: number;
  /** Where that text is inside the rendered value, for example `['env', 'FOO']`. */
  readonly path: readonly (string | number)[];

  constructor(fault: ExpressionFault, path: readonly (string | number)[] = [], cause?: unknown) {
    const { message, hint, offset, length } = fault;
    super('EXPRESSION_INVALID', message, {
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
      details: { offset, length, path },
    });
    this.offset = offset;
    this.length = length;
    this.path = path;
  }

  /** The same error, said of a value that this text is only a part of. */
  below(path: readonly (string | number)[]): ExpressionError {
    return new ExpressionError(faultOf(this), [...path, ...this.path], this.cause);
  }
}

export function faultOf(error: ExpressionError): ExpressionFault {
  return { message: error.message, hint: error.hint, offset: error.offset, length: error.length };
}

/** Something between two offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export function errorAt(span: Span, message: string, hint?: string, cause?: unknown): ExpressionError {
  const fault = { message, hint, offset: span.start, length: span.end - span.start };
  return new ExpressionError(fault, [], cause);
}
