/** What one stage comes to. Hunted: a status, key or text that is not what authors of stage files know. */
import { describe, expect, it } from 'vitest';
import { genId } from '../../../../src/workflow/ids.ts';
import { ends, job, rig, settled, timeless } from './kit.ts';

describe('what a stage leaves', () => {
  it('is its outputs with status and times, under its id', async () => {
    const { run } = rig();
    const { jobs, status, errors, params, info } = await run(
      job('- { name: One, id: one, uses: t/note@latest, with: { say: a, n: 1 } }'),
    );
    expect({ status, errors, params }).toEqual({ status: 'SUCCESS', errors: undefined, params: {} });
    expect(info).toEqual({
      exec_start: '2024-03-01T00:00:00.000Z',
      exec_end: '2024-03-01T00:00:00.000Z',
      exec_latency: 0,
    });
    expect(jobs).toEqual({
      j: {
        status: 'SUCCESS',
        stages: { one: { outputs: { say: 'a', n: 1 }, status: 'SUCCESS', info } },
        info,
      },
    });
  });

  it('tells when it began and ended, in seconds', async () => {
    const { run } = rig();
    const { jobs, info } = await run(job('- { name: One, id: one, sleep: 1.5 }'));
    const times = {
      exec_start: '2024-03-01T00:00:00.000Z',
      exec_end: '2024-03-01T00:00:01.500Z',
      exec_latency: 1.5,
    };
    expect(jobs['j'].stages.one.info).toEqual(times);
    expect(jobs['j'].info).toEqual(times);
    expect(info).toEqual(times);
  });

  it('stands under its generated id without an id, and nowhere with stage_default_id: false', async () => {
    const { run } = rig();
    const stage = '- { name: No id, uses: t/note@latest, with: { say: a } }';
    const { jobs } = await run(job(stage));
    expect(Object.keys(jobs['j'].stages)).toEqual([genId('No id')]);
    expect(genId('No id')).toMatch(/^\d{10}$/);
    const nowhere = await run(job(stage, '    extras: { stage_default_id: false }\n'));
    expect(nowhere.jobs['j']).toMatchObject({ status: 'SUCCESS', stages: {} });
    const md5 = await run(job(stage, '    extras: { generate_id_simple_mode: false }\n'));
    expect(Object.keys(md5.jobs['j'].stages)).toEqual([genId('No id', false)]);
  });

  it('stands nowhere with stage_default_id: false, also when it fails (a key "" is no id)', async () => {
    const { run } = rig();
    const { jobs } = await run(
      job(
        '- { name: No id, if: "${{ params.a.b }}", echo: hi }',
        '    extras: { stage_default_id: false }\n',
      ),
    );
    expect(timeless(jobs['j'])).toEqual({
      status: 'FAILED',
      stages: {},
      errors: {
        name: 'JobError',
        message: "Strategy execution was break because its nested-stage, 'No id', failed.",
      },
    });
  });

  it('may hold outputs that are called status, info, errors and retry', async () => {
    const { run } = rig();
    const { jobs, status } = await run(
      job(`
- { name: One, id: one, uses: t/note@latest, with: { say: a, status: 500, info: i, errors: none, retry: r } }
- { name: Two, id: two, uses: t/note@latest, with: { say: "\${{ stages.one.outputs.status }}", ok: "\${{ stages.one.status }}" } }`),
    );
    expect(status).toBe('SUCCESS');
    expect(timeless(jobs['j'].stages.one.outputs)).toEqual(
      timeless({ say: 'a', status: 500, info: 'i', errors: 'none', retry: 'r' }),
    );
    expect(jobs['j'].stages.one.outputs.info).toBe('i');
    expect(jobs['j'].stages.one.status).toBe('SUCCESS');
    expect(jobs['j'].stages.two.outputs).toEqual({ say: 500, ok: 'SUCCESS' });
  });

  it('cannot be changed by a later stage that is handed it', async () => {
    const { run, stages } = rig();
    stages.registry.register('t', 'push', (args) => {
      (args['list'] as unknown[]).push('more');
      return {};
    });
    const { jobs, params } = await run(
      `name: w
params: { list: { type: array, default: [1] } }
jobs:
  j:
    stages:
      - { name: One, id: one, uses: t/note@latest, with: { say: [1] } }
      - { name: Two, uses: t/push@latest, with: { list: "\${{ stages.one.outputs.say }}" } }
      - { name: Three, uses: t/push@latest, with: { list: "\${{ params.list }}" } }`,
    );
    expect(jobs['j'].stages.one.outputs.say).toEqual([1]);
    expect(params).toEqual({ list: [1] });
  });
});

