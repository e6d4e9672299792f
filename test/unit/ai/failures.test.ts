/** What providers do wrong, each over a real connection: what the task fails with, and what is kept. */
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { languageModelHandlers } from '../../../src/ai/index.ts';
import { type SignalboxError, Task } from '../../../src/index.ts';
import { API_KEY, asking, failureOf, Gate, provider, server, wrote } from './kit.ts';
import { OpenAiServer, refuses, type Script, says } from './openai-server.ts';

async function failing(script: Script): Promise<{ readonly task: Task; readonly error: SignalboxError }> {
  server().answers(script);
  const { scheduler } = asking();
  const task = Task.prompt('x');
  const printed = vi.spyOn(console, 'error');
  const error = await failureOf(scheduler.runTask(task));
  expect(printed, 'the console is not ours').not.toHaveBeenCalled();
  printed.mockRestore();
  expect(task.result).toMatchObject({ status: 'failed', terminationReason: 'handler', error: error.message });
  expect(error.details['result']).toBe(task.result);
  return { task, error };
}

describe('a provider that refuses', () => {
  it.each([
    [400, false],
    [401, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
    [503, true],
  ])('with %i fails the task at once, retryable: %s', async (statusCode, retryable) => {
    const { error } = await failing(refuses(statusCode, 'no, not today'));
    expect(error).toMatchObject({
      code: 'TASK_FAILED',
      message: `test-model answered ${statusCode}: no, not today`,
      retryable,
      details: { statusCode, providerMessage: 'no, not today', model: 'test-model', output: '' },
    });
    expect(server().requests.length, 'no retries of the SDK').toBe(1);
  });

  it('says where to look: the key, the name, the pace', async () => {
    expect((await failing(refuses(401, 'who?'))).error.hint).toMatch(/API key/);
    expect((await failing(refuses(404, 'what?'))).error.hint).toMatch(/baseURL/);
    expect((await failing(refuses(429, 'slowly'))).error.hint).toMatch(/retry/);
  });

  it('without JSON still gives its status, and what it said', async () => {
    const { error } = await failing((reply) => reply.status(502, '<h1>Bad Gateway</h1>', 'text/html'));
    expect(error).toMatchObject({ code: 'TASK_FAILED', retryable: true, details: { statusCode: 502 } });
    expect(error.details['responseBody']).toBe('<h1>Bad Gateway</h1>');
  });
});

describe('a provider that cannot be reached', () => {
  it('is told by its address and the reason, and is worth another try', async () => {
    const gone = await OpenAiServer.start();
    const { baseURL } = gone;
    await gone.close();
    const { scheduler } = asking({ model: provider(baseURL) });
    const error = await failureOf(scheduler.runTask(Task.prompt('x')));
    expect(error).toMatchObject({
      code: 'TASK_FAILED',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
      details: { statusCode: null, endpoint: `${baseURL}/chat/completions` },
    });
  });
});

describe('an answer that cannot be read', () => {
  it.each<[string, Script]>([
    ['a web page', (reply) => reply.status(200, '<html>Welcome</html>', 'text/html')],
    ['nothing at all', (reply) => reply.status(200, '')],
    ['a stream that is no JSON', (reply) => reply.raw('data: {broken\n\n').finish()],
    ['a stream of something else', (reply) => reply.raw('data: {"choices": 7}\n\n').finish()],
    ['a stream that ends before anything was said', (reply) => reply.raw('data: [DONE]\n\n').end()],
  ])('%s fails the task', async (_, script) => {
    const { error } = await failing(script);
    expect(error).toMatchObject({
      code: 'TASK_FAILED',
      message: expect.stringMatching(/^the answer of test-model could not be read: ./),
      retryable: false,
    });
  });

  it('garbage in the middle keeps the text before it, and leaves no connection open', async () => {
    const gone = new Gate();
    const { task, error } = await failing(async (reply, { aborted }) => {
      reply.text('so far ').text('so good').raw('data: }{\n\n');
      await aborted;
      gone.open();
    });
    await gone.promise;
    expect(error).toMatchObject({ code: 'TASK_FAILED', retryable: true });
    expect(task.result?.output).toBe('so far so good');
  });

  it('a stream that just ends is not taken for a whole answer', async () => {
    const { task, error } = await failing((reply) => reply.text('The answer is not').end());
    expect(error).toMatchObject({ code: 'TASK_FAILED', retryable: true });
    expect(task.result?.output).toBe('The answer is not');
  });

  it('a connection that breaks keeps the text before it, and is worth another try', async () => {
    const heard = new Gate();
    server().answers(async (reply) => {
      reply.text('half');
      await heard.promise;
      reply.hangUp();
    });
    const { scheduler } = asking();
    const task = Task.prompt('x');
    const handle = scheduler.runTask(task);
    await wrote(handle, 'half');
    heard.open();
    const error = await failureOf(handle);
    expect(error).toMatchObject({ code: 'TASK_FAILED', retryable: true });
    expect(error.message).toMatch(/broke off/);
    expect(task.result?.output).toBe('half');
  });

  it.each([
    [{ message: 'overloaded, sorry', type: 'server_error', code: null }, true],
    [{ message: 'too many', type: 'x', code: 429 }, true],
    [{ message: 'bad words', type: 'invalid_request_error', code: null }, false],
  ])('an error in the stream is the provider`s own: %j', async (said, retryable) => {
    const { task, error } = await failing((reply) =>
      reply
        .text('a')
        .raw(`data: ${JSON.stringify({ error: said })}\n\n`)
        .end(),
    );
    expect(error).toMatchObject({
      message: `test-model reported an error: ${said.message}`,
      retryable,
      details: { providerMessage: said.message },
    });
    expect(task.result?.output).toBe('a');
  });
});

describe('the retry of the Task', () => {
  it('is the only one: an attempt is a request, and `retryable` says which errors are worth it', async () => {
    server().answers(refuses(503, 'busy'), refuses(429, 'slowly'), says('third time lucky'));
    const { scheduler, events } = asking();
    const when = (error: unknown): boolean => (error as SignalboxError).retryable;
    const handle = scheduler.runTask(Task.prompt('x', { retry: { maxAttempts: 5, when } }));
    expect((await handle.result()).output).toBe('third time lucky');
    expect(events.filter(({ type }) => type === 'attempt:failed').length).toBe(2);
    expect(server().requests.length).toBe(3);
  });

  it('keeps the text of the last attempt only', async () => {
    server().answers((reply) => reply.text('first half').end(), says('whole'));
    const { scheduler } = asking();
    const result = await scheduler.runTask(Task.prompt('x', { retry: { maxAttempts: 2 } })).result();
    expect(result.output).toBe('whole');
  });

  it('ends with an error that is not', async () => {
    server().answers(refuses(401, 'who?'), says('never asked'));
    const { scheduler } = asking();
    const when = (error: unknown): boolean => (error as SignalboxError).retryable;
    const error = await failureOf(scheduler.runTask(Task.prompt('x', { retry: { maxAttempts: 5, when } })));
    expect(error.details['statusCode']).toBe(401);
    expect(server().requests.length).toBe(1);
  });
});

describe('the API key', () => {
  it('is in no error and no event, though the provider quotes it', async () => {
    const quoting: Script = (reply, { headers }) =>
      reply.status(401, {
        error: { message: `Incorrect API key ${API_KEY}; headers: ${JSON.stringify(headers)}` },
        also: API_KEY,
      });
    server().answers(quoting);
    const { scheduler, events } = asking();
    const task = Task.prompt('x');
    const error = await failureOf(scheduler.runTask(task));
    expect(error.message).toContain('Incorrect API key [redacted]');
    const everything = inspect([error, events, task.result, task.toJSON()], { depth: 20, showHidden: true });
    expect(everything).toContain('Incorrect API key');
    expect(everything).not.toContain(API_KEY);
  });

  it('is cut out of errors in a stream and of tools', async () => {
    const leaky = {
      inputSchema: { type: 'object' },
      execute: () => Promise.reject(new Error(`bad key ${API_KEY}`)),
    };
    server().answers(
      (reply) => reply.tool('leaky', {}).finish('tool_calls'),
      (reply) =>
        reply.raw(`data: ${JSON.stringify({ error: { message: `quota of ${API_KEY}` } })}\n\n`).end(),
    );
    const { jsonSchema } = await import('ai');
    const inputSchema = jsonSchema<object>({ type: 'object', properties: {} });
    const { scheduler, events } = asking({ tools: { leaky: { ...leaky, inputSchema } } });
    const error = await failureOf(scheduler.runTask(Task.agent('x')));
    expect(error.message).toContain('quota of [redacted]');
    expect(inspect([error, events], { depth: 20 })).not.toContain(API_KEY);
  });
});

it('leaves a HANDLER_MISSING where there is no handler at all', async () => {
  const { prompt } = languageModelHandlers({ model: provider() });
  const { scheduler } = asking({}, { handlers: { prompt } });
  const error = await failureOf(scheduler.runTask(Task.agent('x')));
  expect(error.code).toBe('HANDLER_MISSING');
});
