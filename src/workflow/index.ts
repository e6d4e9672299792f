/** Workflows from YAML files: what `signalbox/workflow` gives, name by name. */
export type { Problem } from './document/source.ts';
export type { Filter } from './expressions/index.ts';
export { workflowJsonSchema } from './json-schema.ts';
export { type LoadOptions, loadWorkflow, parseWorkflow } from './load.ts';
export type { JobPlan, StagePlan, WorkflowPlan } from './model.ts';
export type { WorkflowPipeline } from './pipeline.ts';
export {
  type CallContext,
  type CallFunction,
  type RegisterOptions,
  Registry,
  register,
  registerFilter,
} from './registry.ts';
export type { WorkflowResult } from './run/body.ts';
export { type PipelineOptions, Workflow } from './workflow.ts';
