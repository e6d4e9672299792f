/** Every executor keeps the promises of the port. The cases are src/testing/executor-contract.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { AttemptContext, CommandWork, FunctionWork, ModuleWork } from '../../src/executors/executor.ts';
import { inlineExecutor } from '../../src/executors/inline.ts';
import { lateExecutor } from '../../src/executors/late.ts';
import { processExecutor } from '../../src/executors/process.ts';
import { threadExecutor } from '../../src/executors/thread.ts';
import { type ExecutorSubject, executorContract } from '../../src/testing/executor-contract.ts';

const fn = (body: (context: AttemptContext) => unknown): { work: FunctionWork } => ({
  work: { kind: 'function', fn: body as FunctionWork['fn'] },
});

const bodies = new URL('../fixtures/thread-bodies.mjs', import.meta.url).href;

const exported = (name: string): { work: ModuleWork } => ({
  work: { kind: 'module', module: bodies, export: name },
});

const shell = (script: string): { work: CommandWork } => ({
  work: { kind: 'command', argv: [script], shell: true, cwd: undefined, env: undefined },
});

const is42 = (value: unknown): void => assert.equal(value, 42);

const processes: ExecutorSubject = {
  create: processExecutor,
  succeeds: {
    ...shell('echo 42'),
    check: (value) => assert.equal((value as { stdout: string }).stdout, '42\n'),
  },
  fails: {
    ...shell('echo broken >&2; exit 3'),
    check: (error) => assert.match(String(error), /exited with code 3: broken/),
  },
  writes: shell('echo one; echo two; printf three'),
  hangs: shell('echo ready; exec sleep 1000'),
  stubborn: shell('trap "" TERM; echo ready; while :; do sleep 1; done'),
};

const subjects: Record<string, ExecutorSubject> = {
  inline: {
    create: inlineExecutor,
    succeeds: { ...fn(async () => 42), check: is42 },
    fails: {
      ...fn(() => {
        throw new RangeError('out of range');
      }),
      check: (error) => assert.ok(error instanceof RangeError),
    },
    writes: fn((context) => {
      for (const chunk of ['one', 'two', 'three']) context.emitOutput('stdout', chunk);
    }),
    hangs: fn((context) => {
      context.emitOutput('stdout', 'ready');
      return new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(context.signal.reason));
      });
    }),
  },
  thread: {
    create: () => threadExecutor({ maxThreads: 2 }),
    succeeds: { ...exported('answer'), check: is42 },
    fails: { ...exported('fail'), check: (error) => assert.ok(error instanceof RangeError) },
    writes: exported('writes'),
    hangs: exported('hangs'),
    stubborn: exported('stubborn'),
  },
  process: processes,
  'process, loaded late': {
    ...processes,
    create: () => lateExecutor('process', ['command'], async () => processExecutor()),
  },
};

describe.each(Object.entries(subjects))('the %s executor', (_name, subject) => {
  for (const { name, skip, run } of executorContract) {
    const reason = skip?.(subject);
    it(name, async (test) => {
      if (reason !== undefined) test.skip(reason);
      await run(subject);
    });
  }
});
