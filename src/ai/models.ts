/**
 * Which model a task is sent to. A task names one or leaves it to the handlers' default; the name is looked up in
 * `models`, then given to `model`. Nothing is guessed: a task is never sent to another model than it asked for.
 */
import type { LanguageModel } from 'ai';
import { invalidArgument, type SignalboxError, show } from '../core/errors.ts';

/**
 * One model for every task, or a function from the name of a model to it, such as a provider of the AI SDK. A
 * string is a name of the SDK's global provider (the AI Gateway, unless told otherwise).
 */
export type ModelChoice = LanguageModel | ((name: string) => LanguageModel | PromiseLike<LanguageModel>);

export interface Models {
  readonly model: ModelChoice | undefined;
  readonly models: ReadonlyMap<string, LanguageModel>;
}

export interface ChosenModel {
  /** As it was asked for. */
  readonly name: string;
  readonly model: LanguageModel;
}

/** @throws INVALID_ARGUMENT naming what to configure; and what the function of `model` throws */
export async function chooseModel({ model, models }: Models, name: string | undefined): Promise<ChosenModel> {
  const listed = name === undefined ? undefined : models.get(name);
  if (name !== undefined && listed !== undefined) return { name, model: listed };
  if (typeof model === 'function') {
    if (name === undefined) throw unnamed(models);
    return { name, model: readModel(`model(${show(name)})`, await model(name)) };
  }
  if (model === undefined) throw name === undefined ? unnamed(models) : unknown(name, [...models.keys()]);
  const own = nameOf(model);
  if (name !== undefined && name !== own) throw unknown(name, [...models.keys(), own]);
  return { name: own, model };
}

export function nameOf(model: LanguageModel): string {
  return typeof model === 'string' ? model : model.modelId;
}

/** @throws INVALID_ARGUMENT for what is no model of the AI SDK, version 5 or 6 */
export function readModel(what: string, value: unknown): LanguageModel {
  if (typeof value === 'string' && value.trim() !== '') return value;
  if (isModel(value)) return value;
  throw invalidArgument(
    what,
    value,
    'a language model of the AI SDK, or the name of one',
    'pass what a provider returns, for example createOpenAICompatible({ ... })("my-model")',
  );
}

function isModel(value: unknown): value is Exclude<LanguageModel, string> {
  if (typeof value !== 'object' || value === null) return false;
  const { specificationVersion, modelId, doStream } = value as Readonly<Record<string, unknown>>;
  const isKnown = specificationVersion === 'v2' || specificationVersion === 'v3';
  return isKnown && typeof modelId === 'string' && typeof doStream === 'function';
}

function unnamed(models: ReadonlyMap<string, LanguageModel>): SignalboxError {
  const known = models.size === 0 ? 'the name of one' : [...models.keys()].join(', ');
  return invalidArgument(
    'the model of the task',
    undefined,
    known,
    'give the Task a model, or give languageModelHandlers a defaultModel',
  );
}

function unknown(name: string, known: readonly string[]): SignalboxError {
  return invalidArgument(
    'the model of the task',
    name,
    known.join(', '),
    `add ${JSON.stringify(name)} to the models of languageModelHandlers, or give it model: (name) => provider(name)`,
  );
}
