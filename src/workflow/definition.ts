/** A run of a workflow again from what a ledger keeps of it, in a process that never saw its file. */
import { invalidArgument } from '../core/errors.ts';
import { reloadWorkflow } from './load.ts';
import type { WorkflowDefinition, WorkflowPipeline } from './pipeline.ts';

/** @throws INVALID_ARGUMENT for what no run of a workflow can have left; WORKFLOW_INVALID; what an import throws */
export async function fromDefinition(given: unknown): Promise<WorkflowPipeline> {
  const definition = given as Partial<WorkflowDefinition> | null;
  if (typeof definition !== 'object' || typeof definition?.text !== 'string')
    throw invalidArgument('the definition of a workflow', given, '{ file, text, folder, imports, params }');
  const { params, ancestors } = definition as WorkflowDefinition;
  const workflow = await reloadWorkflow(definition as WorkflowDefinition);
  return workflow.resumed(params, ancestors);
}
