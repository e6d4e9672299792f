/** The table of a Task's status, every pair of it. Hunted: a move that slips in, or a retry that is refused. */
import { describe, expect, it } from 'vitest';
import { canBecome, nextStatus, TASK_STATUSES, type TaskStatus } from '../../../src/task/index.ts';
import { isActiveStatus, isBadStatus, isTaskStatus } from '../../../src/task/status.ts';

/** Rows: from; columns: running succeeded failed cancelled blocked. Nothing becomes pending. */
const TABLE: Readonly<Record<TaskStatus, string>> = {
  pending: 'y.yyy',
  running: '.yyy.',
  succeeded: '.....',
  failed: 'y..y.',
  cancelled: '.....',
  blocked: 'y..y.',
};
const COLUMNS = ['running', 'succeeded', 'failed', 'cancelled', 'blocked'] as const;

const pairs = TASK_STATUSES.flatMap((from) =>
  TASK_STATUSES.map((to) => ({
    from,
    to,
    legal: to !== 'pending' && TABLE[from][COLUMNS.indexOf(to)] === 'y',
  })),
);

describe('the status of a Task', () => {
  it.each(pairs)('from $from to $to: $legal', ({ from, to, legal }) => {
    expect(canBecome(from, to)).toBe(legal);
    if (legal) expect(nextStatus(from, to)).toBe(to);
    else expect(() => nextStatus(from, to)).toThrow(`a task cannot go from '${from}' to '${to}'`);
  });

  it('names what is allowed in the error of an illegal move', () => {
    expect(() => nextStatus('failed', 'succeeded')).toThrow(
      expect.objectContaining({
        code: 'INVALID_TRANSITION',
        message: expect.stringContaining('allowed: running, cancelled'),
      }),
    );
    expect(() => nextStatus('cancelled', 'running')).toThrow('nothing, it is final');
  });

  it('is active, bad, or done', () => {
    expect(TASK_STATUSES.filter(isActiveStatus)).toEqual(['pending', 'running']);
    expect(TASK_STATUSES.filter(isBadStatus)).toEqual(['failed', 'cancelled', 'blocked']);
    expect(TASK_STATUSES.every(isTaskStatus)).toBe(true);
    expect(isTaskStatus('queued')).toBe(false);
  });
});
