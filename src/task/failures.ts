/** Errors of data tasks: each carries its TaskResult in `details`, field by field and whole as `result`. */
import { SignalboxError } from '../core/errors.ts';
import { isProcessResult, type TaskResult, type Yield, yieldOf } from './result.ts';

/**
 * Gives an error of ours its result. It exists before the attempt has ended (a time-out ends it), so that its
 * details come late.
 */
export function attachResult(error: SignalboxError, result: TaskResult): void {
  Object.assign(error, { details: withResult(error, result) });
}

/** What a Task's command that ended badly is reported as: its own words first. */
export function commandFailure(error: SignalboxError, message: string, result: TaskResult): SignalboxError {
  const { hint, cause } = error;
  return new SignalboxError('TASK_FAILED', message, {
    details: withResult(error, result),
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function withResult({ details }: SignalboxError, result: TaskResult): Readonly<Record<string, unknown>> {
  return Object.freeze({ ...details, ...result, result });
}

/** What the process executor tells of a command that failed or was ended; undefined if it never ran. */
export function partsOf(error: unknown): Yield | undefined {
  if (!(error instanceof SignalboxError) || !isProcessResult(error.details)) return undefined;
  // What else the details say, the command and how it was stopped, is not what the command gave.
  return yieldOf(Object.fromEntries(Object.entries(error.details).filter(([name]) => GIVEN.has(name))));
}

/** Names of a ProcessResult, and of a ContainerResult. */
const GIVEN = new Set('exitCode signal stdout stderr truncated pid image container outputs'.split(' '));

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
