/** What `recover()` tells of every open run of the store. */
import type { OwnerIdentity } from '../../stores/store.ts';
import type { PipelineHandle } from '../pipeline-handle.ts';

export interface UnknownRun {
  readonly runId: string;
  readonly name: string;
  readonly style: string;
  readonly version: string | undefined;
}

export interface LeasedRun {
  readonly runId: string;
  readonly name: string;
  /** Who runs it. */
  readonly owner: OwnerIdentity;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface RefusedRun {
  readonly runId: string;
  readonly name: string;
  readonly error: unknown;
}

/** What `recover()` did with every open run of the store. */
export interface RecoverResult {
  readonly resumed: readonly PipelineHandle<unknown>[];
  /** Runs of pipelines that are not in the scheduler's `pipelines`. */
  readonly unknown: readonly UnknownRun[];
  /** Runs that another process has. */
  readonly leased: readonly LeasedRun[];
  /** Runs that could not be taken over: another version of their code, one instance for two runs, ... They stay open. */
  readonly refused: readonly RefusedRun[];
}
