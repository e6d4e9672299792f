/** How a run ended, in one word: by its outcome, and where it has one, by the status in its result. */
import type { Outcome } from '../../index.ts';
import { EXIT } from '../exit-codes.ts';

export type Verdict = 'succeeded' | 'skipped' | 'failed' | 'cancelled' | 'blocked';

/** A workflow may end with a result that says FAILED: nothing went wrong in running it, and yet it failed. */
export function verdictOf({ kind, value }: Outcome): Verdict {
  const status = (value as { readonly status?: unknown } | undefined | null)?.status;
  if (kind !== 'succeeded' || typeof status !== 'string') return kind;
  return VERDICTS[status] ?? kind;
}

const VERDICTS: Readonly<Record<string, Verdict>> = {
  SUCCESS: 'succeeded',
  SKIP: 'skipped',
  FAILED: 'failed',
  CANCEL: 'cancelled',
};

export function exitCodeFor(verdict: Verdict): number {
  switch (verdict) {
    case 'succeeded':
    case 'skipped':
      return EXIT.succeeded;
    case 'cancelled':
      return EXIT.cancelled;
    case 'failed':
    case 'blocked':
      return EXIT.failed;
    default:
      return verdict satisfies never;
  }
}
