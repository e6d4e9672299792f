/**
 * Whatever a run tells, in whatever order: the counters of the tree are what counting gives, and no picture of it is
 * larger than its terminal. The hunted bugs: a counter that drifts, and a frame that scrolls the screen.
 */
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { STATES } from '../../../../machines/lifecycle.ts';
import { frame } from '../../../../src/cli/progress/frame.ts';
import type { Node } from '../../../../src/cli/progress/node.ts';
import { RunTree, type TreeEvent } from '../../../../src/cli/progress/run-tree.ts';
import { childrenOf } from '../../../../src/cli/progress/selection.ts';
import { coloured, countLeaves, RUN, wide } from './kit.ts';

const part = fc.constantFrom('a', 'b', 'c', '[1]', '日本語', '0', '');
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' > '));
const runId = fc.constantFrom(RUN, RUN, RUN, 'child-1', 'child-2');
const state = fc.constantFrom(...STATES);
const stage = fc.nat(3);

const taskEvent = fc.record({ runId, stage, name, state, skipped: fc.boolean(), same: fc.boolean() }).map(
  ({ skipped, same, ...rest }): TreeEvent => ({
    ...rest,
    type: `task:${rest.state}`,
    at: 0,
    // Two tasks may have one name.
    taskId: `${rest.runId} ${rest.stage} ${rest.name} ${same}`,
    ...(skipped ? { reason: 'skipped' } : {}),
  }),
);
const stageEvent = fc.record({ runId, stage, state, named: fc.boolean() }).map(
  ({ named, ...rest }): TreeEvent => ({
    ...rest,
    type: `stage:${rest.state}`,
    at: 0,
    name: named ? `job ${rest.stage}` : String(rest.stage),
  }),
);
const runEvent = fc.record({ runId, state }).map(
  (rest): TreeEvent => ({
    ...rest,
    type: `pipeline:${rest.state}`,
    at: 0,
    name: rest.runId,
    ...(rest.runId === RUN ? {} : { parentRunId: RUN }),
  }),
);
const events = fc
  .array(fc.oneof({ weight: 6, arbitrary: taskEvent }, stageEvent, runEvent), { maxLength: 80 })
  .map((list) => list.map((event, i): TreeEvent => ({ ...event, at: i * 10 })));

function built(list: readonly TreeEvent[]): RunTree {
  const tree = new RunTree('release', { stages: ['job 0', 'job 2'], resources: { cpu: 4 } });
  for (const event of list) tree.apply(event);
  return tree;
}

function allOf(node: Node): readonly Node[] {
  return [node, ...node.children.flatMap(allOf)];
}

describe('a tree', () => {
  test.prop([events])('(N1) counts what is below each line', (list) => {
    for (const node of allOf(built(list).root)) {
      const counts = Object.fromEntries(Object.entries(node.tally).filter(([, count]) => count !== 0));
      expect(counts).toEqual(countLeaves(node));
      expect(node.size).toBe(allOf(node).length - 1);
    }
  });

  test.prop([events])('(N2) knows where something runs or failed', (list) => {
    for (const node of allOf(built(list).root)) {
      const runs = (child: Node): boolean =>
        (countLeaves(child).running ?? 0) > 0 || (child.isLeaf && child.state === 'running');
      const failed = (child: Node): boolean =>
        (countLeaves(child).failed ?? 0) > 0 || child.state === 'failed';
      expect(new Set(node.live)).toEqual(new Set(node.children.filter(runs)));
      expect(new Set(node.bad)).toEqual(new Set(node.children.filter(failed)));
    }
  });

  test.prop([events, fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 40 })])(
    'is drawn inside its terminal',
    (list, width, height) => {
      const lines = frame(built(list), { width, height, now: 5_000, style: coloured });
      expect(lines.length).toBeLessThanOrEqual(height);
      expect(lines.length).toBeGreaterThan(0);
      expect(wide(lines)).toBeLessThanOrEqual(width);
    },
  );

  test.prop([events])('is drawn whole where there is room', (list) => {
    const tree = built(list);
    const shown = (node: Node): number => childrenOf(node).reduce((sum, child) => sum + 1 + shown(child), 0);
    const lines = frame(tree, { width: 400, height: 10_000, now: 5_000, style: coloured });
    // The head; the total while anything runs; the meters while the run goes on.
    const goesOn = ['queued', 'ready', 'running'].includes(tree.root.state);
    const around = goesOn ? 3 : tree.root.tally.running > 0 ? 2 : 1;
    expect(lines.length - around).toBe(shown(tree.root));
  });
});
