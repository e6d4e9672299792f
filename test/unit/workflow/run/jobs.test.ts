/** Jobs of a run. Hunted: a job that starts too early, not at all, or sees what it should not. */
import { describe, expect, it } from 'vitest';
import { combinationId } from '../../../../src/workflow/strategy.ts';
import { ends, job, jobEnds, rig, settled, timeless } from './kit.ts';

const note = (say: string) => `[ { name: N, id: n, uses: t/note@latest, with: { say: "${say}" } } ]`;
const fail = (say: string) => `[ { name: F, id: f, uses: t/fail@latest, with: { say: "${say}" } } ]`;
const gate = (say: string) => `[ { name: G, id: g, uses: t/gate@latest, with: { say: "${say}" } } ]`;
const skip = '[ { name: S, id: s, if: false, echo: x } ]';

describe('needs', () => {
  it('a job starts when those it needs have ended; independent ones run side by side', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  last: { needs: [a, b], stages: ${note('last')} }
  a: { stages: ${gate('a')} }
  b: { stages: ${gate('b')} }`);
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['a', 'b']);
    made.stages.gate('a').open(undefined);
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['a', 'b']);
    made.stages.gate('b').open(undefined);
    const { status } = await settled(made, handle);
    expect(status).toBe('SUCCESS');
    expect(made.stages.ran).toEqual(['a', 'b', 'last']);
    expect(jobEnds(handle)).toEqual({ a: 'succeeded', b: 'succeeded', last: 'succeeded' });
  });

  it('a job sees the jobs it needs, also through others, and no more', async () => {
    const made = rig();
    const { jobs } = await made.run(`name: w
jobs:
  a: { stages: ${note('a')} }
  b: { needs: [a], stages: ${note('b ${{ jobs.a.stages.n.outputs.say }}')} }
  other: { stages: ${note('other')} }
  c:
    needs: [b]
    stages:
      - { name: N, id: n, uses: t/note@latest, with: { say: c, seen: "\${{ jobs | keys }}", a: "\${{ jobs.a.stages.n.outputs.say }}", status: "\${{ jobs.b.status }}" } }`);
    expect(jobs['b'].stages.n.outputs.say).toBe('b a');
    expect(jobs['c'].stages.n.outputs).toMatchObject({ seen: ['a', 'b'], a: 'a', status: 'SUCCESS' });
  });

  it('a failed need blocks what follows, with the words of its rule, and leaves others alone', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  a: { stages: ${fail('a')} }
  b: { needs: [a], stages: ${note('b')} }
  c: { needs: [b], stages: ${note('c')} }
  free: { stages: ${note('free')} }`);
    const { jobs, status, errors } = await settled(made, handle);
    expect(status).toBe('FAILED');
    expect(made.stages.ran).toEqual(['a', 'free']);
    const rule = {
      status: 'FAILED',
      errors: { name: 'WorkflowError', message: "Validate job trigger rule was failed with 'all_success'." },
    };
    expect(timeless(jobs['b'])).toEqual(rule);
    expect(timeless(jobs['c'])).toEqual(rule);
    expect(errors).toEqual({ name: 'WorkflowError', message: "Job execution, 'a', was failed." });
    expect(jobEnds(handle)).toEqual({ a: 'failed', b: 'blocked', c: 'blocked', free: 'succeeded' });
  });
});

