/**
 * Stages that are open side by side, and bodies with threads, as workflows have them. The hunted bugs: a stage that
 * closes while something can still come into it, a stage that never closes, a place in the queue that ignores the
 * depth, a task that is started for a thread that was told to stop.
 */
import { describe, expect, it } from 'vitest';
import { RUNTIME } from '../../../machines/protocol.ts';
import {
  type ExplorePlan,
  explore,
  type PlannedThread,
  replay,
  type Sabotage,
} from '../../../src/testing/index.ts';

const at = (taskParallelism: number): Omit<ExplorePlan, 'runs'> => ({
  resources: { cpu: 1 },
  taskParallelism,
  pipelineParallelism: 1,
  policy: { policy: 'strict' },
});

/** Stages reached and passed by a straight body, the deeper one first in the queue. */
const straight: ExplorePlan = {
  ...at(1),
  events: 1,
  kinds: ['terminate run', 'cancel task'],
  runs: {
    W: {
      stages: [{ name: 'build', depth: 0 }, { depth: 2 }, { depth: 1 }],
      body: [
        { reach: 0 },
        { task: 'a', stage: 0 },
        { reach: 1 },
        { task: 'b', stage: 1 },
        { pass: 0 },
        { task: 'c', stage: 1, over: ['skipped', 'refused'] },
        { pass: 1 },
        'wait',
      ],
    },
  },
};

/** A job after a job beside another, with items that stop each other. */
const jobs: readonly PlannedThread[] = [
  { thread: 'build', stage: 0, steps: [{ task: 'compile', needs: { cpu: 1 } }] },
  {
    thread: 'test',
    stage: 2,
    when: ['build'],
    steps: [
      {
        holder: { task: 'each' },
        failFast: true,
        atOnce: 2,
        inside: ['x', 'y', 'z'].map((item) => ({ thread: `item ${item}`, steps: [{ task: item }] })),
      },
    ],
  },
  {
    thread: 'docs',
    stage: 1,
    steps: [
      {
        either: [
          { way: 'new docs', steps: [{ task: 'write' }] },
          { way: 'no new docs', steps: [] },
        ],
      },
      { task: 'spell', over: ['skipped'], ends: ['succeed'] },
    ],
  },
];
const stages = [
  { name: 'build', depth: 0 },
  { name: 'docs', depth: 0 },
  { name: 'test', depth: 1 },
];
const workflow = (taskParallelism: number, given: Partial<ExplorePlan> = {}): ExplorePlan => ({
  ...at(taskParallelism),
  pace: 'prompt',
  runs: { W: { body: [], stages, threads: jobs } },
  ...given,
});

/** The same schedule in small, in every order. */
const small: ExplorePlan = {
  ...at(1),
  runs: {
    W: {
      body: [],
      stages,
      threads: [
        { thread: 'build', stage: 0, steps: [{ task: 'compile', needs: { cpu: 1 } }] },
        { thread: 'docs', stage: 1, steps: [{ task: 'write', ends: ['succeed'] }] },
        {
          thread: 'test',
          stage: 2,
          when: ['build'],
          steps: [{ holder: { task: 'each' }, inside: [{ thread: 'item', steps: [{ task: 'unit' }] }] }],
        },
      ],
    },
  },
};

/** A finally job, and the run told to stop up to twice. */
const withFinally: ExplorePlan = {
  ...at(1),
  pace: 'prompt',
  events: 2,
  kinds: ['terminate run'],
  runs: {
    W: {
      body: [],
      stages: [{ depth: 0 }, { depth: 1 }, { depth: 2 }],
      threads: [
        { thread: 'build', stage: 0, steps: [{ task: 'a' }, { task: 'b' }] },
        { thread: 'failed', stage: 1, when: ['build'], rule: 'all_failed', steps: [{ task: 'say' }] },
        {
          thread: 'clean',
          stage: 2,
          finally: true,
          steps: [{ holder: { task: 'h' }, inside: [{ thread: 'in', steps: [{ task: 'rm' }] }] }],
        },
      ],
    },
  },
};

