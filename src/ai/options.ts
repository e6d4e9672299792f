/** What `languageModelHandlers` is given, and the checks of it: all of them at the call. */
import type { CallSettings, LanguageModel, streamText, ToolSet } from 'ai';
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument } from '../core/errors.ts';
import { AGENT_STEPS, PROMPT_TIMEOUT_MS } from '../core/limits.ts';
import type { HandlerContext } from '../task/index.ts';
import { type ModelChoice, type Models, readModel } from './models.ts';
import { readTools } from './tools.ts';

/** Sent with every request; what they mean is up to the model. */
export type ModelSettings = Pick<
  CallSettings,
  | 'maxOutputTokens'
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'stopSequences'
  | 'seed'
> &
  Pick<Parameters<typeof streamText>[0], 'providerOptions'>;

/** One name for both kinds, or one for each. */
export type DefaultModel = string | { readonly prompt?: string; readonly agent?: string };

export interface LanguageModelOptions {
  /**
   * The model of every task, or a function from the name of a model to it, such as a provider of the AI SDK. One
   * of `model` and `models` is needed.
   */
  readonly model?: ModelChoice;
  /** Models by the names that Tasks may ask for; looked up before `model`. */
  readonly models?: Readonly<Record<string, LanguageModel>>;
  /** The name of the model of Tasks that ask for none. */
  readonly defaultModel?: DefaultModel;
  /** AI SDK tools for agents, by the names that Tasks may ask for. A Task that asks for none in particular gets all. */
  readonly tools?: ToolSet;
  /** Turns an agent may take before its task fails. Default 20. */
  readonly maxSteps?: number;
  /** The system prompt, or what makes one for a task. Default: none. */
  readonly system?: string | ((context: HandlerContext) => string | undefined);
  /** Makes the text that is sent: the place to add what upstream Tasks gave. Default: the text of the Task. */
  readonly text?: (context: HandlerContext) => string | PromiseLike<string>;
  /** Time one attempt may take of a Task that has no `timeoutMs` of its own, in milliseconds. Default 60,000. */
  readonly promptTimeoutMs?: number;
  /** The same for agents. Default: no limit. */
  readonly agentTimeoutMs?: number;
  readonly settings?: ModelSettings;
}

export interface ReadLanguageModelOptions extends Models {
  readonly defaultModel: { readonly prompt?: string; readonly agent?: string };
  readonly tools: ToolSet;
  readonly maxSteps: number;
  readonly system: (context: HandlerContext) => string | undefined;
  readonly text: (context: HandlerContext) => string | PromiseLike<string>;
  readonly promptTimeoutMs: number;
  readonly agentTimeoutMs: number | undefined;
  readonly settings: ModelSettings;
}

const NAMES =
  'model models defaultModel tools maxSteps system text promptTimeoutMs agentTimeoutMs settings'.split(' ');
const NUMBERS = 'maxOutputTokens temperature topP topK presencePenalty frequencyPenalty seed'.split(' ');

/** @throws INVALID_ARGUMENT */
export function readOptions(given: unknown): ReadLanguageModelOptions {
  const options = readRecord('the options of languageModelHandlers', given) as LanguageModelOptions;
  checkKeys('option of languageModelHandlers', options, NAMES);
  const { model, models = {}, system, text, tools = {}, settings = {} } = options;
  return {
    ...readModels(model, models),
    defaultModel: readDefaultModel(options.defaultModel),
    tools: Object.freeze({ ...readTools('tools', tools) }),
    maxSteps: readSteps(options.maxSteps),
    system: readSystem(system),
    text: readText(text),
    promptTimeoutMs: readTimeout('promptTimeoutMs', options.promptTimeoutMs) ?? PROMPT_TIMEOUT_MS,
    agentTimeoutMs: readTimeout('agentTimeoutMs', options.agentTimeoutMs),
    settings: readSettings(settings),
  };
}

function readModels(model: unknown, models: unknown): Models {
  const entries = Object.entries(readRecord('models', models));
  if (model === undefined && entries.length === 0) {
    throw invalidArgument(
      'model',
      model,
      'a language model of the AI SDK, or a function from a name to one',
      'pass model, for example { model: (name) => provider(name) }, or models: { name: provider("...") }',
    );
  }
  const read = entries.map(
    ([name, one]) => [readName('a name in models', name), readModel(`models.${name}`, one)] as const,
  );
  if (model === undefined || typeof model === 'function')
    return { model: model as ModelChoice | undefined, models: new Map(read) };
  return { model: readModel('model', model), models: new Map(read) };
}

function readDefaultModel(given: unknown): ReadLanguageModelOptions['defaultModel'] {
  if (given === undefined) return {};
  if (typeof given === 'string') {
    const name = readName('defaultModel', given);
    return { prompt: name, agent: name };
  }
  const byKind = readRecord('defaultModel', given, 'a name, or { prompt?, agent? }');
  checkKeys('defaultModel', byKind, ['prompt', 'agent']);
  for (const [kind, name] of Object.entries(byKind)) {
    if (name !== undefined) readName(`defaultModel.${kind}`, name);
  }
  return { ...byKind };
}

function readSteps(value: unknown = AGENT_STEPS): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidArgument('maxSteps', value, 'a whole number, 1 or more');
}

function readSystem(value: unknown): ReadLanguageModelOptions['system'] {
  if (typeof value === 'function') return value as ReadLanguageModelOptions['system'];
  if (value === undefined || (typeof value === 'string' && value.trim() !== '')) return () => value;
  throw invalidArgument(
    'system',
    value,
    'a string that is not empty, or a function of the context that gives one',
  );
}

function readText(value: unknown): ReadLanguageModelOptions['text'] {
  if (value === undefined) return ({ payload }) => String(payload);
  if (typeof value === 'function') return value as ReadLanguageModelOptions['text'];
  throw invalidArgument('text', value, 'a function of the context that gives the text to send');
}

function readTimeout(what: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw invalidArgument(what, value, 'a finite number of milliseconds, more than 0');
}

function readSettings(given: unknown): ModelSettings {
  const settings = readRecord('settings', given);
  checkKeys('setting', settings, [...NUMBERS, 'stopSequences', 'providerOptions']);
  for (const name of NUMBERS) {
    const value = settings[name];
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value)))
      throw invalidArgument(`settings.${name}`, value, 'a finite number');
  }
  const { stopSequences, providerOptions } = settings as ModelSettings;
  if (stopSequences !== undefined && !isTexts(stopSequences))
    throw invalidArgument('settings.stopSequences', stopSequences, 'an array of strings');
  if (providerOptions !== undefined) readRecord('settings.providerOptions', providerOptions);
  return Object.freeze({ ...settings });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function readName(what: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalidArgument(what, value, 'the name of a model, not empty');
}

function readRecord(what: string, value: unknown, allowed = 'an object'): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw invalidArgument(what, value, allowed);
}
