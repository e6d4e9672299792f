/**
 * A workflow as a plan for the explorer. The hunted bugs: a model that leaves a way out (and proves what is not so),
 * one that invents a way (and accuses a good file), and one so large that nobody waits for it.
 */
import { describe, expect, it } from 'vitest';
import { Task, TaskGraph } from '../../../src/index.ts';
import { explore, planModel } from '../../../src/testing/index.ts';
import type { WorkflowPlan } from '../../../src/workflow/model.ts';
import {
  bash,
  cases,
  empty,
  foreach,
  job,
  noMatrix,
  parallel,
  raise,
  trigger,
  until,
  workflow,
} from './workflow-plans.ts';

function explored(plan: WorkflowPlan, options: Parameters<typeof planModel>[1] = {}) {
  const model = planModel(plan, options);
  const result = explore(model.plan, { maxStates: 100_000 });
  expect(result.counterexample?.toString()).toBeUndefined();
  expect(result.complete).toBe(true);
  return { ...model, ...result };
}

/** Ten stages in five jobs: what a release looks like. */
const release = workflow([
  job('lint', [bash('format'), bash('rules')], { resources: { cpu: 1 } }),
  job('build', [bash('compile'), bash('pack')], { resources: { cpu: 2 } }),
  job('test', [bash('unit'), bash('end to end')], {
    needs: ['build'],
    depth: 1,
    resources: { cpu: 1 },
    strategy: { ...noMatrix, matrix: { node: [20, 22, 24] } },
  }),
  job('publish', [bash('upload', { condition: 'params.dry == false' }), bash('announce')], {
    needs: ['lint', 'test'],
    depth: 2,
  }),
  job('sorry', [bash('tell')], { needs: ['test'], rule: 'one_failed', depth: 2 }),
  job('report', [empty('say')], { isFinally: true, depth: 3 }),
]);

