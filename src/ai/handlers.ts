/**
 * The handlers of `prompt` and `agent`. A prompt is one request without tools; an agent may use tools, in a bounded
 * number of steps. Anything of the AI SDK is loaded when the first of them runs.
 */
import { invalidArgument } from '../core/errors.ts';
import type { HandlerContext, HandlerFunction, HandlerYield } from '../task/index.ts';
import { Conversation } from './conversation.ts';
import { chooseModel } from './models.ts';
import { type LanguageModelOptions, type ReadLanguageModelOptions, readOptions } from './options.ts';
import { loadSdk } from './sdk.ts';
import { chooseTools } from './tools.ts';

export type LanguageModelHandlers = { readonly prompt: HandlerFunction; readonly agent: HandlerFunction };

/**
 * Handlers for Task.prompt and Task.agent over the Vercel AI SDK, whatever the provider:
 * `new Scheduler({ handlers: languageModelHandlers({ model: (name) => provider(name) }) })`.
 *
 * The text is told as `task:output` while it comes and is the `output` of the TaskResult, whose `raw` is a
 * LanguageModelRecord; tool calls are told as `task:progress`. A task fails with TASK_FAILED (`retryable` for 408,
 * 409, 429, 5xx and broken connections; the SDK's own retries are off), INVALID_ARGUMENT for a model or tool that
 * is not there, EXECUTOR_UNAVAILABLE when the package `ai` is not installed.
 *
 * @throws INVALID_ARGUMENT for an option that is not as documented, or with neither `model` nor `models`
 */
export function languageModelHandlers(options: LanguageModelOptions): LanguageModelHandlers {
  const read = readOptions(options);
  return {
    prompt: withTimeout(read.promptTimeoutMs, (context) => answer('prompt', read, context)),
    agent: withTimeout(read.agentTimeoutMs, (context) => answer('agent', read, context)),
  };
}

function withTimeout(timeoutMs: number | undefined, handler: HandlerFunction): HandlerFunction {
  return Object.assign(handler, { timeoutMs });
}

async function answer(
  kind: 'prompt' | 'agent',
  options: ReadLanguageModelOptions,
  context: HandlerContext,
): Promise<HandlerYield> {
  const { defaultModel, settings } = options;
  const tools = kind === 'agent' ? chooseTools(context.options.tools, options.tools) : {};
  const sdk = await loadSdk();
  const chosen = await chooseModel(options, context.options.model ?? defaultModel[kind]);
  const text = readContent('what text(context) gave', await options.text(context));
  const system = options.system(context);
  if (system !== undefined) readContent('what system(context) gave', system);
  context.throwIfCancelled();
  const maxSteps = kind === 'agent' ? options.maxSteps : 1;
  return new Conversation({ sdk, ...chosen, system, text, tools, maxSteps, settings, context }).run();
}

function readContent(what: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalidArgument(what, value, 'a string that is not empty');
}
