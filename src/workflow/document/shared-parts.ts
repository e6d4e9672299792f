/** What workflows, jobs and stages have in common, from their shapes to their plans. */
import type { Condition, Extras, Path, RetryPlan } from '../model.ts';
import { dedent } from '../stages/code.ts';
import type { Retry } from './fields.ts';
import type { Reading } from './reading.ts';

interface Shared {
  readonly desc?: string | null | undefined;
  readonly if?: string | boolean | null | undefined;
  readonly extras?: Readonly<Record<string, unknown>> | null | undefined;
  readonly resources?: Readonly<Record<string, number>> | undefined;
  readonly executor?: string | undefined;
  readonly timeout?: number | undefined;
  readonly raiseOnError?: boolean | undefined;
}

export function sharedParts(given: Shared, path: Path) {
  return {
    path,
    description: describe(given.desc),
    condition: (given.if ?? null) as Condition,
    extras: (given.extras ?? {}) as Extras,
    resources: given.resources,
    executor: given.executor,
    timeoutMs: given.timeout === undefined ? undefined : milliseconds(given.timeout),
    raiseOnError: given.raiseOnError,
  };
}

export function describe(text: string | null | undefined): string {
  return dedent(text ?? '').replace(/^\n+|\s+$/g, '');
}

/** A timer cannot wait for less than one. */
export function milliseconds(seconds: number): number {
  return Math.max(1, Math.round(seconds * 1_000));
}

/** Growth, cap and chance say something about a wait, so that there has to be one. */
export function readRetry(given: Retry, path: Path, reading: Reading): RetryPlan | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'number') return { retries: given, backoff: undefined };
  const { retries, backoffMs, factor, maxBackoffMs, jitter } = given;
  if (backoffMs !== undefined) return { retries, backoff: { backoffMs, factor, maxBackoffMs, jitter } };
  for (const key of ['factor', 'maxBackoffMs', 'jitter'] as const)
    if (given[key] !== undefined)
      reading.problems.add([...path, 'retry', key], `${key} needs "backoffMs"`, {
        part: 'key',
        hint: 'backoffMs is the wait before the first retry',
      });
  return { retries, backoff: undefined };
}
