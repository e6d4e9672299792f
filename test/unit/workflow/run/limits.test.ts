/** Time limits, resources, executors, and what raises. Hunted: a limit that interrupts nothing, or too much. */
import { describe, expect, it } from 'vitest';
import { job, jobEnds, passUntil, rig, settled, type Told, timeless } from './kit.ts';

const note = (say: string) => `{ name: N, id: n, uses: t/note@latest, with: { say: "${say}" } }`;
const gate = (say: string, more = '') =>
  `{ name: G, id: g, uses: t/gate@latest, with: { say: "${say}" }${more} }`;

describe('the time-out of a workflow', () => {
  it('interrupts what runs, starts nothing more, and fails the run with its words', async () => {
    const made = rig();
    const handle = await made.start(`name: slow
timeout: 2.5
jobs:
  a: { stages: [ { name: S, sleep: 100 }, ${note('never')} ] }
  b: { needs: [a], stages: [ ${note('never')} ] }
  last: { finally: true, stages: [ ${note('last ${{ jobs.a.status }}')} ] }`);
    const startedAt = made.clock.now();
    const { status, errors, jobs } = await settled(made, handle);
    expect(made.clock.now() - startedAt).toBe(2_500);
    expect({ status, errors }).toEqual({
      status: 'FAILED',
      errors: {
        name: 'WorkflowTimeoutError',
        message: "'slow' was timeout because it use exec time more than 2.5 seconds.",
      },
    });
    expect(jobs['a'].status).toBe('CANCEL');
    expect(jobs['b'].status).toBe('CANCEL');
    expect(made.stages.ran).toEqual(['last CANCEL']);
    expect(handle.state).toBe('failed');
    expect(jobEnds(handle)).toEqual({ a: 'cancelled', b: 'cancelled', last: 'succeeded' });
  });

  it('changes nothing for a run that is quicker', async () => {
    const made = rig();
    const { status } = await made.run(
      'name: w\ntimeout: 2\njobs: { a: { stages: [ { name: S, sleep: 1.9 } ] } }',
    );
    expect(status).toBe('SUCCESS');
  });
});

