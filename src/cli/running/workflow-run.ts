/** A workflow file, ready to be run: read and checked, with its parameters, and nothing started or written. */
import type { RunnablePipeline } from '../../runtime/index.ts';
import type { WorkflowPlan } from '../../workflow/model.ts';
import type { Launch } from './launch.ts';

export interface WorkflowRun {
  readonly plan: WorkflowPlan;
  readonly pipeline: RunnablePipeline;
}

/** @throws WORKFLOW_INVALID, INVALID_ARGUMENT */
export async function workflowRun({ file, workflows, imports, params }: Launch): Promise<WorkflowRun> {
  const { loadWorkflow } = await import('../../workflow/index.ts');
  const workflow = await loadWorkflow(file, {
    imports,
    ...(workflows === undefined ? {} : { workflows }),
  });
  return { plan: workflow.plan, pipeline: workflow.pipeline({ params }) };
}
