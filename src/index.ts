/** Signalbox: an orchestration core whose schedule is checked. Public names, one by one. */
export type { FinalState, LifecycleState } from '../machines/lifecycle.ts';
export type { Outcome } from '../machines/protocol.ts';
export type { AdmissionPolicy, RateLimit, ResourceSpec } from './admission/index.ts';
export type { Clock } from './core/clock.ts';
export {
  CancelledError,
  type ErrorCode,
  SignalboxError,
  StageError,
  TaskTimeoutError,
  TerminatedError,
  TimeoutError,
  UnknownResourceError,
  UnschedulableTaskError,
  WorkflowError,
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
export type {
  AddOptions,
  GraphOptions,
  GraphRunOptions,
  Mapped,
  WrittenGraph,
  WrittenNode,
} from './graph/index.ts';
export { type DefinedPipeline, definePipeline, Pipeline } from './pipeline/pipeline.ts';
export {
  ALL_COMPLETED,
  type CloseMode,
  type CloseOptions,
  type Command,
  Controls,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type LeasedRun,
  type Limits,
  type PipelineFunction,
  PipelineHandle,
  type PipelineSnapshotView,
  type RecoverResult,
  type RefusedRun,
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
  type UnknownRun,
  type UseOptions,
  type WaitOptions,
  type WaitResult,
} from './runtime/index.ts';
export { Scheduler } from './scheduler.ts';
export { memoryStore } from './stores/memory.ts';
export type {
  Durability,
  OwnerIdentity,
  RunFilter,
  RunMessage,
  Store,
  StoredEvent,
  StoredRun,
  StoredTask,
} from './stores/store.ts';
export {
  type AgentOptions,
  type CallContext,
  type CallOptions,
  type CommandHandler,
  type CommandOptions,
  type ContainerHandler,
  type DockerAuth,
  type DockerOptions,
  type Handler,
  type HandlerCommand,
  type HandlerContext,
  type HandlerFunction,
  type HandlersOption,
  type PromptOptions,
  Task,
  type TaskDetails,
  type TaskResult,
  type TaskRetry,
  type TaskSettings,
  type TaskStatus,
  type TaskValue,
  type TerminationReason,
  type WrittenTask,
} from './task/index.ts';
export { TaskGraph } from './task-graph.ts';
