/**
 * The shipped scheduler, explored: every order of bodies, turns, timers and interventions of small plans. The
 * hunted bugs are those that no example finds: a slot lost on one path of thousands, a wake-up that is missed
 * when two things meet, a task that comes back after its end.
 */
import { describe, expect, it } from 'vitest';
import { type ExplorePlan, explore } from '../../src/testing/index.ts';
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
