/** Tasks as objects: what the runtime and the authoring styles import of them. */
export type { AttemptFacts, TaskBinding } from './binding.ts';
export { HandlerContext } from './handler-context.ts';
export { HandlerFailure, HandlerYield } from './handler-yield.ts';
export {
  type CommandHandler,
  type ContainerHandler,
  type Handler,
  type HandlerCommand,
  type HandlerFunction,
  Handlers,
  type HandlersOption,
} from './handlers.ts';
export type { LiveSlot, LiveTask } from './life.ts';
export type {
  AgentOptions,
  CallContext,
  CallOptions,
  CommandOptions,
  DockerAuth,
  DockerOptions,
  PromptOptions,
  SubmissionOptions,
  TaskDetails,
  TaskRetry,
  TaskSettings,
} from './options.ts';
export { type PreparedTask, prepareTask } from './preparation.ts';
export type { TaskResult, TerminationReason } from './result.ts';
export { canBecome, nextStatus, TASK_MOVES, TASK_STATUSES, type TaskStatus } from './status.ts';
export { isTask, Task, type TaskValue } from './task.ts';
export type { WrittenTask } from './written-task.ts';
