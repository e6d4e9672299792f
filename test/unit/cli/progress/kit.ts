/** Events and trees for the tests of the progress display. */
import { stripVTControlCharacters } from 'node:util';
import type { LifecycleState } from '../../../../machines/lifecycle.ts';
import { frame } from '../../../../src/cli/progress/frame.ts';
import type { Node, Shown } from '../../../../src/cli/progress/node.ts';
import { RunTree, type RunTreeOptions, type TreeEvent } from '../../../../src/cli/progress/run-tree.ts';
import { widthOf } from '../../../../src/cli/terminal/cells.ts';
import { makeStyle } from '../../../../src/cli/terminal/style.ts';

export const plain = makeStyle({ color: false, unicode: true });
export const coloured = makeStyle({ color: true, unicode: true });

export const RUN = 'run-1';

/** A tree that is told what happens in a few words. */
export class Told {
  readonly tree: RunTree;
  #at = 1_000;

  constructor(options: RunTreeOptions = {}) {
    this.tree = new RunTree('release', options);
    this.run('queued');
    this.run('running');
  }

  event(event: Omit<TreeEvent, 'at' | 'runId'> & { readonly runId?: string }): this {
    this.#at += 100;
    this.tree.apply({ at: this.#at, runId: RUN, ...event });
    return this;
  }
  run(state: LifecycleState): this {
    return this.event({ type: `pipeline:${state}`, name: 'release', state });
  }
  stage(stage: number, name: string, state: LifecycleState): this {
    return this.event({ type: `stage:${state}`, stage, name, state });
  }
  task(stage: number, name: string, state: LifecycleState, more: Partial<TreeEvent> = {}): this {
    const error = state === 'failed' ? new Error(`${name} broke`) : undefined;
    return this.event({
      type: `task:${state}`,
      stage,
      taskId: `${stage} ${name}`,
      name,
      state,
      error,
      ...more,
    });
  }
  output(stage: number, name: string, chunk: string): this {
    return this.event({ type: 'task:output', stage, taskId: `${stage} ${name}`, name, chunk });
  }
  picture(width: number, height: number): readonly string[] {
    return frame(this.tree, { width, height, now: this.#at, style: plain });
  }
}

export function wide(lines: readonly string[]): number {
  return Math.max(0, ...lines.map((line) => widthOf(stripVTControlCharacters(line))));
}

/** Counts without the counters. */
export function countLeaves(node: Node): Partial<Record<Shown, number>> {
  const counts: Partial<Record<Shown, number>> = {};
  const add = (state: Shown): void => {
    counts[state] = (counts[state] ?? 0) + 1;
  };
  const visit = (at: Node): void => {
    for (const child of at.children) {
      if (child.isLeaf && child.kind === 'task') add(child.state);
      visit(child);
    }
  };
  visit(node);
  return counts;
}
