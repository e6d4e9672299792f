/**
 * From facts to what readers get, the same for every store: recorded tasks for a runtime that goes on, stored
 * runs, tasks and events for users. Pure; payloads are decoded here and nowhere else in a store.
 */
import { isFinal, type LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome } from '../../machines/protocol.ts';
import { decode } from '../core/codec.ts';
import { type AttemptMark, type LeafPath, markOf, pathOf } from './moves.ts';
import type {
  MovePayload,
  OwnerIdentity,
  RecordedRun,
  RecordedTask,
  StoredEvent,
  StoredRun,
  StoredTask,
} from './store.ts';
import { type MoveTotals, stateOfPath, type Tally } from './totals.ts';

/** A task as it was submitted. */
export interface TaskFacts {
  readonly position: number;
  readonly id: string;
  readonly stage: number;
  readonly name: string;
  readonly kind: string;
  readonly executor: string;
  readonly fingerprint: string;
  readonly parents: readonly number[];
  readonly isFinally: boolean;
  readonly at: number;
}

/** A run as it was submitted. */
export type RunFacts = Pick<
  RecordedRun,
  | 'id'
  | 'name'
  | 'style'
  | 'version'
  | 'definition'
  | 'input'
  | 'priority'
  | 'children'
  | 'after'
  | 'parentId'
  | 'parentTask'
  | 'at'
>;

/** A task without a move waits. */
const FIRST_PATH: LeafPath = 'queued.waiting';

const pathAfter = (totals: MoveTotals | undefined): LeafPath =>
  totals === undefined || totals.move === 0 ? FIRST_PATH : pathOf(totals.move);

export function recordedTask(
  task: TaskFacts,
  totals: MoveTotals | undefined,
  payload: string | undefined,
): RecordedTask {
  return {
    position: task.position,
    id: task.id,
    stage: task.stage,
    name: task.name,
    kind: task.kind,
    executor: task.executor,
    fingerprint: task.fingerprint,
    parents: task.parents,
    isFinally: task.isFinally,
    at: task.at,
    path: pathAfter(totals),
    previous: totals?.previous,
    seq: totals?.seq ?? 0,
    movedAt: totals?.at ?? task.at,
    attempt: totals?.attempt ?? 0,
    failures: totals?.failures ?? 0,
    lost: totals?.lost ?? 0,
    payload,
  };
}

export type RecordedParts = Pick<
  RecordedRun,
  'closed' | 'nextSeq' | 'stages' | 'tasks' | 'values' | 'groups' | 'messages' | 'childRuns'
>;

export function recordedRun(
  run: RunFacts,
  totals: MoveTotals | undefined,
  payload: string | undefined,
  parts: RecordedParts,
): RecordedRun {
  return {
    id: run.id,
    name: run.name,
    style: run.style,
    version: run.version,
    definition: run.definition,
    input: run.input,
    priority: run.priority,
    children: run.children,
    after: run.after,
    parentId: run.parentId,
    parentTask: run.parentTask,
    at: run.at,
    path: pathAfter(totals),
    previous: totals?.previous,
    movedAt: totals?.at ?? run.at,
    payload,
    ...parts,
  };
}

/** The path of a stage, which has no nested states. */
export function stagePath(totals: Pick<MoveTotals, 'move'> | undefined): string {
  return totals === undefined ? 'queued' : pathOf(totals.move);
}

export function storedRun(
  run: RunFacts,
  totals: MoveTotals | undefined,
  payload: string | undefined,
  now: { readonly tasks: Tally; readonly closed: boolean; readonly owner: OwnerIdentity | undefined },
): StoredRun {
  const state = stateOfPath(pathAfter(totals));
  return {
    id: run.id,
    name: run.name,
    style: run.style,
    version: run.version,
    state,
    input: run.input === undefined ? undefined : decode(run.input),
    outcome: outcomeOf(state, payload),
    createdAt: run.at,
    startedAt: totals?.startedAt,
    finishedAt: isFinal(state) ? totals?.at : undefined,
    parentId: run.parentId,
    ...now,
  };
}

