/**
 * One conversation with a model, from the first request to the last step: what it says is told as it comes.
 *
 * Does not own: time-outs and retries (the task's), and who may be asked (models.ts, tools.ts).
 * Invariants:
 * (C1) the deltas told as output, put together, are the output of the result, whatever the end;
 * (C2) a conversation that ends early leaves no request open, and no tool running.
 */
import type { LanguageModel, TextStreamPart, ToolSet } from 'ai';
import { SignalboxError } from '../core/errors.ts';
import { type HandlerContext, HandlerFailure, type HandlerYield } from '../task/index.ts';
import { failureOf } from './failures.ts';
import type { ModelSettings } from './options.ts';
import type { Sdk } from './sdk.ts';
import { Secrets } from './secrets.ts';
import { WatchedTools } from './tools.ts';
import { Transcript } from './transcript.ts';

export interface ConversationParts {
  readonly sdk: Sdk;
  /** As it was asked for. */
  readonly name: string;
  readonly model: LanguageModel;
  readonly system: string | undefined;
  readonly text: string;
  readonly tools: ToolSet;
  readonly maxSteps: number;
  readonly settings: ModelSettings;
  readonly context: HandlerContext;
}

/** Longest input or message of a tool in a progress message; the whole of it is in `raw`. */
const SHOWN = 200;

export class Conversation {
  readonly #parts: ConversationParts;
  readonly #transcript: Transcript;
  readonly #secrets: Secrets;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#transcript = new Transcript(parts.name);
    this.#secrets = new Secrets(parts.model);
  }

  /** @throws HandlerFailure with what was said until then */
  async run(): Promise<HandlerYield> {
    const watched = new WatchedTools(this.#parts.tools);
    const cut = new AbortController();
    try {
      for await (const part of this.#stream(watched.tools, cut.signal)) await this.#take(part);
      this.#checkFinished();
      return this.#transcript.yield;
    } catch (error) {
      cut.abort();
      await watched.idle();
      throw new HandlerFailure(await this.#failure(error), this.#transcript.yield);
    }
  }

  #stream(tools: ToolSet, cut: AbortSignal): AsyncIterable<TextStreamPart<ToolSet>> {
    const { sdk, model, system, text, maxSteps, settings, context } = this.#parts;
    return sdk.streamText({
      ...settings,
      model,
      prompt: text,
      stopWhen: sdk.stepCountIs(maxSteps),
      maxRetries: 0,
      abortSignal: AbortSignal.any([context.signal, cut]),
      // The default writes to the console.
      onError: () => {},
      ...(system === undefined ? {} : { system }),
      ...(Object.keys(tools).length === 0 ? {} : { tools }),
    }).fullStream;
  }

  async #take(part: TextStreamPart<ToolSet>): Promise<void> {
    const transcript = this.#transcript;
    switch (part.type) {
      case 'start-step':
        return transcript.begin(part);
      case 'text-delta':
        return this.#say(part.text);
      case 'tool-call':
        transcript.call(part);
        return this.#tell(`${part.toolName} is called with ${asJson(part.input)}`);
      case 'tool-result':
        if (part.preliminary === true) return undefined;
        transcript.gave(part.toolCallId, part.output);
        return this.#tell(`${part.toolName} has answered`);
      case 'tool-error':
        return this.#toolFailed(part.toolCallId, part.toolName, part.error);
      case 'finish-step':
        return transcript.end(part);
      case 'error':
        throw part.error;
      case 'abort':
        throw this.#parts.context.signal.reason;
      default: // reasoning, sources, files: not part of the text
        return undefined;
    }
  }

  #say(text: string): void {
    if (text === '') return;
    this.#transcript.say(text);
    this.#parts.context.emitOutput('stdout', text);
  }

  async #toolFailed(id: string, tool: string, error: unknown): Promise<void> {
    const message = await this.#secrets.cut(error instanceof Error ? error.message : String(error));
    this.#transcript.threw(id, message);
    await this.#tell(`${tool} has failed: ${message}`);
  }

  async #tell(message: string): Promise<void> {
    const clean = await this.#secrets.cut(message);
    const shown = clean.length > SHOWN ? `${clean.slice(0, SHOWN - 3)}...` : clean;
    this.#parts.context.emitProgress(undefined, shown);
  }

  /** A model whose last words ask for tools has not finished: nobody has answered it. */
  #checkFinished(): void {
    const { name, maxSteps, tools } = this.#parts;
    const { finishReason } = this.#transcript;
    if (finishReason === 'error')
      throw new SignalboxError('TASK_FAILED', `${name} ended its answer with an error`, {
        details: { model: name },
      });
    if (finishReason !== 'tool-calls') return;
    const hasNone = Object.keys(tools).length === 0;
    const why = hasNone ? 'it was given none' : `it has taken all of its ${maxSteps} steps`;
    throw new SignalboxError('TASK_FAILED', `${name} still asks for tools, but ${why}`, {
      hint: hasNone
        ? 'use Task.agent, and give languageModelHandlers the tools'
        : 'give languageModelHandlers a larger maxSteps, or the agent a smaller job',
      details: { model: name, maxSteps },
    });
  }

  async #failure(error: unknown): Promise<unknown> {
    const { sdk, name, context } = this.#parts;
    if (context.signal.aborted) return context.signal.reason;
    const { hasBegun } = this.#transcript;
    return failureOf(error, { sdk, model: name, secrets: this.#secrets, hasBegun });
  }
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'what cannot be shown';
  }
}
