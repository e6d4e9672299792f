/**
 * What the moves of one subject (a run, a stage, a task) add up to. A store that aggregates in a query gives the
 * same fields; a store that holds facts in memory adds them here, move by move.
 */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import { type LeafPath, markOf, pathOf } from './moves.ts';

/** How states are written in ledgers, beside the numbers of moves; a number never changes its meaning. */
const STATE_NUMBERS = {
  queued: 1,
  ready: 2,
  running: 3,
  succeeded: 4,
  failed: 5,
  cancelled: 6,
  blocked: 7,
} as const satisfies Record<LifecycleState, number>;

/** By state number; 0 is no state. */
export const STATES_BY_NUMBER: readonly (LifecycleState | undefined)[] = [
  undefined,
  ...(Object.keys(STATE_NUMBERS) as LifecycleState[]),
];

/** Tasks by state. */
export type Tally = Record<LifecycleState, number>;

export const emptyTally = (): Tally => ({
  queued: 0,
  ready: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  blocked: 0,
});

/** `queued.eligible` -> `queued`. */
export function stateOfPath(path: LeafPath): LifecycleState {
  const dot = path.indexOf('.');
  return (dot < 0 ? path : path.slice(0, dot)) as LifecycleState;
}

/** State numbers by move: read for every move that is written. */
const numbers: number[] = [];

/** The number by which a ledger names a state. */
export const numberOfState = (state: LifecycleState): number => STATE_NUMBERS[state];

/** The number of the state that a move leads to. */
export function stateNumberOf(move: number): number {
  let number = numbers[move];
  if (number === undefined) {
    number = STATE_NUMBERS[stateOfPath(pathOf(move))];
    numbers[move] = number;
  }
  return number;
}

export interface MoveTotals {
  /** Of the last move. */
  readonly seq: number;
  readonly move: number;
  readonly attempt: number;
  readonly at: number;
  /** State before the last move. */
  readonly previous: LifecycleState | undefined;
  /** A task: when its last attempt began. A run: when its body was last entered. */
  readonly startedAt: number | undefined;
  /** Attempts that failed and were followed by a back-off. */
  readonly failures: number;
  readonly lost: number;
}

/** Totals that grow move by move. */
export class RunningTotals implements MoveTotals {
  seq = 0;
  move = 0;
  attempt = 0;
  at = 0;
  previous: LifecycleState | undefined = undefined;
  startedAt: number | undefined = undefined;
  failures = 0;
  lost = 0;

  get state(): LifecycleState | undefined {
    return this.move === 0 ? undefined : STATES_BY_NUMBER[stateNumberOf(this.move)];
  }

  add(seq: number, move: number, attempt: number, at: number): void {
    const path = pathOf(move);
    const mark = markOf(move);
    this.previous = this.state;
    if (mark === 'started' || (mark === 'none' && attempt === 0 && entersBody(path, this.previous)))
      this.startedAt = at;
    if (mark === 'failed' && path === 'queued.backoff') this.failures += 1;
    if (mark === 'lost') this.lost += 1;
    this.seq = seq;
    this.move = move;
    this.attempt = attempt;
    this.at = at;
  }
}

/**
 * Whether an attempt may still have processes. One that is recorded before its start counts: its processes may be
 * all that is left of it.
 */
export function isAttemptOver(
  attempt: number,
  task: Pick<MoveTotals, 'attempt' | 'move'> | undefined,
): boolean {
  if (task === undefined || attempt > task.attempt) return false;
  return attempt < task.attempt || stateOfPath(pathOf(task.move)) !== 'running';
}

/** Runs have no attempts: their body is entered with the move itself. */
function entersBody(path: LeafPath, previous: LifecycleState | undefined): boolean {
  return path === 'running.executing' && previous !== 'running';
}
