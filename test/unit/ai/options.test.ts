/** What languageModelHandlers refuses, at the call; what is cut out as a key; a peer that is not installed. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { languageModelHandlers } from '../../../src/ai/index.ts';
import { loadSdk } from '../../../src/ai/sdk.ts';
import { Secrets } from '../../../src/ai/secrets.ts';
import { provider } from './kit.ts';

const model = (name: string) => provider()(name);
const schema = z.object({});

describe('languageModelHandlers', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'an object'],
    ['a list', [], 'an object'],
    ['neither model nor models', {}, 'pass model'],
    ['no models at all', { models: {} }, 'pass model'],
    ['an option that is none', { model, modle: 1 }, 'modle'],
    ['a model that is none', { model: { modelId: 'x' } }, 'model'],
    ['an empty model', { model: ' ' }, 'model'],
    ['null for a model', { model: null }, 'model'],
    ['a model of models that is none', { models: { a: 7 } }, 'models.a'],
    ['models without a name', { models: { '': 'x' } }, 'a name in models'],
    ['an empty default model', { model, defaultModel: '' }, 'defaultModel'],
    ['an empty default model of a kind', { model, defaultModel: { agent: '' } }, 'defaultModel.agent'],
    ['a default model of an unknown kind', { model, defaultModel: { chat: 'x' } }, 'chat'],
    ['tools that are a list', { model, tools: ['add'] }, 'tools'],
    ['a tool without a schema', { model, tools: { a: { execute: () => 1 } } }, 'tools.a.inputSchema'],
    ['a tool that nobody can run', { model, tools: { a: { inputSchema: schema } } }, 'tools.a.execute'],
    [
      'a tool that wants to ask somebody',
      { model, tools: { a: { inputSchema: schema, execute: () => 1, needsApproval: true } } },
      'needsApproval',
    ],
    ['no steps', { model, maxSteps: 0 }, 'maxSteps'],
    ['half a step', { model, maxSteps: 1.5 }, 'maxSteps'],
    ['steps without end', { model, maxSteps: Number.POSITIVE_INFINITY }, 'maxSteps'],
    ['steps as a text', { model, maxSteps: '3' }, 'maxSteps'],
    ['no time', { model, promptTimeoutMs: 0 }, 'promptTimeoutMs'],
    ['time without end', { model, agentTimeoutMs: Number.POSITIVE_INFINITY }, 'agentTimeoutMs'],
    ['an empty system prompt', { model, system: '' }, 'system'],
    ['a text that is not made', { model, text: 'x' }, 'text'],
    ['a setting that is none', { model, settings: { maxRetries: 3 } }, 'maxRetries'],
    ['a setting that is no number', { model, settings: { temperature: '0' } }, 'settings.temperature'],
    ['stop sequences that are none', { model, settings: { stopSequences: 'x' } }, 'stopSequences'],
    ['provider options that are none', { model, settings: { providerOptions: 1 } }, 'providerOptions'],
  ])('refuses %s', (_, options, named) => {
    let error: unknown;
    try {
      languageModelHandlers(options as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { message, hint } = error as { readonly message: string; readonly hint?: string };
    expect(`${message} ${hint}`).toContain(named);
  });

  it('takes everything else', () => {
    const { prompt, agent } = languageModelHandlers({
      model,
      models: { small: 'vendor/small' },
      defaultModel: { prompt: 'small' },
      tools: { a: { inputSchema: schema, execute: () => 1 } },
      maxSteps: 1,
      system: 'Be brief.',
      text: ({ payload }) => String(payload),
      promptTimeoutMs: 1,
      settings: { maxOutputTokens: 10, stopSequences: ['.'], providerOptions: { loopback: { user: 'u' } } },
    });
    expect([prompt.timeoutMs, agent.timeoutMs]).toEqual([1, undefined]);
  });
});

describe('the package `ai`', () => {
  it('that is not installed is EXECUTOR_UNAVAILABLE, with the command that installs it', async () => {
    const missing = 'ai-that-nobody-has-installed';
    const load = () => import(/* @vite-ignore */ missing);
    await expect(loadSdk(load)).rejects.toMatchObject({
      code: 'EXECUTOR_UNAVAILABLE',
      hint: expect.stringContaining('npm install ai@^6'),
    });
  });

  it('that is broken in another way says so itself', async () => {
    const broken = new SyntaxError('unexpected token');
    await expect(loadSdk(() => Promise.reject(broken))).rejects.toBe(broken);
  });
});

describe('keys', () => {
  it.each([
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [redacted]'],
    ['key sk-proj-abcDEF0123456789 is wrong', 'key [redacted] is wrong'],
    ['Incorrect key: sk-abcde************wxyz.', 'Incorrect key: [redacted].'],
    ['https://h/v1?alt=sse&key=AbC-123&x=1', 'https://h/v1?alt=sse&key=[redacted]&x=1'],
    ['{"x-api-key":"0123456789abcdef"}', '{"x-api-key":"[redacted]"}'],
    ['AIzaSyA-0123456789abcdef in the path', '[redacted] in the path'],
  ])('are cut out by their shape: %s', async (text, clean) => {
    expect(await new Secrets('vendor/model').cut(text)).toBe(clean);
  });

  it.each([
    'Basic authentication is required, a Bearer token will do',
    'the task-runner risk-assessment skeletonization failed for gpt-5.4-mini',
    'authorization: required',
    'https://h/v1/chat?monkey',
  ])('are not seen where there are none: %s', async (text) => {
    expect(await new Secrets('vendor/model').cut(text)).toBe(text);
  });

  it('of the environment are cut out, too', async () => {
    process.env['LOOPBACK_API_KEY'] = 'hunter2hunter2';
    try {
      expect(await new Secrets('vendor/model').cut('no hunter2hunter2 here')).toBe('no [redacted] here');
    } finally {
      delete process.env['LOOPBACK_API_KEY'];
    }
  });
});
