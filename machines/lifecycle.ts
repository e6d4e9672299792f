/**
 * The one lifecycle that task, stage and pipeline share: seven states and every legal move between them.
 *
 * The charts take their targets from here (`moves`), so a chart cannot contain a move that the table does not
 * (T1 by construction); a test checks the other direction, that every move of the table is used.
 */

export const STATES = ['queued', 'ready', 'running', 'succeeded', 'failed', 'cancelled', 'blocked'] as const;
export type LifecycleState = (typeof STATES)[number];

export const FINAL_STATES = ['succeeded', 'failed', 'cancelled', 'blocked'] as const;
export type FinalState = (typeof FINAL_STATES)[number];

export type Kind = 'task' | 'stage' | 'pipeline';

interface Move {
  readonly from: LifecycleState;
  readonly to: LifecycleState;
  readonly kinds: readonly Kind[];
  readonly when: string;
}

const all: readonly Kind[] = ['task', 'stage', 'pipeline'];
const work: readonly Kind[] = ['task', 'pipeline'];

/** Every legal move. Whatever is not listed here cannot happen. */
export const LIFECYCLE: readonly Move[] = [
  { from: 'queued', to: 'ready', kinds: all, when: 'admitted (a stage: reached)' },
  { from: 'ready', to: 'running', kinds: all, when: 'the body is entered (a stage: its first admission)' },
  { from: 'running', to: 'succeeded', kinds: all, when: 'the body returned' },
  { from: 'running', to: 'failed', kinds: all, when: 'the body threw, or time was up' },
  { from: 'running', to: 'cancelled', kinds: all, when: 'terminated, or the body gave up' },
  { from: 'running', to: 'queued', kinds: work, when: 'a retry, a lost attempt, or a wake after suspension' },
  { from: 'ready', to: 'queued', kinds: work, when: 'recovery of an admission that never started' },
  { from: 'queued', to: 'cancelled', kinds: all, when: 'cancelled before admission' },
  { from: 'ready', to: 'cancelled', kinds: all, when: 'cancelled before the body was entered' },
  { from: 'queued', to: 'blocked', kinds: all, when: 'what it depends on ended badly' },
  { from: 'queued', to: 'failed', kinds: all, when: 'cannot be run at all, or its deadline passed' },
  { from: 'ready', to: 'failed', kinds: ['task', 'stage'], when: 'its deadline passed' },
  { from: 'queued', to: 'succeeded', kinds: all, when: 'skipped or cached: takes no slot' },
  { from: 'ready', to: 'succeeded', kinds: ['stage'], when: 'closed without an admission' },
  { from: 'ready', to: 'blocked', kinds: ['stage'], when: 'closed with everything blocked' },
];

/** Whether `kind` may move from one state to the other. */
export function isLegalMove(kind: Kind, from: LifecycleState, to: LifecycleState): boolean {
  return LIFECYCLE.some((move) => move.from === from && move.to === to && move.kinds.includes(kind));
}

export function isFinal(state: LifecycleState): state is FinalState {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'blocked';
}

/**
 * Targets for a chart: `moves('task')('queued', 'ready')` is `'#task.ready'`, and an illegal pair throws when
 * the module is loaded. `inner` names a nested state of the target.
 */
export function moves(kind: Kind) {
  return (from: LifecycleState, to: LifecycleState, inner?: string): string => {
    if (!isLegalMove(kind, from, to))
      throw new Error(`(T1) the lifecycle has no move ${from} -> ${to} for a ${kind}`);
    return inner === undefined ? `#${kind}.${to}` : `#${kind}.${to}.${inner}`;
  };
}
