/** The docker executor keeps the promises of the port, on a small engine of our own. */
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { dockerExecutor } from '../../src/executors/docker/index.ts';
import type { ContainerWork, Executor } from '../../src/executors/executor.ts';
import { type ExecutorSubject, executorContract } from '../../src/testing/executor-contract.ts';
import { FakeEngine } from '../fixtures/docker-engine.ts';

let engine: FakeEngine;
beforeAll(async () => {
  engine = await FakeEngine.start();
  engine.images.set('busybox:1.36', {});
});
afterAll(() => engine.stop());

const container = (command: string): { work: ContainerWork } => ({
  work: { kind: 'container', image: 'busybox:1.36', command },
});

let count = 0;

/** Every attempt of the suite calls itself the first one of task-1; real ones have ids of their own. */
function withIds(executor: Executor): Executor {
  const start: Executor['start'] = ({ work, args, context }, reports) => {
    count += 1;
    return executor.start({ work, args, context: { ...context, id: `task-${count}` } }, reports);
  };
  const { name, accepts, canKill } = executor;
  return { name, accepts, canKill, start, close: () => executor.close() };
}

const subject: ExecutorSubject = {
  create: () => withIds(dockerExecutor({ connection: { socketPath: engine.socketPath } })),
  succeeds: {
    ...container('echo 42'),
    check: (value) => assert.equal((value as { stdout: string }).stdout, '42\n'),
  },
  fails: {
    ...container('echo broken >&2; exit 3'),
    check: (error) => assert.match(String(error), /exited with code 3: broken/),
  },
  writes: container('echo one; echo two; printf three'),
  hangs: container("trap 'exit 143' TERM; echo ready; while :; do sleep 0.05; done"),
  stubborn: container("trap '' TERM; echo ready; while :; do sleep 0.05; done"),
};

describe('the docker executor', () => {
  for (const { name, skip, run } of executorContract) {
    it(name, async (test) => {
      const reason = skip?.(subject);
      if (reason !== undefined) test.skip(reason);
      await run(subject);
    });
  }
});
