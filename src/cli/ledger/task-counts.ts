/** Tasks of a stored run, counted as the tree of a run counts them: those that hold no others. */
import type { StoredTask } from '../../stores/store.ts';
import { PATH } from '../progress/run-tree.ts';
import { verdictOf } from '../running/verdict.ts';

export interface TaskCounts {
  readonly all: number;
  readonly succeeded: number;
  readonly failed: number;
}

type Counted = Pick<StoredTask, 'name' | 'stage' | 'state' | 'outcome'>;

export function countTasks(tasks: readonly Counted[]): TaskCounts {
  const holders = new Set(tasks.flatMap(holdersOf));
  const leaves = tasks.filter(({ stage, name }) => !holders.has(keyOf(stage, name)));
  return {
    all: leaves.length,
    succeeded: leaves.filter(didSucceed).length,
    failed: leaves.filter(({ state }) => state === 'failed').length,
  };
}

/** A stage that was left out ended well, and did nothing. */
function didSucceed({ state, outcome }: Counted): boolean {
  return state === 'succeeded' && (outcome === undefined || verdictOf(outcome) !== 'skipped');
}

/** `a > b > c` is held by `a > b`, and that by `a`. */
function holdersOf({ stage, name }: Counted): readonly string[] {
  const parts = name.split(PATH);
  return parts.slice(1).map((_, at) => keyOf(stage, parts.slice(0, at + 1).join(PATH)));
}

const keyOf = (stage: number, name: string): string => `${stage} ${name}`;
