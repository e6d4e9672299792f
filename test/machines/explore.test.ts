/**
 * The shipped scheduler, explored: every order of bodies, turns, timers and interventions of small plans. The
 * hunted bugs are those that no example finds: a slot lost on one path of thousands, a wake-up that is missed
 * when two things meet, a task that comes back after its end.
 */
import { describe, expect, it } from 'vitest';
import { type ExplorePlan, explore, type PlannedTask, replay } from '../../src/testing/index.ts';
import { graphPlans } from './explore-graphs.ts';
import { plans } from './explore-plans.ts';

function describeCounts({
  states,
  edges,
  depth,
  events,
  seconds,
  statesPerSecond,
  bytesPerState,
}: ReturnType<typeof explore>) {
  return `${states} states, ${edges} edges, depth ${depth}, k = ${events}, ${seconds} s (${statesPerSecond}/s, ${bytesPerState} B/state)`;
}

describe('every order of events', () => {
  it.each(Object.entries(plans))('keeps every invariant in the plan %s', (name, plan) => {
    const result = explore(plan);
    expect(result.counterexample?.toString()).toBeUndefined();
    expect(result.complete).toBe(true);
    expect(result.events).toBeGreaterThan(0);
    console.info(`${name}: ${describeCounts(result)}`);
  });
});

describe('every order of events, tasks after tasks', () => {
  it.each(Object.entries(graphPlans))('keeps every invariant in the plan %s', (name, plan) => {
    const result = explore(plan);
    expect(result.counterexample?.toString()).toBeUndefined();
    expect(result.complete).toBe(true);
    console.info(`${name}: ${describeCounts(result)}`);
  });
});

describe('the explorer', () => {
  const once: ExplorePlan = {
    resources: {},
    taskParallelism: 1,
    pipelineParallelism: 1,
    policy: { policy: 'strict' },
    runs: { A: { body: [{ task: 'a1' }] } },
  };

  it('finds exactly the states of a plan that can be counted by hand', () => {
    // One way: submitted, admitted, entered, task submitted; then the body may return before, while or after
    // the task is admitted, starts, and ends in two ways: (body or no body) x (queued, ready, running, two ends)
    const { states, complete } = explore(once);
    expect(complete).toBe(true);
    expect(states).toBeGreaterThanOrEqual(3 + 2 * 5);
    expect(states).toBeLessThan(3 * (3 + 2 * 5));
  });

  it('counts the same states whenever it is asked', () => {
    const { states, edges, depth } = explore(once);
    expect(explore(once)).toMatchObject({ states, edges, depth });
  });

  it('says that it is not complete when a bound stopped it', () => {
    expect(explore(once, { maxStates: 5 }).complete).toBe(false);
    expect(explore(once, { maxDepth: 2 })).toMatchObject({ complete: false, depth: 2 });
  });

  it('refuses a plan that makes no sense', () => {
    expect(() => explore({ ...once, runs: { A: { body: [{ run: 'Z' }] } } })).toThrow(
      /a run of the plan was "Z"/,
    );
    expect(() => explore({ ...once, runs: { A: { body: [{ task: 'x' }, { task: 'x' }] } } })).toThrow(
      /the name/,
    );
  });

  it.each<[string, readonly PlannedTask[]]>([
    ['unknown', [{ task: 'x', after: ['z'] }]],
    ['itself', [{ task: 'x', after: ['x'] }]],
    [
      'in a circle',
      [
        { task: 'x', after: ['y'] },
        { task: 'y', after: ['x'] },
      ],
    ],
  ])('refuses a task that comes after what its run does not submit before it: %s', (_, body) => {
    expect(() => explore({ ...once, runs: { A: { body } } })).toThrow(
      /what x comes after was "[xyz]"; allowed: what/,
    );
  });

  it('refuses a task that comes after one of another run', () => {
    const runs = { A: { body: [{ task: 'x' }] }, B: { body: [{ task: 'y', after: ['x'] }] } };
    expect(() => explore({ ...once, runs })).toThrow(/what y comes after was "x"/);
  });

  it('sees an end by a step of its own where the plan asks for it, in the order of the ends', () => {
    const plan: ExplorePlan = {
      ...once,
      delivery: 'separate',
      runs: {
        A: {
          body: [
            { task: 'x', ends: ['fail'] },
            { task: 'y', after: ['x'] },
          ],
        },
      },
    };
    const steps = ['turn', 'enter A', 'A goes on', 'A goes on', 'turn', 'x starts', 'x fails', 'A returns'];
    const [x, y, run] = ['x', 'y', 'A'].map((name) => `the end of ${name} is seen`) as [
      string,
      string,
      string,
    ];
    expect(() => replay(plan, [...steps, run, 'turn'])).toThrow(`allowed: turn, ${x}`);
    expect(() => replay(plan, [...steps, x, y, 'turn'])).toThrow(`allowed: turn, ${run}`);
    expect(replay(plan, [...steps, x, run, y, 'turn'])).toBeUndefined();
  });

  it('reports a run that waits for what never comes as a deadlock', () => {
    const stuck: ExplorePlan = {
      ...once,
      runs: { A: { body: [{ await: 'B' }] }, B: { after: ['A'], body: [] } },
    };
    const { counterexample } = explore(stuck);
    expect(counterexample?.invariant).toBe('deadlock');
    expect(counterexample?.message).toContain('A running.executing');
  });
});
