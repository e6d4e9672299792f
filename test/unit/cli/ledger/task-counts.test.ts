/** The hunted bug: `runs` counts what holds tasks, so that it says 16 where the summary of the run said 8. */
import { describe, expect, it } from 'vitest';
import { countTasks } from '../../../../src/cli/ledger/task-counts.ts';
import type { Outcome } from '../../../../src/index.ts';
import type { StoredTask } from '../../../../src/stores/store.ts';

type Given = Pick<StoredTask, 'name' | 'stage' | 'state' | 'outcome'>;

function task(name: string, state: StoredTask['state'], more: Partial<Given> = {}): Given {
  return { name, stage: 0, state, outcome: undefined, ...more };
}

const ended = (status: string): { readonly outcome: Outcome } => ({
  outcome: { kind: 'succeeded', value: { status }, error: undefined } as Outcome,
});

describe('the tasks of a stored run', () => {
  it('are those that hold no others', () => {
    const tasks = [
      task('each', 'succeeded'),
      task('each > [a]', 'succeeded'),
      task('each > [a] > load', 'succeeded'),
      task('each > [b]', 'succeeded'),
      task('each > [b] > load', 'succeeded'),
      task('after', 'succeeded'),
    ];
    expect(countTasks(tasks)).toEqual({ all: 3, succeeded: 3, failed: 0 });
  });

  it('fail once, not once more for all that they are in', () => {
    const tasks = [task('each', 'failed'), task('each > [a]', 'failed'), task('each > [a] > load', 'failed')];
    expect(countTasks(tasks)).toEqual({ all: 1, succeeded: 0, failed: 1 });
  });

  it('count where a loop had nothing to do, or never began', () => {
    expect(countTasks([task('each', 'succeeded'), task('each other', 'failed')])).toEqual({
      all: 2,
      succeeded: 1,
      failed: 1,
    });
  });

  it('are told apart by stage: what holds others in one job does not in the next', () => {
    const tasks = [
      task('work', 'succeeded'),
      task('work > part', 'succeeded'),
      task('work', 'succeeded', { stage: 1 }),
    ];
    expect(countTasks(tasks)).toEqual({ all: 2, succeeded: 2, failed: 0 });
  });

  it('did not succeed when they were skipped', () => {
    const tasks = [
      task('if', 'succeeded', ended('SKIP')),
      task('do', 'succeeded', ended('SUCCESS')),
      task('queue', 'queued'),
    ];
    expect(countTasks(tasks)).toEqual({ all: 3, succeeded: 1, failed: 0 });
  });
});