describe('a stage that fails', () => {
  it('says the class and text of its error, and ends its job and run', async () => {
    const made = rig();
    const handle = await made.start(
      job(`
- { name: One, id: one, uses: t/fail@latest, with: { say: it } }
- { name: Two, id: two, uses: t/note@latest, with: { say: never } }`),
    );
    const { jobs, status, errors } = await settled(made, handle);
    expect(status).toBe('FAILED');
    expect(errors).toEqual({ name: 'WorkflowError', message: "Job execution, 'j', was failed." });
    expect(timeless(jobs['j'])).toEqual({
      status: 'FAILED',
      stages: { one: { outputs: {}, status: 'FAILED', errors: { name: 'RangeError', message: 'it fails' } } },
      errors: {
        name: 'JobError',
        message: "Strategy execution was break because its nested-stage, 'one', failed.",
      },
    });
    expect(handle.state).toBe('failed');
    expect(ends(handle)).toEqual({ One: 'failed' });
    expect(made.stages.ran).toEqual(['it']);
  });

  it('raise fails with its message, which is rendered, and text whatever it is', async () => {
    const { run } = rig();
    const yaml = (message: string) => `name: w
params: { n: { type: int, default: 3 } }
jobs: { j: { stages: [ { name: No, id: no, raise: ${message} } ] } }`;
    const told = await run(yaml('"no ${{ params.n }}"'));
    expect(told.jobs['j'].stages.no.errors).toEqual({ name: 'StageError', message: 'no 3' });
    const number = await run(yaml('"${{ params.n }}"'));
    expect(number.jobs['j'].stages.no.errors).toEqual({ name: 'StageError', message: '3' });
  });

  it('a template that fails is a failure that names the line', async () => {
    const { run } = rig();
    const { jobs } = await run(job('- { name: One, id: one, echo: "${{ params.nothing.here }}" }'));
    expect(jobs['j'].stages.one).toMatchObject({ status: 'FAILED', errors: { name: 'UtilError' } });
    expect(jobs['j'].stages.one.errors.message).toMatch(/^<text>:5:.*nothing/s);
  });
});

describe('if', () => {
  const yaml = (condition: string) => `name: w
params: { flag: { type: bool, default: true }, n: { type: int, default: 3 } }
jobs:
  j:
    stages:
      - { name: One, id: one, if: ${condition}, uses: t/note@latest, with: { say: ran } }`;

  it.each([
    'true',
    '"true"',
    '"params.flag"',
    '"${{ params.flag }}"',
    '"${{ params.n == 3 }}"',
    '"${{ params.n }} == 3"',
    '"params.n > 2 and not false"',
    '""',
    'null',
  ])('%s runs the stage', async (condition) => {
    const { run, stages } = rig();
    const { status } = await run(yaml(condition));
    expect(status).toBe('SUCCESS');
    expect(stages.ran).toEqual(['ran']);
  });

  it.each(['false', '"not params.flag"', '"${{ params.n != 3 }}"', '"False"'])(
    '%s skips it, and what is all skipped is skipped',
    async (condition) => {
      const made = rig();
      const handle = await made.start(yaml(condition));
      const { status, jobs, errors } = await settled(made, handle);
      expect(made.stages.ran).toEqual([]);
      expect({ status, errors }).toEqual({ status: 'SKIP', errors: undefined });
      expect(timeless(jobs['j'])).toEqual({
        status: 'SKIP',
        stages: { one: { outputs: {}, status: 'SKIP' } },
      });
      expect(ends(handle)).toEqual({ One: 'succeeded' });
      expect(handle.state).toBe('succeeded');
    },
  );

  it('that is no boolean, or cannot be read, fails the stage', async () => {
    const { run } = rig();
    const { jobs } = await run(yaml('"${{ params.n }}"'));
    expect(jobs['j'].stages.one.status).toBe('FAILED');
    expect(jobs['j'].stages.one.errors.message).toMatch(/does not evaluate to a boolean/);
  });

  it('a skipped stage ends nothing, and a mixture is a success', async () => {
    const { run, stages } = rig();
    const { status, jobs } = await run(
      job(`
- { name: One, id: one, if: false, uses: t/note@latest, with: { say: no } }
- { name: Two, id: two, if: "stages.one.status == 'SKIP'", uses: t/note@latest, with: { say: yes } }`),
    );
    expect(status).toBe('SUCCESS');
    expect(jobs['j'].stages.one.status).toBe('SKIP');
    expect(stages.ran).toEqual(['yes']);
  });
});

