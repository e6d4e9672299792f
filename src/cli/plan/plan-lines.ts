/** What a workflow would do, as a tree: jobs with what they need, and their stages. */
import type { JobPlan, StagePlan, WorkflowPlan } from '../../workflow/model.ts';
import type { Output } from '../output.ts';
import { clean } from '../terminal/safe-text.ts';
import type { Style } from '../terminal/style.ts';
import { branchesOf } from './branches.ts';

export function planLines(plan: WorkflowPlan, { style }: Output): readonly string[] {
  const stages = plan.jobs.reduce((sum, job) => sum + job.stages.length, 0);
  const counts = `${count(plan.jobs.length, 'job')}, ${count(stages, 'stage')}`;
  return [
    `${style.bold(clean(plan.name))}  ${style.dim(`${counts}; nothing was started`)}`,
    ...plan.jobs.flatMap((job) => jobLines(job, style)),
  ];
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

function jobLines(job: JobPlan, style: Style): readonly string[] {
  const { needs, strategy, isFinally, rule, condition } = job;
  const facts = [
    ...(isFinally ? ['finally'] : []),
    ...(needs.length === 0 ? [] : [`after ${needs.join(', ')}`]),
    ...(rule === 'all_success' ? [] : [rule]),
    ...(condition === null ? [] : [`if ${String(condition)}`]),
    ...matrixFacts(strategy),
    ...resourceFacts(job),
  ];
  return [
    `${style.dim(style.signs.waiting)} ${clean(job.id)}${factText(facts, style)}`,
    ...stageLines(job.stages, 1, style),
  ];
}

function matrixFacts({ matrix, include }: JobPlan['strategy']): readonly string[] {
  const axes = Object.entries(matrix).map(([name, values]) =>
    typeof values === 'string' ? name : `${name} x${values.length}`,
  );
  return axes.length === 0 && include.length === 0 ? [] : [`matrix ${axes.join(', ')}`.trim()];
}

function resourceFacts({ resources = {} }: Pick<JobPlan, 'resources'>): readonly string[] {
  const amounts = Object.entries(resources).map(([label, amount]) => `${label} ${amount}`);
  return amounts.length === 0 ? [] : [amounts.join(', ')];
}

function stageLines(stages: readonly StagePlan[], depth: number, style: Style): readonly string[] {
  const indent = '  '.repeat(depth);
  return stages.flatMap((stage) => {
    const facts = [
      stage.kind,
      ...(stage.condition === null ? [] : [`if ${String(stage.condition)}`]),
      ...resourceFacts(stage),
    ];
    return [
      `${indent}${style.dim(style.signs.waiting)} ${clean(stage.id ?? stage.name)}${factText(facts, style)}`,
      ...branchesOf(stage).flatMap(({ label, stages: inside }) =>
        label === undefined
          ? stageLines(inside, depth + 1, style)
          : [`${indent}  ${style.dim(clean(label))}`, ...stageLines(inside, depth + 2, style)],
      ),
    ];
  });
}

function factText(facts: readonly string[], style: Style): string {
  return facts.length === 0 ? '' : style.dim(`  ${facts.map(clean).join(` ${style.signs.dot} `)}`);
}
