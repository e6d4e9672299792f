/** How stages and jobs may end, worked out without running them: more than can happen, never less. */
import type { JobPlan, StagePlan } from '../../workflow/model.ts';
import { judgeNeeds } from '../../workflow/rules.ts';
import type { Status } from '../../workflow/status.ts';
import { isPlain, type Values } from './values.ts';

/** Without CANCEL: that takes somebody who stops it. */
export type Outcomes = ReadonlySet<Exclude<Status, 'CANCEL' | 'WAIT'>>;

/** Whether a stage cannot run at all: it asks for what is not there. */
export type NeverFits = (stage: StagePlan) => boolean;

export interface Known {
  readonly values: Values;
  readonly neverFits: NeverFits;
}

export function outcomesOf(stage: StagePlan, known: Known): Outcomes {
  const runs = known.values.decide(stage.condition);
  const outcomes = new Set(runs === false ? [] : outcomesOfKind(stage, known));
  if (runs !== true) outcomes.add('SKIP');
  return outcomes;
}

function outcomesOfKind(stage: StagePlan, known: Known): Outcomes {
  if (known.neverFits(stage)) return new Set(['FAILED']);
  switch (stage.kind) {
    case 'empty':
      return new Set(isHarmless(stage) ? ['SUCCESS'] : ['SUCCESS', 'FAILED']);
    case 'raise':
      return new Set(['FAILED']);
    case 'parallel':
      return merged(Object.values(stage.branches).map((stages) => outcomesOfList(stages, known)));
    case 'case':
      return casesOf(stage, known);
    case 'foreach': {
      const inside = outcomesOfList(stage.stages, known);
      return new Set(isPlain(stage.foreach) ? inside : [...inside, 'SUCCESS', 'FAILED']);
    }
    case 'until': {
      const inside = outcomesOfList(stage.stages, known);
      const ends = known.values.decide(stage.until);
      if (ends === false) return new Set(['FAILED']);
      return new Set(ends === true ? inside : [...inside, 'FAILED']);
    }
    default:
      return new Set(['SUCCESS', 'FAILED']);
  }
}

/** It has nothing that could go wrong. */
export function isHarmless(stage: StagePlan): boolean {
  if (stage.kind !== 'empty') return false;
  return isPlain(stage.echo) && isPlain(stage.sleep) && isPlain(stage.name) && isPlain(stage.id ?? '');
}

function casesOf(stage: StagePlan & { readonly kind: 'case' }, known: Known): Outcomes {
  const branches = stage.match.map(({ stages }) => outcomesOfList(stages, known));
  const hasElse = stage.match.some(({ value }) => value === undefined);
  return new Set([...branches.flatMap((one) => [...one]), ...(hasElse ? [] : unmatched(stage.skipNotMatch))]);
}

const unmatched = (skips: boolean) => [skips ? ('SKIP' as const) : ('FAILED' as const)];

/** One after the other, until one fails. */
export function outcomesOfList(stages: readonly StagePlan[], known: Known): Outcomes {
  const all = stages.map((stage) => outcomesOf(stage, known));
  const outcomes = new Set<'SUCCESS' | 'FAILED' | 'SKIP'>();
  if (all.some((one) => one.has('FAILED'))) outcomes.add('FAILED');
  const passes = all.every((one) => one.has('SUCCESS') || one.has('SKIP'));
  if (passes && all.some((one) => one.has('SUCCESS'))) outcomes.add('SUCCESS');
  if (all.every((one) => one.has('SKIP'))) outcomes.add('SKIP');
  return outcomes;
}

/** Side by side, to their ends. */
function merged(parts: readonly Outcomes[]): Outcomes {
  const outcomes = new Set<'SUCCESS' | 'FAILED' | 'SKIP'>();
  if (parts.some((one) => one.has('FAILED'))) outcomes.add('FAILED');
  const passes = parts.every((one) => one.has('SUCCESS') || one.has('SKIP'));
  if (parts.length === 0 || (passes && parts.some((one) => one.has('SUCCESS')))) outcomes.add('SUCCESS');
  if (parts.length > 0 && parts.every((one) => one.has('SKIP'))) outcomes.add('SKIP');
  return outcomes;
}

export interface JobOutcomes {
  readonly outcomes: Outcomes;
  /** By what it needs and its rule; its own `if` does not count. */
  readonly mayStart: boolean;
}

/** Jobs come after those they need. */
export function outcomesOfJobs(jobs: readonly JobPlan[], known: Known): ReadonlyMap<string, JobOutcomes> {
  const all = new Map<string, JobOutcomes>();
  const visit = (job: JobPlan): void => {
    if (all.has(job.id)) return;
    all.set(job.id, { outcomes: new Set(['SUCCESS', 'FAILED', 'SKIP']), mayStart: true });
    for (const need of job.needs) {
      const needed = jobs.find(({ id }) => id === need);
      if (needed !== undefined) visit(needed);
    }
    const needs = job.needs.map((id) => all.get(id)?.outcomes ?? new Set<never>());
    all.set(job.id, outcomesOfJob(job, needs, known));
  };
  jobs.forEach(visit);
  return all;
}

function outcomesOfJob(job: JobPlan, needs: readonly Outcomes[], known: Known): JobOutcomes {
  const verdicts = verdictsOf(job, needs);
  const mayStart = verdicts.has('run');
  const outcomes = new Set<'SUCCESS' | 'FAILED' | 'SKIP'>();
  if (verdicts.has('fail')) outcomes.add('FAILED');
  if (verdicts.has('skip')) outcomes.add('SKIP');
  if (mayStart) {
    const runs = known.values.decide(job.condition);
    if (runs !== true) outcomes.add('SKIP');
    if (runs !== false) for (const one of outcomesOfList(job.stages, known)) outcomes.add(one);
    // Values of a matrix that are not known, or wrong, fail the job as a whole.
    if (runs !== false && !isPlain(job.strategy)) outcomes.add('FAILED');
  }
  return { outcomes, mayStart };
}

/** What the rule says to every combination of ends. Only how many ended how counts, so three of a kind say it all. */
function verdictsOf({ rule }: JobPlan, needs: readonly Outcomes[]): ReadonlySet<string> {
  let combinations: ReadonlyMap<string, readonly Status[]> = new Map([['', []]]);
  for (const one of needs) {
    const next = new Map<string, readonly Status[]>();
    for (const statuses of combinations.values())
      for (const status of one) {
        const known =
          statuses.filter((other) => other === status).length >= 2 ? statuses : [...statuses, status];
        next.set([...known].sort().join(), known);
      }
    combinations = next;
  }
  return new Set([...combinations.values()].map((statuses) => judgeNeeds(rule, statuses)));
}
