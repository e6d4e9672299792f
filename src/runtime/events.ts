/** Everything a scheduler tells: one union, discriminated by `type`, numbered by `seq`, plain data. */
import type { LifecycleState } from '../../machines/lifecycle.ts';

interface Numbered {
  /** Counts up by one per event of a scheduler; events are delivered in this order. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** With a ledger, of stored events: counts up in their run, also over a restart. */
  readonly runSeq?: number;
}

interface OfRun extends Numbered {
  readonly runId: string;
}

interface StateChange {
  readonly name: string;
  /** Undefined for the first event of its life. */
  readonly previous: LifecycleState | undefined;
  readonly state: LifecycleState;
  /** The nested state: `waiting eligible backoff held`, `executing suspended terminating`. */
  readonly phase: string | undefined;
  readonly error?: unknown;
  readonly reason?: string;
}

interface OfTask extends OfRun {
  readonly taskId: string;
  readonly name: string;
  readonly stage: number;
  readonly attempt: number;
}

export type PipelineStateEvent = OfRun &
  StateChange & { readonly type: `pipeline:${LifecycleState | 'suspended'}`; readonly parentRunId?: string };
export type StageStateEvent = OfRun &
  StateChange & { readonly type: `stage:${LifecycleState}`; readonly stage: number };
export type TaskStateEvent = OfTask &
  StateChange & { readonly type: `task:${LifecycleState | 'retrying' | 'held' | 'suspended'}` };

export type TaskDetailEvent =
  | (OfTask & { readonly type: 'task:progress'; readonly percent?: number; readonly message?: string })
  | (OfTask & { readonly type: 'task:output'; readonly stream: 'stdout' | 'stderr'; readonly chunk: string })
  | (OfTask & {
      readonly type: 'task:rejected';
      readonly event: string;
      readonly code: 'INVALID_TRANSITION';
    });

/** The store did not take what happened to the task; it goes on, unrecorded (relaxed durability). */
export type PersistenceEvent = OfTask & {
  readonly type: 'task:persistence-failed';
  readonly error: unknown;
};

export type AttemptEvent = OfTask & {
  readonly type:
    | 'attempt:started'
    | 'attempt:succeeded'
    | 'attempt:failed'
    | 'attempt:cancelled'
    | 'attempt:lost';
  readonly error?: unknown;
};

export type RejectedEvent = OfRun & {
  readonly type: 'pipeline:rejected' | 'stage:rejected';
  readonly event: string;
  readonly code: 'INVALID_TRANSITION';
};

export type SchedulerEvent =
  | (Numbered & {
      readonly type: 'resource:changed';
      readonly label: string;
      readonly capacity: number;
      readonly inUse: number;
    })
  | (Numbered & { readonly type: 'scheduler:paused'; readonly reason?: string })
  | (Numbered & { readonly type: 'scheduler:unpaused' | 'scheduler:shutdown' | 'scheduler:closed' })
  | (Numbered & { readonly type: 'store:failing'; readonly error: unknown })
  | (Numbered & { readonly type: 'store:recovered' })
  | (Numbered & { readonly type: 'observer:error'; readonly error: unknown });

export type RuntimeEvent =
  | PipelineStateEvent
  | StageStateEvent
  | TaskStateEvent
  | TaskDetailEvent
  | PersistenceEvent
  | AttemptEvent
  | RejectedEvent
  | SchedulerEvent;

/** An event before it has its number and time. */
export type EventBody = RuntimeEvent extends infer E
  ? E extends RuntimeEvent
    ? Omit<E, 'seq' | 'at'>
    : never
  : never;
