/**
 * What the invariants look at: plain data that says where every row is, and what happened between two looks.
 *
 * Owns: the shape of it, and the words in which a check speaks. Amounts are units (1e-6).
 * What counts the past (`attemptsOpen`, `attempts`, `settled`, `passed`) is counted by the watcher, never taken
 * from the scheduler's own books.
 */
import type { Kind, LifecycleState } from './lifecycle.ts';

export interface NeedView {
  readonly label: number;
  readonly units: number;
}

export interface TaskView {
  readonly name: string;
  /** Index into `View.runs`. */
  readonly run: number;
  readonly stage: number;
  readonly state: LifecycleState;
  readonly phase: string | undefined;
  readonly holding: boolean;
  readonly abandoned: boolean;
  /** In the admission queue. */
  readonly queued: boolean;
  readonly needs: readonly NeedView[];
  /** (-priority, -stage, pipeline, position): smaller goes first. */
  readonly key: readonly [number, number, number, number];
  /** Attempts started and without an outcome. */
  readonly attemptsOpen: number;
  /** How often its final outcome was told. */
  readonly settled: number;
  /** A body is alive although the task is queued. */
  readonly suspended: boolean;
  /** Larger keys admitted while this was the smallest of the queue, in its present stay there. */
  readonly passed: number;
  /** Names of the tasks that it comes after, as declared. */
  readonly parents: readonly string[];
  /** Starts once its parents are inactive, however they ended. */
  readonly isFinally: boolean;
  /** What it comes after no longer holds it back. */
  readonly released: boolean;
  /** Attempts started so far. */
  readonly attempts: number;
  /** Its end may be seen: by handles, events, and what comes after it. */
  readonly seen: boolean;
  /** Why it ended: the name of the parent that blocked it, `terminated`, ...; of a final task only. */
  readonly reason: string | undefined;
}

export interface RunView {
  readonly name: string;
  /** Index of the run it belongs to, -1 for none. */
  readonly parent: number;
  readonly state: LifecycleState;
  readonly phase: string | undefined;
  readonly holding: boolean;
  readonly abandoned: boolean;
  readonly takesSlot: boolean;
  /** In the pipeline queue, or for a child run waiting for the next turn. */
  readonly queued: boolean;
  readonly priority: number;
  readonly submission: number;
  readonly settled: number;
  readonly seen: boolean;
  /** `terminated`, the parent's name, ...; of a final run only. */
  readonly reason: string | undefined;
  /** Its end waits for its tasks. */
  readonly waits: boolean;
  /** Its body has finally tasks yet to submit. Default false. */
  readonly finallyDue?: boolean;
  /** The timer of its grace is set. */
  readonly graceSet: boolean;
  /** Still among the scheduler's open runs. */
  readonly open: boolean;
  /** Names of the runs it comes after. */
  readonly after: readonly string[];
}

export interface StageView {
  readonly run: number;
  readonly index: number;
  readonly state: LifecycleState;
  /** Nothing more can carry its index. */
  readonly passed: boolean;
  /** Nothing ever came into it, since what it comes after had failed. Default false. */
  readonly blocked?: boolean;
}

export interface LabelView {
  readonly name: string;
  readonly capacity: number;
  readonly inUse: number;
}

export interface View {
  readonly tasks: readonly TaskView[];
  readonly runs: readonly RunView[];
  readonly stages: readonly StageView[];
  readonly labels: readonly LabelView[];
  /** What the books say; S5 compares them with the rows. */
  readonly admitted: number;
  readonly slotsInUse: number;
  readonly abandoned: number;
  readonly taskParallelism: number;
  readonly pipelineParallelism: number;
  /** 0: strict. */
  readonly bypassLimit: number;
  readonly paused: boolean;
  /** Somebody was told that a turn is needed. */
  readonly turnDue: boolean;
}

export interface Named {
  readonly name: string;
  readonly state: LifecycleState;
}

export interface MoveView {
  readonly kind: Kind;
  readonly name: string;
  readonly from: LifecycleState;
  readonly to: LifecycleState;
}

/** What happened between two views. */
export interface StepView {
  readonly label: string;
  readonly moves: readonly MoveView[];
  /** What was final before and is not, or not the same, after. */
  readonly unfinished: readonly Named[];
  /** Events that the scheduler sent itself and that a row refused, as text. */
  readonly refused: readonly string[];
  /** Names of the tasks and runs that were admitted, in order. */
  readonly admittedTasks: readonly string[];
  readonly admittedRuns: readonly string[];
  /** The step was a turn that used its budget up; more may follow. */
  readonly cut: boolean;
  /** The step was a turn. */
  readonly turn: boolean;
  /** Name of the task or run whose body, timer or user made the step; undefined for the scheduler's own. */
  readonly about: string | undefined;
  /** A run that was being terminated already was asked for it once more. */
  readonly again: boolean;
}

/** What is wrong, or nothing. */
export type Sentence = string | undefined;

/** The first sentence that is said of an item. */
export function firstOf<T>(items: readonly T[], sentence: (item: T, index: number) => Sentence): Sentence {
  for (let i = 0; i < items.length; i += 1) {
    const text = sentence(items[i] as T, i);
    if (text !== undefined) return text;
  }
  return undefined;
}

export const pathOf = ({ state, phase }: TaskView | RunView): string =>
  phase === undefined ? state : `${state}.${phase}`;
