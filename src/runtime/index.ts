/** The runtime's public file: the authoring styles and the package import nothing else of it. */

export type { Outcome } from '../../machines/protocol.ts';
export type { RecordedRun } from '../stores/store.ts';
export type { CloseMode, CloseOptions } from './closing.ts';
export { Controls, copyTaskOptions, type TaskBuilder } from './controls.ts';
export type { EventBody, RuntimeEvent } from './events.ts';
export type { LeasedRun, RecoverResult, RefusedRun, UnknownRun } from './ledger/recover-result.ts';
export type { BuildStyle, Styles } from './ledger/recovery.ts';
export type { Limits, SchedulerOptions } from './options.ts';
export { PipelineHandle, type PipelineSnapshotView } from './pipeline-handle.ts';
export type {
  CheckTask,
  HasPipeline,
  PipelineFunction,
  RunnablePipeline,
  RunOptions,
  StyleDefinition,
} from './run-options.ts';
export {
  AS_PIPELINE,
  CHILDREN,
  CLAIM,
  DECLARES_STAGES,
  DEFINITION,
  ENTER,
  NAME,
  RESULT_OF_FAILURE,
  SUBMITTED,
} from './run-symbols.ts';
export { Scheduler, type TypedPipeline, type UseOptions } from './scheduler.ts';
export type { ResourceUse, SchedulerSnapshot } from './snapshot.ts';
export { StageHandle, type StageSnapshotView } from './stage-handle.ts';
export { STYLE, StyleControls, StyleWork } from './style-controls.ts';
export { TaskContext } from './task-context.ts';
export { TaskHandle, type TaskSnapshotView } from './task-handle.ts';
export { taskRunOf } from './task-run.ts';
export type { Command, RetryOptions, TaskOptions, TaskPlace } from './task-spec.ts';
export {
  ALL_COMPLETED,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  type WaitOptions,
  type WaitResult,
} from './waits.ts';
