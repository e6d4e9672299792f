/**
 * What the runtime tells a Task object that was submitted. The runtime knows Tasks only through this port; a task
 * of plain code has none.
 *
 * Order: `succeeded` or `failed` in the turn of an attempt's report, before the machine sees it; `moved` later, when
 * the move may be seen by others (after the commit, with a ledger), right before its event is delivered.
 */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome } from '../../machines/protocol.ts';

export interface AttemptFacts {
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The attempt was asked to stop, and with what. */
  readonly stopping: boolean;
  readonly stopReason: unknown;
}

export interface TaskBinding {
  /** Direct parents by id, for the context of the body. */
  readonly upstream: ReadonlyMap<string, unknown>;
  /** Why this task can never run (no handler for its kind): it fails with this instead of being admitted. */
  readonly refusal: Error | undefined;
  /** What an attempt returned, as the result of the task. */
  succeeded(value: unknown, facts: AttemptFacts): unknown;
  /** What an attempt threw, as the error of the task: with its result in `details`. */
  failed(error: unknown, facts: AttemptFacts): unknown;
  /** The task is about to be seen in this state; `outcome` of final ones. */
  moved(state: LifecycleState, outcome: Outcome | null, at: number): void;
  /** The run lets go of the task without an end: it may be submitted again. */
  released(): void;
}
