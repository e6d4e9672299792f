/**
 * Turns moves of rows into events and counts. What it tells of an attempt lies between the task's `running`
 * and what the task becomes next: `attempt:started` right after, exactly one end right before (T2).
 */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome, PipelineEvent, StageEvent, TaskEvent } from '../../machines/protocol.ts';
import type { EventHub } from './event-hub.ts';
import type {
  AttemptEvent,
  PipelineStateEvent,
  RuntimeEvent,
  StageStateEvent,
  TaskStateEvent,
} from './events.ts';
import type { PipelineRow, Row, StageRow, TaskRow } from './rows.ts';

export type StateCounts = Record<LifecycleState, number>;

export const noCounts = (): StateCounts => ({
  queued: 0,
  ready: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  blocked: 0,
});

export class Recorder {
  readonly #hub: EventHub;
  /** How many tasks and runs are in each state; the ends are cumulative (rule 12). */
  readonly tasks: StateCounts = noCounts();
  readonly pipelines: StateCounts = noCounts();

  constructor(hub: EventHub) {
    this.#hub = hub;
  }

  submitted(row: Row): void {
    const { state } = row.snapshot.leaf;
    if (row.kind === 'task') {
      this.tasks.queued += 1;
      this.#hub.push(this.taskState('task:queued', row, undefined), undefined);
    } else if (row.kind === 'pipeline') {
      this.pipelines.queued += 1;
      this.#hub.push(this.pipelineState('pipeline:queued', row, undefined), undefined);
    } else {
      this.#hub.push(this.stageState(row, undefined, state as LifecycleState), undefined);
    }
  }

  moved(row: Row, previous: LifecycleState, event: TaskEvent | PipelineEvent | StageEvent): void {
    if (row.kind === 'task') this.#taskMoved(row, previous, event as TaskEvent);
    else if (row.kind === 'pipeline') this.#pipelineMoved(row, previous);
    else this.#stageMoved(row, previous);
  }

  refused(row: Row, event: { readonly type?: unknown }): void {
    const name = String(event?.type);
    const code = 'INVALID_TRANSITION' as const;
    if (row.kind === 'task') {
      this.#hub.emit({ type: 'task:rejected', ...ofTask(row), event: name, code });
    } else if (row.kind === 'pipeline') {
      this.#hub.emit({ type: 'pipeline:rejected', runId: row.id, event: name, code });
    } else {
      this.#hub.emit({ type: 'stage:rejected', runId: row.run.id, event: name, code });
    }
  }