export function storedTask(
  runId: string,
  task: TaskFacts,
  totals: MoveTotals | undefined,
  payload: string | undefined,
  rest: { readonly dependsOn: readonly string[]; readonly options: string },
): StoredTask {
  const path = pathAfter(totals);
  const state = stateOfPath(path);
  return {
    id: task.id,
    runId,
    name: task.name,
    kind: task.kind,
    executor: task.executor,
    stage: task.stage,
    position: task.position,
    state,
    phase: path.includes('.') ? path.slice(path.indexOf('.') + 1) : undefined,
    attempts: totals?.attempt ?? 0,
    outcome: outcomeOf(state, payload),
    dependsOn: rest.dependsOn,
    isFinally: task.isFinally,
    createdAt: task.at,
    startedAt: totals?.startedAt,
    finishedAt: isFinal(state) ? totals?.at : undefined,
    options: JSON.parse(rest.options) as Readonly<Record<string, unknown>>,
  };
}

function outcomeOf(state: LifecycleState, payload: string | undefined): Outcome | undefined {
  if (!isFinal(state)) return undefined;
  const { value, error, reason } = payloadOf(payload);
  return {
    kind: state,
    ...(value === undefined ? {} : { value }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function payloadOf(text: string | undefined): MovePayload {
  return text === undefined ? {} : ((decode(text) ?? {}) as MovePayload);
}

// --- events ----------------------------------------------------------------------------------------------

/** A move with what an event of it names. */
export interface MoveFacts {
  readonly runId: string;
  readonly runName: string;
  readonly seq: number;
  readonly subject: number;
  readonly move: number;
  readonly attempt: number;
  readonly at: number;
  readonly previous: LifecycleState | undefined;
  readonly payload: string | undefined;
  /** Of a task's move; undefined for the run's own and those of stages. */
  readonly task: { readonly id: string; readonly name: string; readonly stage: number } | undefined;
  /** Of a stage's move, where it has one. */
  readonly stageName: string | undefined;
}

/** Phases that have an event of their own; live events are named the same (runtime/event-text.ts). */
const TASK_PHASES: Readonly<Partial<Record<LeafPath, string>>> = {
  'queued.held': 'held',
  'queued.backoff': 'retrying',
  'running.suspended': 'suspended',
};

/**
 * The events that a move stands for, numbered: the beginning of an attempt is told after `running`, its end
 * before what the task becomes next.
 */
export function eventsOfMove(move: MoveFacts): StoredEvent[] {
  const mark = markOf(move.move);
  // That something is asked to stop is recorded for a recovery; it is no event.
  if (pathOf(move.move) === 'running.terminating' && move.previous === 'running') return [];
  if (mark === 'none') return [stateEvent(move, move.seq)];
  if (mark === 'started') return [stateEvent(move, move.seq), attemptEvent(move, mark, move.seq + 1)];
  return [attemptEvent(move, mark, move.seq), stateEvent(move, move.seq + 1)];
}

function stateEvent(move: MoveFacts, runSeq: number): StoredEvent {
  const path = pathOf(move.move);
  const state = stateOfPath(path);
  const { error, reason } = payloadOf(move.payload);
  return {
    runSeq,
    type: stateType(move.subject, path, state),
    at: move.at,
    runId: move.runId,
    ...namesOf(move),
    ...(move.previous === undefined ? {} : { previous: move.previous }),
    state,
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function stateType(subject: number, path: LeafPath, state: LifecycleState): string {
  if (subject > 0) return `task:${TASK_PHASES[path] ?? state}`;
  if (subject < 0) return `stage:${state}`;
  return path === 'running.suspended' ? 'pipeline:suspended' : `pipeline:${state}`;
}

function attemptEvent(move: MoveFacts, mark: AttemptMark, runSeq: number): StoredEvent {
  // Of the events of an attempt only a failure carries its error, as the live one does.
  const error = mark === 'failed' ? payloadOf(move.payload).error : undefined;
  return {
    runSeq,
    type: mark === 'lost-waiting' ? 'attempt:lost' : `attempt:${mark}`,
    at: move.at,
    runId: move.runId,
    ...namesOf(move),
    ...(error === undefined ? {} : { error }),
  };
}

function namesOf(move: MoveFacts): Pick<StoredEvent, 'taskId' | 'name' | 'stage' | 'attempt'> {
  if (move.subject === 0) return { name: move.runName };
  if (move.subject < 0) {
    const stage = -1 - move.subject;
    return { stage, name: move.stageName ?? String(stage) };
  }
  const { task, attempt } = move;
  return task === undefined ? { attempt } : { taskId: task.id, name: task.name, stage: task.stage, attempt };
}
