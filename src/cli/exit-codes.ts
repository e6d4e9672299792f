/** What the process tells the shell, and which error tells what. */
import { SignalboxError } from '../core/errors.ts';

export const EXIT = {
  succeeded: 0,
  failed: 1,
  /** Wrong usage, an invalid file, or something that is not there. */
  wrongUsage: 2,
  counterexample: 3,
  cancelled: 130,
} as const;

/** Errors of ours say that what was asked cannot be done; any other one is a fault of this program or machine. */
export function exitCodeOf(error: unknown): number {
  return error instanceof SignalboxError ? EXIT.wrongUsage : EXIT.failed;
}