const plans: Readonly<Record<string, ExplorePlan>> = {
  straight,
  small,
  atOne: workflow(1),
  atTwo: workflow(2),
  stopped: workflow(1, { events: 1, kinds: ['terminate run', 'terminate task'], delivery: 'separate' }),
  withFinally,
};

describe('every order of events, stages side by side', () => {
  it.each(Object.entries(plans))('keeps every invariant in the plan %s', (name, plan) => {
    const result = explore(plan);
    expect(result.counterexample?.toString()).toBeUndefined();
    expect(result.complete).toBe(true);
    console.info(`${name}: ${result.states} states, ${result.edges} edges, depth ${result.depth}`);
  });
});

interface Seeded {
  readonly plan: ExplorePlan;
  readonly sabotage: Sabotage;
  readonly caught: string;
  readonly says: RegExp;
  /** No counterexample may be longer. */
  readonly steps: number;
}

const seeded: Readonly<Record<string, Seeded>> = {
  'reaching a stage passes those before it': {
    plan: plans['atOne'] as ExplorePlan,
    sabotage: (supervisor) => {
      const reach = supervisor.reach;
      supervisor.reach = (stage) => {
        reach.call(supervisor, stage);
        for (const other of stage.run.stages) if (other.index < stage.index) supervisor.passStage(other);
      };
    },
    caught: 'R12',
    says: /stage 0 of W is succeeded, its tasks say it goes on/,
    steps: 2,
  },
  'a stage that is passed closes before its tasks are over': {
    plan: straight,
    sabotage: (supervisor) => {
      supervisor.closeStageIfDone = (stage) => {
        const { tally } = stage;
        if (!stage.passed || stage.snapshot.leaf.final) return;
        supervisor.stepStage(stage, { type: 'CLOSE', tally: { ...tally }, token: RUNTIME });
      };
    },
    caught: 'R12',
    says: /stage 0 of W is succeeded, its tasks say it goes on/,
    steps: 7,
  },
  'a stage that nothing came into stays open': {
    plan: plans['atOne'] as ExplorePlan,
    sabotage: (supervisor) => {
      supervisor.passStage = (stage) => {
        stage.passed = true;
      };
    },
    caught: 'R12',
    says: /its tasks say (?:succeeded|failed|blocked)/,
    steps: 12,
  },
  'a stage that can never have a task counts as a good one': {
    plan: small,
    sabotage: (supervisor) => {
      const pass = supervisor.passStage;
      supervisor.passStage = (stage) => pass.call(supervisor, stage);
    },
    caught: 'R12',
    says: /stage 2 of W is succeeded, its tasks say blocked/,
    steps: 7,
  },
  'the place in the queue is the number of the stage, not its depth': {
    plan: small,
    sabotage: (supervisor) => {
      const declare = supervisor.declareStage;
      supervisor.declareStage = (run, name) => declare.call(supervisor, run, name, run.stages.length);
    },
    caught: 'S3',
    says: /write was admitted, compile was to be/,
    steps: 8,
  },
  'a run that expects finally tasks is given no time for them': {
    plan: withFinally,
    sabotage: (supervisor) => {
      const expects = supervisor.expectFinallyTasks;
      supervisor.expectFinallyTasks = (run) => {
        expects.call(supervisor, run);
        run.openFinally = 0;
      };
    },
    caught: 'P2',
    says: /the grace of the run W/,
    steps: 8,
  },
  'a holder keeps its slot while it waits': {
    plan: small,
    sabotage: (supervisor) => {
      const release = supervisor.releaseTask;
      supervisor.releaseTask = (row) => {
        if (row.snapshot.leaf.path !== 'running.suspended') release.call(supervisor, row);
      };
    },
    caught: 'S5',
    says: /each is running.suspended and holds what it took|the books/,
    steps: 14,
  },
};

