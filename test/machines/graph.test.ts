/**
 * The charts in XState's own tools: shortest paths made by @xstate/graph from the interpreted chart drive a
 * live actor of the compiled one, and both arrive at the same place. (Where @xstate/graph falls short, and why
 * `explore` exists: it ignores `filterEvents`, and explores one chart alone, without admission.)
 */
import { getShortestPaths } from '@xstate/graph';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { taskLogic } from '../../machines/compiled.ts';
import { RUNTIME, type TaskEvent } from '../../machines/protocol.ts';
import { taskMachine } from '../../machines/task.ts';

const input = { maxAttempts: 2, deadlineAt: 50, canKill: true };
const token: typeof RUNTIME = RUNTIME;
const attempt = 1;
const EVENTS: TaskEvent[] = [
  { type: 'RELEASE', token },
  { type: 'ADMIT', token },
  { type: 'START', token, attempt, timeoutAt: 20 },
  { type: 'SUCCEED', token, attempt, value: 'v', retryAt: null },
  { type: 'FAIL', token, attempt, error: 'e', retryAt: 30 },
  { type: 'ABORTED', token, attempt, error: 'e', retryAt: null },
  { type: 'SUSPEND', token, attempt },
  { type: 'WAKE', token, attempt },
  { type: 'TIMEOUT', token, attempt, at: 20, error: 'late' },
  { type: 'DEADLINE', token, at: 50, error: 'late' },
  { type: 'BLOCK', token, parent: 'p' },
  { type: 'CANCEL' },
  { type: 'TERMINATE' },
  { type: 'HOLD' },
];

describe('shortest paths of @xstate/graph', () => {
  const paths = getShortestPaths(taskMachine, { input, events: EVENTS, limit: 100_000 });

  it('reach every leaf of the chart', () => {
    const reached = new Set(paths.map((path) => JSON.stringify(path.state.value)));
    expect(
      taskLogic.leaves.map((leaf) => JSON.stringify(leaf.value)).filter((value) => !reached.has(value)),
    ).toEqual([]);
  });

  it('lead a live actor of the compiled chart to the same state', () => {
    for (const { state, steps } of paths) {
      const actor = createActor(taskLogic, { input }).start();
      for (const { event } of steps) if (EVENTS.includes(event)) actor.send(event);
      expect(actor.getSnapshot().value).toEqual(state.value);
      expect(actor.getSnapshot().context).toEqual(state.context);
    }
    expect(paths.length).toBeGreaterThan(20);
  });
});
