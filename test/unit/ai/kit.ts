/** What the tests of language models share: a provider on loopback, and schedulers that ask it. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { afterEach, beforeEach } from 'vitest';
import { type LanguageModelOptions, languageModelHandlers } from '../../../src/ai/index.ts';
import type { RuntimeEvent, SchedulerOptions, TaskHandle } from '../../../src/index.ts';
import { ofTask, type Real, real } from '../task/kit.ts';
import { OpenAiServer } from './openai-server.ts';

export { Gate } from '../runtime/kit.ts';
export { failureOf, nextOf, wrote } from '../task/kit.ts';

/** Shaped like no key that is known by its shape: it has to be known as the one that is sent. */
export const API_KEY = 'opensesame';

let current: OpenAiServer | undefined;
beforeEach(async () => {
  current = await OpenAiServer.start();
});
afterEach(async () => {
  await current?.close();
});

export function server(): OpenAiServer {
  if (current === undefined) throw new Error('no test runs');
  return current;
}

export function provider(baseURL = server().baseURL) {
  return createOpenAICompatible({ name: 'loopback', baseURL, apiKey: API_KEY, includeUsage: true });
}

/** A scheduler whose prompts and agents ask the provider on loopback; the model is `test-model` unless said. */
export function asking(options: Partial<LanguageModelOptions> = {}, scheduler: SchedulerOptions = {}): Real {
  const handlers = languageModelHandlers({ model: provider(), defaultModel: 'test-model', ...options });
  return real({ handlers, logger: quiet, ...scheduler });
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What was told as output, piece by piece. */
export function pieces(events: readonly RuntimeEvent[], handle: TaskHandle<unknown>): string[] {
  return ofTask(events, handle).flatMap((event) => (event.type === 'task:output' ? [event.chunk] : []));
}

export function messages(events: readonly RuntimeEvent[], handle: TaskHandle<unknown>): string[] {
  return ofTask(events, handle).flatMap((event) =>
    event.type === 'task:progress' && event.message !== undefined ? [event.message] : [],
  );
}
