/**
 * What happens to a Task: the status it shows, what its last end left, and the live run it is in.
 *
 * Owns: status, result, error, blockedBy, and that a Task is in one live run at a time (TASK_BUSY).
 * Does not own: what an end of the runtime means for them (submission.ts), or what a Task is (task.ts).
 *
 * A submission starts from `pending`, whatever the Task shows: a Task that failed goes on showing that until
 * its next run has started it, or ended without a start. A submission that is let go leaves no trace.
 */
import { SignalboxError } from '../core/errors.ts';
import { cancelledBeforeStart, type TaskResult } from './result.ts';
import { nextStatus, type TaskStatus } from './status.ts';

/** The live run's side of a submitted Task; the runtime's handle of it is one. */
export interface LiveTask {
  readonly id: string;
  cancel(reason?: string): boolean;
  requestTerminate(reason?: string): boolean;
}

/** What an end leaves. */
export interface Leftovers {
  readonly result?: TaskResult | undefined;
  readonly error?: unknown;
  readonly blockedBy?: string | undefined;
}

/** Where the live run's side will be found, once the submission is made. */
export interface LiveSlot {
  readonly handle: LiveTask | undefined;
}

/** The Task's place in a live run. */
export interface Place {
  readonly upstream: ReadonlyMap<string, unknown>;
  readonly live: LiveSlot;
}

/** Where the library finds the life of a Task. */
export const LIFE: unique symbol = Symbol('signalbox.task.life');

interface Shown extends Leftovers {
  readonly status: TaskStatus;
}

const NOTHING: Shown = Object.freeze({ status: 'pending' });
const RUNNING: Shown = Object.freeze({ status: 'running' });

export class TaskLife {
  readonly taskId: string;
  #shown: Shown;
  /** What is shown if the live run lets go; and where in the table the submission is. */
  #before: Shown | undefined = undefined;
  #at: TaskStatus;
  #place: Place | undefined = undefined;
  #lastRunId: string | undefined = undefined;

  constructor(taskId: string, shown: Shown = NOTHING) {
    this.taskId = taskId;
    this.#shown = shown;
    this.#at = shown.status;
  }

  get shown(): Shown {
    return this.#shown;
  }
  get place(): Place | undefined {
    return this.#place;
  }
  /** Id of the Task in its live run, or in its last one. */
  get runtimeId(): string | undefined {
    return this.#place?.live.handle?.id ?? this.#lastRunId;
  }

  /** Takes the Task for a run. @throws TASK_BUSY, TASK_IMMUTABLE, INVALID_TRANSITION, with nothing changed */
  submit(place: Place, label: object): void {
    this.checkSubmittable(label);
    this.#before = this.#shown;
    this.#at = 'pending';
    this.#place = place;
  }

  checkSubmittable(label: object): void {
    if (this.#place !== undefined) {
      throw new SignalboxError('TASK_BUSY', `${label} is in a live run; allowed: one run at a time`, {
        hint: 'wait for its end, or make a second Task',
        retryable: true,
      });
    }
    const { status } = this.#shown;
    if (status === 'succeeded') {
      throw new SignalboxError('TASK_IMMUTABLE', `${label} has succeeded; it cannot be run again`, {
        hint: 'read its result, or make a new Task',
      });
    }
    if (status === 'cancelled') {
      throw new SignalboxError('INVALID_TRANSITION', `${label} was cancelled; it cannot be run again`, {
        hint: 'make a new Task',
      });
    }
  }

  /** @throws TASK_IMMUTABLE once it has succeeded, TASK_BUSY while it is in a live run */
  checkEditable(label: object): void {
    if (this.#shown.status === 'succeeded') {
      throw new SignalboxError('TASK_IMMUTABLE', `${label} has succeeded; it cannot be changed any more`, {
        hint: 'make a new Task',
      });
    }
    if (this.#place === undefined) return;
    throw new SignalboxError('TASK_BUSY', `${label} is in a live run; it can be changed before and after`, {
      hint: 'change it before it is submitted, or after it has failed',
      retryable: true,
    });
  }

  /** Its body was entered; a second attempt changes nothing that is shown. */
  begin(): void {
    if (this.#at === 'running') return;
    this.#at = nextStatus(this.#at, 'running');
    this.#shown = RUNNING;
  }

  /** The end of a submission. A recorded success, or a skipped task, passes through running unseen. */
  end(status: Exclude<TaskStatus, 'pending' | 'running'>, left: Leftovers): void {
    if (status === 'succeeded' && this.#at === 'pending') this.#at = nextStatus(this.#at, 'running');
    this.#at = nextStatus(this.#at, status);
    // Only what ended this submission counts, but for the error that a cancelled task had before.
    const error = status === 'cancelled' ? this.#shown.error : left.error;
    // Only a bad end is ever looked up by that id, as the one that blocked others.
    this.#lastRunId = status === 'succeeded' ? undefined : this.runtimeId;
    this.#shown = { status, result: left.result, error, blockedBy: left.blockedBy };
    this.#leave();
  }

  /** The live run lets go without an end: as if the Task had not been submitted. */
  release(): void {
    if (this.#before !== undefined) this.#shown = this.#before;
    this.#at = this.#shown.status;
    this.#leave();
  }

  #leave(): void {
    this.#place = undefined;
    this.#before = undefined;
  }

  /** Returns whether it changed anything, or asked the live run to. */
  cancel(now: number, reason: string | undefined): boolean {
    const { status } = this.#shown;
    if (this.#place !== undefined) {
      const live = this.#place.live.handle;
      return live !== undefined && (live.cancel(reason) || live.requestTerminate(reason));
    }
    if (status === 'succeeded' || status === 'cancelled') return false;
    this.#at = nextStatus(status, 'cancelled');
    this.#shown = { ...this.#shown, status: 'cancelled', result: cancelledBeforeStart(this.taskId, now) };
    return true;
  }
}
