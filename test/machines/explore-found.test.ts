/**
 * Bugs that exploration found in the scheduler, each with the smallest plan that showed it and its shortest way
 * there. The plans are explored whole: a bug that comes back by another way is found too.
 */
import { describe, expect, it } from 'vitest';
import { type ExplorePlan, explore, replay } from '../../src/testing/index.ts';

interface Found {
  readonly plan: ExplorePlan;
  readonly steps: readonly string[];
}

const at = (taskParallelism: number): Omit<ExplorePlan, 'runs'> => ({
  resources: {},
  taskParallelism,
  pipelineParallelism: 1,
  policy: { policy: 'strict' },
  events: 1,
});
const toA1 = ['turn', 'enter A', 'A goes on', 'turn', 'a1 starts'];

const found: Readonly<Record<string, Found>> = {
  'a task that timed out was tried again after its run was terminated': {
    plan: {
      ...at(1),
      kinds: ['terminate run'],
      runs: { A: { body: [{ task: 'a1', attempts: 2, timeout: true }] } },
    },
    steps: [...toA1, 'the timer of a1 fires', 'terminate A', 'a1 succeeds'],
  },
  'a child run submitted after the termination of its parent started': {
    plan: {
      ...at(2),
      kinds: ['terminate run'],
      runs: { A: { body: [{ task: 'a1', stubborn: true, child: 'C' }] }, C: { body: [] } },
    },
    steps: [...toA1, 'terminate A', 'a1 submits its child'],
  },
  'a grandchild submitted after the termination started, its own parent having failed before': {
    plan: {
      ...at(2),
      kinds: ['terminate run'],
      runs: {
        A: { body: [{ task: 'a1', ends: ['fail'], child: 'C' }, 'wait'] },
        C: { body: [{ task: 'c1', stubborn: true, child: 'D' }] },
        D: { body: [] },
      },
    },
    steps: [
      ...toA1,
      'a1 submits its child',
      'turn',
      'enter C',
      'C goes on',
      'turn',
      'C returns',
      'c1 starts',
      'terminate A',
      'c1 submits its child',
    ],
  },
  'a terminated run whose body was over kept its slot for ever': {
    plan: {
      ...at(1),
      kinds: ['terminate run'],
      runs: { A: { children: 'wait', body: [{ task: 'a1', stubborn: true }] } },
    },
    steps: [
      'turn',
      'enter A',
      'A goes on',
      'turn',
      'A returns',
      'a1 starts',
      'terminate A',
      'the grace of A is over',
      'a1 succeeds',
      'turn',
    ],
  },
  'two bad ends in one transition blocked a run twice, and the second was reported as refused': {
    plan: {
      ...at(1),
      kinds: ['cancel run'],
      runs: { A: { body: [] }, B: { after: ['A'], body: [] }, C: { after: ['A', 'B'], body: [] } },
    },
    steps: ['submit B', 'submit C', 'cancel A'],
  },
  'a run submitted after a bad end was blocked, and then released': {
    plan: { ...at(1), kinds: ['cancel run'], runs: { A: { body: [] }, B: { after: ['A'], body: [] } } },
    steps: ['cancel A', 'submit B'],
  },
  'a task that was cancelled with its run was blocked as well, which was reported as refused': {
    plan: {
      ...at(1),
      kinds: ['terminate run'],
      runs: { A: { body: [{ task: 'a1' }, { task: 'a2', after: ['a1'] }] } },
    },
    steps: ['turn', 'enter A', 'A goes on', 'A goes on', 'terminate A'],
  },
  'a circle of waits that closed when a body ended was never looked for': {
    plan: {
      ...at(1),
      runs: {
        A: { body: [{ task: 'a1', child: 'C' }] },
        C: { children: 'wait', body: [{ task: 'c1' }] },
      },
    },
    steps: [
      'turn',
      'enter A',
      'A goes on',
      'turn',
      'A returns',
      'a1 starts',
      'a1 submits its child',
      'turn',
      'enter C',
      'C goes on',
      'turn',
      'C returns',
    ],
  },
  'a circle of waits that closed when a held task ended was never looked for': {
    plan: {
      ...at(1),
      kinds: ['hold task'],
      runs: {
        A: { body: [{ task: 'a1', child: 'C' }] },
        C: { children: 'wait', body: [{ task: 'c1' }, { task: 'c2', deadline: true }] },
      },
    },
    steps: [
      'turn',
      'enter A',
      'A goes on',
      'turn',
      'A returns',
      'a1 starts',
      'a1 submits its child',
      'turn',
      'enter C',
      'C goes on',
      'C goes on',
      'C returns',
      'hold c2',
      'turn',
      'the deadline of c2 passes',
    ],
  },
  'a circle of waits through a child run whose tasks come after each other was never looked for': {
    plan: {
      ...at(1),
      kinds: ['hold task'],
      runs: {
        A: { body: [{ task: 'a1', child: 'C' }] },
        C: { children: 'wait', body: [{ task: 'c1' }, { task: 'c2', after: ['c1'] }] },
      },
    },
    steps: [
      'turn',
      'enter A',
      'A goes on',
      'turn',
      'A returns',
      'a1 starts',
      'a1 submits its child',
      'turn',
      'enter C',
      'C goes on',
      'C goes on',
      'C returns',
      'turn',
    ],
  },
};

describe('what exploration found stays fixed', () => {
  it.each(Object.entries(found))('%s', (_, { plan, steps }) => {
    expect(replay(plan, steps)).toBeUndefined();
    const { counterexample, complete } = explore(plan);
    expect(counterexample?.toString()).toBeUndefined();
    expect(complete).toBe(true);
  });
});
