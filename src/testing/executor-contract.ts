/**
 * The executor contract: what every implementation of the `Executor` port promises, as cases for any test
 * runner. `it` here is the runner's own:
 *
 *     for (const { name, skip, run } of executorContract) {
 *       it.skipIf(skip?.(subject) !== undefined)(name, () => run(subject));
 *     }
 *
 * A case fails by throwing an AssertionError. Every case makes an executor of its own and closes it.
 */
import assert from 'node:assert/strict';
import { TerminatedError } from '../core/errors.ts';
import type { Executor } from '../executors/executor.ts';
import { ExecutorProbe, type ExecutorSample, loopTurns } from './executor-probe.ts';

/** The executor under test, with bodies it can run. */
export interface ExecutorSubject {
  readonly create: () => Executor;
  /** Succeeds; `check` throws when the value is wrong. */
  readonly succeeds: ExecutorSample & { readonly check: (value: unknown) => void };
  /** Fails by itself; `check` throws when the error is wrong. */
  readonly fails: ExecutorSample & { readonly check: (error: unknown) => void };
  /** Writes `one`, `two`, `three` to stdout, then succeeds at once. */
  readonly writes: ExecutorSample;
  /** Writes `ready` to stdout, then works until it is asked to stop, and ends. */
  readonly hangs: ExecutorSample;
  /** Writes `ready` to stdout and never ends, whatever it is asked. Needed when the executor can kill. */
  readonly stubborn?: ExecutorSample;
}

export interface ExecutorCase {
  /** A sentence about the executor. */
  readonly name: string;
  /** Why the case does not apply to the subject; undefined when it does. */
  readonly skip?: (subject: ExecutorSubject) => string | undefined;
  readonly run: (subject: ExecutorSubject) => Promise<void>;
}

/** Attempts of the case with many of them. */
const MANY = 24;

/** Turns of the event loop after which a second end would have shown itself. */
const AFTERMATH_TURNS = 20;

/** Turns within which closed handles must be gone. */
const CLOSING_TURNS = 20_000;

const HANDLES = ['MessagePort', 'ProcessWrap', 'PipeWrap', 'Worker'];