describe('the model of a workflow', () => {
  it('is explored completely in little time, and every stage starts on some path', () => {
    const result = explored(release, { resources: { cpu: 4 }, taskParallelism: 2 });
    for (const task of ['publish > upload', 'sorry > tell', 'report > say', 'test > [node=24] > end to end'])
      expect(result.wayTo(task), task).toBeDefined();
    expect(result.states).toBeLessThan(60_000);
    console.info(`release: ${result.states} states in ${result.seconds} s`);
  });

  it('starts a job only as its rule says', () => {
    const { wayTo } = explored(release, { resources: { cpu: 4 } });
    expect(wayTo('sorry > tell')?.some((step) => step.endsWith('fails'))).toBe(true);
    expect(wayTo('publish > upload')?.some((step) => step.endsWith('fails'))).toBe(false);
  });

  it('goes on behind a stage that was skipped, and stops behind one that failed', () => {
    const { wayTo } = explored(workflow([job('a', [bash('x', { condition: 'params.x == 1' }), bash('y')])]));
    expect(wayTo('a > y')).toContain('a > x is skipped');
    expect(wayTo('a > y')?.filter((step) => step.endsWith('fails'))).toEqual([]);
  });

  it('knows the parameters that were given', () => {
    const plan = workflow([job('a', [bash('x', { condition: 'params.x == 1' })])]);
    expect(explored(plan, { params: { x: 1 } }).wayTo('a > x')).toBeDefined();
    const off = explored(plan, { params: { x: 2 } });
    expect(off.wayTo('a > x')).toBeUndefined();
    expect(off.notes.map(({ message }) => message)).toContain('x is switched off by its if');
  });

  it('holds nothing while a stage waits for those inside it, at one task at once', () => {
    const inside = [parallel('both', { l: [bash('left')], r: [bash('right')] })];
    const plan = workflow([
      job('a', [foreach('each', { foreach: ['x', 'y'], stages: inside, concurrent: 2 })], {
        resources: { cpu: 1 },
      }),
    ]);
    const { wayTo } = explored(plan, { resources: { cpu: 1 }, taskParallelism: 1 });
    expect(wayTo('a > each > [y] > both > r > right')).toBeDefined();
  });

  it('stops the other items when one fails', () => {
    const plan = workflow([
      job('a', [foreach('each', { foreach: ['x', 'y', 'z'], stages: [bash('do')], concurrent: 1 })]),
    ]);
    const { wayTo } = explored(plan, { maxItems: 3 });
    expect(wayTo('a > each > [y] > do')).toContain('a > each > [x] > do succeeds');
  });

  it('tries the sizes of a list that only the run knows, and no list at all', () => {
    const given = '${{ stages.find.outputs.files }}';
    const plan = workflow([
      job('a', [foreach('each', { foreach: given, stages: [bash('do')] }), bash('then')]),
    ]);
    const { wayTo, notes } = explored(plan);
    expect(wayTo('a > then')).toContain('a > each has 0 items');
    expect(wayTo('a > each > [item 2] > do')).toContain('a > each has 2 items');
    expect(notes.map(({ message }) => message).join()).toContain('not known before the run: 0, 1, 2 of them');
  });

  it('goes round a loop twice and can leave it, or fail by going round too often', () => {
    const plan = workflow([
      job('a', [until('wait', { stages: [bash('ask')] }), bash('then')]),
      job('b', [bash('sorry')], { needs: ['a'], rule: 'all_failed', depth: 1 }),
    ]);
    const { wayTo } = explored(plan);
    expect(wayTo('a > then')).toContain('loop 1 of a > wait was the last');
    expect(wayTo('a > wait > [2] > ask')).toBeDefined();
    expect(wayTo('b > sorry')).toBeDefined();
  });

  it('takes each case, and fails where none matches', () => {
    const match = ['x', 'y'].map((value) => ({ value, stages: [empty(`do ${value}`)], path: [] }));
    const plan = workflow([
      job('a', [cases('pick', { match })]),
      job('b', [bash('sorry')], { needs: ['a'], rule: 'all_failed', depth: 1 }),
    ]);
    const { wayTo } = explored(plan);
    expect(wayTo('a > pick > y > do y')).toBeDefined();
    expect(wayTo('b > sorry')).toContain('no case of a > pick matches');
  });

  it('says what it made smaller', () => {
    const items = Array.from({ length: 10 }, (_, i) => i);
    const plan = workflow([
      job('a', [
        foreach('each', {
          foreach: items,
          stages: [bash('do', { retry: { retries: 5, backoff: undefined } })],
          concurrent: 9,
        }),
        trigger('other', 'nightly'),
      ]),
    ]);
    const notes = explored(plan).notes.map(({ message }) => message);
    expect(notes).toEqual(
      expect.arrayContaining([
        '3 of its 10 items are tried',
        '2 of its 6 attempts are tried',
        'the workflow nightly is not followed: it ends well or not; check it by itself',
      ]),
    );
  });

  it('refuses what is neither a workflow nor a graph', () => {
    expect(() => planModel({} as never)).toThrow(/what is modelled/);
    expect(() => planModel(release, { items: 1 } as never)).toThrow(/option of planModel/);
  });
});

const findingsIn = (plan: WorkflowPlan, options: Parameters<typeof planModel>[1] = {}) =>
  planModel(plan, options).findings.map(({ kind, message, path }) => ({
    kind,
    message,
    path: path.join('.'),
  }));

