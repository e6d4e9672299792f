/** A workflow as a plan: its jobs as threads, each with a stage of its own, as src/workflow/run/ runs them. */
import type { JobPlan, StagePlan, WorkflowPlan } from '../../workflow/model.ts';
import type { ExplorePlan, PlannedThread } from '../explore/index.ts';
import { findingsOf } from './findings.ts';
import { Fits } from './fits.ts';
import type { PlanModel, ReadOptions } from './index.ts';
import { StageBuilder } from './stages.ts';
import { Values } from './values.ts';

export function workflowModel(plan: WorkflowPlan, options: ReadOptions): PlanModel {
  const { resources, params, maxItems, now } = options;
  const fits = new Fits(plan, resources);
  const defaults = Object.fromEntries(
    plan.params.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value] as const])),
  );
  // Parameters that nobody gave are not known: what a condition says of them may be either.
  const values = new Values({ params }, defaults);
  const builder = new StageBuilder({ fits, values, maxItems });
  const name = builder.names.take(plan.name);
  const inQueue = [...plan.jobs].sort((a, b) => a.depth - b.depth);
  const threads = plan.jobs.map((job) => threadOf(job, inQueue.indexOf(job), builder));
  const atOnce = plan.extras.max_job_parallel;
  const explored: ExplorePlan = {
    ...common(options),
    runs: {
      [name]: {
        body: [],
        stages: inQueue.map(({ id, depth }) => ({ name: id, depth })),
        threads,
        ...(typeof atOnce === 'number' ? { threadsAtOnce: atOnce } : {}),
      },
    },
  };
  const known = { values, neverFits: (stage: StagePlan) => fits.never(stage) };
  const findings = [...fits.findings((stage) => builder.taskOf(stage)), ...findingsOf(plan, { known, now })];
  if (plan.jobs.some(({ timeoutMs }) => timeoutMs !== undefined))
    builder.note('time-outs of jobs are left out', undefined);
  return { plan: explored, notes: builder.notes, findings, placeOf: (task) => builder.places.get(task) };
}

/** Of every model: one run, and what happens by itself happens before anything ends. */
export function common({ resources, taskParallelism, policy }: ReadOptions): Omit<ExplorePlan, 'runs'> {
  return { resources, taskParallelism, pipelineParallelism: 1, policy, pace: 'prompt' };
}

function threadOf(job: JobPlan, stage: number, builder: StageBuilder): PlannedThread {
  return {
    thread: job.id,
    stage,
    when: job.needs,
    rule: job.rule,
    ...(job.isFinally ? { finally: true } : {}),
    steps: builder.job(job),
  };
}
