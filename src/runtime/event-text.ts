/** From a move to the event that tells it. Pure: everything comes from the row's snapshot of that moment. */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome } from '../../machines/protocol.ts';
import type {
  AttemptEvent,
  PipelineStateEvent,
  RuntimeEvent,
  StageStateEvent,
  TaskStateEvent,
} from './events.ts';
import type {
  PipelineRow,
  PipelineSnapshot,
  Row,
  StageRow,
  StageSnapshot,
  TaskRow,
  TaskSnapshot,
} from './rows.ts';

/** `state`: the row entered a state (or a phase that has an event); the rest tell of a task's attempt. */
export type MoveType = 'state' | Exclude<AttemptEvent['type'], 'attempt:failed'>;

/** Arguments stay apart here: this runs for every event, and an object in between would be one more. */
export function describeMove(
  type: MoveType,
  row: Row,
  snapshot: Row['snapshot'],
  previous: LifecycleState | undefined,
  seq: number,
  at: number,
): RuntimeEvent {
  switch (row.kind) {
    case 'task':
      if (type !== 'state') return attemptEvent(type, row, snapshot as TaskSnapshot, seq, at);
      return taskEvent(row, snapshot as TaskSnapshot, previous, seq, at);
    case 'pipeline':
      return pipelineEvent(row, snapshot as PipelineSnapshot, previous, seq, at);
    case 'stage':
      return stageEvent(row, snapshot as StageSnapshot, previous, seq, at);
    default:
      return row satisfies never;
  }
}

/** The event of a task's phase, where it has one of its own; else of its state. Made once, by leaf path. */
const TASK_EVENTS: Readonly<Record<string, TaskStateEvent['type']>> = {
  'queued.waiting': 'task:queued',
  'queued.eligible': 'task:queued',
  'queued.held': 'task:held',
  'queued.backoff': 'task:retrying',
  ready: 'task:ready',
  'running.executing': 'task:running',
  'running.terminating': 'task:running',
  'running.suspended': 'task:suspended',
  succeeded: 'task:succeeded',
  failed: 'task:failed',
  cancelled: 'task:cancelled',
  blocked: 'task:blocked',
};

function taskEvent(
  row: TaskRow,
  { leaf, context }: TaskSnapshot,
  previous: LifecycleState | undefined,
  seq: number,
  at: number,
): TaskStateEvent {
  const event: TaskStateEvent = {
    seq,
    type: TASK_EVENTS[leaf.path] ?? 'task:queued',
    at,
    runId: row.run.id,
    taskId: row.taskId,
    name: row.spec.name,
    stage: row.stageIndex,
    attempt: context.attempt,
    previous,
    state: leaf.state as LifecycleState,
    phase: leaf.phase,
  };
  return withOutcome(event, context.outcome);
}

function attemptEvent(
  type: Exclude<MoveType, 'state'>,
  row: TaskRow,
  { context }: TaskSnapshot,
  seq: number,
  at: number,
): AttemptEvent {
  const { attempt } = context;
  return {
    seq,
    type,
    at,
    runId: row.run.id,
    taskId: row.taskId,
    name: row.spec.name,
    stage: row.stageIndex,
    attempt,
  };
}

function pipelineEvent(
  row: PipelineRow,
  { leaf, context }: PipelineSnapshot,
  previous: LifecycleState | undefined,
  seq: number,
  at: number,
): PipelineStateEvent {
  const state = leaf.state as LifecycleState;
  const event: PipelineStateEvent = {
    seq,
    type: leaf.phase === 'suspended' ? 'pipeline:suspended' : `pipeline:${state}`,
    at,
    runId: row.id,
    name: row.name,
    previous,
    state,
    phase: leaf.phase,
    ...(row.parent === undefined ? {} : { parentRunId: row.parent.id }),
  };
  return withOutcome(event, context.outcome);
}

function stageEvent(
  row: StageRow,
  { leaf }: StageSnapshot,
  previous: LifecycleState | undefined,
  seq: number,
  at: number,
): StageStateEvent {
  const state = leaf.state as LifecycleState;
  const name = row.name ?? String(row.index);
  return {
    seq,
    type: `stage:${state}`,
    at,
    runId: row.run.id,
    stage: row.index,
    name,
    previous,
    state,
    phase: undefined,
  };
}

/** What every event of a task names. */
export function ofTask(row: TaskRow, attempt: number) {
  return { runId: row.run.id, taskId: row.taskId, name: row.spec.name, stage: row.stageIndex, attempt };
}

function withOutcome<E extends object>(event: E, outcome: Outcome | null): E {
  if (outcome === null || (outcome.error === undefined && outcome.reason === undefined)) return event;
  return {
    ...event,
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
  };
}
