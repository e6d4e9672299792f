/** Language models as handlers of the task kinds `prompt` and `agent`: the public names, one by one. */
export { type LanguageModelHandlers, languageModelHandlers } from './handlers.ts';
export type { ModelChoice } from './models.ts';
export type { DefaultModel, LanguageModelOptions, ModelSettings } from './options.ts';
export type { LanguageModelRecord, ModelStep, ModelUsage, ToolCall } from './transcript.ts';
