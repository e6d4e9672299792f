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
export { type TaskContext, type TaskInput, taskMachine } from './task.ts';