  #taskMoved(row: TaskRow, previous: LifecycleState, event: TaskEvent): void {
    const state = row.snapshot.leaf.state as LifecycleState;
    if (state !== previous) {
      this.tasks[previous] -= 1;
      this.tasks[state] += 1;
    }
    const type = taskEventType(row, previous, event);
    if (type === undefined) return;
    const end = row.attempt === undefined ? undefined : attemptEnd(row, event);
    if (end !== undefined) this.#hub.push(this.attempt(end, row), undefined);
    this.#hub.push(this.taskState(type, row, previous), row.snapshot.leaf.final ? row : undefined);
    if (event.type === 'START' && row.attempt === undefined) {
      this.#hub.push(this.attempt('attempt:started', row), undefined);
    }
  }

  #pipelineMoved(row: PipelineRow, previous: LifecycleState): void {
    const { state, phase, final } = row.snapshot.leaf;
    const next = state as LifecycleState;
    if (next !== previous) {
      this.pipelines[previous] -= 1;
      this.pipelines[next] += 1;
    } else if (phase !== 'suspended') return;
    const type = phase === 'suspended' ? 'pipeline:suspended' : (`pipeline:${next}` as const);
    this.#hub.push(this.pipelineState(type, row, previous), final ? row : undefined);
  }

  #stageMoved(row: StageRow, previous: LifecycleState): void {
    const { state, final } = row.snapshot.leaf;
    this.#hub.push(this.stageState(row, previous, state as LifecycleState), final ? row : undefined);
  }

  taskState(
    type: TaskStateEvent['type'],
    row: TaskRow,
    previous: LifecycleState | undefined,
  ): TaskStateEvent {
    const { leaf, context } = row.snapshot;
    const event: TaskStateEvent = {
      seq: this.#hub.nextSeq(),
      at: this.#hub.now(),
      type,
      runId: row.run.id,
      taskId: row.taskId,
      name: row.spec.name,
      stage: row.stage,
      attempt: context.attempt,
      previous,
      state: leaf.state as LifecycleState,
      phase: leaf.phase,
    };
    return context.outcome === null || context.outcome.kind === 'succeeded'
      ? event
      : withOutcome(event, context.outcome);
  }

  attempt(type: AttemptEvent['type'], row: TaskRow): AttemptEvent {
    const event = { seq: this.#hub.nextSeq(), at: this.#hub.now(), type, ...ofTask(row) };
    const error = row.snapshot.context.outcome?.error;
    return type === 'attempt:failed' && error !== undefined ? { ...event, error } : event;
  }

  pipelineState(
    type: PipelineStateEvent['type'],
    row: PipelineRow,
    previous: LifecycleState | undefined,
  ): PipelineStateEvent {
    const { leaf, context } = row.snapshot;
    const event: PipelineStateEvent = {
      seq: this.#hub.nextSeq(),
      at: this.#hub.now(),
      type,
      runId: row.id,
      name: row.name,
      previous,
      state: leaf.state as LifecycleState,
      phase: leaf.phase,
      ...(row.parent === undefined ? {} : { parentRunId: row.parent.id }),
    };
    return context.outcome === null ? event : withOutcome(event, context.outcome);
  }

  stageState(row: StageRow, previous: LifecycleState | undefined, state: LifecycleState): StageStateEvent {
    return {
      seq: this.#hub.nextSeq(),
      at: this.#hub.now(),
      type: `stage:${state}`,
      runId: row.run.id,
      stage: row.index,
      name: row.name ?? String(row.index),
      previous,
      state,
      phase: undefined,
    };
  }

  /** The last event of a row that is final, for those who subscribe after the end. */
  lastEvent(row: Row): RuntimeEvent | undefined {
    const { leaf } = row.snapshot;
    if (!row.visible) return undefined;
    if (row.kind === 'task') return this.taskState(`task:${leaf.state as LifecycleState}`, row, undefined);
    if (row.kind === 'pipeline')
      return this.pipelineState(`pipeline:${leaf.state as LifecycleState}`, row, undefined);
    return this.stageState(row, undefined, leaf.state as LifecycleState);
  }
}

function ofTask(row: TaskRow) {
  return {
    runId: row.run.id,
    taskId: row.taskId,
    name: row.spec.name,
    stage: row.stage,
    attempt: row.snapshot.context.attempt,
  };
}

function withOutcome<E extends object>(event: E, outcome: Outcome): E {
  return {
    ...event,
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
  };
}

/** Moves that matter to a watcher have an event; moves between waiting phases have none. */
function taskEventType(
  row: TaskRow,
  previous: LifecycleState,
  event: TaskEvent,
): TaskStateEvent['type'] | undefined {
  const { state, phase } = row.snapshot.leaf;
  if (phase === 'held') return 'task:held';
  if (phase === 'backoff') return previous === 'running' ? 'task:retrying' : 'task:queued';
  if (phase === 'suspended') return 'task:suspended';
  if (state === 'queued' && previous === 'queued') {
    return event.type === 'UNHOLD' || event.type === 'HOLD_OVER' ? 'task:queued' : undefined;
  }
  return phase === 'terminating' ? undefined : (`task:${state as LifecycleState}` as const);
}

/** How the live attempt of a task ended with this move; undefined when it goes on. */
function attemptEnd(row: TaskRow, event: TaskEvent): AttemptEvent['type'] | undefined {
  const { state, phase, final } = row.snapshot.leaf;
  if (event.type === 'LOSE') return 'attempt:lost';
  if (phase === 'backoff') return 'attempt:failed';
  if (!final) return undefined;
  if (state === 'succeeded') return 'attempt:succeeded';
  return state === 'cancelled' ? 'attempt:cancelled' : 'attempt:failed';
}
