/** Workflows that run others. Hunted: a circle that is not seen, a neighbour that should not matter and does. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryStore, type SchedulerOptions } from '../../../../src/index.ts';
import { loadWorkflow } from '../../../../src/workflow/index.ts';
import { inRealTime, type Rig, rig, type Told, timeless } from './kit.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-triggers-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const note = (say: string) => `{ name: N, id: n, uses: t/note@latest, with: { say: "${say}" } }`;
const trigger = (name: string, more = '') => `{ name: T, id: t, trigger: ${name}${more} }`;
const flow = (name: string, stages: string, more = '') =>
  `name: ${name}\n${more}jobs:\n  j: { stages: [ ${stages} ] }\n`;

/** Runs `main.yml` among these files. Files are read in real time, so none is passed. */
async function started(
  files: Record<string, string>,
  options: SchedulerOptions = {},
  made: Rig = rig(options),
) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const workflow = await loadWorkflow(join(folder, 'main.yml'), { registry: made.stages.registry });
  return { made, handle: made.scheduler.runPipeline(workflow.pipeline()) };
}

async function told(files: Record<string, string>, options: SchedulerOptions = {}) {
  const { made, handle } = await started(files, options);
  return { made, handle, result: (await inRealTime(made, handle.result())) as Told };
}

const errorsOf = ({ jobs }: Told) => jobs['j'].stages.t.errors;

describe('a trigger', () => {
  it('runs the other workflow as a child and leaves its params and jobs', async () => {
    const store = memoryStore();
    const { handle, result } = await told(
      {
        'main.yml': flow(
          'main',
          `${note('before')}, ${trigger('"${{ stages.n.outputs.say }}"', ', params: { n: "${{ params.n }}" }')}`,
          'params: { n: { type: int, default: 7 } }\n',
        ).replace('say: "before"', 'say: child'),
        'child.yml': flow(
          'child',
          note('child ${{ params.n }}'),
          'params: { n: int, m: { type: str, default: d } }\n',
        ),
      },
      { store },
    );
    expect(result.status).toBe('SUCCESS');
    expect(timeless(result.jobs['j'].stages.t)).toEqual({
      status: 'SUCCESS',
      outputs: {
        params: { n: 7, m: 'd' },
        jobs: { j: { status: 'SUCCESS', stages: { n: { outputs: { say: 'child 7' }, status: 'SUCCESS' } } } },
      },
    });
    const runs = await store.runs.list();
    const child = runs.find(({ name }) => name === 'child');
    expect(child?.parentId).toBe(handle.runId);
  });

  it('that fails says what its workflow said', async () => {
    const { result } = await told({
      'main.yml': flow('main', trigger('child')),
      'child.yml': flow('child', '{ name: F, raise: no }'),
    });
    expect(result.status).toBe('FAILED');
    expect(errorsOf(result)).toEqual({
      name: 'StageError',
      message: "Trigger workflow was failed with:\nJob execution, 'j', was failed.",
    });
  });

  it('of a workflow that raises says what that raised', async () => {
    const { result } = await told({
      'main.yml': flow('main', trigger('child')),
      'child.yml': flow('child', '{ name: F, raise: no }', 'raiseOnError: true\n'),
    });
    expect(errorsOf(result).message).toBe('Trigger workflow was failed with:\nthe stage "F" failed: no');
  });

  it('is skipped when its workflow is', async () => {
    const { result } = await told({
      'main.yml': flow('main', trigger('child')),
      'child.yml': flow('child', '{ name: S, if: false, echo: x }'),
    });
    expect(result.status).toBe('SKIP');
    expect(result.jobs['j'].stages.t.status).toBe('SKIP');
  });

  it('is cancelled when its run is', async () => {
    const { made, handle } = await started({
      'main.yml': flow('main', trigger('child')),
      'child.yml': flow('child', '{ name: G, uses: t/gate@latest, with: { say: g } }'),
    });
    await made.stages.arrived('g').promise;
    const ended = handle.outcome();
    handle.tasks.find(({ name }) => name === 'T')?.requestTerminate('enough');
    await ended;
    expect(made.stages.aborted).toEqual(['g']);
    expect(handle.state).toBe('cancelled');
  });

  it('is tried again, each time with a run of its own', async () => {
    const { made, result } = await told({
      'main.yml': flow(
        'main',
        trigger('child', ', retry: { retries: 2, backoffMs: 0 }, params: { try: "${{ retry }}" }'),
      ),
      'child.yml': flow(
        'child',
        '{ name: F, if: "params.try < 1", raise: no }, { name: N, uses: t/note@latest, with: { say: "${{ params.try }}" } }',
        'params: { try: int }\n',
      ),
    });
    expect(result.status).toBe('SUCCESS');
    expect(result.jobs['j'].stages.t.outputs.retry).toBe(1);
    expect(made.stages.ran).toEqual(['1']);
  });

  it('with params that its workflow does not have fails with what is allowed', async () => {
    const { result } = await told({
      'main.yml': flow('main', trigger('child', ', params: { x: 1 }')),
      'child.yml': flow('child', note('x')),
    });
    expect(errorsOf(result).message).toMatch(/unknown param "x"/);
  });
});

