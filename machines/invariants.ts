/**
 * The numbered invariants as pure predicates over plain data, so that the explorer, the simulator and the
 * runtime's assertions check the same sentences (ARCHITECTURE, "Invariants"; R: rules of the same page).
 *
 * Owns: which there are. Does not own: the data, a `View` made by whoever watches (invariants-view.ts), nor the
 * sentences (the other invariants-*.ts, one family each).
 * A check returns undefined, or one sentence that says what is wrong.
 */
import {
  booksAreRight,
  oneOutcomeEach,
  onlyLegalMoves,
  withinCapacity,
  withinParallelism,
} from './invariants-accounts.ts';
import {
  badEndBlocks,
  finallyTasksRun,
  finallyTasksSpared,
  nothingMovesUnseen,
} from './invariants-dependents.ts';
import {
  closedWhenOver,
  secondRequestReachesAll,
  stagesDerived,
  terminationReachesAll,
} from './invariants-ends.ts';
import { nobodyForgotten, policyKept, queueHoldsEligible, runsInOrder } from './invariants-policy.ts';
import type { Sentence, StepView, View } from './invariants-view.ts';

export type {
  LabelView,
  MoveView,
  Named,
  NeedView,
  RunView,
  StageView,
  StepView,
  TaskView,
  View,
} from './invariants-view.ts';

export interface Invariant {
  readonly id: string;
  readonly says: string;
  /** Must hold in every state. */
  readonly state?: (view: View) => Sentence;
  /** Must hold for every step. */
  readonly step?: (before: View, step: StepView, after: View) => Sentence;
}

/** In the order in which they are checked: the most telling first. */
export const invariants: readonly Invariant[] = [
  { id: 'T1', says: 'only transitions of the table happen', step: onlyLegalMoves },
  { id: 'S1', says: 'no admission exceeds the capacity of its moment', step: withinCapacity },
  {
    id: 'S2',
    says: 'no more tasks and runs are admitted than the parallelisms allow',
    state: withinParallelism,
  },
  { id: 'S5', says: 'what an admission took is released exactly once', state: booksAreRight },
  { id: 'T2', says: 'every attempt and every task has exactly one outcome', state: oneOutcomeEach },
  { id: 'R4', says: 'the queues hold queued.eligible and nothing else', state: queueHoldsEligible },
  {
    id: 'S3',
    says: 'strict: nothing passes the smallest key',
    step: (before, step) => policyKept(true)(before, step) ?? runsInOrder(before, step),
  },
  { id: 'S4', says: 'backfill: bounded bypass, smallest fitting key first', step: policyKept(false) },
  {
    id: 'S6',
    says: 'what may be admitted is admitted in the same turn',
    state: (view) => (view.turnDue ? undefined : nobodyForgotten(view)),
    step: (_, step, after) => (step.turn && !step.cut ? nobodyForgotten(after) : undefined),
  },
  { id: 'P1', says: 'a bad end blocks what comes after it', state: badEndBlocks },
  {
    id: 'P2',
    says: 'a finally task runs once its parents are over, and stops only on its own account',
    state: finallyTasksRun,
    step: finallyTasksSpared,
  },
  { id: 'L1', says: 'nothing moves on an end before that may be seen', state: nothingMovesUnseen },
  {
    id: 'R1',
    says: 'terminating a run leaves nothing of it, or of its children, that can start but finally tasks',
    state: terminationReachesAll,
    step: secondRequestReachesAll,
  },
  {
    id: 'R11',
    says: 'a run is open until its body, its tasks and its children are final',
    state: closedWhenOver,
  },
  {
    id: 'R12',
    says: 'a stage ends as its tasks ended, when nothing more can carry its index',
    state: stagesDerived,
  },
];
