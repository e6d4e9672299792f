/**
 * What is explored, as plain data: runs with their bodies as scripts, tasks with all the ways they may end, and
 * what the environment may do. Plain, so that a counterexample can print it.
 */
import type { AdmissionPolicy } from '../../admission/index.ts';
import type { ChildrenPolicy } from '../../runtime/rows.ts';
import type { TriggerRule } from '../../workflow/model.ts';

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
  /** Index of the declared stage it belongs to. Default: its thread's; without threads the one reached last. */
  readonly stage?: number;
  /**
   * It may be over before it could begin: skipped, or refused because it can never run. With `ends: []` it always
   * is. Default: never.
   */
  readonly over?: readonly ('skipped' | 'refused')[];
}

/** A stage that is known when the body is entered. */
export interface PlannedStage {
  readonly name?: string;
  /** Its place in the queue key; stages that are open side by side may share it. */
  readonly depth: number;
}

/**
 * One statement of a run's body: submit a task, go to the next stage, wait for all tasks so far, submit a child
 * run, await one, reach a declared stage, pass one.
 */
export type BodyStep =
  | PlannedTask
  | 'stageForward'
  | 'wait'
  | { readonly run: string }
  | { readonly await: string }
  | { readonly reach: number }
  | { readonly pass: number };

/** Several threads of one body, side by side. */
export interface PlannedGroup {
  readonly inside: readonly PlannedThread[];
  /** Threads at once; they begin in this order. Default: all. */
  readonly atOnce?: number;
  /** One that fails stops the others: nothing more begins, what runs is told to stop. Default false. */
  readonly failFast?: boolean;
  /** A task that waits suspended until the threads are over, and ends as they ended. Default: none. */
  readonly holder?: PlannedTask;
}

/** One of several ways to go on; which one, nothing in the plan decides. */
export interface PlannedWay {
  /** As it reads in a counterexample, unique in the plan. */
  readonly way: string;
  readonly steps: readonly ThreadStep[];
}

/**
 * One statement of a thread: submit a task and wait for its end, run threads side by side and wait for them, go one
 * of several ways, end as failed. A thread ends with the first task or group that does not succeed.
 */
export type ThreadStep = PlannedTask | PlannedGroup | { readonly either: readonly PlannedWay[] } | 'fail';

/** Statements of a body that run one after another, beside those of other threads. */
export interface PlannedThread {
  /** Its name, unique in the plan. */
  readonly thread: string;
  readonly steps: readonly ThreadStep[];
  /** Threads of the run, none of them inside another, that must be over before it begins. Default: none. */
  readonly when?: readonly string[];
  /** How those must have ended: judged by the code that judges the jobs of workflows. Default `all_success`. */
  readonly rule?: TriggerRule;
  /** Begins once all other threads are over, also when the run is terminated; its tasks are finally tasks. */
  readonly finally?: boolean;
  /** Index of the declared stage that it reaches when it begins, and passes when it is over. */
  readonly stage?: number;
}

export interface PlannedRun {
  readonly body: readonly BodyStep[];
  /** Declared when the body is entered. Default: none; the body is then in a first stage from the start. */
  readonly stages?: readonly PlannedStage[];
  /** Run beside `body`. A body with threads ends when all are over: it throws if any of them failed. */
  readonly threads?: readonly PlannedThread[];
  /** Threads that may be active at once, those inside others not counted. Default: all. */
  readonly threadsAtOnce?: number;
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
  /**
   * `any`: whatever may happen next, may; every order is explored. `prompt`: what the scheduler and the bodies do by
   * themselves comes first, always in one order, and only then a task ends, a choice is made, a timer fires: as it is
   * where work takes longer than scheduling it. Far fewer states. Default `any`.
   */
  readonly pace?: 'any' | 'prompt';
}
