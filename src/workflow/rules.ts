/**
 * Trigger rules: whether a job may start, by how the jobs it needs have ended.
 *
 * Where this is not what the original does: a cancelled need cancels the job instead of running it all the same,
 * except that `all_done` runs, since it is what cleans up.
 */
import type { TriggerRule } from './model.ts';
import type { Status } from './status.ts';

/** `wait`: something needed is not over. `cancel`, `skip`: the job ends so without running. `fail`: the rule cannot hold. */
export type Judgement = 'run' | 'wait' | 'skip' | 'fail' | 'cancel';

/**
 * In this order: nothing needed runs; a need that is not over waits; all skipped skips; `all_done` runs; a cancelled
 * need cancels; otherwise the rule decides between running and failing. `one_success` and `one_failed` mean exactly
 * one.
 */
export function judgeNeeds(rule: TriggerRule, statuses: readonly Status[]): Judgement {
  if (statuses.length === 0) return 'run';
  if (statuses.includes('WAIT')) return 'wait';
  if (statuses.every((status) => status === 'SKIP')) return 'skip';
  if (rule === 'all_done') return 'run';
  if (statuses.includes('CANCEL')) return 'cancel';
  return holds(rule, statuses) ? 'run' : 'fail';
}

function holds(rule: Exclude<TriggerRule, 'all_done'>, statuses: readonly Status[]): boolean {
  const number = (wanted: Status) => statuses.filter((status) => status === wanted).length;
  switch (rule) {
    case 'all_success':
      return number('SUCCESS') === statuses.length;
    case 'all_failed':
      return number('FAILED') === statuses.length;
    case 'one_success':
      return number('SUCCESS') === 1;
    case 'one_failed':
      return number('FAILED') === 1;
    case 'none_failed':
      return number('FAILED') === 0;
    case 'none_skipped':
      return number('SKIP') === 0;
  }
}