describe('names and ids', () => {
  it('take templates of the matrix', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  j:
    strategy: { matrix: { os: [a, b] } }
    stages:
      - { name: "On \${{ matrix.os }}", id: "on-\${{ matrix.os }}", uses: t/note@latest, with: { say: "\${{ matrix.os }}" } }
      - { name: "Then \${{ matrix.os }}", uses: t/note@latest, with: { say: "\${{ stages.on-a?.outputs.say }}" } }`);
    const { jobs } = await settled(made, handle);
    const [a, b] = Object.values<{ stages: object }>(jobs['j'].strategies);
    expect(Object.keys(a?.stages ?? {}).sort()).toEqual([genId('Then a'), 'on-a'].sort());
    expect(Object.keys(b?.stages ?? {}).sort()).toEqual([genId('Then b'), 'on-b'].sort());
    expect(Object.keys(ends(handle))).toEqual([
      '[os=a] > On a',
      '[os=a] > Then a',
      '[os=b] > On b',
      '[os=b] > Then b',
    ]);
  });
});

describe('retry', () => {
  const yaml = (times: number, retry: string) =>
    job(
      `- { name: One, id: one, uses: t/fail@latest, with: { say: "\${{ retry }}", times: ${times} }, retry: ${retry} }`,
    );

  it('tries again, at once and then after 1.2^(k+1) seconds; every attempt sees its number', async () => {
    const { run, stages, clock } = rig();
    const startedAt = clock.now();
    const { status, jobs } = await run(yaml(3, '5'));
    expect(status).toBe('SUCCESS');
    expect(jobs['j'].stages.one.outputs).toEqual({ say: 3, times: 3, retry: 3 });
    expect(stages.ran).toEqual(['0', '1#1', '2#2', '3#3']);
    expect(clock.now() - startedAt).toBe(Math.round(1_200 ** 1 * 1.2) + Math.round(1_200 * 1.2 * 1.2));
  });

  it('a first attempt that succeeds says nothing of retries', async () => {
    const { run } = rig();
    const { jobs } = await run(yaml(0, '5'));
    expect(jobs['j'].stages.one.outputs).toEqual({ say: 0, times: 0 });
  });

  it('used up, the last error is the stage’s', async () => {
    const { run, stages } = rig();
    const { jobs } = await run(yaml(9, '2'));
    expect(stages.ran).toEqual(['0', '1#1', '2#2']);
    expect(timeless(jobs['j'].stages.one)).toEqual({
      status: 'FAILED',
      outputs: { retry: 2 },
      errors: { name: 'RangeError', message: '2 fails' },
    });
  });

  it('waits as its own back-off says', async () => {
    const { run, clock } = rig();
    const startedAt = clock.now();
    await run(yaml(3, '{ retries: 3, backoffMs: 100, factor: 3, maxBackoffMs: 500 }'));
    expect(clock.now() - startedAt).toBe(100 + 300 + 500);
  });
});

describe('extras', () => {
  it('of the stage go before those of the job, and those before the workflow’s', async () => {
    const { run, stages } = rig();
    stages.registry.register('t', 'extras', (_args, { extras }) => ({ ...extras }));
    const { jobs } = await run(`name: w
extras: { a: w, b: w, c: w }
jobs:
  j:
    extras: { b: j, c: j }
    stages:
      - { name: One, id: one, uses: t/extras@latest, extras: { c: s } }`);
    expect(jobs['j'].stages.one.outputs).toEqual({ a: 'w', b: 'j', c: 's' });
  });
});
