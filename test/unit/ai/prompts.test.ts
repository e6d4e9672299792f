/** Prompts: one request, told while it is answered, over a real connection to a provider on loopback. */
import { describe, expect, it } from 'vitest';
import type { LanguageModelRecord } from '../../../src/ai/index.ts';
import { memoryStore, Task, TaskGraph } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import {
  API_KEY,
  asking,
  failureOf,
  Gate,
  messages,
  nextOf,
  pieces,
  provider,
  server,
  wrote,
} from './kit.ts';
import { says } from './openai-server.ts';

describe('a prompt', () => {
  it('sends one request without tools, with the key, and gives the text as the output', async () => {
    server().answers(says('Hello', ', ', 'world'));
    const { scheduler } = asking();
    const task = Task.prompt('Greet');
    const result = await scheduler.runTask(task).result();
    expect(result).toMatchObject({
      taskId: task.id,
      status: 'succeeded',
      output: 'Hello, world',
      error: null,
      returnCode: null,
      terminationReason: null,
    });
    const [request] = server().requests;
    expect(server().requests.length).toBe(1);
    expect(request?.headers['authorization']).toBe(`Bearer ${API_KEY}`);
    expect(request?.body).toMatchObject({ model: 'test-model', stream: true });
    expect(request?.body.messages).toEqual([{ role: 'user', content: 'Greet' }]);
    expect(request?.body.tools).toBeUndefined();
  });

  it('tells each piece as it comes, not when all of them are there', async () => {
    const rest = new Gate();
    server().answers(async (reply) => {
      reply.text('first ');
      await rest.promise;
      reply.text('second').finish();
    });
    const { scheduler, events } = asking();
    const handle = scheduler.runTask(Task.prompt('Count'));
    await wrote(handle, 'first');
    expect(handle.state).toBe('running');
    rest.open();
    const { output } = await handle.result();
    expect(pieces(events, handle)).toEqual(['first ', 'second']);
    expect(pieces(events, handle).join('')).toBe(output);
  });

  it('keeps usage, finish reason and steps as plain data, which a ledger can write', async () => {
    server().answers(says('yes'));
    const { scheduler } = asking({}, { store: memoryStore() });
    const result = await scheduler.runTask(Task.prompt('Well?')).result();
    const usage = { inputTokens: 7, outputTokens: 5, totalTokens: 12 };
    expect(result.raw as LanguageModelRecord).toMatchObject({
      model: 'test-model',
      finishReason: 'stop',
      usage,
      steps: [
        {
          text: 'yes',
          finishReason: 'stop',
          usage,
          model: 'served-model',
          responseId: 'answer-1',
          toolCalls: [],
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(result.raw))).toEqual(result.raw);
  });

  it('with an empty answer succeeds with an empty text', async () => {
    server().answers((reply) => reply.delta({ role: 'assistant', content: '' }).finish());
    const { scheduler, events } = asking();
    const handle = scheduler.runTask(Task.prompt('Say nothing'));
    expect(await handle.result()).toMatchObject({ status: 'succeeded', output: '' });
    expect(pieces(events, handle)).toEqual([]);
  });

  it('keeps every character: line ends, spaces at the ends, characters of several bytes', async () => {
    server().answers(says(' € ', '\r\n\n', '😀\n'));
    const { scheduler } = asking();
    expect((await scheduler.runTask(Task.prompt('Bytes')).result()).output).toBe(' € \r\n\n😀\n');
  });

  it('leaves what a model thinks aloud out of the text', async () => {
    server().answers((reply) => reply.delta({ reasoning_content: 'hm' }).text('42').finish());
    const { scheduler } = asking();
    expect((await scheduler.runTask(Task.prompt('Think')).result()).output).toBe('42');
  });

  it('sends system prompt and settings with it', async () => {
    server().answers(says('ok'));
    const { scheduler } = asking({
      system: ({ title }) => `Title: ${title}`,
      settings: { temperature: 0.25 },
    });
    await scheduler.runTask(Task.prompt('Go', { title: 'T' })).result();
    const { body } = server().requests[0] ?? {};
    expect(body?.temperature).toBe(0.25);
    expect(body?.messages[0]).toEqual({ role: 'system', content: 'Title: T' });
  });

  it('that asks for tools all the same has failed: it was given none', async () => {
    server().answers((reply) =>
      reply.text('Let me look. ').tool('shell', { command: 'ls' }).finish('tool_calls'),
    );
    const { scheduler } = asking({ tools: {} });
    const task = Task.prompt('Look');
    const error = await failureOf(scheduler.runTask(task));
    expect(error).toMatchObject({ code: 'TASK_FAILED', hint: expect.stringContaining('Task.agent') });
    expect(task.result?.output).toBe('Let me look. ');
    expect(server().requests.length).toBe(1);
  });
});

describe('a prompt in a graph', () => {
  it('sees the direct parents, whose output `text` may put into what is sent', async () => {
    server().answers(says('notes'), says('summary'));
    const { scheduler } = asking({
      text: ({ payload, upstream }) =>
        [String(payload), ...Array.from(upstream.values(), ({ result }) => result?.output ?? '')].join('\n'),
    });
    const graph = new TaskGraph();
    const first = Task.prompt('Take notes');
    const second = Task.prompt('Sum up');
    graph.add(first);
    graph.add(second, { after: [first] });
    await graph.run({ scheduler });
    expect(graph.ok).toBe(true);
    expect(second.result?.output).toBe('summary');
    expect(server().requests[1]?.body.messages).toEqual([{ role: 'user', content: 'Sum up\nnotes' }]);
  });
});

describe('a prompt that is stopped', () => {
  it('in the middle of its answer closes the connection and ends cancelled, with what it had', async () => {
    const gone = new Gate();
    server().answers(async (reply, { aborted }) => {
      reply.text('partial ');
      await aborted;
      gone.open();
    });
    const { scheduler, events } = asking();
    const task = Task.prompt('Go on for ever');
    const handle = scheduler.runTask(task);
    await wrote(handle, 'partial');
    expect(handle.requestTerminate('enough')).toBe(true);
    expect((await handle.outcome()).kind).toBe('cancelled');
    await gone.promise;
    expect(task.status).toBe('cancelled');
    expect(task.result).toMatchObject({
      status: 'cancelled',
      output: 'partial ',
      error: 'cancelled',
      terminationReason: 'cancelled',
      raw: { finishReason: null, steps: [{ text: 'partial ' }] },
    });
    expect(pieces(events, handle).join('')).toBe('partial ');
  });

  it('before the first byte closes the connection, too', async () => {
    const arrived = new Gate();
    const gone = new Gate();
    server().answers(async (_, { aborted }) => {
      arrived.open();
      await aborted;
      gone.open();
    });
    const { scheduler } = asking();
    const task = Task.prompt('Wait');
    const handle = scheduler.runTask(task);
    await arrived.promise;
    expect(task.cancel()).toBe(true);
    expect((await handle.outcome()).kind).toBe('cancelled');
    await gone.promise;
    expect(task.result?.output).toBe('');
  });

  it('by its own time-out fails with TASK_TIMEOUT, closes the connection, keeps the partial text', async () => {
    const gone = new Gate();
    server().answers(async (reply, { aborted }) => {
      reply.text('so far');
      await aborted;
      gone.open();
    });
    const clock = new VirtualClock();
    const { scheduler } = asking({}, { clock });
    const task = Task.prompt('Slow', { timeoutMs: 1_500 });
    const handle = scheduler.runTask(task);
    await wrote(handle, 'so far');
    await clock.advance(1_499);
    expect(handle.state).toBe('running');
    await clock.advance(1);
    const error = await failureOf(handle);
    await gone.promise;
    expect(error.code).toBe('TASK_TIMEOUT');
    expect(error.details['result']).toBe(task.result);
    expect(task.result).toMatchObject({
      status: 'failed',
      output: 'so far',
      terminationReason: 'timeout',
      raw: { steps: [{ text: 'so far' }] },
    });
  });

  it('has 60 seconds when nobody says anything, and other numbers when somebody does', async () => {
    const clock = new VirtualClock();
    const endedAt = async (options: object, task: Task, perRun: object = {}): Promise<number> => {
      server().answers((reply) => void reply.text('x'));
      const { scheduler } = asking(options, { clock });
      const startedAt = clock.now();
      const handle = scheduler.runTask(task, perRun);
      await wrote(handle, 'x');
      await clock.runAll();
      expect((await failureOf(handle)).code).toBe('TASK_TIMEOUT');
      return (task.result?.finishedAt ?? 0) - startedAt;
    };
    expect(await endedAt({}, Task.prompt('default'))).toBe(60_000);
    expect(await endedAt({ promptTimeoutMs: 10 }, Task.prompt('handlers'))).toBe(10);
    expect(await endedAt({ promptTimeoutMs: 10 }, Task.prompt('task', { timeoutMs: 90_000 }))).toBe(90_000);
    expect(await endedAt({}, Task.prompt('run', { timeoutMs: 5 }), { timeoutMs: 7 })).toBe(7);
    expect(await endedAt({ agentTimeoutMs: 20 }, Task.agent('agent'))).toBe(20);
  });

  it('an agent has no time-out of its own', async () => {
    const rest = new Gate();
    server().answers(async (reply) => {
      reply.text('thinking');
      await rest.promise;
      reply.finish();
    });
    const clock = new VirtualClock();
    const { scheduler } = asking({}, { clock });
    const handle = scheduler.runTask(Task.agent('Take your time'));
    await wrote(handle, 'thinking');
    await clock.advance(7 * 24 * 3_600_000);
    expect(handle.state).toBe('running');
    rest.open();
    expect((await handle.result()).output).toBe('thinking');
  });
});

describe('the model of a task', () => {
  it('is the one it names, looked up in `models`, then given to `model`', async () => {
    server().answers(says('a'), says('b'), says('c'));
    const { scheduler } = asking({ models: { small: provider()('mini-1') }, defaultModel: 'fallback' });
    await scheduler.runTask(Task.prompt('x', { model: 'small' })).result();
    await scheduler.runTask(Task.prompt('x', { model: 'other' })).result();
    await scheduler.runTask(Task.prompt('x')).result();
    expect(server().requests.map(({ body }) => body.model)).toEqual(['mini-1', 'other', 'fallback']);
  });

  it('has one default for each kind', async () => {
    server().answers(says('a'), says('b'));
    const { scheduler } = asking({ defaultModel: { prompt: 'quick', agent: 'careful' } });
    await scheduler.runTask(Task.prompt('x')).result();
    await scheduler.runTask(Task.agent('x')).result();
    expect(server().requests.map(({ body }) => body.model)).toEqual(['quick', 'careful']);
  });

  it('may be the same for every task that names none, or names it', async () => {
    server().answers(says('a'), says('b'));
    const { scheduler } = asking({ model: provider()('the-one') });
    await scheduler.runTask(Task.prompt('x', { model: 'the-one' })).result();
    const { scheduler: other } = asking({ model: provider()('the-one'), defaultModel: {} });
    await other.runTask(Task.prompt('x')).result();
    expect(server().requests.map(({ body }) => body.model)).toEqual(['the-one', 'the-one']);
  });

  it('is never another than the one it names', async () => {
    const { scheduler } = asking({ model: provider()('the-one'), defaultModel: {} });
    const error = await failureOf(scheduler.runTask(Task.prompt('x', { model: 'another' })));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('the-one') });
    expect(server().requests).toEqual([]);
  });

  it('that nobody has named is an error which says what to configure', async () => {
    const { scheduler } = asking({ defaultModel: {} });
    const error = await failureOf(scheduler.runTask(Task.prompt('x')));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', hint: expect.stringContaining('defaultModel') });
    const listed = asking({ model: undefined as never, models: { small: 'x' }, defaultModel: {} }).scheduler;
    expect(await failureOf(listed.runTask(Task.prompt('x')))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('small'),
    });
  });

  it('has to be one: a function that gives nothing is told so', async () => {
    const { scheduler } = asking({ model: (() => '') as never });
    const error = await failureOf(scheduler.runTask(Task.prompt('x')));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('test-model') });
  });
});

it('tells nothing but its text: no progress messages', async () => {
  server().answers(says('ok'));
  const { scheduler, events } = asking();
  const handle = scheduler.runTask(Task.prompt('x'));
  const ended = nextOf(handle, ({ type }) => type === 'task:succeeded');
  await handle.result();
  await ended;
  expect(messages(events, handle)).toEqual([]);
});
