/** A submitted task, seen from outside. One handle per task, so handles can be kept in sets. */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Desk } from './desk.ts';
import { RowHandle } from './row-handle.ts';
import type { TaskRow } from './rows.ts';

export interface TaskSnapshotView {
  readonly id: string;
  readonly name: string;
  readonly runId: string;
  readonly stage: number;
  readonly state: LifecycleState;
  readonly phase: string | undefined;
  readonly attempts: number;
}

export class TaskHandle<T> extends RowHandle<T, TaskRow> {
  /** Carries the type; never present. */
  declare readonly '~result'?: T;

  constructor(desk: Desk, row: TaskRow) {
    super(desk, row);
    row.handle = this;
  }

  static rowOf(handle: unknown): TaskRow | undefined {
    return handle instanceof TaskHandle ? handle.row : undefined;
  }

  get id(): string {
    return this.row.taskId;
  }
  get runId(): string {
    return this.row.run.id;
  }
  get stage(): number {
    return this.row.stageIndex;
  }
  /** Attempts started so far. */
  get attempts(): number {
    return this.row.snapshot.context.attempt;
  }

  /**
   * Keeps a queued task from being admitted, until `unhold()` or the time `until` (epoch milliseconds). It
   * keeps its place and takes no slot. Returns whether it did.
   */
  hold(reason?: string, until?: number): boolean {
    return this.desk.hold(this.row, reason, until);
  }

  unhold(): boolean {
    return this.desk.unhold(this.row);
  }

  snapshot(): TaskSnapshotView {
    const { id, name, runId, stage, state, phase, attempts } = this;
    return Object.freeze({ id, name, runId, stage, state, phase, attempts });
  }
}
