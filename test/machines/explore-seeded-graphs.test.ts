/**
 * Would the explorer notice a bug in what tasks after tasks need? As explore-seeded.test.ts: one bug each in an
 * otherwise shipped supervisor, and the invariant that must name it.
 */
import { describe, expect, it } from 'vitest';
import { type ExplorePlan, explore, type Sabotage } from '../../src/testing/index.ts';
import {
  badParentsAtTwo,
  childGraph,
  diamondAtOne,
  diamondAtTwo,
  finallyChain,
  graphsInOrder,
  lateGraph,
  stubbornGraph,
} from './explore-graphs.ts';

interface Seeded {
  readonly plan: ExplorePlan;
  readonly sabotage: Sabotage;
  readonly caught: string;
  /** What the invariant says; no name of a task that another order could put there. */
  readonly says: RegExp;
  /** No counterexample may be longer. */
  readonly steps: number;
}

const seeded: Readonly<Record<string, Seeded>> = {
  'a bad end blocks a finally task too': {
    plan: badParentsAtTwo,
    sabotage: (supervisor) => {
      const tell = supervisor.tellTasks;
      supervisor.tellTasks = (parent, links) => {
        for (const { links: its } of links.dependents)
          if (its !== undefined) Reflect.set(its, 'isFinally', false);
        tell.call(supervisor, parent, links);
      };
    },
    caught: 'P2',
    says: /the finally task f is blocked by/,
    steps: 9,
  },
  'a finally task that is added after a bad end is blocked': {
    plan: finallyChain,
    sabotage: (supervisor) => {
      const add = supervisor.addTask;
      supervisor.addTask = (submission) => {
        const bad = submission.after?.some(
          ({ snapshot: { leaf } }) => leaf.final && leaf.state !== 'succeeded',
        );
        return add.call(supervisor, bad ? { ...submission, isFinally: false } : submission);
      };
    },
    caught: 'P2',
    says: /the finally task f is blocked by a/,
    steps: 7,
  },
  'a dependent is released when its parent settles, before the end is seen': {
    plan: diamondAtTwo,
    sabotage: (supervisor) => {
      const step = supervisor.stepTask;
      supervisor.stepTask = (row, event) => {
        step.call(supervisor, row, event);
        if (row.snapshot.leaf.final && row.links !== undefined) supervisor.tellTasks(row, row.links);
      };
    },
    caught: 'L1',
    says: /the task [bc] is (?:queued|blocked) before the end of a was seen/,
    steps: 8,
  },
  'a run is blocked by an end that was not seen': {
    plan: graphsInOrder,
    sabotage: (supervisor) => {
      const step = supervisor.stepRun;
      supervisor.stepRun = (row, event) => {
        step.call(supervisor, row, event);
        if (row.snapshot.leaf.final) supervisor.tellDependents(row);
      };
    },
    caught: 'L1',
    says: /the run [BC] is (?:queued|blocked) before the end of [AB] was seen/,
    steps: 4,
  },
  'a blocked task names a grandparent': {
    plan: diamondAtTwo,
    sabotage: (supervisor) => {
      const send = supervisor.sendTask;
      supervisor.sendTask = (row, event) => {
        const [parent] = row.links?.parents ?? [];
        const [grandparent] = parent?.links?.parents ?? [];
        const named = event.type === 'BLOCK' && grandparent !== undefined;
        return send.call(supervisor, row, named ? { ...event, parent: grandparent.taskId } : event);
      };
    },
    caught: 'P1',
    says: /the task d is blocked by a/,
    steps: 11,
  },
  'a bad end is taken for a good one': {
    plan: diamondAtOne,
    sabotage: (supervisor) => {
      const tell = supervisor.tellTasks;
      supervisor.tellTasks = (parent, links) => {
        const all = links.dependents.flatMap((row) => row.links ?? []);
        for (const its of all) Reflect.set(its, 'isFinally', true);
        tell.call(supervisor, parent, links);
        for (const its of all) Reflect.set(its, 'isFinally', false);
      };
    },
    caught: 'P1',
    says: /the task [bc] is queued although a is/,
    steps: 5,
  },
  'a release is lost when one step ends two parents': {
    plan: badParentsAtTwo,
    sabotage: (supervisor) => {
      const send = supervisor.sendTask;
      supervisor.sendTask = (row, event) => {
        const ends =
          row.links?.parents.filter(({ snapshot: { leaf } }) => leaf.state === 'cancelled').length ?? 0;
        return event.type === 'RELEASE' && ends > 1 ? false : send.call(supervisor, row, event);
      };
    },
    caught: 'P2',
    says: /the finally task f waits although everything that it comes after is over/,
    steps: 9,
  },
  'a release is lost: a task waits for ever': {
    plan: diamondAtTwo,
    sabotage: (supervisor) => {
      const send = supervisor.sendTask;
      supervisor.sendTask = (row, event) =>
        event.type === 'RELEASE' && row.name === 'd' && row.links?.open === 0
          ? false
          : send.call(supervisor, row, event);
    },
    caught: 'P1',
    says: /the task d waits although everything that it comes after succeeded/,
    steps: 20,
  },
  'an end is counted twice': {
    plan: diamondAtTwo,
    sabotage: (supervisor) => {
      const tell = supervisor.tellTasks;
      supervisor.tellTasks = (parent, links) => {
        for (const { links: its } of links.dependents) if (its !== undefined && its.open > 1) its.open -= 1;
        tell.call(supervisor, parent, links);
      };
    },
    caught: 'P1',
    says: /the task d is queued before what it comes after succeeded/,
    steps: 16,
  },
  'an end is counted twice for a finally task': {
    plan: lateGraph,
    sabotage: (supervisor) => {
      const tell = supervisor.tellTasks;
      supervisor.tellTasks = (parent, links) => {
        for (const { links: its } of links.dependents) if (its?.open === 2) its.open = 1;
        tell.call(supervisor, parent, links);
      };
    },
    caught: 'P2',
    says: /the finally task f is queued while [ab] is active/,
    steps: 12,
  },
  'the end of a parent that was seen before is waited for': {
    plan: graphsInOrder,
    sabotage: (supervisor) => {
      const add = supervisor.addTask;
      supervisor.addTask = (submission) => {
        const parents = submission.after ?? [];
        const ends = parents.map((parent) => parent.end);
        for (const parent of parents) parent.end = undefined;
        const row = add.call(supervisor, submission);
        parents.forEach((parent, i) => {
          parent.end = ends[i];
        });
        return row;
      };
    },
    caught: 'P1',
    says: /the task b (?:waits although|is queued although a)/,
    steps: 8,
  },
  'terminating a run cancels its finally tasks': {
    plan: badParentsAtTwo,
    sabotage: (supervisor) => {
      const stop = supervisor.stopTasks;
      supervisor.stopTasks = (run, error) => {
        stop.call(supervisor, run, error);
        for (const row of run.tasks) if (row.isFinally) supervisor.stopTask(row, error);
      };
    },
    caught: 'P2',
    says: /the finally task f was stopped by: terminate A/,
    steps: 8,
  },
  'terminating a run twice leaves its finally tasks': {
    plan: stubbornGraph,
    sabotage: (supervisor) => {
      supervisor.stopFinallyTasks = () => {};
    },
    caught: 'R1',
    says: /the finally task f is queued although the run A was terminated twice/,
    steps: 6,
  },
  'terminating a run twice leaves the finally tasks of its child runs': {
    plan: childGraph,
    sabotage: (supervisor) => {
      supervisor.stopFinallyTasks = (run, error) => {
        for (const row of run.tasks) if (row.isFinally) supervisor.stopTask(row, error);
      };
    },
    caught: 'R1',
    says: /the finally task cf is (?:queued|ready|running) although the run A was terminated twice/,
    steps: 16,
  },
  'the grace of a run does not wait for its finally tasks': {
    plan: stubbornGraph,
    sabotage: (supervisor) => {
      const add = supervisor.addTask;
      supervisor.addTask = (submission) => {
        const row = add.call(supervisor, submission);
        row.run.openFinally = 0;
        return row;
      };
    },
    caught: 'P2',
    says: /the grace of the run A goes on with 1 open finally tasks/,
    steps: 6,
  },
  'finally tasks that are over are never counted down': {
    plan: stubbornGraph,
    sabotage: (supervisor) => {
      const step = supervisor.stepTask;
      supervisor.stepTask = (row, event) => {
        if (row.isFinally) row.run.openFinally += 1;
        const before = row.run.openFinally;
        step.call(supervisor, row, event);
        if (row.run.openFinally === before && row.isFinally) row.run.openFinally -= 1;
      };
    },
    caught: 'P2',
    says: /the grace of the run A has stopped with 0 open finally tasks/,
    steps: 12,
  },
  'nobody sets the grace again after the last finally task': {
    plan: stubbornGraph,
    sabotage: (supervisor) => {
      const { host } = supervisor;
      const retime = host.retime;
      host.retime = (row) => {
        if (row.kind === 'task' || row.tasks.every((task) => !task.isFinally)) retime.call(host, row);
      };
    },
    caught: 'P2',
    says: /the grace of the run A has stopped with 0 open finally tasks/,
    steps: 12,
  },
  'a run ends before its finally tasks': {
    plan: stubbornGraph,
    sabotage: (supervisor) => {
      const end = supervisor.endRunIfDone;
      supervisor.endRunIfDone = (run) => {
        const { openTasks } = run;
        run.openTasks -= run.openFinally;
        end.call(supervisor, run);
        run.openTasks = openTasks;
      };
    },
    caught: 'P2',
    says: /the run A is (?:succeeded|cancelled) before [12] of its finally tasks/,
    steps: 9,
  },
  'a task that is cancelled with its run is blocked as well': {
    plan: diamondAtOne,
    sabotage: (supervisor) => {
      supervisor.stopTask = (row, error) => {
        const { leaf, context } = row.snapshot;
        if (leaf.final || context.ending?.kind === 'terminated') return;
        if (leaf.state === 'running') supervisor.sendTask(row, { type: 'TERMINATE', error });
        else supervisor.sendTask(row, { type: 'CANCEL', reason: 'terminated' });
      };
    },
    caught: 'T1',
    says: /the scheduler sent what was refused: BLOCK to task b/,
    steps: 5,
  },
};

describe('a seeded bug in what tasks after tasks need is found', () => {
  it.each(Object.entries(seeded))('%s', (_, { plan, sabotage, caught, says, steps }) => {
    const { counterexample } = explore(plan, { sabotage });
    expect(`${counterexample?.invariant}: ${counterexample?.message}`).toMatch(says);
    expect(counterexample?.invariant).toBe(caught);
    expect(counterexample?.steps.length).toBeLessThanOrEqual(steps);
  });
});
