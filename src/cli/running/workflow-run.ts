/** A workflow file, ready to be run: read and checked, with its parameters, and nothing started or written. */
import { relative } from 'node:path';
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
  // Its problems are told of it as its author calls it, as `check` and `graph` do.
  const near = relative(process.cwd(), file);
  const workflow = await loadWorkflow(near === '' || near.startsWith('..') ? file : near, {
    imports,
    ...(workflows === undefined ? {} : { workflows }),
  });
  return { plan: workflow.plan, pipeline: workflow.pipeline({ params }) };
}
