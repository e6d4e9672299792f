/** Plans that the exploration tests share: small, and each with one thing that is easy to get wrong. */
import type { ExplorePlan } from '../../src/testing/index.ts';

/** Two runs at one slot, two labels, a retry, a stage: the ordinary scheduler in small. */
export const ordinary: ExplorePlan = {
  resources: { cpu: 1, mem: 2 },
  taskParallelism: 2,
  pipelineParallelism: 1,
  policy: { policy: 'strict' },
  runs: {
    A: {
      body: [
        { task: 'a1', needs: { cpu: 1 }, attempts: 2 },
        { task: 'a2', needs: { cpu: 1, mem: 2 } },
        { task: 'a3', needs: { mem: 1 } },
        'wait',
      ],
    },
    B: { after: ['A'], body: [{ task: 'b1', needs: { cpu: 1, mem: 1 } }] },
  },
  events: 1,
};

/** A task's body awaits a child run whose task needs what the first one holds (rule 2), both at 1. */
export const childAtOne: ExplorePlan = {
  resources: { cpu: 1 },
  taskParallelism: 1,
  pipelineParallelism: 1,
  policy: { policy: 'strict' },
  runs: {
    A: { body: [{ task: 'a1', needs: { cpu: 1 }, child: 'C' }, 'wait', { run: 'D' }, { await: 'D' }] },
    C: { body: [{ task: 'c1', child: 'E' }, 'wait'] },
    D: { body: [{ task: 'd1', needs: { cpu: 1 } }, 'wait'] },
    E: { body: [{ task: 'e1', needs: { cpu: 1 } }, 'wait'] },
  },
  events: 1,
  kinds: ['cancel task', 'terminate task', 'terminate run', 'hold task'],
};

/** Bodies that outlive their signal, runs that wait for or cancel their tasks. */
export const stubborn: ExplorePlan = {
  resources: { cpu: 2 },
  taskParallelism: 2,
  pipelineParallelism: 1,
  policy: { policy: 'strict' },
  runs: {
    A: {
      children: 'wait',
      stubborn: true,
      body: [{ task: 'a1', needs: { cpu: 2 }, stubborn: true, child: 'C' }],
    },
    C: { body: [{ task: 'c1' }] },
    B: { children: 'cancel', ends: ['return', 'throw'], body: [{ task: 'b1', needs: { cpu: 1 } }] },
  },
  events: 2,
  kinds: ['terminate run', 'terminate task', 'shutdown'],
};

/** Time-outs, deadlines and retries, in any order with holds and terminations. */
export const outOfTime: ExplorePlan = {
  resources: { cpu: 1 },
  taskParallelism: 2,
  pipelineParallelism: 1,
  policy: { policy: 'strict' },
  runs: {
    A: {
      body: [
        { task: 'a1', needs: { cpu: 1 }, attempts: 3, timeout: true, deadline: true, stubborn: true },
        { task: 'a2', needs: { cpu: 1 }, suspends: 1, ends: ['succeed'] },
      ],
    },
  },
  events: 2,
  kinds: ['hold task', 'terminate task', 'terminate run', 'pause'],
};

/** A wide task at the head and narrow ones that pass it, once. */
export const backfill: ExplorePlan = {
  resources: { cpu: 2 },
  taskParallelism: 3,
  pipelineParallelism: 2,
  policy: { policy: 'backfill', bypassLimit: 1 },
  runs: {
    A: {
      body: [
        { task: 'a1', needs: { cpu: 1 }, ends: ['succeed'] },
        { task: 'a2', needs: { cpu: 2 } },
      ],
    },
    B: {
      body: [
        { task: 'b1', needs: { cpu: 1 }, ends: ['succeed'] },
        { task: 'b2', needs: { cpu: 1 }, priority: -1, ends: ['fail'] },
      ],
    },
  },
  events: 1,
  kinds: ['cancel task', 'hold task', 'pause', 'set capacity'],
  capacities: { cpu: [1, 2] },
};

/** Turns that are cut after each admission. */
export const cutTurns: ExplorePlan = {
  resources: { cpu: 2 },
  taskParallelism: 2,
  pipelineParallelism: 2,
  policy: { policy: 'strict' },
  runs: {
    A: { body: [{ task: 'a1', needs: { cpu: 1 }, attempts: 2 }, 'stageForward', { task: 'a2' }] },
    B: { priority: 1, body: [{ task: 'b1', needs: { cpu: 2 } }] },
  },
  turnBudget: 1,
  events: 1,
  kinds: ['cancel run', 'cancel task', 'pause'],
};

/** Four tasks, two runs side by side, two labels both want, a retry, a stage, a priority. */
const four = (policy: ExplorePlan['policy']): ExplorePlan => ({
  resources: { cpu: 1, mem: 2 },
  taskParallelism: 2,
  pipelineParallelism: 2,
  policy,
  runs: {
    A: {
      ends: ['return', 'throw'],
      body: [
        { task: 'a1', needs: { cpu: 1 }, attempts: 3 },
        'stageForward',
        { task: 'a2', needs: { mem: 2 } },
        'wait',
      ],
    },
    B: {
      children: 'wait',
      body: [
        { task: 'b1', needs: { cpu: 1, mem: 1 } },
        { task: 'b2', needs: { mem: 1 }, priority: 1 },
      ],
    },
  },
  events: 1,
});
export const fourStrict = four({ policy: 'strict' });
export const fourBackfill = four({ policy: 'backfill', bypassLimit: 1 });

export const plans: Readonly<Record<string, ExplorePlan>> = {
  ordinary,
  childAtOne,
  stubborn,
  outOfTime,
  backfill,
  cutTurns,
  fourStrict,
  fourBackfill,
};
