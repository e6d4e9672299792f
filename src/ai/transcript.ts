/** What a conversation with a model left so far: its text, and a record of its steps as plain data. */
import type { LanguageModelUsage, TextStreamPart, ToolSet } from 'ai';
import { show } from '../core/errors.ts';
import { HandlerYield } from '../task/index.ts';

type Part<K extends TextStreamPart<ToolSet>['type']> = Extract<TextStreamPart<ToolSet>, { readonly type: K }>;

/** Tokens, as far as the provider tells them. */
export interface ModelUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  readonly reasoningTokens?: number;
  readonly cachedInputTokens?: number;
}

export interface ToolCall {
  readonly id: string;
  readonly tool: string;
  readonly input: unknown;
  /** What the tool gave; absent while it runs, and if it failed. */
  readonly output?: unknown;
  /** The message of what it threw. */
  readonly error?: string;
}

/** One request, and the calls of tools that it asked for. */
export interface ModelStep {
  readonly text: string;
  /** `stop length content-filter tool-calls error other`; null for a step that was cut off. */
  readonly finishReason: string | null;
  readonly usage: ModelUsage;
  /** The model that answered, in the provider's words. */
  readonly model: string | null;
  readonly responseId: string | null;
  readonly toolCalls: readonly ToolCall[];
  /** What the SDK or the provider did not do as it was told. */
  readonly warnings: readonly unknown[];
}

/** The `raw` of the TaskResult. */
export interface LanguageModelRecord {
  /** The model that was asked for. */
  readonly model: string;
  /** Of the last step; null when it was cut off. */
  readonly finishReason: string | null;
  /** Of all steps. */
  readonly usage: ModelUsage;
  readonly steps: readonly ModelStep[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface OpenStep extends Writable<Omit<ModelStep, 'toolCalls'>> {
  readonly toolCalls: Writable<ToolCall>[];
}

export class Transcript {
  readonly #model: string;
  readonly #steps: OpenStep[] = [];
  #output = '';

  constructor(model: string) {
    this.#model = model;
  }

  /** The model has said something that could be read. */
  get hasBegun(): boolean {
    return this.#output !== '' || this.#steps.some((step) => step.toolCalls.length > 0);
  }

  get finishReason(): string | null {
    return this.#steps.at(-1)?.finishReason ?? null;
  }

  begin({ warnings }: Part<'start-step'>): void {
    this.#steps.push({
      text: '',
      finishReason: null,
      usage: {},
      model: null,
      responseId: null,
      toolCalls: [],
      warnings: warnings.map(plain),
    });
  }

  say(text: string): void {
    this.#output += text;
    const step = this.#steps.at(-1);
    if (step !== undefined) step.text += text;
  }

  call({ toolCallId, toolName, input }: Part<'tool-call'>): void {
    this.#steps.at(-1)?.toolCalls.push({ id: toolCallId, tool: toolName, input: plain(input) });
  }

  gave(toolCallId: string, output: unknown): void {
    const call = this.#callOf(toolCallId);
    if (call !== undefined) call.output = plain(output);
  }

  threw(toolCallId: string, message: string): void {
    const call = this.#callOf(toolCallId);
    if (call !== undefined) call.error = message;
  }

  #callOf(id: string): Writable<ToolCall> | undefined {
    return this.#steps.flatMap((step) => step.toolCalls).find((call) => call.id === id);
  }

  end({ finishReason, usage, response }: Part<'finish-step'>): void {
    const step = this.#steps.at(-1);
    if (step === undefined) return;
    step.finishReason = finishReason;
    step.usage = tokensOf(usage);
    step.model = response.modelId;
    step.responseId = response.id;
  }

  /** What a handler returns, or what it leaves when it fails. */
  get yield(): HandlerYield {
    const record: LanguageModelRecord = {
      model: this.#model,
      finishReason: this.finishReason,
      usage: sumOf(this.#steps.map((step) => step.usage)),
      steps: this.#steps.map((step) => ({ ...step, toolCalls: step.toolCalls.map((call) => ({ ...call })) })),
    };
    return new HandlerYield(this.#output, record);
  }
}

const COUNTS = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'reasoningTokens',
  'cachedInputTokens',
] as const;

function tokensOf(usage: LanguageModelUsage): ModelUsage {
  const { inputTokens, outputTokens, totalTokens, inputTokenDetails, outputTokenDetails } = usage;
  const { reasoningTokens } = outputTokenDetails;
  const cachedInputTokens = inputTokenDetails.cacheReadTokens;
  return sumOf([{ inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens }]);
}

/** What nobody counted stays out. */
function sumOf(
  parts: readonly { readonly [K in (typeof COUNTS)[number]]?: number | undefined }[],
): ModelUsage {
  const sums: Writable<ModelUsage> = {};
  for (const count of COUNTS) {
    for (const { [count]: value } of parts) {
      if (value !== undefined) sums[count] = (sums[count] ?? 0) + value;
    }
  }
  return sums;
}

/** As it would be sent to the model: what JSON drops is dropped, what it refuses is named. */
function plain(value: unknown): unknown {
  try {
    const text: string | undefined = JSON.stringify(value);
    return text === undefined ? null : (JSON.parse(text) as unknown);
  } catch {
    return show(value);
  }
}
