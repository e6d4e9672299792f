/** Cancel and terminate. Hunted: work that goes on although it was stopped, and work that was stopped with it by mistake. */
import { describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../../../src/index.ts';
import { ends, inRealTime, job, jobEnds, type Rig, rig, settled, taskOf, timeless } from './kit.ts';

const gate = (say: string, more = '') =>
  `{ name: G, id: g, uses: t/gate@latest, with: { say: "${say}" }${more} }`;
const note = (say: string) => `{ name: N, id: n, uses: t/note@latest, with: { say: "${say}" } }`;

/** Settles when an event of that type was told. */
async function told(made: Rig, type: RuntimeEvent['type']): Promise<void> {
  while (!made.events.some((event) => event.type === type)) {
    await made.clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('terminating a run', () => {
  it.each([
    ['a sleep', '- { name: S, sleep: 1000 }'],
    [
      'a foreach in the middle',
      `- name: E\n  foreach: [1, 2, 3]\n  concurrent: 2\n  stages: [ { name: S, sleep: 1000 } ]`,
    ],
    ['an until', `- name: U\n  until: "item > 5"\n  stages: [ { name: S, sleep: 1000 } ]`],
    [
      'a parallel in a case',
      `- name: C\n  case: a\n  match:\n    - case: a\n      stages: [ { name: P, parallel: { x: [ { name: S, sleep: 1000 } ], y: [ { name: S, sleep: 1000 } ] } } ]`,
    ],
    [
      'the back-off of a stage',
      '- { name: F, uses: t/fail@latest, with: { say: f }, retry: { retries: 3, backoffMs: 100000 } }',
    ],
  ])('interrupts %s at once, and nothing starts afterwards', async (_, stages) => {
    const made = rig();
    const handle = await made.start(
      `${job(stages)}\n      - ${note('never')}\n  k:\n    needs: [j]\n    stages: [ ${note('never')} ]`,
    );
    await made.clock.advance(10);
    const before = [...made.stages.ran];
    const at = made.clock.now();
    handle.requestTerminate('enough');
    await made.clock.advance(0);
    expect(handle.state).toBe('cancelled');
    expect(made.clock.now()).toBe(at);
    expect(made.stages.ran).toEqual(before);
    expect(jobEnds(handle)).toEqual({ j: 'cancelled', k: 'cancelled' });
    expect(Object.values(ends(handle)).filter((state) => state === 'queued' || state === 'running')).toEqual(
      [],
    );
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(made.clock.pending).toBe(0);
  });

  it('interrupts the wait of a job between two tries', async () => {
    const made = rig();
    const handle = await made.start(
      job(
        '- { name: F, uses: t/fail@latest, with: { say: f } }',
        '    retry: { retries: 3, backoffMs: 100000 }\n',
      ),
    );
    await made.clock.advance(10);
    handle.requestTerminate('enough');
    await made.clock.advance(0);
    expect(handle.state).toBe('cancelled');
    expect(made.stages.ran).toEqual(['f']);
    expect(made.clock.pending).toBe(0);
  });

  it('takes a stage that waits for resources out of the queue', async () => {
    const made = rig({ resources: { cpu: 1 } });
    const handle = await made.start(`name: w
resources: { cpu: 1 }
jobs: { a: { stages: [ ${gate('a')} ] }, b: { stages: [ ${note('never')} ] } }`);
    await made.stages.arrived('a').promise;
    handle.requestTerminate('enough');
    await made.clock.advance(0);
    expect(handle.state).toBe('cancelled');
    expect(made.stages.ran).toEqual(['a']);
    expect(made.stages.aborted).toEqual(['a']);
  });

  it('ends the processes of a bash stage, children of children too', async () => {
    const made = rig({ graceMs: 50 });
    const handle = await made.start(
      job('- { name: B, id: b, bash: "echo up; sleep 1000 & sleep 1000; echo never" }'),
    );
    await told(made, 'task:output');
    handle.requestTerminate('enough');
    await inRealTime(made, handle.outcome());
    expect(handle.state).toBe('cancelled');
  });

  it('ends an endless js stage', async () => {
    const made = rig({ graceMs: 50 });
    const handle = await made.start(job('- { name: J, js: "console.log(1); for (;;) {}" }'));
    await told(made, 'task:output');
    handle.requestTerminate('enough');
    await inRealTime(made, handle.outcome());
    expect(handle.state).toBe('cancelled');
  });

  it('before it began leaves nothing begun', async () => {
    const made = rig();
    const workflow = await made.read(job(`- ${note('never')}`));
    const handle = made.scheduler.runPipeline(workflow.pipeline());
    handle.cancel('not wanted');
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(made.stages.ran).toEqual([]);
  });
});

describe('cancelling one task', () => {
  it('a stage: its list ends there, its job is cancelled, other jobs go on', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  j: { stages: [ ${gate('a')}, ${note('never')} ] }
  k: { stages: [ ${gate('b')} ] }`);
    await made.stages.arrived('b').promise;
    taskOf(handle, 'G').requestTerminate('not this');
    await made.clock.advance(0);
    expect(made.stages.aborted).toEqual(['a']);
    made.stages.gate('b').open(undefined);
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(made.stages.ran).toEqual(['a', 'b']);
    expect(jobEnds(handle)).toEqual({ j: 'cancelled', k: 'succeeded' });
    expect(handle.state).toBe('cancelled');
  });

  it('one item of a foreach: only that; the others go on, and the foreach is cancelled', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  j:
    stages:
      - { name: E, id: e, foreach: [1, 2, 3], concurrent: 2, stages: [ ${gate('${{ item }}')}, ${note('after ${{ item }}')} ] }
  last: { finally: true, stages: [ { name: See, id: see, uses: t/note@latest, with: { say: last, e: "\${{ jobs.j.stages.e }}" } } ] }`);
    await made.stages.arrived('2').promise;
    taskOf(handle, 'E > [1]').requestTerminate('not this item');
    await made.clock.advance(0);
    expect(made.stages.aborted).toEqual(['1']);
    for (const item of ['2', '3']) made.stages.gate(item).open(undefined);
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(made.stages.ran).toEqual(['1', '2', '3', 'after 2', 'after 3', 'last']);
    expect(ends(handle)).toMatchObject({
      E: 'cancelled',
      'E > [1]': 'cancelled',
      'E > [1] > G': 'cancelled',
      'E > [2]': 'succeeded',
      'E > [3]': 'succeeded',
    });
  });

  it('a whole foreach: all of its items, no other stage', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  j:
    stages:
      - name: P
        id: p
        parallel:
          a: [ { name: E, id: e, foreach: [1, 2], concurrent: 2, stages: [ ${gate('${{ item }}')} ] } ]
          b: [ ${gate('beside')} ]`);
    await made.stages.arrived('2').promise;
    await made.stages.arrived('beside').promise;
    taskOf(handle, 'P > a > E').requestTerminate('not this loop');
    await made.clock.advance(0);
    expect(made.stages.aborted.sort()).toEqual(['1', '2']);
    made.stages.gate('beside').open(undefined);
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(ends(handle)).toMatchObject({
      'P > a > E': 'cancelled',
      'P > b > G': 'succeeded',
      'P > b': 'succeeded',
    });
  });

  it('says so in the context of the stage, with the reason that was given', async () => {
    const made = rig();
    const handle = await made.start(`name: w
jobs:
  j: { stages: [ ${gate('a')} ] }
  last: { finally: true, stages: [ { name: See, id: see, uses: t/note@latest, with: { say: last, j: "\${{ jobs.j }}" } } ] }`);
    const seen: unknown[] = [];
    made.stages.registry.register('t', 'keep', (args) => {
      seen.push(args);
      return {};
    });
    await made.stages.arrived('a').promise;
    taskOf(handle, 'G').requestTerminate('not this');
    const outcome = await handle.outcome();
    const see = await taskOf(handle, 'See').result();
    expect(timeless((see as { outputs: { j: unknown } }).outputs.j)).toEqual({
      status: 'CANCEL',
      stages: {
        g: { outputs: {}, status: 'CANCEL', errors: { name: 'StageCancelError', message: 'not this' } },
      },
      errors: {
        name: 'JobCancelError',
        message: 'Strategy execution was canceled from the event after end stage execution.',
      },
    });
    expect(outcome.kind).toBe('cancelled');
  });

  it('a stage that is queued never runs', async () => {
    const made = rig({ taskParallelism: 1 });
    const handle = await made.start(`name: w
jobs: { a: { stages: [ ${gate('a')} ] }, b: { stages: [ ${note('never')} ] } }`);
    await made.stages.arrived('a').promise;
    expect(taskOf(handle, 'N').cancel('not wanted')).toBe(true);
    made.stages.gate('a').open(undefined);
    await expect(handle.result()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(made.stages.ran).toEqual(['a']);
    expect(jobEnds(handle)).toEqual({ a: 'succeeded', b: 'cancelled' });
  });

  it('a stage that was held and let go runs as if nothing had happened', async () => {
    const made = rig({ taskParallelism: 1 });
    const handle = await made.start(`name: w
jobs: { a: { stages: [ ${gate('a')} ] }, b: { stages: [ ${note('b')} ] } }`);
    await made.stages.arrived('a').promise;
    taskOf(handle, 'N').hold();
    made.stages.gate('a').open(undefined);
    await made.clock.advance(0);
    expect(made.stages.ran).toEqual(['a']);
    taskOf(handle, 'N').unhold();
    expect((await settled(made, handle)).status).toBe('SUCCESS');
  });
});
