/** What is wrong with a schedule for sure, and needs no exploration to be seen. */
import type { CaseStage, JobPlan, Path, StagePlan, UntilStage, WorkflowPlan } from '../../workflow/model.ts';
import { nextRun } from '../../workflow/schedule.ts';
import { shown } from './names.ts';
import { type JobOutcomes, type Known, outcomesOf, outcomesOfJobs } from './outcomes.ts';
import { isPlain, mentions } from './values.ts';

export type FindingKind =
  /** A stage asks for more than there is, or for what is not there. */
  | 'never-fits'
  /** A stage, branch or job that nothing leads to. */
  | 'unreachable'
  /** A loop that only its bound ends. */
  | 'unbounded'
  /** A schedule without a time in the future. */
  | 'never-due';

export interface PlanFinding {
  readonly kind: FindingKind;
  readonly message: string;
  readonly hint: string;
  /** Where in the file. */
  readonly path: Path;
  /** The task of the plan that it is about, if it is about one. */
  readonly task?: string;
}

export interface FindingOptions {
  readonly known: Known;
  /** Epoch milliseconds. */
  readonly now: number;
}

export function findingsOf(plan: WorkflowPlan, { known, now }: FindingOptions): readonly PlanFinding[] {
  // What never fits is told by itself, not again for every job behind it.
  const jobs = outcomesOfJobs(plan.jobs, { ...known, neverFits: () => false });
  return [
    ...plan.jobs.flatMap((job) => [...jobFindings(job, jobs), ...listFindings(job.stages, known)]),
    ...plan.schedules.filter((one) => nextRun(one, now) === undefined).map(neverDue),
  ];
}

function neverDue({ cron, path }: WorkflowPlan['schedules'][number]): PlanFinding {
  return {
    kind: 'never-due',
    message: `the schedule '${cron}' has no time in the future`,
    hint: 'no such day exists, or its years are over',
    path,
  };
}

/** A job that cannot start because of one that cannot start is the same thing, told once. */
function jobFindings(job: JobPlan, jobs: ReadonlyMap<string, JobOutcomes>): readonly PlanFinding[] {
  if (jobs.get(job.id)?.mayStart !== false) return [];
  if (job.needs.some((need) => jobs.get(need)?.mayStart === false)) return [];
  const ends = job.needs.map((need) => `${need} ${listed([...(jobs.get(need)?.outcomes ?? [])])}`);
  return [
    {
      kind: 'unreachable',
      message: `the job '${job.id}' can never start: its rule is ${job.rule}, and what it needs only ever ends so: ${ends.join('; ')}`,
      hint: 'change trigger-rule or needs, or let those jobs end otherwise',
      path: job.path,
    },
  ];
}

const listed = (words: readonly string[]): string => words.join(' or ') || 'never';

function listFindings(stages: readonly StagePlan[], known: Known): readonly PlanFinding[] {
  const end = stages.findIndex((stage) => isEnd(stage, known));
  const next = end === -1 ? undefined : stages[end + 1];
  const raising = stages[end];
  const inside = stages.flatMap((stage) => stageFindings(stage, known));
  if (next === undefined || raising === undefined) return inside;
  const more = stages.length - end - 2;
  const finding: PlanFinding = {
    kind: 'unreachable',
    message: `the stage '${next.name}'${more > 0 ? ` and ${more} after it` : ''} can never start: '${raising.name}' before it always fails`,
    hint: `give '${raising.name}' an if, or move it to the end`,
    path: next.path,
  };
  return [...inside, finding];
}

/** Fails whatever happens. What never fits, or loops for ever, is told by itself. */
function isEnd(stage: StagePlan, known: Known): boolean {
  if (known.neverFits(stage) || stage.kind === 'until') return false;
  const outcomes = outcomesOf(stage, known);
  return outcomes.size === 1 && outcomes.has('FAILED');
}

function stageFindings(stage: StagePlan, known: Known): readonly PlanFinding[] {
  switch (stage.kind) {
    case 'parallel':
      return Object.values(stage.branches).flatMap((stages) => listFindings(stages, known));
    case 'foreach':
      return listFindings(stage.stages, known);
    case 'until':
      return [...untilFindings(stage, known), ...listFindings(stage.stages, known)];
    case 'case':
      return [...caseFindings(stage), ...stage.match.flatMap(({ stages }) => listFindings(stages, known))];
    default:
      return [];
  }
}

function untilFindings(stage: UntilStage, { values }: Known): readonly PlanFinding[] {
  const { name, maxLoop } = stage;
  const path = [...stage.path, 'until'];
  const always = `'${name}' then goes round ${maxLoop} times and fails`;
  if (values.decide(stage.until) === false)
    return [
      {
        kind: 'unbounded',
        message: `the condition of '${name}' is never true: ${always}`,
        hint: 'compare item, loop or what a stage inside leaves',
        path,
      },
    ];
  if (values.decide(stage.until) === true || mentions(stage.until, ['item', 'loop', 'stages'])) return [];
  return [
    {
      kind: 'unbounded',
      message: `the condition of '${name}' is the same in every loop; where it is false, ${always}`,
      hint: 'let it mention item, loop or stages: only those change from loop to loop',
      path,
    },
  ];
}

function caseFindings(stage: CaseStage): readonly PlanFinding[] {
  const all = stage.match;
  const unreachable = (message: string, path: Path, hint: string): PlanFinding => ({
    kind: 'unreachable',
    message,
    hint,
    path,
  });
  const twice = all.flatMap(({ value, path }, at) => {
    const same = all.findIndex((other) => other.value === value);
    if (same === at) return [];
    const what = value === undefined ? 'a second else' : `a second case ${shown(value)}`;
    return [
      unreachable(`'${stage.name}' has ${what}, which is never taken`, path, 'only the first one counts'),
    ];
  });
  if (!isPlain(stage.case)) return twice;
  const never = all.filter(({ value }) => value !== undefined && value !== stage.case && isPlain(value));
  const texts = never.map(({ value, path }) =>
    unreachable(
      `the case ${shown(value)} of '${stage.name}' is never taken: it looks at ${shown(stage.case)}`,
      path,
      'write a template: case: ${{ ... }}',
    ),
  );
  return [...twice, ...texts];
}
