/** The words and texts of results, as users of stage files know them. */

export type Status = 'SUCCESS' | 'FAILED' | 'SKIP' | 'CANCEL' | 'WAIT';

/** What stands under `errors`: the class of the error, and what it says. */
export interface ErrorInfo {
  readonly name: string;
  readonly message: string;
}

/**
 * What several statuses come to: any failure fails, else any cancellation cancels, else any wait waits; all
 * skipped is skipped; a mixture, or nothing at all, is a success.
 */
export function mergeStatuses(statuses: readonly Status[]): Status {
  for (const status of ['FAILED', 'CANCEL', 'WAIT'] as const) if (statuses.includes(status)) return status;
  return statuses.length > 0 && statuses.every((status) => status === 'SKIP') ? 'SKIP' : 'SUCCESS';
}
