/**
 * What is explored, as plain data: runs with their bodies as scripts, tasks with all the ways they may end, and
 * what the environment may do. Plain, so that a counterexample can print it.
 */
import type { AdmissionPolicy } from '../../admission/index.ts';
import type { ChildrenPolicy } from '../../runtime/rows.ts';

/** How the body of a task may end by itself. `abort`: it throws CancelledError. */
export type TaskEnding = 'succeed' | 'fail' | 'abort';
/** How the body of a run may end by itself. */
export type RunEnding = 'return' | 'throw';

export interface PlannedTask {
  /** Its name, unique in the plan. */
  readonly task: string;
  /** Tasks that the same body submits before this one, which comes after them. Default none. */
  readonly after?: readonly string[];
  /** Starts once those are inactive, however they ended, and is spared when its run is terminated. */
  readonly finally?: boolean;
  /** Labels and amounts. Default none. */
  readonly needs?: Readonly<Record<string, number>>;
  /** Default: its run's. */
  readonly priority?: number;
  /** Attempts in all. Default 1. */
  readonly attempts?: number;
  /** Default `['succeed', 'fail']`. */
  readonly ends?: readonly TaskEnding[];
  /** An attempt may run out of time. */
  readonly timeout?: boolean;
  /** The task may run out of time, wherever it is. */
  readonly deadline?: boolean;
  /** Its body may ignore its signal beyond the grace: it is abandoned, and settles some time later. */
  readonly stubborn?: boolean;
  /** Its body may suspend this often, and is woken some time later. Default 0. */
  readonly suspends?: number;
  /** Its body submits this run as a child and awaits it. */
  readonly child?: string;
}

/**
 * One statement of a run's body: submit a task, go to the next stage, wait for all tasks so far, submit a child
 * run, await one.
 */
export type BodyStep =
  | PlannedTask
  | 'stageForward'
  | 'wait'
  | { readonly run: string }
  | { readonly await: string };

export interface PlannedRun {
  readonly body: readonly BodyStep[];
  /** Default 0. */
  readonly priority?: number;
  /** Names of root runs listed before this one. */
  readonly after?: readonly string[];
  /** Default `continue`. */
  readonly children?: ChildrenPolicy;
  /** Default `['return']`. */
  readonly ends?: readonly RunEnding[];
  /** A terminated body may go on beyond the grace. */
  readonly stubborn?: boolean;
}

/**
 * What the environment may do. A run with finally tasks may be terminated a second time, which counts again.
 * `hold` is always followed by a possible unhold, `pause` by a possible unpause.
 */
export type EnvironmentEvent =
  | 'cancel task'
  | 'terminate task'
  | 'hold task'
  | 'cancel run'
  | 'terminate run'
  | 'pause'
  | 'shutdown'
  | 'set capacity';

export interface ExplorePlan {
  readonly resources: Readonly<Record<string, number>>;
  readonly taskParallelism: number;
  readonly pipelineParallelism: number;
  readonly policy: AdmissionPolicy;
  /**
   * Runs by name. Those that no body and no task submits are roots: the first is there from the start, the
   * others come in this order, each at any time.
   */
  readonly runs: Readonly<Record<string, PlannedRun>>;
  /** At most this many events of the environment on any path. Default 0. */
  readonly events?: number;
  /** Which kinds. Default: all but `set capacity`. */
  readonly kinds?: readonly EnvironmentEvent[];
  /** With `set capacity`: what a label may be set to. */
  readonly capacities?: Readonly<Record<string, readonly number[]>>;
  /** Admissions of one turn, to explore turns that are cut. Default: no bound. */
  readonly turnBudget?: number;
  /**
   * When the end of a task or run is seen by what comes after it and by who waits for it: `at-once` in the step
   * that ends it, `separate` by a later step of its own, in the order of the ends, as behind a ledger that
   * commits. Default `at-once`.
   */
  readonly delivery?: 'at-once' | 'separate';
}
