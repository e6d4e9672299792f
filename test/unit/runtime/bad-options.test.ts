/** Every misuse of an option of schedulers and tasks: the code, and what the message must say. */
import { describe, expect, it } from 'vitest';
import { defineTask, Scheduler, type SchedulerOptions } from '../../../src/index.ts';
import { bench, check, named, OpenRun, type Row, settle, thrownBy } from './kit.ts';

const odd = (): never => {
  throw new Error('never called');
};

describe('new Scheduler', () => {
  const whole = 'a whole number, 1 or more';
  const rows: readonly Row[] = [
    ['null', null, 'INVALID_ARGUMENT', 'the scheduler options was null', 'pipelineParallelism'],
    ['an array', [], 'INVALID_ARGUMENT', 'an array of 0'],
    ['a text', 'fast', 'INVALID_ARGUMENT', '"fast"'],
    [
      'an unknown option',
      { paralelism: 2 },
      'INVALID_ARGUMENT',
      'scheduler option "paralelism" was 2',
      'taskParallelism',
    ],
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, true, '2', null, 2n, {}].flatMap((value): Row[] => [
      ['taskParallelism', { taskParallelism: value }, 'INVALID_ARGUMENT', 'taskParallelism was', whole],
      [
        'pipelineParallelism',
        { pipelineParallelism: value },
        'INVALID_ARGUMENT',
        'pipelineParallelism was',
        whole,
      ],
    ]),
    ['resources', { resources: 5 }, 'INVALID_ARGUMENT', 'resources was 5'],
    ['resources', { resources: [1] }, 'INVALID_ARGUMENT', 'resources was an array of 1'],
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, true, '1', null, 1e10].map(
      (cpu): Row => ['a capacity', { resources: { cpu } }, 'INVALID_ARGUMENT', 'resources.cpu', 'allowed: '],
    ),
    ['an empty label', { resources: { '': 1 } }, 'INVALID_ARGUMENT', 'a resource label was ""'],
    ['a reserved label', { resources: { 'key:a': 1 } }, 'INVALID_ARGUMENT', '"key:a"'],
    [
      'a spec without capacity',
      { resources: { a: {} } },
      'INVALID_ARGUMENT',
      'resources.a.capacity was undefined',
    ],
    [
      'an unknown field',
      { resources: { a: { capacity: 1, rate: 2 } } },
      'INVALID_ARGUMENT',
      'resources.a.rate',
    ],
    ...[
      { limit: 0, intervalMs: 1 },
      { limit: 1.5, intervalMs: 1 },
      { limit: '1', intervalMs: 1 },
    ].map(
      (rateLimit): Row => [
        'a rate limit',
        { resources: { a: { capacity: 1, rateLimit } } },
        'INVALID_ARGUMENT',
        'resources.a.rateLimit.limit',
      ],
    ),
    ...[{ limit: 1, intervalMs: 0 }, { limit: 1, intervalMs: Number.NaN }, { limit: 1 }].map(
      (rateLimit): Row => [
        'a rate interval',
        { resources: { a: { capacity: 1, rateLimit } } },
        'INVALID_ARGUMENT',
        'resources.a.rateLimit.intervalMs',
        'a positive number of milliseconds',
      ],
    ),
    [
      'admission',
      { admission: 'fifo' },
      'INVALID_ARGUMENT',
      'admission was "fifo"',
      "'strict'",
      "'backfill'",
    ],
    ['admission', { admission: null }, 'INVALID_ARGUMENT', 'admission was null'],
    ['a policy', { admission: { policy: 'fifo' } }, 'INVALID_ARGUMENT', '"fifo"'],
    [
      'a strict bypass',
      { admission: { policy: 'strict', bypassLimit: 1 } },
      'INVALID_ARGUMENT',
      'bypassLimit',
    ],
    ['an unknown field', { admission: { policy: 'backfill', limit: 1 } }, 'INVALID_ARGUMENT', '"limit"'],
    ...[-1, 1.5, '1', true].map(
      (bypassLimit): Row => [
        'bypassLimit',
        { admission: { policy: 'backfill', bypassLimit } },
        'INVALID_ARGUMENT',
        'admission.bypassLimit was',
        '0 or more',
      ],
    ),
    ['limits', { limits: 5 }, 'INVALID_ARGUMENT', 'limits was 5'],
    [
      'an unknown limit',
      { limits: { keep: 5 } },
      'INVALID_ARGUMENT',
      'limit "keep" was 5',
      'keepFinishedRuns',
    ],
    ...['maxQueuedTasks', 'keepFinishedRuns', 'keepFinishedTasks', 'eventRing'].flatMap((name) =>
      [-1, 1.5, '5', true].map(
        (value): Row => [
          name,
          { limits: { [name]: value } },
          'INVALID_ARGUMENT',
          `limits.${name} was`,
          '0 or more',
        ],
      ),
    ),
    ['executors', { executors: 5 }, 'INVALID_ARGUMENT', 'executors was 5'],
    [
      'an executor',
      { executors: { own: {} } },
      'INVALID_ARGUMENT',
      'executors.own was an object',
      'Executor port',
    ],
    ['an executor', { executors: { own: null } }, 'INVALID_ARGUMENT', 'executors.own was null'],
    ['inspect', { inspect: 5 }, 'INVALID_ARGUMENT', 'inspect was 5', 'observer'],
    ['inspect', { inspect: {} }, 'INVALID_ARGUMENT', 'inspect was an object'],
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, '5', true, null].map(
      (graceMs): Row => [
        'graceMs',
        { graceMs },
        'INVALID_ARGUMENT',
        'graceMs was',
        'milliseconds, 0 or more',
      ],
    ),
    ['clock', { clock: {} }, 'INVALID_ARGUMENT', 'clock was an object', 'setImmediate'],
    ['clock', { clock: null }, 'INVALID_ARGUMENT', 'clock was null'],
    [
      'logger',
      { logger: { info: odd } },
      'INVALID_ARGUMENT',
      'logger was an object',
      'debug, info, warn, error',
    ],
    ['logger', { logger: null }, 'INVALID_ARGUMENT', 'logger was null'],
    ['random', { random: 4 }, 'INVALID_ARGUMENT', 'random was 4', 'from 0 up to 1'],
  ];
  it.each(named(rows))('$what: $given', ({ given, code, says }) => {
    check(
      thrownBy(() => new Scheduler(given as SchedulerOptions)),
      code,
      says,
    );
  });

  it('takes undefined for any option as its default', () => {
    const names = 'resources pipelineParallelism taskParallelism admission limits executors inspect graceMs';
    const given = Object.fromEntries(
      `${names} clock random logger`.split(' ').map((name) => [name, undefined]),
    );
    expect(new Scheduler(given).snapshot()).toMatchObject({ pipelineParallelism: 1, taskParallelism: 1 });
  });
});

