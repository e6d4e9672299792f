/** What a workflow would do, as plain data for `--dry-run --json`. */
import type { StagePlan, WorkflowPlan } from '../../workflow/model.ts';
import { branchesOf } from './branches.ts';

export function planFacts({ name, jobs }: WorkflowPlan, params: Readonly<Record<string, unknown>>) {
  return {
    name,
    params,
    jobs: jobs.map(({ id, needs, rule, isFinally, strategy, stages }) => ({
      id,
      needs,
      rule,
      finally: isFinally,
      matrix: strategy.matrix,
      stages: stages.map(stageFacts),
    })),
  };
}

interface StageFacts {
  readonly id: string;
  readonly kind: string;
  readonly inside?: readonly { readonly branch: string | null; readonly stages: readonly StageFacts[] }[];
}

function stageFacts(stage: StagePlan): StageFacts {
  const inside = branchesOf(stage).map(({ label, stages }) => ({
    branch: label ?? null,
    stages: stages.map(stageFacts),
  }));
  return { id: stage.id ?? stage.name, kind: stage.kind, ...(inside.length === 0 ? {} : { inside }) };
}
