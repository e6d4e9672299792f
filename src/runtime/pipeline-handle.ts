/** A submitted run, seen from outside. */
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome } from '../../machines/protocol.ts';
import { SignalboxError } from '../core/errors.ts';
import type { Desk } from './desk.ts';
import { noCounts, type StateCounts } from './recorder.ts';
import { RowHandle } from './row-handle.ts';
import type { PipelineRow } from './rows.ts';
import type { StageHandle } from './stage-handle.ts';
import type { TaskHandle } from './task-handle.ts';
import type { WaitOptions } from './waits.ts';

export interface PipelineSnapshotView {
  readonly runId: string;
  readonly name: string;
  readonly state: LifecycleState;
  readonly phase: string | undefined;
  /** Index of the current stage; -1 before the body was entered. */
  readonly stageIndex: number;
  /** Tasks of this run by state. */
  readonly tasks: Readonly<StateCounts>;
}

export class PipelineHandle<T> extends RowHandle<T, PipelineRow> {
  declare readonly '~result'?: T;
  #discarded = false;

  constructor(desk: Desk, row: PipelineRow) {
    super(desk, row);
    row.handle = this;
  }

  static rowOf(handle: unknown): PipelineRow | undefined {
    if (!(handle instanceof PipelineHandle)) return undefined;
    handle.#checkKept();
    return handle.row;
  }

  get id(): string {
    return this.row.id;
  }
  get runId(): string {
    return this.row.id;
  }
  override get name(): string {
    this.#checkKept();
    return super.name;
  }
  override get state(): LifecycleState {
    this.#checkKept();
    return super.state;
  }
  override get done(): boolean {
    this.#checkKept();
    return super.done;
  }
  /**
   * Resolves once the store has the run (without a store: at once). Rejects RUN_EXISTS; of a resumed run
   * PERSISTENCE_NOT_FOUND, RUN_LEASED, REPLAY_MISMATCH; STORE_UNAVAILABLE, STORE_SCHEMA.
   */
  get accepted(): Promise<void> {
    const { refusal, ledger } = this.row;
    this.row.observed = true;
    if (refusal !== undefined) return Promise.reject(refusal);
    return ledger === undefined ? Promise.resolve() : ledger.accepted;
  }
  get stages(): readonly StageHandle[] {
    this.#checkKept();
    return this.desk.stagesOf(this.row);
  }
  /** The tasks of this run in the order of submission: all that are open, and the last finished ones. */
  get tasks(): readonly TaskHandle<unknown>[] {
    this.#checkKept();
    return this.desk.tasksOf(this.row, undefined);
  }

  override async outcome(options?: WaitOptions): Promise<Outcome<T>> {
    this.#checkKept();
    return super.outcome(options);
  }
  override async result(options?: WaitOptions): Promise<T> {
    this.#checkKept();
    return super.result(options);
  }
  override async exception(options?: WaitOptions): Promise<unknown> {
    this.#checkKept();
    return super.exception(options);
  }
  override cancel(reason?: string): boolean {
    return this.#discarded ? false : super.cancel(reason);
  }
  override requestTerminate(reason?: string | Error): boolean {
    return this.#discarded ? false : super.requestTerminate(reason);
  }

  snapshot(): PipelineSnapshotView {
    this.#checkKept();
    const tasks = { ...noCounts(), ...this.row.dropped };
    for (const task of this.row.tasks) tasks[task.snapshot.leaf.state as LifecycleState] += 1;
    const { runId, name, state, phase } = this;
    return Object.freeze({
      runId,
      name,
      state,
      phase,
      stageIndex: this.row.stages.length - 1,
      tasks: Object.freeze(tasks),
    });
  }

  /**
   * Lets go of a final run's result and error. Task handles stay valid; this handle does not.
   * @throws INVALID_TRANSITION when the run is not final yet
   */
  discard(): void {
    if (this.#discarded) return;
    if (!this.done) {
      throw new SignalboxError(
        'INVALID_TRANSITION',
        `discard() needs a final run; ${this.label} is ${this.state}`,
        {
          hint: 'await handle.outcome() first',
        },
      );
    }
    this.#discarded = true;
    this.desk.discard(this.row);
  }

  override toString(): string {
    return this.#discarded ? `${this.label} (discarded)` : super.toString();
  }

  #checkKept(): void {
    if (!this.#discarded) return;
    throw new SignalboxError('DISCARDED', `the run ${this.row.id} was discarded; its result is gone`, {
      hint: 'read the result before discard()',
    });
  }
}
