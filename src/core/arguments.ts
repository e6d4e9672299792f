/** Checks of option objects, said the same way everywhere. */
import { invalidArgument } from './errors.ts';

/** Refuses unknown keys (INVALID_ARGUMENT), with the allowed ones in the message. */
export function checkKeys(what: string, given: object, allowed: readonly string[]): void {
  for (const key in given) {
    if (!allowed.includes(key)) {
      throw invalidArgument(
        `${what} ${JSON.stringify(key)}`,
        (given as Record<string, unknown>)[key],
        allowed.join(', '),
      );
    }
  }
}
