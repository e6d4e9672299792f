/** Agents: tools that models call, in a bounded number of steps. */
import { tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LanguageModelRecord } from '../../../src/ai/index.ts';
import { memoryStore, type Scheduler, Task } from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { asking, failureOf, Gate, messages, pieces, server } from './kit.ts';
import { type Reply, says } from './openai-server.ts';

const add = tool({
  description: 'Adds two numbers.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
});

const broken = tool({
  inputSchema: z.object({}),
  execute: (): string => {
    throw new Error('out of order');
  },
});

const toolNames = (i: number) => server().requests[i]?.body.tools?.map((one) => one.function.name) ?? [];

describe('an agent', () => {
  it('calls the tool that the model asks for, and sends back what it gave', async () => {
    server().answers(
      (reply) => reply.text('Let me add. ').tool('add', { a: 2, b: 3 }).finish('tool_calls'),
      says('It is 5.'),
    );
    const { scheduler, events } = asking({ tools: { add } }, { store: memoryStore() });
    const handle = scheduler.runTask(Task.agent('2 + 3?', { tools: ['add'] }));
    const result = await handle.result();
    expect(result.output).toBe('Let me add. It is 5.');
    expect(pieces(events, handle).join('')).toBe(result.output);
    expect(messages(events, handle)).toEqual(['add is called with {"a":2,"b":3}', 'add has answered']);
    expect(server().requests[1]?.body.messages.slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'call-add-0', function: { name: 'add' } }] },
      { role: 'tool', tool_call_id: 'call-add-0', content: '5' },
    ]);
    expect(result.raw as LanguageModelRecord).toMatchObject({
      finishReason: 'stop',
      usage: { inputTokens: 14, outputTokens: 10, totalTokens: 24 },
      steps: [
        {
          text: 'Let me add. ',
          finishReason: 'tool-calls',
          toolCalls: [{ id: 'call-add-0', tool: 'add', input: { a: 2, b: 3 }, output: 5 }],
        },
        { text: 'It is 5.', finishReason: 'stop', toolCalls: [] },
      ],
    });
  });

  it('goes on when a tool throws: the model is told, and so is everybody else', async () => {
    server().answers((reply) => reply.tool('broken', {}).finish('tool_calls'), says('It does not work.'));
    const { scheduler, events } = asking({ tools: { broken } });
    const handle = scheduler.runTask(Task.agent('Try'));
    const result = await handle.result();
    expect(result.output).toBe('It does not work.');
    expect(messages(events, handle)).toEqual(['broken is called with {}', 'broken has failed: out of order']);
    expect(server().requests[1]?.body.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: 'out of order',
    });
    const [step] = (result.raw as LanguageModelRecord).steps;
    expect(step?.toolCalls).toEqual([
      { id: 'call-broken-0', tool: 'broken', input: {}, error: 'out of order' },
    ]);
  });

  it('goes on when the model asks for what it was not given, or with an input that does not fit', async () => {
    server().answers(
      (reply) => reply.tool('format_disk', {}).tool('add', { a: 'two' }).finish('tool_calls'),
      says('Sorry.'),
    );
    const { scheduler, events } = asking({ tools: { add } });
    const handle = scheduler.runTask(Task.agent('Try'));
    expect((await handle.result()).output).toBe('Sorry.');
    expect(messages(events, handle).filter((line) => line.includes('has failed')).length).toBe(2);
  });

  it('keeps what tools give as plain data, whatever they give', async () => {
    const odd = tool({
      inputSchema: z.object({}),
      execute: () => ({ when: new Date(0), fn: () => 1, list: new Set([1]) }) as unknown as string,
    });
    server().answers((reply) => reply.tool('odd', {}).finish('tool_calls'), says('ok'));
    const { scheduler } = asking({ tools: { odd } }, { store: memoryStore() });
    const { raw } = await scheduler.runTask(Task.agent('Try')).result();
    const [call] = (raw as LanguageModelRecord).steps[0]?.toolCalls ?? [];
    expect(call?.output).toEqual({ when: '1970-01-01T00:00:00.000Z', list: {} });
  });

  it('has the tools its Task names, all of them when it names none, its own when it brings some', async () => {
    server().answers(says('1'), says('2'), says('3'), says('4'));
    const { scheduler } = asking({ tools: { add, broken } });
    const run = (task: Task) => scheduler.runTask(task).result();
    await run(Task.agent('x', { tools: ['broken'] }));
    await run(Task.agent('x'));
    await run(Task.agent('x', { tools: { own: add } }));
    await run(Task.agent('x', { tools: [] }));
    expect([0, 1, 2, 3].map(toolNames)).toEqual([['broken'], ['add', 'broken'], ['own'], []]);
  });

  it.each([
    ['an unknown name', ['subtract'], 'add'],
    ['a name of Object.prototype', ['constructor'], 'add'],
    ['no name', [7], 'add'],
    ['neither names nor tools', 'add', 'names'],
    ['a tool that nobody can run', { own: { inputSchema: z.object({}) } }, 'execute'],
  ])('with %s fails with INVALID_ARGUMENT, and asks nobody', async (_, tools, named) => {
    const { scheduler } = asking({ tools: { add } });
    const error = await failureOf(scheduler.runTask(Task.agent('x', { tools })));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(named) });
    expect(server().requests).toEqual([]);
  });

  it('that still asks for tools after its last step has failed, and keeps what it said', async () => {
    const again = (text: string) => (reply: Reply) =>
      reply.text(text).tool('add', { a: 1, b: 1 }).finish('tool_calls');
    server().answers(again('one '), again('two '), again('three '));
    const { scheduler } = asking({ tools: { add }, maxSteps: 2 });
    const task = Task.agent('Never stop');
    const error = await failureOf(scheduler.runTask(task));
    expect(error).toMatchObject({ code: 'TASK_FAILED', retryable: false, details: { maxSteps: 2 } });
    expect(server().requests.length).toBe(2);
    expect(task.result).toMatchObject({ status: 'failed', output: 'one two ', terminationReason: 'handler' });
    expect((task.result?.raw as LanguageModelRecord | undefined)?.steps.length).toBe(2);
  });

  it('may have tools that run tasks of their own, which are its children', async () => {
    let scheduler: Scheduler | undefined;
    const shell = tool({
      inputSchema: z.object({ command: z.string() }),
      execute: async ({ command }) => (await scheduler?.runTask(Task.bash(command)).result())?.output ?? '',
    });
    server().answers(
      (reply) => reply.tool('shell', { command: 'echo hi' }).finish('tool_calls'),
      says('done'),
    );
    const made = asking({ tools: { shell } });
    scheduler = made.scheduler;
    expect((await made.scheduler.runTask(Task.agent('Say hi')).result()).output).toBe('done');
    expect(server().requests[1]?.body.messages.at(-1)).toMatchObject({ role: 'tool', content: 'hi\n' });
  });
});

