/** From what is recorded of a task to the snapshot of its machine, as it was when its process ended. */
import { taskLogic } from '../../../machines/compiled.ts';
import type { FinalState } from '../../../machines/lifecycle.ts';
import type { Outcome } from '../../../machines/protocol.ts';
import type { Ending, TaskContext, TaskInput } from '../../../machines/task-context.ts';
import { decode } from '../../core/codec.ts';
import type { MovePayload, RecordedTask } from '../../stores/store.ts';
import type { TaskSnapshot } from '../rows.ts';
import { isEnd } from './replay.ts';

export function payloadOf(text: string | undefined): MovePayload {
  return text === undefined ? {} : (decode(text) as MovePayload);
}

/** How something recorded ended. */
export function recordedOutcome(path: string, text: string | undefined): Outcome {
  const { value, error, reason } = payloadOf(text);
  return {
    kind: path as FinalState,
    ...(path === 'succeeded' ? { value } : {}),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The task as it was. `released`: everything it comes after had succeeded. */
export function restoreTask(task: RecordedTask, input: TaskInput, released: boolean): TaskSnapshot {
  const { path, attempt, failures, lost } = task;
  const payload = payloadOf(task.payload);
  const context: TaskContext = {
    ...taskLogic.initial(input).context,
    attempt,
    failures,
    lost,
    released,
    backoffUntil: path === 'queued.backoff' ? (payload.until ?? task.movedAt) : null,
    heldUntil: path === 'queued.held' ? (payload.until ?? null) : null,
    ending: path === 'running.terminating' ? endingOf(payload) : null,
    outcome: isEnd(path) ? recordedOutcome(path, task.payload) : null,
  };
  return snapshotAt(path, context);
}

/** A task that waits: a new one, or `before` in its next life. */
export function freshTask(
  input: TaskInput,
  path: 'queued.waiting' | 'queued.eligible',
  before: RecordedTask | undefined,
): TaskSnapshot {
  const { context } = taskLogic.initial(input);
  const released = path === 'queued.eligible';
  if (before === undefined) return snapshotAt(path, { ...context, released });
  // Attempts are counted on, so that each has a number of its own; failures of a task that is done again are not.
  const { attempt, lost } = before;
  const isDoneAgain = isEnd(before.path) || isEnd(before.previous ?? '');
  const counts = isDoneAgain ? { attempt } : { attempt, lost, failures: before.failures };
  return snapshotAt(path, { ...context, ...counts, released });
}

function endingOf({ reason, error }: MovePayload): Ending {
  const kind = reason === 'timeout' || reason === 'deadline' ? reason : 'terminated';
  return { kind, error };
}

function snapshotAt(path: string, context: TaskContext): TaskSnapshot {
  const [state = '', phase] = path.split('.');
  const value = phase === undefined ? state : { [state]: phase };
  const final = context.outcome !== null;
  const persisted = {
    status: final ? 'done' : 'active',
    output: context.outcome ?? undefined,
    error: undefined,
    value,
    context,
  };
  return taskLogic.restoreSnapshot?.(persisted as never, undefined as never) as TaskSnapshot;
}
