/** Every misuse of the calls, as tables: what is called, the code, and what the message must say. */
import { describe, expect, it } from 'vitest';
import {
  type Controls,
  definePipeline,
  Pipeline,
  Scheduler,
  type SignalboxError,
  type TaskHandle,
} from '../../../src/index.ts';
import { bench, check, errorOf, Gate, named, OpenRun, obedient, type Row, settle, thrownBy } from './kit.ts';

const odd = (): never => {
  throw new Error('never called');
};

describe('runPipeline', () => {
  class Example extends Pipeline<number> {
    run(): number {
      return 1;
    }
  }

  const foreign = new Scheduler();
  const rows: readonly Row[] = [
    ['no pipeline', undefined, 'INVALID_TYPE', 'a pipeline was undefined', 'an instance of a Pipeline class'],
    ['null', null, 'INVALID_TYPE', 'null'],
    ['a number', 5, 'INVALID_TYPE', '5'],
    ['a text', 'name', 'INVALID_TYPE', '"name"'],
    ['an object', {}, 'INVALID_TYPE', 'an object'],
    ['the class itself', Example, 'INVALID_TYPE', 'function Example'],
    ['a promise', Promise.resolve(), 'INVALID_TYPE', 'a Promise'],
    ['a handle', foreign.runPipeline(() => 1), 'INVALID_TYPE', 'a PipelineHandle'],
  ];
  it.each(named(rows))('with $what: $given', async ({ given, code, says }) => {
    const { scheduler } = bench();
    const before = scheduler.snapshot();
    check(
      thrownBy(() => scheduler.runPipeline(given as Example)),
      code,
      says,
    );
    expect(scheduler.snapshot()).toBe(before);
  });

  const options: readonly Row[] = [
    ['null', null, 'INVALID_ARGUMENT', 'the run options was null'],
    ['an array', [], 'INVALID_ARGUMENT', 'the run options was an array of 0'],
    ['a text', 'name', 'INVALID_ARGUMENT', '"name"'],
    ['an unknown one', { nme: 'x' }, 'INVALID_ARGUMENT', 'run option "nme" was "x"', 'name, runId'],
    ['an empty name', { name: '' }, 'INVALID_ARGUMENT', 'name was ""', 'a non-empty string'],
    ['a name', { name: 5 }, 'INVALID_ARGUMENT', 'name was 5'],
    ['a run id', { runId: 5 }, 'INVALID_ARGUMENT', 'runId was 5'],
    ['an empty run id', { runId: '' }, 'INVALID_ARGUMENT', 'runId was ""'],
    ...[1.5, Number.NaN, '1', true, null, 2 ** 60].map(
      (priority): Row => ['priority', { priority }, 'INVALID_ARGUMENT', 'priority was', 'a whole number'],
    ),
    [
      'children',
      { children: 'stop' },
      'INVALID_ARGUMENT',
      'children was "stop"',
      "'continue', 'wait' or 'cancel'",
    ],
    ['children', { children: true }, 'INVALID_ARGUMENT', 'children was true'],
    ['after', { after: 'run' }, 'INVALID_ARGUMENT', 'after was "run"', 'an array of pipeline handles'],
    ['after', { after: [{}] }, 'INVALID_TYPE', 'an element of after was an object'],
    ['after', { after: [foreign.runPipeline(() => 1)] }, 'NOT_OWNER', 'belongs to another scheduler'],
  ];
  it.each(named(options))(
    'options: $what: $given; the instance can be submitted afterwards',
    async ({ given, code, says }) => {
      const { scheduler } = bench();
      const before = scheduler.snapshot();
      const example = new Example();
      check(
        thrownBy(() => scheduler.runPipeline(example, given as object)),
        code,
        says,
      );
      expect(scheduler.snapshot()).toBe(before);
      expect(await scheduler.runPipeline(example).result()).toBe(1);
    },
  );

  it('the same instance twice: PIPELINE_REUSED, also after a cancellation and on another scheduler', async () => {
    const { scheduler } = bench();
    const example = new Example();
    scheduler.runPipeline(example).cancel();
    check(
      thrownBy(() => scheduler.runPipeline(example)),
      'PIPELINE_REUSED',
      ['this instance of Example was submitted before', 'once per instance'],
    );
    expect(thrownBy(() => foreign.runPipeline(example)).hint).toContain('new Example(');
  });

  it('an instance refused while shutting down, or for its run id, is not marked', async () => {
    const first = bench();
    const second = bench();
    const example = new Example();
    first.scheduler.shutdown();
    check(
      thrownBy(() => first.scheduler.runPipeline(example)),
      'SCHEDULER_SHUTTING_DOWN',
      ['the scheduler is draining', 'no new pipelines'],
    );
    second.scheduler.runPipeline(() => 1, { runId: 'taken' });
    check(await errorOf(second.scheduler.runPipeline(example, { runId: 'taken' }).accepted), 'RUN_EXISTS', [
      'taken',
    ]);
    expect(await second.scheduler.runPipeline(example).result()).toBe(1);
  });

  it('functions and definePipeline can be submitted again', async () => {
    const { scheduler } = bench();
    const defined = definePipeline('named', (controls) => controls.name);
    const fn = () => 'fn';
    expect(await scheduler.runPipeline(defined).result()).toBe('named');
    expect(await scheduler.runPipeline(defined).result()).toBe('named');
    expect([await scheduler.runPipeline(fn).result(), await scheduler.runPipeline(fn).result()]).toEqual([
      'fn',
      'fn',
    ]);
  });

  it('definePipeline says what is wrong with a name, function or version, and is not run by hand', () => {
    const bad = definePipeline as (...args: unknown[]) => { run(): unknown };
    check(
      thrownBy(() => bad('', odd)),
      'INVALID_ARGUMENT',
      ['the name of a pipeline was ""'],
    );
    check(
      thrownBy(() => bad(5, odd)),
      'INVALID_ARGUMENT',
      ['was 5'],
    );
    check(
      thrownBy(() => bad('x', 'fn')),
      'INVALID_ARGUMENT',
      ['a pipeline function was "fn"'],
    );
    check(
      thrownBy(() => bad('x', odd, { version: 2 })),
      'INVALID_ARGUMENT',
      ['version was 2'],
    );
    check(
      thrownBy(() => bad('x', odd, null)),
      'INVALID_ARGUMENT',
      ['the options of a pipeline was null'],
    );
    check(
      thrownBy(() => bad('x', odd).run()),
      'PIPELINE_NOT_RUNNING',
      ['the pipeline x'],
    );
  });
});