describe('a circle of triggers', () => {
  it.each([
    ['itself', { 'main.yml': flow('main', trigger('main')) }, 'main -> main'],
    [
      'A -> B -> A',
      { 'main.yml': flow('main', trigger('b')), 'b.yml': flow('b', trigger('main')) },
      'main -> b -> main',
    ],
    [
      'A -> B -> C -> A',
      {
        'main.yml': flow('main', trigger('b')),
        'b.yml': flow('b', trigger('c')),
        'c.yml': flow('c', trigger('main')),
      },
      'main -> b -> c -> main',
    ],
    [
      'by the name of a file',
      { 'main.yml': flow('first', trigger('b.yml')), 'b.yml': flow('b', trigger('main')) },
      'first -> b -> first',
    ],
  ])('is refused: %s', async (_, files, circle) => {
    const { result, made } = await told(files as Record<string, string>);
    expect(result.status).toBe('FAILED');
    const errors = made.events.flatMap((event) => (event.type === 'task:failed' ? [event.error] : []));
    expect(errors[0]).toMatchObject({
      code: 'TRIGGER_CYCLE',
      message: `Circle execute via trigger itself workflow name: ${circle}.`,
    });
  });

  it('is none where two go to the same third one', async () => {
    const { result } = await told({
      'main.yml': flow('main', `{ name: A, trigger: a }, { name: C, trigger: c }`),
      'a.yml': flow('a', trigger('c')),
      'c.yml': flow('c', note('c')),
    });
    expect(result.status).toBe('SUCCESS');
  });
});

describe('neighbours', () => {
  it('one that is not there fails the stage and names the folder', async () => {
    const { result } = await told({ 'main.yml': flow('main', trigger('nobody')) });
    expect(errorsOf(result)).toEqual({
      name: 'ValueError',
      message: `Config 'nobody' does not found on the conf path: ${folder}.`,
    });
  });

  it('a broken one, one of the same name and other files change nothing', async () => {
    await mkdir(join(folder, 'x.yml'));
    const { result } = await told({
      'main.yml': flow('main', trigger('child')),
      'broken.yml': 'name: [\n',
      'second.yml': flow('main', note('not this one')),
      'notes.txt': 'name: child',
      'inner.yaml': flow('child', note('child')),
    });
    expect(result.status).toBe('SUCCESS');
  });

  it('a broken one that is asked for by its file name says what is wrong with it', async () => {
    const { result } = await told({
      'main.yml': flow('main', trigger('child')),
      'child.yml': 'name: child\njobs: 3\n',
    });
    expect(errorsOf(result).message).toContain('child.yml:2');
  });

  it('two of the asked-for name are told apart by their author only', async () => {
    const { result } = await told({
      'main.yml': flow('main', trigger('child')),
      'one.yml': flow('child', note('x')),
      'two.yml': flow('child', note('x')),
    });
    expect(errorsOf(result)).toEqual({
      name: 'ValueError',
      message: `several workflows in ${folder} are called 'child': one.yml, two.yml`,
    });
  });

  it('one is found by the file that is called so, before what others say inside', async () => {
    const { made, result } = await told({
      'main.yml': flow('main', trigger('child')),
      'child.yml': flow('child', note('the file')),
      'two.yml': flow('child', note('the other')),
    });
    expect(result.status).toBe('SUCCESS');
    expect(made.stages.ran).toEqual(['the file']);
  });

  it('are not read before a trigger names one', async () => {
    const { result } = await told({ 'main.yml': flow('main', note('x')), 'other.yml': 'name: [\n' });
    expect(result.status).toBe('SUCCESS');
  });
});
