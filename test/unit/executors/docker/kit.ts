/** What the tests of containers share: a small engine of our own, and the real one where there is one. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { SignalboxError } from '../../../../src/core/errors.ts';
import type { ContainerResult } from '../../../../src/executors/docker/container-result.ts';
import { connect, loadDockerode } from '../../../../src/executors/docker/engine.ts';
import { type DockerExecutorOptions, dockerExecutor } from '../../../../src/executors/docker/index.ts';
import type { AttemptContext, ContainerWork, Executor } from '../../../../src/executors/executor.ts';
import { ExecutorProbe, loopTurns } from '../../../../src/testing/executor-probe.ts';
import { FakeEngine } from '../../../fixtures/docker-engine.ts';

export const IMAGE = 'busybox:1.36';

export interface Subject {
  /** Undefined on a real engine. */
  readonly fake: FakeEngine | undefined;
  /** An executor that is closed after the test. */
  readonly executor: (options?: DockerExecutorOptions) => Executor;
}

/** A fake engine for the tests of this file; it has the image, and so has its registry. */
export function fakeSubject(): Subject & { readonly engine: FakeEngine } {
  let engine: FakeEngine | undefined;
  const started = (): FakeEngine => {
    if (engine === undefined) throw new Error('the engine is started before the first test');
    return engine;
  };
  beforeAll(async () => {
    engine = await FakeEngine.start();
  });
  const subject = subjectOf(() => ({ connection: { socketPath: started().socketPath } }));
  afterEach(() => started().reset());
  afterAll(() => started().stop());
  return {
    executor: (options) => {
      const fake = started();
      fake.images.set(IMAGE, {});
      fake.registry.set(IMAGE, {});
      return subject.executor(options);
    },
    get fake() {
      return started();
    },
    get engine() {
      return started();
    },
  };
}

export function realSubject(): Subject {
  return subjectOf(() => ({}));
}

function subjectOf(defaults: () => DockerExecutorOptions): Subject {
  const made: Executor[] = [];
  afterEach(async () => {
    for (const executor of made.splice(0)) await executor.close();
  });
  const executor: Subject['executor'] = (options = {}) => {
    const one = dockerExecutor({ ...defaults(), ...options });
    made.push(one);
    return one;
  };
  return { fake: undefined, executor };
}

/** Why no real engine is tested; undefined when one answers. */
export async function whyNoEngine(): Promise<string | undefined> {
  try {
    const engine = await connect({}, loadDockerode);
    const signal = new AbortController().signal;
    const { status } = await engine.request({ method: 'GET', path: '/_ping', signal });
    return status === 200 ? undefined : `the engine answers with ${status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

let count = 0;

/** Runs it as a task of its own. */
export function run(
  executor: Executor,
  work: Partial<ContainerWork>,
  context: Partial<AttemptContext> = {},
): ExecutorProbe {
  count += 1;
  const owner = { id: `task-${process.pid}-${count}`, ...context };
  return new ExecutorProbe(as(executor, owner), { work: { kind: 'container', image: IMAGE, ...work } });
}

/** The same executor, for attempts that are somebody's. */
export function as(executor: Executor, owner: Partial<AttemptContext>): Executor {
  return {
    name: executor.name,
    accepts: executor.accepts,
    canKill: executor.canKill,
    start: ({ work, args, context }, reports) =>
      executor.start({ work, args, context: { ...context, ...owner } }, reports),
    close: () => executor.close(),
  };
}

export async function resultOf(probe: ExecutorProbe): Promise<ContainerResult> {
  return (await probe.value()) as ContainerResult;
}

export async function failureOf(probe: ExecutorProbe): Promise<SignalboxError> {
  const error = await probe.error();
  if (error instanceof Error && 'code' in error) return error as SignalboxError;
  throw error;
}

/** Resolves once it holds; what never does runs into the test's limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await loopTurns(1);
}

export function logged(probe: ExecutorProbe, level: string): string[] {
  return probe.entries.flatMap((one) => (one.kind === 'log' && one.level === level ? [one.message] : []));
}

export function progressOf(probe: ExecutorProbe): string[] {
  return probe.entries.flatMap((one) => (one.kind === 'progress' ? [one.message ?? ''] : []));
}