describe('waits', () => {
  const rows: readonly Row[] = [
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, '5', true, null].map(
      (timeoutMs): Row => ['timeoutMs', { timeoutMs }, 'INVALID_ARGUMENT', 'timeoutMs was', '0 or more'],
    ),
    ['a signal', { signal: {} }, 'INVALID_ARGUMENT', 'signal was an object', 'an AbortSignal'],
    ['a controller', { signal: new AbortController() }, 'INVALID_ARGUMENT', 'signal was a AbortController'],
    ['an unknown option', { timeout: 5 }, 'INVALID_ARGUMENT', 'wait option "timeout" was 5', 'timeoutMs'],
    ['null', null, 'INVALID_ARGUMENT', 'wait options was null'],
    ['a number', 5, 'INVALID_ARGUMENT', 'wait options was 5'],
  ];
  it.each(named(rows))('with $what: $given', async ({ given, code, says }) => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    const task = await run.task(() => new Gate().promise);
    const options = given as object;
    for (const wait of [
      () => task.result(options),
      () => task.exception(options),
      () => task.outcome(options),
      () => run.handle.result(options),
      () => run.handle.exception(options),
      () => run.handle.outcome(options),
      () => run.handle.stages[0]?.outcome(options) as Promise<unknown>,
      () => scheduler.waitPipelines([run.handle], options),
      () => run.use((controls) => controls.wait([task], options)),
    ]) {
      check(await errorOf(wait()), code, says);
    }
  });

  it('with a bad returnWhen, no handles, or what is no handle', async () => {
    const { scheduler } = bench();
    const other = bench();
    const run = new OpenRun(scheduler);
    const sibling = new OpenRun(other.scheduler);
    const task = await run.task(() => 1);
    const foreignTask = await sibling.task(() => 1);
    const wait = (handles: unknown, options?: object) =>
      errorOf(run.use((controls) => controls.wait(handles as TaskHandle<unknown>[], options)));
    const runs = (handles: unknown, options?: object) =>
      errorOf(scheduler.waitPipelines(handles as (typeof run.handle)[], options));
    for (const ask of [wait, runs]) {
      check(await ask([task], { returnWhen: 'any' }), 'INVALID_ARGUMENT', [
        'returnWhen was "any"',
        'first-completed',
      ]);
      check(await ask([], {}), 'EMPTY_HANDLES', ['at least one handle']);
      check(await ask(5), 'INVALID_ARGUMENT', ['handles was 5', 'an iterable of']);
      check(await ask('text'), 'INVALID_ARGUMENT', ['handles was "text"']);
      check(await ask(undefined), 'INVALID_ARGUMENT', ['handles was undefined']);
      check(await ask([null]), 'INVALID_TYPE', ['a handle was null']);
      check(await ask([{}]), 'INVALID_TYPE', ['a handle was an object']);
    }
    check(await wait([run.handle]), 'INVALID_TYPE', ['a PipelineHandle', 'task handles']);
    check(await runs([task]), 'INVALID_TYPE', ['a TaskHandle', 'pipeline handles']);
    check(await wait([foreignTask]), 'NOT_OWNER', ['belongs to another owner']);
    check(await runs([sibling.handle]), 'NOT_OWNER', ['belongs to another owner']);
    check(await wait([], { timeoutMs: -1 }), 'INVALID_ARGUMENT', ['timeoutMs']);
    check(await wait([{}], { returnWhen: 'any' }), 'INVALID_ARGUMENT', ['returnWhen']);
  });

  it('a task of another run of the same scheduler belongs to another owner', async () => {
    const { scheduler } = bench({ pipelineParallelism: 2 });
    const one = new OpenRun(scheduler);
    const two = new OpenRun(scheduler);
    const task = await one.task(() => 1);
    check(await errorOf(two.use((controls) => controls.wait([task]))), 'NOT_OWNER', [
      'belongs to another owner',
    ]);
  });
});