describe('a bug planted in the supervisor', () => {
  it.each(Object.entries(seeded))('is found: %s', (_, { plan, sabotage, caught, says, steps }) => {
    const { counterexample } = explore(plan, { sabotage });
    expect(counterexample?.invariant).toBe(caught);
    expect(counterexample?.message).toMatch(says);
    expect(counterexample?.steps.length).toBeLessThanOrEqual(steps);
    expect(replay(plan, counterexample?.steps ?? [], { sabotage })?.invariant).toBe(caught);
  });
});

describe('the plan of a body with threads', () => {
  const only = (threads: readonly PlannedThread[]): ExplorePlan => ({
    ...at(1),
    runs: { W: { body: [], threads } },
  });

  const fails = { thread: 'x', steps: [{ task: 'bad', ends: ['fail'] as const }] };
  const next = { thread: 'y', steps: [{ task: 'next' }] };

  it('begins nothing more beside a thread that failed, where that is asked for', () => {
    const group = (failFast: boolean) =>
      explore(only([{ thread: 'a', steps: [{ inside: [fails, next], atOnce: 1, failFast }] }]));
    expect(group(true).wayTo('next')).toBeUndefined();
    expect(group(true).complete).toBe(true);
    expect(group(false).wayTo('next')).toContain('bad fails');
  });

  it('tells a running thread to stop when one beside it fails', () => {
    const beside: PlannedThread = {
      thread: 'y',
      steps: [{ task: 'beside', ends: ['succeed'] }, { task: 'next' }],
    };
    const group = (failFast: boolean) => ({
      ...only([{ thread: 'a', steps: [{ inside: [fails, beside], failFast }] }]),
      taskParallelism: 2,
    });
    // The last step need not be possible; the one before it must be.
    const replayed = (failFast: boolean) => () => {
      const plan: ExplorePlan = { ...group(failFast), pace: 'prompt' };
      const way = explore(plan).wayTo('beside') ?? [];
      return replay(plan, [...way, 'bad fails', 'turn', 'beside gives up', 'and so on']);
    };
    expect(replayed(true)()).toBeUndefined();
    expect(replayed(false)).toThrow('a step was "beside gives up"');
  });

  it('takes a thread whose tasks were all skipped for skipped', () => {
    const skipped = { task: 'off', over: ['skipped'] as const, ends: [] };
    const after = { thread: 'b', when: ['a'], steps: [{ task: 'after' }] };
    expect(explore(only([{ thread: 'a', steps: [skipped] }, after])).wayTo('after')).toBeUndefined();
    expect(
      explore(only([{ thread: 'a', steps: [skipped, { task: 'on' }] }, after])).wayTo('after'),
    ).toBeDefined();
  });

  it('is in another state once a way was chosen, even if nothing else is different', () => {
    const either = ['left', 'right'].map((way) => ({ way, steps: [] }));
    const steps = [{ either }, { either: [{ way: 'on', steps: [{ task: 'after' }] }] }];
    expect(explore(only([{ thread: 'a', steps }])).wayTo('after')).toContain('on');
  });

  it('is refused with a thread that waits for what is not beside it', () => {
    const threads = [{ thread: 'a', when: ['b'], steps: [] }];
    expect(() => explore(only(threads))).toThrow(
      /what the thread a waits for was "b"; allowed: a thread beside it/,
    );
  });

  it('is refused with two threads of one name', () => {
    const thread = { thread: 'a', steps: [] };
    expect(() => explore(only([thread, thread]))).toThrow(/the name of a thread was "a"/);
  });

  it('is a deadlock when its threads wait for each other', () => {
    const threads: PlannedThread[] = [
      { thread: 'a', when: ['b'], steps: [{ task: 'x' }] },
      { thread: 'b', when: ['a'], steps: [{ task: 'y' }] },
    ];
    const { counterexample } = explore(only(threads));
    expect(counterexample?.invariant).toBe('deadlock');
    expect(counterexample?.message).toContain('W running.executing');
  });
});