describe('trigger rules', () => {
  /** Ends of the two needs, and what each rule makes of them. */
  const ENDS = { S: note('x'), F: fail('x'), K: skip } as const;
  const table: readonly [string, string, string][] = [
    ['all_success', 'SS', 'run'],
    ['all_success', 'SF', 'fail'],
    ['all_success', 'SK', 'fail'],
    ['all_failed', 'FF', 'run'],
    ['all_failed', 'SF', 'fail'],
    ['all_done', 'SF', 'run'],
    ['all_done', 'FF', 'run'],
    ['one_success', 'SF', 'run'],
    ['one_success', 'SS', 'fail'],
    ['one_failed', 'SF', 'run'],
    ['one_failed', 'FF', 'fail'],
    ['none_failed', 'SK', 'run'],
    ['none_failed', 'SF', 'fail'],
    ['none_skipped', 'SF', 'run'],
    ['none_skipped', 'SK', 'fail'],
    ['all_success', 'KK', 'skip'],
    ['all_done', 'KK', 'skip'],
    ['none_skipped', 'KK', 'skip'],
  ];

  it.each(table)('%s after %s: %s', async (rule, needs, verdict) => {
    const made = rig();
    const [a, b] = [...needs] as (keyof typeof ENDS)[];
    const handle = await made.start(`name: w
jobs:
  a: { stages: ${ENDS[a ?? 'S']} }
  b: { stages: ${ENDS[b ?? 'S']} }
  c: { needs: [a, b], trigger-rule: ${rule}, stages: ${note('ran')} }`);
    const { jobs, status } = await settled(made, handle);
    expect(made.stages.ran.filter((one) => one === 'ran')).toHaveLength(verdict === 'run' ? 1 : 0);
    expect(jobs['c'].status).toBe({ run: 'SUCCESS', fail: 'FAILED', skip: 'SKIP' }[verdict]);
    expect(jobEnds(handle)['c']).toBe({ run: 'succeeded', fail: 'blocked', skip: 'succeeded' }[verdict]);
    // A failure that another job deals with is still a failure of the run.
    const failed = needs.includes('F') || verdict === 'fail';
    expect(status).toBe(failed ? 'FAILED' : needs === 'KK' ? 'SKIP' : 'SUCCESS');
  });

  it('a cancelled need cancels what follows, but all_done runs', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  a: { stages: ${gate('a')} }
  b: { needs: [a], trigger-rule: none_failed, stages: ${note('b')} }
  c: { needs: [a], trigger-rule: all_done, stages: ${note('c ${{ jobs.a.status }}')} }`);
    await made.stages.arrived('a').promise;
    handle.tasks[0]?.requestTerminate('enough');
    const result = handle.result();
    await expect(result).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(made.stages.ran).toEqual(['a', 'c CANCEL']);
    expect(jobEnds(handle)).toEqual({ a: 'cancelled', b: 'cancelled', c: 'succeeded' });
    expect(handle.state).toBe('cancelled');
  });
});

describe('if of a job', () => {
  it('false skips the job, whose need counts as skipped', async () => {
    const made = rig();
    const handle = await made.start(`name: w
params: { go: { type: bool, default: false } }
jobs:
  a: { if: params.go, stages: ${note('a')} }
  b: { needs: [a], stages: ${note('b')} }
  c: { stages: ${note('c')} }`);
    const { jobs, status } = await settled(made, handle);
    expect(status).toBe('SUCCESS');
    expect(timeless(jobs['a'])).toEqual({ status: 'SKIP' });
    expect(timeless(jobs['b'])).toEqual({ status: 'SKIP' });
    expect(made.stages.ran).toEqual(['c']);
    expect(jobEnds(handle)).toEqual({ a: 'succeeded', b: 'succeeded', c: 'succeeded' });
  });

  it('sees params and the jobs it needs', async () => {
    const made = rig();
    await made.run(`name: w
jobs:
  a: { stages: ${note('a')} }
  b: { needs: [a], if: "jobs.a.stages.n.outputs.say == 'a'", stages: ${note('b')} }`);
    expect(made.stages.ran).toEqual(['a', 'b']);
  });

  it('that cannot be told fails the job, and says why', async () => {
    const made = rig();
    const handle = await made.start(`name: w\njobs: { a: { if: "params.x.y", stages: ${note('a')} } }`);
    const { jobs, status } = await settled(made, handle);
    expect(status).toBe('FAILED');
    expect(jobs['a'].errors.message).toMatch(/^<text>:2:/);
    expect(jobEnds(handle)).toEqual({ a: 'failed' });
  });

  it('a job without stages ends skipped', async () => {
    const { run } = rig();
    const { jobs, status } = await run('name: w\njobs: { a: { stages: [] } }');
    expect(status).toBe('SKIP');
    expect(timeless(jobs['a'])).toEqual({ status: 'SKIP' });
  });
});

describe('matrix', () => {
  const matrix = (strategy: string, stages: string) =>
    job('', `    strategy: ${strategy}\n`).replace(/stages:\n\s*$/, `stages: ${stages}`);

  it('runs its stages for every combination, one after the other, under the id of each', async () => {
    const made = rig();
    const { jobs, status } = await made.run(
      matrix(
        '{ matrix: { os: [a, b], n: [1, 2] }, exclude: [{ os: b, n: 1 }], include: [{ os: c, n: 9 }] }',
        note('${{ matrix.os }}${{ matrix.n }}'),
      ),
    );
    expect(status).toBe('SUCCESS');
    expect(made.stages.ran).toEqual(['a1', 'a2', 'b2', 'c9']);
    const combinations = [
      { os: 'a', n: 1 },
      { os: 'a', n: 2 },
      { os: 'b', n: 2 },
      { os: 'c', n: 9 },
    ];
    expect(timeless(jobs['j'])).toEqual({
      status: 'SUCCESS',
      strategies: Object.fromEntries(
        combinations.map((values) => [
          combinationId(values),
          {
            status: 'SUCCESS',
            matrix: values,
            stages: { n: { outputs: { say: `${values.os}${values.n}` }, status: 'SUCCESS' } },
          },
        ]),
      ),
    });
  });

  it('a failing combination stops no other, and is told by its id', async () => {
    const made = rig();
    const { jobs } = await made.run(
      matrix(
        '{ matrix: { n: [1, 2, 3] } }',
        '[ { name: F, id: f, if: "matrix.n == 2", raise: no }, { name: N, uses: t/note@latest, with: { say: "${{ matrix.n }}" } } ]',
      ),
    );
    expect(made.stages.ran).toEqual(['1', '3']);
    const errors = {
      name: 'JobError',
      message: "Strategy execution was break because its nested-stage, 'f', failed.",
    };
    expect(jobs['j'].status).toBe('FAILED');
    expect(jobs['j'].errors).toEqual({ [combinationId({ n: 2 })]: errors });
    expect(jobs['j'].strategies[combinationId({ n: 2 })].errors).toEqual(errors);
  });

  it.each([1, 2])('fail-fast starts nothing after the first failure, %i at once', async (most) => {
    const made = rig();
    const { jobs } = await made.run(
      matrix(
        `{ matrix: { n: [1, 2, 3, 4] }, fail-fast: true, max-parallel: ${most} }`,
        '[ { name: F, id: f, if: "matrix.n == 1", raise: no }, { name: N, uses: t/note@latest, with: { say: "${{ matrix.n }}" } } ]',
      ),
    );
    expect(Object.keys(jobs['j'].strategies)).toHaveLength(most);
    expect(made.stages.ran).not.toContain('3');
  });

  it('fail-fast stops the combinations that run', async () => {
    const made = rig();
    const handle = await made.start(
      matrix(
        '{ matrix: { n: [1, 2] }, fail-fast: true, max-parallel: 2 }',
        '[ { name: G, id: g, uses: t/gate@latest, with: { say: "${{ matrix.n }}" } }, { name: F, id: f, raise: no } ]',
      ),
    );
    await made.stages.arrived('2').promise;
    made.stages.gate('1').open(undefined);
    const { jobs } = await settled(made, handle);
    expect(made.stages.aborted).toEqual(['2']);
    expect(jobs['j'].status).toBe('FAILED');
    expect(jobs['j'].strategies[combinationId({ n: 2 })]).toMatchObject({
      status: 'CANCEL',
      errors: {
        name: 'JobCancelError',
        message: 'Strategy execution was canceled from the event after end stage execution.',
      },
    });
  });

  it.each(['3', '"${{ params.most }}"'])('runs as many at once as max-parallel: %s', async (most) => {
    const made = rig();
    const yaml = matrix(
      `{ matrix: { n: [1, 2, 3, 4] }, max-parallel: ${most} }`,
      '[ { name: G, uses: t/gate@latest, with: { say: "${{ matrix.n }}" } } ]',
    );
    const handle = await made.start(
      yaml.replace('jobs:', 'params: { most: { type: int, default: 3 } }\njobs:'),
    );
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['1', '2', '3']);
    for (const n of ['1', '2', '3', '4']) made.stages.gate(n).open(undefined);
    await settled(made, handle);
  });

  it('takes its lists from params', async () => {
    const made = rig();
    await made.run(`name: w
params: { list: { type: array, default: [x, y] } }
jobs: { j: { strategy: { matrix: { a: "\${{ params.list }}" } }, stages: ${note('${{ matrix.a }}')} } }`);
    expect(made.stages.ran).toEqual(['x', 'y']);
  });

  it('whose max-parallel is out of range fails the job', async () => {
    const made = rig();
    const { jobs } = await made.run(`name: w
params: { n: { type: int, default: 10 } }
jobs: { j: { strategy: { matrix: { a: [1] }, max-parallel: "\${{ params.n }}" }, stages: ${note('x')} } }`);
    expect(jobs['j'].errors.message).toBe(
      'The max-parallel value should not more than 10, the current value was set: 10.',
    );
    expect(made.stages.ran).toEqual([]);
  });

  it('later jobs read its combinations', async () => {
    const made = rig();
    const id = combinationId({ n: 1 });
    await made.run(`name: w
jobs:
  a: { strategy: { matrix: { n: [1] } }, stages: ${note('one')} }
  b: { needs: [a], stages: ${note(`\${{ jobs.a.strategies['${id}'].stages.n.outputs.say }}`)} }`);
    expect(made.stages.ran).toEqual(['one', 'one']);
  });
});

describe('retry of a job', () => {
  it('runs all of its stages again, waits in between, and says how often', async () => {
    const made = rig();
    made.stages.registry.register('t', 'third', () => {
      if (made.stages.ran.length < 3) throw new Error('not yet');
      return { at: made.stages.ran.length };
    });
    const startedAt = made.clock.now();
    const handle = await made.start(
      job(
        `- { name: N, uses: t/note@latest, with: { say: n } }\n- { name: T, id: t, uses: t/third@latest }`,
        '    retry: 5\n',
      ),
    );
    const { jobs, status } = await settled(made, handle);
    expect(status).toBe('SUCCESS');
    expect(jobs['j']).toMatchObject({ status: 'SUCCESS', retry: 2 });
    expect(jobs['j'].stages.t.outputs).toEqual({ at: 3 });
    expect(made.stages.ran).toEqual(['n', 'n', 'n']);
    expect(made.clock.now() - startedAt).toBe(1_440);
    expect(jobEnds(handle)).toEqual({ j: 'succeeded' });
  });

  it('used up, its last end counts', async () => {
    const made = rig();
    const handle = await made.start(
      job(
        '- { name: F, id: f, uses: t/fail@latest, with: { say: f } }',
        '    retry: { retries: 2, backoffMs: 10 }\n',
      ),
    );
    const { jobs } = await settled(made, handle);
    expect(made.stages.ran).toEqual(['f', 'f', 'f']);
    expect(jobs['j']).toMatchObject({ status: 'FAILED', retry: 2 });
    expect(jobEnds(handle)).toEqual({ j: 'failed' });
  });
});

describe('max_job_parallel', () => {
  it('is as many jobs at once', async () => {
    const made = rig();
    const handle = await made.start(`name: w
extras: { max_job_parallel: 2 }
jobs: { a: { stages: ${gate('a')} }, b: { stages: ${gate('b')} }, c: { stages: ${gate('c')} } }`);
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['a', 'b']);
    made.stages.gate('b').open(undefined);
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c']) made.stages.gate(name).open(undefined);
    expect((await settled(made, handle)).status).toBe('SUCCESS');
  });
});

describe('finally jobs', () => {
  const yaml = (stages: string, last = note('last ${{ jobs.a.status }}')) => `name: w
jobs:
  last: { finally: true, stages: ${last} }
  a: { stages: ${stages} }
  b: { needs: [a], stages: ${note('b')} }`;

  it.each([
    ['succeeded', note('a'), ['a', 'b', 'last SUCCESS'], 'SUCCESS'],
    ['failed', fail('a'), ['a', 'last FAILED'], 'FAILED'],
    ['been skipped', skip, ['last SKIP'], 'SUCCESS'],
  ])('run when all others are over: the first one has %s', async (_, stages, ran, status) => {
    const made = rig();
    const told = await made.run(yaml(stages));
    expect(made.stages.ran).toEqual(ran);
    expect(told.status).toBe(status);
    expect(told.jobs['last'].status).toBe('SUCCESS');
  });

  it('one that fails fails the run', async () => {
    const { run } = rig();
    const { status, errors } = await run(yaml(note('a'), fail('x')));
    expect(status).toBe('FAILED');
    expect(errors).toEqual({ name: 'WorkflowError', message: "Job execution, 'last', was failed." });
  });

  it('may need one another', async () => {
    const made = rig();
    await made.run(`name: w
jobs:
  z: { finally: true, needs: [y], stages: ${note('z ${{ jobs.y.status }}')} }
  y: { finally: true, stages: ${note('y')} }
  a: { stages: ${note('a')} }`);
    expect(made.stages.ran).toEqual(['a', 'y', 'z SUCCESS']);
  });

  it('run when the run is terminated, which then ends cancelled', async () => {
    const made = rig();
    const handle = await made.start(
      yaml(
        gate('a'),
        `[ { name: N, id: n, uses: t/note@latest, with: { say: "last \${{ jobs.a.status }}" } }, { name: M, uses: t/note@latest, with: { say: second } } ]`,
      ),
    );
    await made.stages.arrived('a').promise;
    handle.requestTerminate('stop it');
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(handle.state).toBe('cancelled');
    expect(made.stages.aborted).toEqual(['a']);
    expect(made.stages.ran).toEqual(['a', 'last CANCEL', 'second']);
    expect(jobEnds(handle)).toEqual({ last: 'succeeded', a: 'cancelled', b: 'cancelled' });
  });

  it('a second terminate gives them up', async () => {
    const made = rig();
    const handle = await made.start(
      yaml(
        gate('a'),
        `[ { name: G, uses: t/gate@latest, with: { say: g } }, { name: M, uses: t/note@latest, with: { say: never } } ]`,
      ),
    );
    await made.stages.arrived('a').promise;
    handle.requestTerminate('stop it');
    await made.stages.arrived('g').promise;
    handle.requestTerminate('at once');
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(made.stages.aborted).toEqual(['a', 'g']);
    expect(made.stages.ran).toEqual(['a', 'g']);
    expect(ends(handle)).toMatchObject({ G: 'cancelled' });
  });

  it('a second terminate ends the wait between two tries of one (the wait would hold the run)', async () => {
    const made = rig({ graceMs: 3_600_000 });
    const handle = await made.start(
      `name: w
jobs:
  a: { stages: ${gate('a')} }
  last: { finally: true, retry: { retries: 3, backoffMs: 600000 }, stages: ${fail('x')} }`,
    );
    await made.stages.arrived('a').promise;
    handle.requestTerminate('stop it');
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['a', 'x']);
    const startedAt = made.clock.now();
    handle.requestTerminate('at once');
    await made.clock.advance(0);
    expect(handle.state).toBe('cancelled');
    expect(made.clock.now()).toBe(startedAt);
  });
});