describe('handles', () => {
  it('refuse a reason or time that is none', async () => {
    const { scheduler, events } = bench();
    const run = new OpenRun(scheduler);
    const running = await run.task(obedient);
    const queued = await run.task(() => 1);
    await settle();
    const count = events.length;
    type Loose = Record<'cancel' | 'requestTerminate' | 'hold', (...args: unknown[]) => unknown>;
    for (const handle of [running, queued, run.handle] as unknown as Loose[]) {
      check(
        thrownBy(() => handle.cancel(5)),
        'INVALID_ARGUMENT',
        ['reason was 5', 'a string'],
      );
      check(
        thrownBy(() => handle.requestTerminate({})),
        'INVALID_ARGUMENT',
        ['reason was an object', 'or an Error'],
      );
    }
    const loose = queued as unknown as Loose;
    check(
      thrownBy(() => loose.hold(5)),
      'INVALID_ARGUMENT',
      ['reason was 5'],
    );
    for (const until of [Number.NaN, '5', Number.POSITIVE_INFINITY, null]) {
      check(
        thrownBy(() => loose.hold('why', until)),
        'INVALID_ARGUMENT',
        ['until was', 'epoch milliseconds'],
      );
    }
    await settle();
    expect([events.length, running.state, queued.state]).toEqual([count, 'running', 'queued']);
  });
});

describe('controls', () => {
  const calls: readonly (readonly [string, (controls: Controls) => unknown])[] = [
    ['task().run()', (controls) => controls.task(() => 1).run()],
    ['wait()', (controls) => controls.wait([])],
    ['stageForward()', (controls) => controls.stageForward()],
    ['now()', (controls) => controls.now()],
    ['random()', (controls) => controls.random()],
    ['uuid()', (controls) => controls.uuid()],
    ['input', (controls) => controls.input],
    ['signal', (controls) => controls.signal],
  ];
  const called = async (call: () => unknown) => errorOf((async () => call())());

  it.each(calls)('%s after the run: PIPELINE_NOT_RUNNING', async (_, call) => {
    const { scheduler } = bench();
    let kept: Controls | undefined;
    const keep = (controls: Controls) => {
      kept = controls;
    };
    const handle = scheduler.runPipeline(keep, { name: 'over' });
    await handle.result();
    check(await called(() => call(kept as Controls)), 'PIPELINE_NOT_RUNNING', ['the run over is succeeded']);
  });

  it.each(calls)('%s from one of its tasks: NOT_OWNER', async (_, call) => {
    const { scheduler } = bench();
    const handle = scheduler.runPipeline((controls) =>
      controls
        .task(() => called(() => call(controls)))
        .run()
        .result(),
    );
    check((await handle.result()) as SignalboxError, 'NOT_OWNER', ['used by other code', 'its own run()']);
  });

  it.each(calls)('%s from another run, or from outside: NOT_OWNER', async (_, call) => {
    const { scheduler } = bench({ pipelineParallelism: 2 });
    const one = new OpenRun(scheduler);
    const two = new OpenRun(scheduler);
    const [controls] = await one.use((own) => [own]);
    check(await called(() => call(controls as Controls)), 'NOT_OWNER', []);
    const [error] = await two.use(async () => [await called(() => call(controls as Controls))]);
    check(error as SignalboxError, 'NOT_OWNER', []);
  });

  it.each(calls)('%s of an instance that was never submitted: PIPELINE_NOT_RUNNING', async (_, call) => {
    class Idle extends Pipeline<number> {
      run(): number {
        return 1;
      }
    }
    check(await called(() => call(new Idle() as unknown as Controls)), 'PIPELINE_NOT_RUNNING', [
      'Idle is not running',
    ]);
  });

  it('task() itself may be called anywhere, also in a constructor', async () => {
    class Early extends Pipeline<number> {
      readonly step = this.task((n: number) => n * 2, { args: [21] });
      async run(): Promise<number> {
        return this.step.run().result();
      }
    }
    const { scheduler } = bench();
    expect(await scheduler.runPipeline(new Early()).result()).toBe(42);
  });

  it('stageForward() takes a name that is one', async () => {
    const { scheduler } = bench();
    const run = new OpenRun(scheduler);
    for (const name of ['', 5, null]) {
      const failing = run.use((controls) => controls.stageForward(name as string));
      check(await errorOf(failing), 'INVALID_ARGUMENT', ['the name of a stage was']);
    }
    expect(run.handle.stages).toHaveLength(1);
  });
});

