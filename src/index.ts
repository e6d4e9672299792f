/** Signalbox: an orchestration core whose schedule is checked. Public names, one by one. */
export type { FinalState, LifecycleState } from '../machines/lifecycle.ts';
export type { Outcome } from '../machines/protocol.ts';
export type { AdmissionPolicy, RateLimit, ResourceSpec } from './admission/index.ts';
export type { Clock } from './core/clock.ts';
export {
  CancelledError,
  type ErrorCode,
  SignalboxError,
  TaskTimeoutError,
  TerminatedError,
  TimeoutError,
  UnknownResourceError,
  UnschedulableTaskError,
} from './core/errors.ts';
export type { Logger } from './core/logger.ts';
export { defineTask, type TaskDefinition, type TaskDefinitionOptions } from './executors/define-task.ts';
export type {
  AttemptContext,
  AttemptReports,
  AttemptRequest,
  Executor,
  RunningAttempt,
  Work,
} from './executors/executor.ts';
export type { ProcessResult } from './executors/process-result.ts';
export { threadExecutor } from './executors/thread.ts';
export { type DefinedPipeline, definePipeline, Pipeline } from './pipeline/pipeline.ts';
export {
  ALL_COMPLETED,
  type CloseMode,
  type CloseOptions,
  type Command,
  Controls,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type Limits,
  type PipelineFunction,
  PipelineHandle,
  type PipelineSnapshotView,
  type ResourceUse,
  type RetryOptions,
  type ReturnWhen,
  type RunOptions,
  type RuntimeEvent,
  type SchedulerOptions,
  type SchedulerSnapshot,
  StageHandle,
  type StageSnapshotView,
  type TaskBuilder,
  type TaskContext,
  TaskHandle,
  type TaskOptions,
  type TaskSnapshotView,
  type UseOptions,
  type WaitOptions,
  type WaitResult,
} from './runtime/index.ts';
export { Scheduler } from './scheduler.ts';
