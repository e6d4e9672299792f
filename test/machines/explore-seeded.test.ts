/**
 * Would the explorer notice? Each case puts one bug into an otherwise shipped supervisor and expects the
 * invariant that names it, with a short way there. If one of these stays green, the exploration is blind.
 */
import { describe, expect, it } from 'vitest';
import { type ExplorePlan, explore, replay, type Sabotage } from '../../src/testing/index.ts';
import { backfill, childAtOne, cutTurns, ordinary, outOfTime, stubborn } from './explore-plans.ts';

interface Seeded {
  readonly plan: ExplorePlan;
  readonly sabotage: Sabotage;
  /** The invariants that may be named; more than one where two are broken by the same step. */
  readonly caught: readonly string[];
  /** No counterexample may be longer. */
  readonly steps: number;
}

/** The functions use nothing from outside, so that a printed test can carry them. */
const seeded: Readonly<Record<string, Seeded>> = {
  'double release: a failed run gives its slot back twice': {
    plan: stubborn,
    sabotage: (supervisor) => {
      const release = supervisor.releaseRun;
      supervisor.releaseRun = (row) => {
        release.call(supervisor, row);
        if (row.snapshot.leaf.state === 'failed') supervisor.slotsInUse -= 1;
      };
    },
    caught: ['S5'],
    steps: 14,
  },
  'double release: a suspended task gives back again when it ends': {
    plan: outOfTime,
    sabotage: (supervisor) => {
      supervisor.releaseTask = (row) => {
        row.holding = false;
        supervisor.admission.release(row);
        supervisor.host.wake();
      };
    },
    caught: ['fault', 'S5'],
    steps: 12,
  },
  'lost wake-up: a release tells nobody': {
    plan: ordinary,
    sabotage: (supervisor) => {
      supervisor.releaseTask = (row) => {
        if (!row.holding) return;
        row.holding = false;
        supervisor.admission.release(row);
      };
    },
    caught: ['S6'],
    steps: 9,
  },
  'overtaking: strict lets one pass': {
    plan: ordinary,
    sabotage: (supervisor) => {
      Reflect.set(supervisor.admission, 'bypassLimit', 1);
    },
    caught: ['S3'],
    steps: 20,
  },
  'overtaking: backfill lets one too many pass': {
    plan: backfill,
    sabotage: (supervisor) => {
      Reflect.set(supervisor.admission, 'bypassLimit', 2);
    },
    caught: ['S4'],
    steps: 20,
  },
  'leaked slot: a cancelled task keeps what it holds': {
    plan: ordinary,
    sabotage: (supervisor) => {
      const release = supervisor.releaseTask;
      supervisor.releaseTask = (row) => {
        if (row.snapshot.leaf.state !== 'cancelled') release.call(supervisor, row);
      };
    },
    caught: ['S5'],
    steps: 5,
  },
  'leaked slot: an abandoned body that settles gives nothing back': {
    plan: stubborn,
    sabotage: (supervisor) => {
      supervisor.releaseAbandonedTask = (row) => {
        row.abandoned = false;
        supervisor.abandoned -= 1;
      };
    },
    caught: ['S5'],
    steps: 9,
  },
  'resurrected final: a late event brings a finished task back': {
    plan: ordinary,
    sabotage: (supervisor) => {
      const step = supervisor.stepTask;
      supervisor.stepTask = (row, event) => {
        const alive = row.run.tasks.find((other) => !other.snapshot.leaf.final);
        if (row.snapshot.leaf.final && alive !== undefined) row.snapshot = alive.snapshot;
        else step.call(supervisor, row, event);
      };
    },
    caught: ['T1', 'T2'],
    steps: 9,
  },
  'resurrected final: the end of a run revives what was cancelled': {
    plan: ordinary,
    sabotage: (supervisor) => {
      const end = supervisor.endRunIfDone;
      supervisor.endRunIfDone = (run) => {
        const [first, second] = run.tasks;
        if (first?.snapshot.leaf.state === 'cancelled' && second?.snapshot.leaf.final === false)
          first.snapshot = second.snapshot;
        end.call(supervisor, run);
      };
      const close = supervisor.closeStageIfDone;
      supervisor.closeStageIfDone = (stage) => {
        close.call(supervisor, stage);
        supervisor.endRunIfDone(stage.run);
      };
    },
    caught: ['T1', 'T2'],
    steps: 8,
  },
  'a retry keeps its slot': {
    plan: ordinary,
    sabotage: (supervisor) => {
      const release = supervisor.releaseTask;
      supervisor.releaseTask = (row) => {
        if (row.snapshot.leaf.path !== 'queued.backoff') release.call(supervisor, row);
      };
    },
    caught: ['S5'],
    steps: 6,
  },
  'terminating a run forgets its child runs': {
    plan: childAtOne,
    sabotage: (supervisor) => {
      supervisor.stopRun = () => {};
    },
    caught: ['R1'],
    steps: 8,
  },
  'terminating a run leaves a task that runs out of time, which is tried again': {
    plan: outOfTime,
    sabotage: (supervisor) => {
      const stop = supervisor.stopTask;
      supervisor.stopTask = (row, error) => {
        if (row.snapshot.leaf.path !== 'running.terminating') stop.call(supervisor, row, error);
      };
    },
    caught: ['R1'],
    steps: 9,
  },
  'a held task stays in the queue': {
    plan: outOfTime,
    sabotage: (supervisor) => {
      supervisor.admission.dequeue = () => {};
    },
    caught: ['R4', 'fault'],
    steps: 5,
  },
  'an admission is not counted against the capacity': {
    plan: ordinary,
    sabotage: (supervisor) => {
      const resources = Reflect.get(supervisor.admission, 'resources');
      resources.hasRoom = () => true;
    },
    caught: ['S1', 'S3'],
    steps: 7,
  },
  'one run too many is admitted': {
    plan: { ...ordinary, runs: { ...ordinary.runs, B: { body: [] } } },
    sabotage: (supervisor) => {
      Reflect.set(supervisor, 'pipelineParallelism', 2);
    },
    caught: ['S2', 'S3'],
    steps: 3,
  },
  'a cut turn is not gone on with': {
    plan: cutTurns,
    sabotage: (supervisor) => {
      const admit = supervisor.admit;
      supervisor.admit = (now, budget) => Math.min(admit.call(supervisor, now, budget), budget - 1);
    },
    caught: ['S6'],
    steps: 8,
  },
  'a stage ends although its tasks go on': {
    plan: cutTurns,
    sabotage: (supervisor) => {
      const close = supervisor.closeStageIfDone;
      supervisor.closeStageIfDone = (stage) => {
        const { open } = stage;
        stage.open = 0;
        close.call(supervisor, stage);
        stage.open = open;
      };
    },
    caught: ['R12', 'T1'],
    steps: 8,
  },
  'a bad end does not block what comes after it': {
    plan: ordinary,
    sabotage: (supervisor) => {
      const tell = supervisor.tellDependents;
      supervisor.tellDependents = (run) => {
        if (run.snapshot.leaf.state === 'succeeded') tell.call(supervisor, run);
      };
    },
    caught: ['P1'],
    steps: 4,
  },
  'nobody looks for circles of waits': {
    plan: childAtOne,
    sabotage: (supervisor) => {
      // The look is left out whenever nothing is queued.
      Object.defineProperty(supervisor.admission, 'queuedCount', { get: () => 0 });
    },
    caught: ['deadlock'],
    steps: 14,
  },
  'a timer is dropped: nobody comes back from a back-off': {
    plan: outOfTime,
    sabotage: (supervisor) => {
      const { host } = supervisor;
      const retime = host.retime;
      host.retime = (row) => {
        if (row.snapshot.leaf.path !== 'queued.backoff') retime.call(host, row);
      };
    },
    caught: ['deadlock', 'finishable'],
    steps: 13,
  },
};