describe('the scheduler', () => {
  it('setCapacity() refuses an unknown label and what is no amount, and changes nothing', () => {
    const { scheduler } = bench({ resources: { cpu: 2 } });
    const before = scheduler.snapshot();
    check(
      thrownBy(() => scheduler.setCapacity('gpu', 1)),
      'UNKNOWN_RESOURCE',
      ['"gpu"', 'has cpu'],
    );
    for (const amount of [-1, Number.NaN, '1', true, null, 1e10]) {
      check(
        thrownBy(() => scheduler.setCapacity('cpu', amount as number)),
        'INVALID_ARGUMENT',
        ['allowed: a number from 0'],
      );
    }
    expect(thrownBy(() => scheduler.setCapacity(5 as never, 1)).code).toMatch(
      /UNKNOWN_RESOURCE|INVALID_ARGUMENT/,
    );
    expect(scheduler.snapshot()).toBe(before);
  });

  it('pause() takes a reason that is a text', () => {
    const { scheduler } = bench();
    check(
      thrownBy(() => scheduler.pause(5 as never)),
      'INVALID_ARGUMENT',
      ['reason was 5'],
    );
    expect(scheduler.snapshot().mode).toBe('open');
  });

  const closeOptions: readonly Row[] = [
    ['null', null, 'INVALID_ARGUMENT', 'the close options was null'],
    ['a text', 'abort', 'INVALID_ARGUMENT', '"abort"'],
    ['an unknown option', { force: true }, 'INVALID_ARGUMENT', 'close option "force" was true', 'graceMs'],
    ['a mode', { mode: 'kill' }, 'INVALID_ARGUMENT', 'mode was "kill"', "'drain', 'suspend' or 'abort'"],
    [
      'cancelPending',
      { cancelPendingPipelines: 1 },
      'INVALID_ARGUMENT',
      'cancelPendingPipelines was 1',
      'true or false',
    ],
    ...[-1, Number.NaN, '5', true].map(
      (graceMs): Row => ['graceMs', { graceMs }, 'INVALID_ARGUMENT', 'graceMs was', '0 or more'],
    ),
  ];
  it.each(named(closeOptions))(
    'close() with $what rejects, shutdown() throws, nothing is shut down: $given',
    async ({ given, code, says }) => {
      const { scheduler } = bench();
      check(await errorOf(scheduler.close(given as object)), code, says);
      check(
        thrownBy(() => scheduler.shutdown(given as object)),
        code,
        says,
      );
      expect([scheduler.shutdownStarted, scheduler.snapshot().mode]).toEqual([false, 'open']);
    },
  );

  it('Scheduler.use says what is wrong before it makes anything', async () => {
    const use = Scheduler.use as (...args: unknown[]) => Promise<unknown>;
    const call = (...args: unknown[]) => errorOf(use.apply(Scheduler, args));
    check(await call({}), 'INVALID_ARGUMENT', ['the work of Scheduler.use was undefined']);
    check(await call({}, odd, { onException: 'stop' }), 'INVALID_ARGUMENT', [
      'onException was "stop"',
      "'fail-fast' or 'drain'",
    ]);
    check(await call({}, odd, null), 'INVALID_ARGUMENT', ['the options of Scheduler.use was null']);
    check(await call({}, odd, { on: 1 }), 'INVALID_ARGUMENT', ['"on"']);
    check(await call({ taskParallelism: 0 }, odd), 'INVALID_ARGUMENT', ['taskParallelism']);
  });
});
