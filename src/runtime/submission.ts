/**
 * Turns a planned task into a row: a new one, or, in a run that goes on after its process ended, the one that an
 * earlier life of the run has recorded (rule 9).
 */
import { taskLogic } from '../../machines/compiled.ts';
import { RUNTIME, type TaskEvent } from '../../machines/protocol.ts';
import type { TaskInput } from '../../machines/task-context.ts';
import { SignalboxError } from '../core/errors.ts';
import type { RecordedTask } from '../stores/store.ts';
import type { LiveSlot } from '../task/index.ts';
import type { Engine } from './engine.ts';
import { fingerprintOf } from './ledger/identity.ts';
import { isEnd, type Replay } from './ledger/replay.ts';
import { freshTask, restoreTask } from './ledger/restore.ts';
import type { PipelineRow, TaskRow, TaskSnapshot } from './rows.ts';
import type { TaskSubmission } from './supervisor.ts';
import { TaskHandle } from './task-handle.ts';
import type { TaskPlace, TaskPlan, TaskSpec } from './task-spec.ts';

const RELEASE = Object.freeze({ type: 'RELEASE', token: RUNTIME } as const);
const NO_UPSTREAM: ReadonlyMap<string, unknown> = new Map();

/** A submission whose `snapshot` is filled in last: an object per task, not two. */
type Given = { -readonly [K in keyof TaskSubmission]: TaskSubmission[K] };

export class Submission {
  readonly #engine: Engine;
  /** First snapshots of tasks without a deadline: shared, since they are equal. */
  readonly #eligible = new Map<number, TaskSnapshot>();
  readonly #waiting = new Map<number, TaskSnapshot>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** @throws LIMIT_EXCEEDED, UNKNOWN_RESOURCE, UNSCHEDULABLE_TASK, INVALID_ARGUMENT, NOT_OWNER, TASK_BUSY */
  check({ spec, work, task }: TaskPlan): void {
    this.#checkRoom();
    const { executors, settings } = this.#engine;
    executors.for(spec.executor, work);
    settings.admission.vector(spec.resources, spec.concurrencyKey);
    task?.check();
  }

  /** Throws as `check` does, with nothing changed. `held`: released by its run's style. @throws NOT_OWNER */
  add(
    run: PipelineRow,
    { spec, work, args, task }: TaskPlan,
    place: TaskPlace | undefined,
    held: boolean,
    live: LiveSlot | undefined,
  ): TaskRow {
    this.#checkRoom();
    const { executors, settings, supervisor } = this.#engine;
    const { canKill } = executors.for(spec.executor, work);
    const vector = settings.admission.vector(spec.resources, spec.concurrencyKey);
    const after = place?.after?.map((handle) => rowOf(run, handle));
    const replay = run.ledger?.replay;
    const given: Given = {
      run,
      stage: place?.stage ?? run.stages.length - 1,
      spec,
      vector,
      snapshot: this.#first(spec, canKill, held || after !== undefined),
      work,
      args,
      after,
      isFinally: place?.isFinally === true,
      binding: undefined,
      fingerprint: run.ledger?.recording === true ? fingerprintOf(work, args, place?.key) : undefined,
      recorded: undefined,
      held,
    };
    // Last of what can throw: it takes the Task.
    if (task !== undefined && live !== undefined)
      given.binding = task.bind(place?.upstream ?? NO_UPSTREAM, live);
    const row = replay === undefined ? supervisor.addTask(given) : this.#again(replay, given, canKill);
    if (place?.blockedBy !== undefined && !row.snapshot.leaf.final)
      supervisor.sendTask(row, { type: 'BLOCK', parent: place.blockedBy, token: RUNTIME });
    if (place?.ended !== undefined && !row.snapshot.leaf.final) supervisor.sendTask(row, endOf(place.ended));
    return row;
  }