export const executorContract: readonly ExecutorCase[] = [
  closing('reports the value of a body that succeeds', async (executor, { succeeds }) => {
    succeeds.check(await new ExecutorProbe(executor, succeeds).value());
  }),
  closing('reports the error of a body that fails', async (executor, { fails }) => {
    fails.check(await new ExecutorProbe(executor, fails).error());
  }),
  closing('reports one end, and nothing after it', async (executor, { succeeds, fails, writes }) => {
    for (const sample of [succeeds, fails, writes]) {
      const probe = new ExecutorProbe(executor, sample);
      await probe.end();
      await assertOneEnd(probe);
    }
  }),
  closing('reports nothing from inside start, nor throws, for work it does not run', async (executor) => {
    const accepted: readonly string[] = executor.accepts;
    for (const work of [
      { kind: 'function', fn: () => 1 } as const,
      { kind: 'module', module: 'file:///none.js', export: 'none' } as const,
      { kind: 'command', argv: ['true'], shell: false, cwd: undefined, env: undefined } as const,
      { kind: 'container', image: 'nothing/of-the-kind' } as const,
    ]) {
      if (accepted.includes(work.kind)) continue;
      const error = await new ExecutorProbe(executor, { work }).error();
      assert.equal((error as { code?: unknown }).code, 'INVALID_ARGUMENT');
    }
  }),
  closing('reports output in order and before the end', async (executor, { writes }) => {
    const probe = new ExecutorProbe(executor, writes);
    await probe.end();
    assert.deepEqual(probe.output, ['one', 'two', 'three']);
    assert.equal(probe.entries.at(-1)?.kind, 'succeeded');
  }),
  closing('stop ends a polite body with its reason, or as terminated', async (executor, { hangs }) => {
    const probe = new ExecutorProbe(executor, hangs);
    await probe.wrote('ready');
    const reason = new TerminatedError('enough');
    probe.stop(reason);
    const error = await probe.error();
    assert.ok(error === reason || isForeignTermination(error, false), `ended with ${String(error)}`);
  }),
  closing('repeated stops end a body once', async (executor, { hangs }) => {
    const probe = new ExecutorProbe(executor, hangs);
    await probe.wrote('ready');
    const reason = new TerminatedError('first');
    probe.stop(reason);
    probe.stop(new TerminatedError('second'));
    const error = await probe.error();
    assert.ok(error === reason || isForeignTermination(error, false), `ended with ${String(error)}`);
    await assertOneEnd(probe);
  }),
  closing('a stop that comes before the body began still leads to one end', async (executor, { hangs }) => {
    const probe = new ExecutorProbe(executor, hangs);
    probe.stop(new TerminatedError('at once'));
    await probe.error();
    await assertOneEnd(probe);
  }),
  killing('kill ends a body that ignores stop, as terminated by force', async (executor, stubborn) => {
    const probe = new ExecutorProbe(executor, stubborn);
    await probe.wrote('ready');
    probe.stop(new TerminatedError('please'));
    await loopTurns(AFTERMATH_TURNS);
    assert.equal(probe.ends.length, 0, 'the sample is to ignore stop');
    probe.kill();
    probe.kill();
    assert.ok(isForeignTermination(await probe.error(), true));
    await assertOneEnd(probe);
  }),
  killing('a kill that comes before the body began still leads to one end', async (executor, stubborn) => {
    const probe = new ExecutorProbe(executor, stubborn);
    probe.kill();
    assert.ok(isForeignTermination(await probe.error(), true));
    await assertOneEnd(probe);
  }),
  killing('a killed body harms no other', async (executor, stubborn, { succeeds }) => {
    const victim = new ExecutorProbe(executor, stubborn);
    const others = Array.from({ length: 4 }, () => new ExecutorProbe(executor, succeeds));
    await victim.wrote('ready');
    victim.kill();
    for (const other of others) succeeds.check(await other.value());
    succeeds.check(await new ExecutorProbe(executor, succeeds).value());
  }),
  closing('stop and kill after the end do nothing', async (executor, { succeeds }) => {
    const probe = new ExecutorProbe(executor, succeeds);
    await probe.end();
    probe.stop(new TerminatedError('late'));
    probe.attempt.kill?.();
    await assertOneEnd(probe);
    assert.equal(probe.ends[0]?.kind, 'succeeded');
  }),
  closing('many attempts at once each get their own end', async (executor, { succeeds, fails }) => {
    const samples = Array.from({ length: MANY }, (_, at) => (at % 3 === 0 ? fails : succeeds));
    const probes = samples.map((sample) => new ExecutorProbe(executor, sample));
    for (const [at, probe] of probes.entries()) {
      const end = await probe.end();
      samples[at]?.check(end.kind === 'failed' ? end.error : end.value);
      assert.equal(end.kind, samples[at] === fails ? 'failed' : 'succeeded');
    }
  }),
  {
    name: 'leaves no handle behind when it is closed',
    run: async ({ create, succeeds, fails, hangs }) => {
      const before = handles();
      const executor = create();
      const hanging = new ExecutorProbe(executor, hangs);
      await hanging.wrote('ready');
      await new ExecutorProbe(executor, succeeds).end();
      await new ExecutorProbe(executor, fails).end();
      hanging.stop(new TerminatedError('done'));
      await hanging.end();
      await executor.close();
      for (let turn = 0; turn < CLOSING_TURNS && handles() > before; turn += 1) await loopTurns(1);
      assert.ok(handles() <= before, `still active: ${process.getActiveResourcesInfo().join(', ')}`);
    },
  },
  {
    name: 'can be closed without ever having run anything',
    run: async ({ create }) => create().close(),
  },
];

function closing(
  name: string,
  body: (executor: Executor, subject: ExecutorSubject) => Promise<void>,
): ExecutorCase {
  const run = async (subject: ExecutorSubject): Promise<void> => {
    const executor = subject.create();
    try {
      await body(executor, subject);
    } finally {
      await executor.close();
    }
  };
  return { name, run };
}

function killing(
  name: string,
  body: (executor: Executor, stubborn: ExecutorSample, subject: ExecutorSubject) => Promise<void>,
): ExecutorCase {
  const inner = closing(name, async (executor, subject) => {
    assert.ok(executor.canKill && subject.stubborn !== undefined, 'a stubborn sample is needed to test kill');
    await body(executor, subject.stubborn, subject);
  });
  const skip = (subject: ExecutorSubject): string | undefined =>
    subject.create().canKill ? undefined : 'the executor cannot kill: what ignores its signal is abandoned';
  return { ...inner, skip };
}

/** By name and code, because a published suite may meet another copy of this package. */
function isForeignTermination(error: unknown, forced: boolean): boolean {
  if (!(error instanceof Error) || error.name !== 'TerminatedError') return false;
  const { code, details } = error as Partial<TerminatedError>;
  return code === 'TERMINATED' && details?.['forced'] === forced;
}

async function assertOneEnd(probe: ExecutorProbe): Promise<void> {
  await loopTurns(AFTERMATH_TURNS);
  assert.equal(probe.ends.length, 1, 'an attempt ends once');
  assert.equal(probe.entries.at(-1), probe.ends[0], 'nothing is reported after the end');
}

function handles(): number {
  return process.getActiveResourcesInfo().filter((kind) => HANDLES.includes(kind)).length;
}