describe('task().run()', () => {
  const milliseconds = 'a finite number of milliseconds, 0 or more';
  const definition = defineTask<[number], number>({ name: 'd', module: 'file:///d.mjs', export: 'd' });
  const cases: readonly (readonly [
    what: string,
    task: unknown,
    options: unknown,
    code: string,
    ...says: string[],
  ])[] = [
    ['nothing', undefined, undefined, 'INVALID_TYPE', 'a task was undefined', 'a function, defineTask'],
    ['a text', 'ls -l', undefined, 'INVALID_TYPE', '"ls -l"', '{ shell }'],
    ['a promise', Promise.resolve(), undefined, 'INVALID_TYPE', 'a Promise'],
    ['an empty argv', [], undefined, 'INVALID_ARGUMENT', 'argv was an array of 0'],
    ['an argv of numbers', ['a', 1], undefined, 'INVALID_ARGUMENT', 'argv was'],
    ['an empty command', ['', 'a'], undefined, 'INVALID_ARGUMENT', 'argv was'],
    ['an empty shell line', { shell: ' ' }, undefined, 'INVALID_ARGUMENT', 'shell was " "'],
    ['a shell number', { shell: 5 }, undefined, 'INVALID_ARGUMENT', 'shell was 5'],
    ['null options', odd, null, 'INVALID_ARGUMENT', 'task options was null'],
    ['an array', odd, [], 'INVALID_ARGUMENT', 'task options was an array of 0'],
    ['a text', odd, 'name', 'INVALID_ARGUMENT', '"name"'],
    [
      'an unknown option',
      odd,
      { timeout: 5 },
      'INVALID_ARGUMENT',
      'task option "timeout" was 5',
      'timeoutMs',
    ],
    ['name', odd, { name: '' }, 'INVALID_ARGUMENT', 'name was ""'],
    ['name', odd, { name: 5 }, 'INVALID_ARGUMENT', 'name was 5'],
    ['args', odd, { args: 'x' }, 'INVALID_ARGUMENT', 'args was "x"', 'an array'],
    ['args of a command', ['ls'], { args: ['x'] }, 'INVALID_ARGUMENT', 'args was an array of 1'],
    ['cwd', ['ls'], { cwd: 5 }, 'INVALID_ARGUMENT', 'cwd was 5', 'the path of a folder'],
    ['cwd of a function', odd, { cwd: '/' }, 'INVALID_ARGUMENT', 'cwd was "/"', 'only with a command'],
    ['env', ['ls'], { env: { A: 1 } }, 'INVALID_ARGUMENT', 'env was an object'],
    ['env', ['ls'], { env: 'A=1' }, 'INVALID_ARGUMENT', 'env was "A=1"'],
    [
      'env of a function',
      definition,
      { env: {}, args: [1] },
      'INVALID_ARGUMENT',
      'env was',
      'only with a command',
    ],
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, '5', true, null].flatMap((value) =>
      ['timeoutMs', 'deadlineMs', 'graceMs'].map(
        (name) => [name, odd, { [name]: value }, 'INVALID_ARGUMENT', `${name} was`, milliseconds] as const,
      ),
    ),
    ...[0.5, '1', true, null].map(
      (priority) =>
        ['priority', odd, { priority }, 'INVALID_ARGUMENT', 'priority was', 'larger goes first'] as const,
    ),
    ['retry', odd, { retry: 3 }, 'INVALID_ARGUMENT', 'retry was 3', 'an object with maxAttempts'],
    ['retry', odd, { retry: {} }, 'INVALID_ARGUMENT', 'retry.maxAttempts was undefined', '1 or more'],
    [
      'retry',
      odd,
      { retry: { maxAttempts: 2, times: 1 } },
      'INVALID_ARGUMENT',
      'retry option "times"',
      'backoffMs',
    ],
    ...[0, 1.5, '2', true, Number.POSITIVE_INFINITY].map(
      (maxAttempts) =>
        [
          'maxAttempts',
          odd,
          { retry: { maxAttempts } },
          'INVALID_ARGUMENT',
          'retry.maxAttempts was',
        ] as const,
    ),
    ...[-1, '1', true, Number.NaN].flatMap((value) => [
      [
        'backoffMs',
        odd,
        { retry: { maxAttempts: 2, backoffMs: value } },
        'INVALID_ARGUMENT',
        'retry.backoffMs was',
      ] as const,
      [
        'maxBackoffMs',
        odd,
        { retry: { maxAttempts: 2, maxBackoffMs: value } },
        'INVALID_ARGUMENT',
        'retry.maxBackoffMs',
      ] as const,
      [
        'jitter',
        odd,
        { retry: { maxAttempts: 2, jitter: value } },
        'INVALID_ARGUMENT',
        'retry.jitter was',
        'from 0 to 1',
      ] as const,
    ]),
    ['jitter', odd, { retry: { maxAttempts: 2, jitter: 1.1 } }, 'INVALID_ARGUMENT', 'retry.jitter was 1.1'],
    ...[0.5, '2', true, Number.POSITIVE_INFINITY].map(
      (factor) =>
        [
          'factor',
          odd,
          { retry: { maxAttempts: 2, factor } },
          'INVALID_ARGUMENT',
          'retry.factor was',
        ] as const,
    ),
    ['when', odd, { retry: { maxAttempts: 2, when: true } }, 'INVALID_ARGUMENT', 'retry.when was true'],
    ['executor', odd, { executor: 5 }, 'INVALID_ARGUMENT', 'executor was 5'],
    [
      'an unknown executor',
      odd,
      { executor: 'gpu' },
      'INVALID_ARGUMENT',
      'executor was "gpu"',
      'inline, thread, process',
    ],
    [
      'a closure on a thread',
      odd,
      { executor: 'thread' },
      'INVALID_ARGUMENT',
      'executor was "thread"',
      'function',
    ],
    ['a closure on a process', odd, { executor: 'process' }, 'INVALID_ARGUMENT', 'executor was "process"'],
    [
      'a definition inline',
      definition,
      { executor: 'inline', args: [1] },
      'INVALID_ARGUMENT',
      'executor was "inline"',
    ],
    [
      'a command inline',
      ['ls'],
      { executor: 'inline' },
      'INVALID_ARGUMENT',
      'executor was "inline"',
      'command',
    ],
    ['concurrencyKey', odd, { concurrencyKey: '' }, 'INVALID_ARGUMENT', 'concurrencyKey was ""'],
    ['concurrencyKey', odd, { concurrencyKey: 5 }, 'INVALID_ARGUMENT', 'concurrencyKey was 5'],
    [
      'concurrencyKey',
      odd,
      { concurrencyKey: { key: 'k' } },
      'INVALID_ARGUMENT',
      'concurrencyKey.limit was undefined',
    ],
    [
      'concurrencyKey',
      odd,
      { concurrencyKey: { key: 'k', limit: 0 } },
      'INVALID_ARGUMENT',
      'concurrencyKey.limit was 0',
    ],
    ['resources', odd, { resources: 1 }, 'INVALID_ARGUMENT', 'resources was 1', '{ cpu: 1 }'],
    ['resources', odd, { resources: ['cpu'] }, 'INVALID_ARGUMENT', 'resources was an array of 1'],
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, true, '1', null, undefined].map(
      (cpu) =>
        [
          'an amount',
          odd,
          { resources: { cpu } },
          'INVALID_ARGUMENT',
          'resources.cpu was',
          'a number from 0',
        ] as const,
    ),
    [
      'an unknown label',
      odd,
      { resources: { gpu: 1 } },
      'UNKNOWN_RESOURCE',
      'unknown resource "gpu"',
      'has cpu',
    ],
    ['too much', odd, { resources: { cpu: 3 } }, 'UNSCHEDULABLE_TASK', 'needs 3 of "cpu"', 'capacity is 2'],
    ['amount before label', odd, { resources: { gpu: -1 } }, 'INVALID_ARGUMENT', 'resources.gpu was -1'],
    ['label by label', odd, { resources: { cpu: 3, gpu: -1 } }, 'UNSCHEDULABLE_TASK', '"cpu"'],
  ];

  const rows = cases.map(([what, task, options, code, ...says]) => ({ what, task, options, code, says }));
  it.each(rows)('$what: $options', async ({ task, options, code, says }) => {
    const { scheduler, events } = bench({ resources: { cpu: 2 } });
    const run = new OpenRun(scheduler);
    await settle();
    const before = scheduler.snapshot();
    const count = events.length;
    const error = await run.use((controls) => {
      const builder = (controls.task as (...args: unknown[]) => { run(): unknown })(task, options);
      return [thrownBy(() => builder.run())] as const;
    });
    check(error[0], code, says);
    expect(scheduler.snapshot()).toBe(before);
    await settle();
    expect(events.length).toBe(count);
    expect(await (await run.task(() => 'goes on')).result()).toBe('goes on');
  });
});