describe('the time-out of a job', () => {
  it('interrupts all of its combinations, fails it, and leaves other jobs alone', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  a:
    timeout: 1
    strategy: { matrix: { n: [1, 2] }, max-parallel: 2 }
    stages: [ { name: E, id: e, foreach: [x], stages: [ { name: S, id: s, sleep: 100 } ] } ]
  b: { stages: [ { name: S, sleep: 3 } ] }`);
    const { jobs, status } = await settled(made, handle);
    expect(status).toBe('FAILED');
    expect(jobs['a']).toMatchObject({
      status: 'FAILED',
      errors: { name: 'TaskTimeoutError', message: '"a" took more than its 1 seconds' },
    });
    expect(jobs['a'].info.exec_latency).toBe(1);
    expect(jobs['b'].status).toBe('SUCCESS');
    const [one] = Object.values<{ stages: { e: { status: string } } }>(jobs['a'].strategies);
    expect(one?.stages.e.status, 'what was stopped is cancelled, not late itself').toBe('CANCEL');
    expect(jobEnds(handle)).toEqual({ a: 'failed', b: 'succeeded' });
  });

  it('interrupts its wait between two tries', async () => {
    const made = rig();
    const startedAt = made.clock.now();
    const { jobs } = await made.run(
      job(
        '- { name: F, uses: t/fail@latest, with: { say: x } }',
        '    timeout: 5\n    retry: { retries: 3, backoffMs: 60000 }\n',
      ),
    );
    expect(jobs['j'].errors.name).toBe('TaskTimeoutError');
    expect(made.clock.now() - startedAt).toBe(5_000);
    expect(made.stages.ran).toEqual(['x']);
  });
});

describe('the time-out of a stage', () => {
  it('fails it; another attempt has its own time', async () => {
    const made = rig();
    const { jobs } = await made.run(job(`- ${gate('x', ', timeout: 2, retry: 1')}`));
    expect(made.stages.ran).toEqual(['x', 'x#1']);
    expect(made.stages.aborted).toEqual(['x', 'x']);
    expect(jobs['j'].stages.g).toMatchObject({
      status: 'FAILED',
      outputs: { retry: 1 },
      errors: { name: 'TaskTimeoutError' },
    });
  });

  it('that holds others stops those, and fails with its own words', async () => {
    const made = rig();
    const { jobs } = await made.run(
      job(`
- name: P
  id: p
  timeout: 2
  parallel:
    a: [ ${gate('x')} ]
    b: [ ${note('b')} ]`),
    );
    expect(made.stages.aborted).toEqual(['x']);
    expect(timeless(jobs['j'].stages.p)).toMatchObject({
      status: 'FAILED',
      outputs: { parallel: { a: { status: 'CANCEL' }, b: { status: 'SUCCESS' } } },
      errors: { name: 'TaskTimeoutError', message: '"P" took more than its 2 seconds' },
    });
  });
});

describe('raiseOnError', () => {
  it('of the workflow: the run rejects with what failed', async () => {
    const made = rig();
    const handle = await made.start(
      job('- { name: F, raise: no }').replace('name: w', 'name: w\nraiseOnError: true'),
    );
    await expect(handle.result()).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringContaining('no'),
    });
    expect(handle.state).toBe('failed');
  });

  it.each([
    ['raiseOnError: true', ''],
    ['extras: { stage_raise_error: true }', ''],
    ['', 'raiseOnError: true'],
    ['', 'extras: { stage_raise_error: true }'],
  ])('of a stage (%s) or a job (%s)', async (stage, ofJob) => {
    const made = rig();
    const yaml = job(
      `- { name: F, raise: no${stage === '' ? '' : `, ${stage}`} }`,
      ofJob === '' ? '' : `    ${ofJob}\n`,
    );
    const handle = await made.start(yaml);
    await expect(handle.result()).rejects.toMatchObject({
      name: 'StageError',
      message: 'the stage "F" failed: no',
    });
  });

  it('that meets no failure raises nothing', async () => {
    const { run } = rig();
    const fine = await run(job(`- ${note('x')}`, '    raiseOnError: true\n'));
    expect(fine.status).toBe('SUCCESS');
  });

  it('of the workflow by extras', async () => {
    const made = rig();
    const handle = await made.start(
      job('- { name: F, raise: no }').replace('name: w', 'name: w\nextras: { stage_raise_error: true }'),
    );
    await expect(handle.result()).rejects.toMatchObject({ code: 'STAGE_FAILED' });
  });
});

describe('resources', () => {
  it('of workflow, job and stage feed admission, the innermost counts, and no more than there is is used', async () => {
    const made = rig({ resources: { cpu: 4, gpu: 1 } });
    const cpu = () => made.scheduler.snapshot().resources.find(({ label }) => label === 'cpu')?.inUse ?? 0;
    const used: number[] = [];
    made.scheduler.events$.subscribe(() => {
      used.push(cpu());
    });
    const handle = await made.start(`name: w
resources: { cpu: 1 }
jobs:
  a: { stages: [ { name: A, sleep: 1 } ] }
  b: { resources: { cpu: 3 }, stages: [ { name: B, sleep: 1 }, { name: B2, sleep: 1, resources: { cpu: 2, gpu: 1 } } ] }
  c: { resources: { cpu: 4 }, stages: [ { name: E, foreach: [1, 2], concurrent: 2, stages: [ { name: I, sleep: 1 } ] } ] }`);
    const { status } = await settled(made, handle);
    expect(status).toBe('SUCCESS');
    expect(Math.max(...used)).toBe(4);
    expect(cpu()).toBe(0);
  });

  it.each([
    ['{ gpu: 1 }', 'UNKNOWN_RESOURCE'],
    ['{ cpu: 5 }', 'UNSCHEDULABLE_TASK'],
  ])('%s is refused with %s before anything starts, also far inside', async (resources, code) => {
    const made = rig({ resources: { cpu: 4 } });
    const deep = `name: w
jobs:
  a: { stages: [ ${note('never')} ] }
  b: { needs: [a], stages: [ { name: C, case: x, match: [ { else: [ { name: E, foreach: [1], stages: [ { name: S, resources: ${resources}, echo: x } ] } ] } ] } ] }`;
    await expect(made.start(deep)).rejects.toMatchObject({ code });
    await expect(
      made.start(`name: w\nresources: ${resources}\njobs: { a: { stages: [ ${note('never')} ] } }`),
    ).rejects.toMatchObject({ code });
    await made.clock.advance(0);
    expect(made.events).toEqual([]);
    expect(made.stages.ran).toEqual([]);
  });
});

describe('executor', () => {
  it('an unknown one is refused before anything starts', async () => {
    const made = rig();
    await expect(made.start(job(`- ${note('never')}`, '    executor: moon\n'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('moon'),
    });
    expect(made.stages.ran).toEqual([]);
  });

  it('of a job is for the stages that it can run', async () => {
    const made = rig();
    const yaml = job(
      `- ${note('inline')}\n- { name: B, id: b, bash: echo there }`,
      '    executor: process\n',
    );
    // A process takes the time that it takes: none is passed here.
    const { jobs } = (await (await made.start(yaml)).result()) as Told;
    expect(jobs['j'].status).toBe('SUCCESS');
    expect(jobs['j'].stages.b.outputs).toMatchObject({ stdout: 'there' });
  });

  it('of a stage that it cannot run is refused before anything starts', async () => {
    const made = rig();
    await expect(
      made.start(job(`- ${note('never')}\n- { name: N2, echo: x, executor: process }`)),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(made.stages.ran).toEqual([]);
  });
});

describe('params', () => {
  it('have defaults, are converted, and what is wrong is told before a run is made', async () => {
    const made = rig();
    const workflow = await made.read(`name: w
params: { n: { type: int, default: 3 }, must: { type: str, required: true } }
jobs: { a: { stages: [ { name: N, id: n, uses: t/note@latest, with: { say: "\${{ params.n }}" } } ] } }`);
    expect(() => workflow.pipeline()).toThrow(/Required Param on this workflow setting does not set: 'must'/);
    expect(() => workflow.pipeline({ params: { must: 'x', n: 'three' } })).toThrow(/"n"/);
    expect(() => workflow.pipeline({ params: { must: 'x', other: 1 } })).toThrow(/"other"/);
    const { params } = await settled(
      made,
      made.scheduler.runPipeline(workflow.pipeline({ params: { must: 'x', n: '4' } })),
    );
    expect(params).toEqual({ n: 4, must: 'x' });
    expect(made.stages.ran).toEqual(['4']);
  });

  it('of one workflow object that is submitted twice at once are those of each run', async () => {
    const made = rig({ pipelineParallelism: 2 });
    const workflow = await made.read(`name: w
params: { n: int }
jobs: { a: { stages: [ ${gate('${{ params.n }}')} ] } }`);
    const one = made.scheduler.runPipeline(workflow.pipeline({ params: { n: 1 } }));
    const two = made.scheduler.runPipeline(workflow.pipeline({ params: { n: 2 } }));
    const pipeline = workflow.pipeline({ params: { n: 3 } });
    const three = made.scheduler.runPipeline(pipeline);
    const four = made.scheduler.runPipeline(pipeline);
    for (const n of ['1', '2', '3']) made.stages.gate(n).open(undefined);
    const results: Told[] = [];
    for (const handle of [one, two, three, four]) results.push(await settled(made, handle));
    expect(results.map(({ status, params }) => [status, params['n']])).toEqual([
      ['SUCCESS', 1],
      ['SUCCESS', 2],
      ['SUCCESS', 3],
      ['SUCCESS', 3],
    ]);
  });
});

describe('nothing is left', () => {
  it('of a run that ended: no listener on its signal, no timer', async () => {
    const made = rig();
    const handle = await made.start(
      job(`- ${note('x')}\n- { name: S, sleep: 1, timeout: 5 }`, '    timeout: 9\n    retry: 1\n'),
    );
    await settled(made, handle);
    await made.clock.advance(0);
    expect(made.clock.pending).toBe(0);
    const closing = made.scheduler.close();
    await passUntil(made.clock, closing);
    expect(made.scheduler.closed).toBe(true);
  });
});
