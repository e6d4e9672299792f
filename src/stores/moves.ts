/**
 * How a move is written as one small integer: ten times the leaf of the chart that it leads to, plus what it
 * says of an attempt. These numbers stand in ledgers that outlive this code: a number never changes its
 * meaning; new ones may be added.
 */

const LEAVES = {
  'queued.waiting': 1,
  'queued.eligible': 2,
  'queued.backoff': 3,
  'queued.held': 4,
  ready: 5,
  'running.executing': 6,
  'running.suspended': 7,
  'running.terminating': 8,
  succeeded: 9,
  failed: 10,
  cancelled: 11,
  blocked: 12,
  /** Of stages, which have no nested states. */
  queued: 13,
  running: 14,
} as const;
export type LeafPath = keyof typeof LEAVES;

/**
 * What the same move says of an attempt: it began, or how it ended. `lost-waiting`: cut off while it was suspended,
 * which is no sign of a task that kills its process.
 */
const MARKS = {
  none: 0,
  started: 1,
  succeeded: 2,
  failed: 3,
  cancelled: 4,
  lost: 5,
  'lost-waiting': 6,
} as const;
export type AttemptMark = keyof typeof MARKS;

const LEAF_OF = new Map<number, LeafPath>(Object.entries(LEAVES).map(([path, n]) => [n, path as LeafPath]));
const MARK_OF = new Map<number, AttemptMark>(
  Object.entries(MARKS).map(([mark, n]) => [n, mark as AttemptMark]),
);

export function moveCode(path: string, mark: AttemptMark): number {
  const leaf = LEAVES[path as LeafPath];
  if (leaf === undefined) throw new Error(`the leaf ${JSON.stringify(path)} has no number in ledgers`);
  return leaf * 10 + MARKS[mark];
}

export function pathOf(code: number): LeafPath {
  const path = LEAF_OF.get(Math.trunc(code / 10));
  if (path === undefined)
    throw new Error(`a ledger names the move ${code}, which this version does not know`);
  return path;
}

export function markOf(code: number): AttemptMark {
  const mark = MARK_OF.get(code % 10);
  if (mark === undefined)
    throw new Error(`a ledger names the move ${code}, which this version does not know`);
  return mark;
}

/** Events that a move stands for: an attempt's beginning or end has one of its own, so the move takes two numbers. */
export function eventsOf(code: number): 1 | 2 {
  return code % 10 === MARKS.none ? 1 : 2;
}