  #checkRoom(): void {
    const { admission, limits } = this.#engine.settings;
    if (admission.queuedCount < limits.maxQueuedTasks) return;
    throw new SignalboxError(
      'LIMIT_EXCEEDED',
      `${limits.maxQueuedTasks} tasks are queued; allowed: limits.maxQueuedTasks`,
      { hint: 'wait for some to finish before submitting more', retryable: true },
    );
  }

  /** In a run that goes on: the recorded task that this is, or a new one; both wait for the recorded ends. */
  #again(replay: Replay, given: Given, canKill: boolean): TaskRow {
    const { spec, stage, fingerprint = '' } = given;
    const recorded = replay.take(stage, spec.name, fingerprint);
    const { supervisor } = this.#engine;
    if (recorded !== undefined && replay.counts(recorded)) {
      const snapshot = restoreTask(recorded, this.#input(spec, canKill, recorded.at), true);
      const row = supervisor.addTask({ ...given, snapshot, recorded });
      replay.ended(row, recorded);
      return row;
    }
    const held = replay.holds;
    const input = this.#input(spec, canKill, recorded?.at);
    const path = held || given.after !== undefined ? 'queued.waiting' : 'queued.eligible';
    const snapshot = goesOnAt(recorded, input, path);
    const row = supervisor.addTask({ ...given, snapshot, recorded, held });
    if (recorded !== undefined && isEnd(recorded.path)) this.#engine.recorder.reopened(row, recorded.path);
    if (recorded !== undefined || held) replay.unfinished(row);
    return row;
  }

  #input(spec: TaskSpec, canKill: boolean, submittedAt: number | undefined): TaskInput {
    const { deadlineMs, retry } = spec;
    const since = submittedAt ?? this.#engine.settings.clock.now();
    const deadlineAt = deadlineMs === undefined ? null : since + deadlineMs;
    return { maxAttempts: retry?.maxAttempts ?? 1, canKill, deadlineAt };
  }

  #first(spec: TaskSpec, canKill: boolean, waits: boolean): TaskSnapshot {
    if (spec.deadlineMs !== undefined) return firstSnapshot(this.#input(spec, canKill, undefined), waits);
    const maxAttempts = spec.retry?.maxAttempts ?? 1;
    const known = waits ? this.#waiting : this.#eligible;
    const key = canKill ? maxAttempts : -maxAttempts;
    let snapshot = known.get(key);
    if (snapshot === undefined) {
      snapshot = firstSnapshot({ maxAttempts, canKill, deadlineAt: null }, waits);
      if (known.size < 64) known.set(key, snapshot);
    }
    return snapshot;
  }
}

/** Where a task that is not over begins in this life of its run. */
function goesOnAt(
  recorded: RecordedTask | undefined,
  input: TaskInput,
  path: 'queued.waiting' | 'queued.eligible',
): TaskSnapshot {
  if (recorded === undefined) return freshTask(input, path, undefined);
  const isWaiting = recorded.path === 'queued.waiting' || recorded.path === 'queued.eligible';
  if (isWaiting || isEnd(recorded.path)) return freshTask(input, path, recorded);
  const released = recorded.path !== 'queued.held' || path === 'queued.eligible';
  return restoreTask(recorded, input, released);
}

function endOf(ended: NonNullable<TaskPlace['ended']>): TaskEvent {
  if (ended.kind === 'failed') return { type: 'REFUSE', error: ended.error, token: RUNTIME };
  return { type: 'SKIP', reason: 'skipped', value: ended.value, token: RUNTIME };
}

function rowOf(run: PipelineRow, handle: TaskHandle<unknown>): TaskRow {
  const row = TaskHandle.rowOf(handle);
  if (row?.run === run) return row;
  throw new SignalboxError('NOT_OWNER', 'a task can only come after tasks of its own run');
}

/** A task that comes after others waits; any other is released on the spot. */
function firstSnapshot(input: TaskInput, waits: boolean): TaskSnapshot {
  const waiting = taskLogic.initial(input);
  if (waits) return waiting;
  const edge = taskLogic.edgeFor(waiting, RELEASE);
  if (edge === undefined) throw new Error('(T1) a waiting task must be releasable');
  return taskLogic.follow(waiting, edge, RELEASE);
}