describe('a seeded bug is found', () => {
  it.each(Object.entries(seeded))('%s', (_, { plan, sabotage, caught, steps }) => {
    const { counterexample } = explore(plan, { sabotage });
    expect(caught).toContain(counterexample?.invariant);
    expect(counterexample?.steps.length).toBeLessThanOrEqual(steps);
  });
});

describe('a counterexample', () => {
  const bug = seeded['leaked slot: a cancelled task keeps what it holds'];
  if (bug === undefined) throw new Error('the seeded bug is gone');
  const { plan, sabotage } = bug;
  const { counterexample } = explore(plan, { sabotage });

  it('reads as a sequence of messages', () => {
    expect(counterexample?.toString().split('\n').slice(-2)).toEqual([
      expect.stringMatching(/^ {2}\d\. turn {20,}task a1 queued -> ready/),
      expect.stringMatching(/^ {2}\d\. cancel a1 +task a1 ready -> cancelled/),
    ]);
  });

  it('prints a test that runs, and fails until the bug is gone', () => {
    const printed = counterexample?.toTest() ?? '';
    expect(printed).toContain(`import { replay } from 'signalbox/testing';`);
    expect(() => runPrinted(printed)).toThrow(/S5/);
    expect(() => runPrinted(printed.replace('{ sabotage }', '{}'))).not.toThrow();
  });

  it('is shortest: no step of it can be left out', () => {
    const steps = counterexample?.steps ?? [];
    for (let i = 0; i < steps.length; i += 1) {
      const shorter = steps.filter((_, index) => index !== i);
      let violation: unknown;
      try {
        violation = replay(plan, shorter, { sabotage });
      } catch {
        violation = undefined; // the steps that are left cannot be made
      }
      expect(violation).toBeUndefined();
    }
  });

  it('is refused by replay when an early step does not exist', () => {
    expect(() => replay(plan, ['fly', 'turn'])).toThrow(/a step was "fly"; allowed: turn/);
  });
});

/** Runs the text of a printed test as vitest would, its imports given. */
function runPrinted(printed: string): void {
  const body = printed.replace(/^import .*$/gm, '');
  const test = (_name: string, run: () => void) => run();
  const assert = (value: unknown) => ({
    toBeUndefined: () => {
      if (value !== undefined) throw new Error(JSON.stringify(value));
    },
  });
  new Function('test', 'expect', 'replay', body)(test, assert, replay);
}