describe('an agent that is stopped while tools run', () => {
  it('tells them so through their signal, and ends cancelled', async () => {
    const begun = new Gate();
    const wait = tool({
      inputSchema: z.object({}),
      execute: (_, { abortSignal }) =>
        new Promise<string>((_resolve, reject) => {
          abortSignal?.addEventListener('abort', () => reject(abortSignal.reason), { once: true });
          begun.open();
        }),
    });
    server().answers((reply) => reply.text('Wait. ').tool('wait', {}).finish('tool_calls'));
    const { scheduler } = asking({ tools: { wait } });
    const task = Task.agent('x');
    const handle = scheduler.runTask(task);
    await begun.promise;
    handle.requestTerminate();
    expect((await handle.outcome()).kind).toBe('cancelled');
    expect(task.result).toMatchObject({ status: 'cancelled', output: 'Wait. ' });
    expect(server().requests.length).toBe(1);
  });

  it('holds its resources until the last of them has ended, listening or not', async () => {
    const begun = new Gate();
    const end = new Gate<string>();
    let stoppedFirst = false;
    const deaf = tool({
      inputSchema: z.object({}),
      execute: async () => {
        begun.open();
        return end.promise;
      },
    });
    const heard = new Gate();
    const listening = tool({
      inputSchema: z.object({}),
      execute: (_, { abortSignal }) =>
        new Promise<string>((resolve) => {
          abortSignal?.addEventListener('abort', () => {
            stoppedFirst = true;
            resolve('stopped');
            heard.open();
          });
        }),
    });
    server().answers((reply) => reply.tool('listening', {}).tool('deaf', {}).finish('tool_calls'));
    const clock = new VirtualClock();
    const { scheduler } = asking({ tools: { deaf, listening } }, { clock, resources: { gpu: 1 } });
    const handle = scheduler.runTask(Task.agent('x', { resources: { gpu: 1 } }));
    await begun.promise;
    handle.requestTerminate();
    await heard.promise;
    await clock.advance(1);
    expect(stoppedFirst).toBe(true);
    expect(handle.done).toBe(false);
    expect(scheduler.snapshot().resources).toMatchObject([{ label: 'gpu', inUse: 1 }]);
    end.open('at last');
    expect((await handle.outcome()).kind).toBe('cancelled');
    expect(scheduler.snapshot().resources).toMatchObject([{ label: 'gpu', inUse: 0 }]);
  });
});
