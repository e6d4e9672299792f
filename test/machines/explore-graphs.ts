/**
 * Plans whose tasks come after other tasks. `separate` ones see every end by a step of its own, so that whatever
 * follows from an end too early shows (L1).
 */
import type { ExplorePlan } from '../../src/testing/index.ts';

const at = (taskParallelism: number, pipelineParallelism = 1): Omit<ExplorePlan, 'runs'> => ({
  resources: {},
  taskParallelism,
  pipelineParallelism,
  policy: { policy: 'strict' },
  events: 1,
});

const diamond: ExplorePlan['runs'] = {
  A: {
    body: [
      { task: 'a' },
      { task: 'b', after: ['a'] },
      { task: 'c', after: ['a'] },
      { task: 'd', after: ['b', 'c'] },
      'wait',
    ],
  },
};
export const diamondAtOne: ExplorePlan = { ...at(1), runs: diamond };
export const diamondAtTwo: ExplorePlan = { ...at(2), delivery: 'separate', runs: diamond };

/** Finally tasks after finally tasks, a normal task after one, bodies that suspend. */
export const finallyChain: ExplorePlan = {
  ...at(2),
  delivery: 'separate',
  kinds: ['cancel task', 'hold task', 'terminate run'],
  runs: {
    A: {
      children: 'wait',
      body: [
        { task: 'a', suspends: 1, ends: ['succeed'] },
        { task: 'f', after: ['a'], finally: true, suspends: 1 },
        { task: 'g', after: ['f'], finally: true },
        { task: 'n', after: ['f'] },
      ],
    },
  },
};

/** Parents of a finally task that fail, give up, are cancelled and are blocked. */
const badParents: ExplorePlan['runs'] = {
  A: {
    children: 'wait',
    body: [
      { task: 'a', ends: ['succeed', 'fail', 'abort'] },
      { task: 'b', after: ['a'] },
      { task: 'c', after: [] },
      { task: 'f', after: ['c', 'b'], finally: true },
      { task: 'n', after: ['f'] },
    ],
  },
};
const bad = { kinds: ['cancel task', 'terminate task', 'terminate run'], runs: badParents } as const;
export const badParentsAtOne: ExplorePlan = { ...at(1), ...bad, delivery: 'separate' };
export const badParentsAtTwo: ExplorePlan = { ...at(2), ...bad };

/** Two graphs that want the same slots. */
const two = {
  kinds: ['terminate run', 'cancel task'],
  runs: {
    A: {
      children: 'wait',
      body: [
        { task: 'a1' },
        { task: 'a2', after: ['a1'], ends: ['succeed'] },
        { task: 'af', after: ['a2'], finally: true, ends: ['succeed'] },
      ],
    },
    B: {
      children: 'wait',
      body: [
        { task: 'b1', ends: ['fail'] },
        { task: 'bf', after: ['b1'], finally: true, ends: ['succeed'] },
      ],
    },
  },
} as const;
export const twoGraphsAtOne: ExplorePlan = { ...at(1, 2), ...two };
export const twoGraphsAtTwo: ExplorePlan = { ...at(2, 2), ...two };
export const twoGraphsInTurn: ExplorePlan = { ...at(2), ...two, delivery: 'separate' };

/** Nothing stops when told: the body, a task, a finally task; and the run is told twice. */
export const stubbornGraph: ExplorePlan = {
  ...at(2),
  delivery: 'separate',
  events: 3,
  kinds: ['terminate run', 'terminate task'],
  runs: {
    A: {
      children: 'wait',
      stubborn: true,
      body: [
        { task: 'a', stubborn: true },
        { task: 'f', after: ['a'], finally: true, stubborn: true },
        { task: 'g', after: ['f'], finally: true },
      ],
    },
  },
};

/** Time-outs, retries and a deadline that passes while the task waits for others. */
export const lateGraph: ExplorePlan = {
  ...at(1),
  delivery: 'separate',
  kinds: ['hold task', 'terminate run', 'terminate task'],
  runs: {
    A: {
      children: 'wait',
      body: [
        { task: 'a', attempts: 2, timeout: true, stubborn: true },
        { task: 'b', after: ['a'], deadline: true },
        { task: 'f', after: ['a', 'b'], finally: true, timeout: true, attempts: 2 },
      ],
    },
  },
};

/** A child run with a finally task of its own, stopped from two places. */
export const childGraph: ExplorePlan = {
  ...at(2),
  events: 2,
  kinds: ['terminate run'],
  runs: {
    A: {
      children: 'wait',
      body: [
        { task: 'a', child: 'C', ends: ['succeed'] },
        { task: 'f', after: ['a'], finally: true, ends: ['succeed'] },
      ],
    },
    C: {
      children: 'wait',
      body: [
        { task: 'c', ends: ['fail'] },
        { task: 'cf', after: ['c'], finally: true, ends: ['succeed'] },
      ],
    },
  },
};

/** Runs after runs, and tasks submitted when what they come after is over already. */
export const graphsInOrder: ExplorePlan = {
  ...at(1),
  delivery: 'separate',
  kinds: ['cancel run', 'terminate run', 'cancel task'],
  runs: {
    A: { ends: ['return', 'throw'], body: [{ task: 'a' }, 'wait', { task: 'b', after: ['a'] }] },
    B: { after: ['A'], body: [{ task: 'c' }] },
    C: { after: ['A', 'B'], body: [] },
  },
};

/** The body is over first, and its end cancels what is left, but for the finally task. */
export const cancelledChildren: ExplorePlan = {
  ...at(1),
  delivery: 'separate',
  kinds: ['terminate run'],
  runs: {
    A: {
      children: 'cancel',
      body: [{ task: 'a' }, { task: 'f', after: ['a'], finally: true }, { task: 'n', after: ['f'] }],
    },
  },
};

export const graphPlans: Readonly<Record<string, ExplorePlan>> = {
  diamondAtOne,
  diamondAtTwo,
  finallyChain,
  badParentsAtOne,
  badParentsAtTwo,
  twoGraphsAtOne,
  twoGraphsAtTwo,
  twoGraphsInTurn,
  stubbornGraph,
  lateGraph,
  childGraph,
  graphsInOrder,
  cancelledChildren,
};
