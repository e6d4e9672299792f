export {
  type Invariant,
  invariants,
  type LabelView,
  type MoveView,
  type NeedView,
  type RunView,
  type StageView,
  type StepView,
  type TaskView,
  type View,
} from './invariants.ts';
export type { FinalState, Kind, LifecycleState } from './lifecycle.ts';
export { isFinal, isLegalMove, LIFECYCLE, STATES } from './lifecycle.ts';
export { type PipelineContext, pipelineMachine } from './pipeline.ts';
export type {
  Command,
  ExternalEvent,
  Outcome,
  PipelineEvent,
  StageEvent,
  StageTally,
  SupervisorEvent,
  TaskEvent,
} from './protocol.ts';
export { type StageContext, stageMachine } from './stage.ts';
export { type SupervisorContext, supervisorMachine } from './supervisor.ts';
export { taskMachine } from './task.ts';
export type { TaskContext, TaskInput } from './task-context.ts';