describe('what is wrong without looking further', () => {
  it('is nothing in a good file', () => {
    expect(findingsIn(release, { resources: { cpu: 4 } })).toEqual([]);
  });

  it('is a stage that asks for more than there is, or for what is not there', () => {
    const found = findingsIn(release, { resources: { cpu: 1 } });
    expect(found.map(({ kind }) => kind)).toEqual(['never-fits', 'never-fits']);
    expect(found[0]).toMatchObject({
      message: "the stage 'compile' of the job 'build' can never start: it needs 2 cpu, and there are 1",
      path: 'jobs.build.resources',
    });
    expect(findingsIn(release)[0]?.message).toContain('nobody says how much cpu there is');
  });

  it('is a job whose rule can never hold, and not those that need it', () => {
    const plan = workflow([
      job('a', [empty('nothing')]),
      job('b', [bash('sorry')], { needs: ['a'], rule: 'all_failed', depth: 1 }),
      job('c', [bash('too')], { needs: ['b'], rule: 'all_success', depth: 2 }),
    ]);
    expect(findingsIn(plan)).toMatchObject([{ kind: 'unreachable', path: 'jobs.b' }]);
    const template = empty('nothing', { name: 'nothing ${{ params.x }}' });
    expect(findingsIn(workflow([job('a', [template]), ...plan.jobs.slice(1)]))).toEqual([]);
  });

  it('is a stage behind one that always fails, and none behind one that may', () => {
    const plan = (first: Parameters<typeof job>[1][number]) =>
      workflow([job('a', [first, bash('x'), bash('y')])]);
    expect(findingsIn(plan(raise('stop')))).toMatchObject([
      {
        kind: 'unreachable',
        message: expect.stringContaining("'x' and 1 after it"),
        path: 'jobs.a.stages.1',
      },
    ]);
    expect(findingsIn(plan(raise('stop', { condition: 'params.x == 1' })))).toEqual([]);
  });

  it('is a second case of the same value, and a case that is no template', () => {
    const match = ['x', 'y', 'x'].map((value, at) => ({
      value,
      stages: [empty(`s${at}`)],
      path: ['match', at],
    }));
    expect(findingsIn(workflow([job('a', [cases('pick', { match })])]))).toMatchObject([
      { kind: 'unreachable', path: 'match.2' },
    ]);
    const fixed = findingsIn(workflow([job('a', [cases('pick', { case: 'x', match: match.slice(0, 2) })])]));
    expect(fixed).toMatchObject([{ kind: 'unreachable', path: 'match.1' }]);
  });

  it.each([
    ['a constant', 'false', /never true/],
    ['nothing that changes', 'params.x == 1', /the same in every loop/],
  ])('is a loop that only its bound ends: %s', (_, condition, says) => {
    const [found] = findingsIn(
      workflow([job('a', [until('wait', { until: condition, stages: [bash('ask')] })])]),
    );
    expect(found?.kind).toBe('unbounded');
    expect(found?.message).toMatch(says);
  });

  it.each(['item > 3', 'loop >= 2', "stages.ask.outputs.done == 'yes'", 'true'])(
    'is no loop that ends with %s',
    (condition) => {
      const plan = workflow([job('a', [until('wait', { until: condition, stages: [bash('ask')] })])]);
      expect(findingsIn(plan)).toEqual([]);
    },
  );

  it('is a schedule without a time in the future', () => {
    const at = (cron: string) =>
      workflow([job('a', [empty('x')])], { schedules: [{ cron, timezone: 'UTC', path: ['on'] }] });
    expect(findingsIn(at('0 0 31 2 *'))).toMatchObject([{ kind: 'never-due', path: 'on' }]);
    expect(findingsIn(at('0 0 29 2 *'))).toEqual([]);
  });
});

describe('the model of a graph', () => {
  const graph = new TaskGraph({ title: 'preflight' });
  const lint = graph.add(Task.bash('true', { title: 'lint', resources: { cpu: 1 } }));
  const test = graph.add(Task.bash('true', { title: 'test', resources: { gpu: 1 } }), { after: [lint] });
  graph.add(Task.bash('true', { title: 'report' }), { after: [lint, test], finally: true });

  it('is explored completely', () => {
    const { plan, findings } = planModel(graph, { resources: { cpu: 1, gpu: 1 } });
    const result = explore(plan);
    expect(result.counterexample?.toString()).toBeUndefined();
    expect(result.complete).toBe(true);
    expect(findings).toEqual([]);
    expect(result.wayTo('report')).toContain('lint fails');
    expect(result.wayTo('test')).toContain('lint succeeds');
  });

  it('tells a task that never fits', () => {
    const { findings, plan } = planModel(graph, { resources: { cpu: 1 } });
    expect(findings).toMatchObject([{ kind: 'never-fits', task: 'test' }]);
    expect(explore(plan).wayTo('test', 'submitted')).toBeDefined();
  });
});
