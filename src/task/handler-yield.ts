/**
 * What a handler function tells of its Task when a plain value, or a plain exception, cannot say it all: an output
 * beside the rest of what there is, also for an attempt that failed or was stopped halfway.
 */
import type { Yield } from './result.ts';

/** Returned by a handler: `output` is the text of the result, `raw` whatever else there is to keep. */
export class HandlerYield {
  readonly output: string;
  /** Plain data, since a ledger has to write it. */
  readonly raw: unknown;

  constructor(output: string, raw: unknown) {
    this.output = output;
    this.raw = raw;
  }

  get parts(): Yield {
    return { output: this.output, error: null, returnCode: null, raw: this.raw };
  }
}

/** Thrown by a handler: the task ends with `error`, that very object, and keeps what was there until then. */
export class HandlerFailure extends Error {
  readonly error: unknown;
  readonly left: HandlerYield;

  constructor(error: unknown, left: HandlerYield) {
    super('a handler failed', { cause: error });
    this.error = error;
    this.left = left;
  }
}
