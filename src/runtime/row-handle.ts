/** What task and pipeline handles have in common: look at a row, wait for it, stop it. */

import type { Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome } from '../../machines/protocol.ts';
import type { Desk } from './desk.ts';
import type { RuntimeEvent } from './events.ts';
import { isDurable } from './ledger/let-go.ts';
import { shownLeaf } from './ledger/shown.ts';
import { exceptionOf, outcomeOf, resultOf } from './outcomes.ts';
import type { PipelineRow, TaskRow } from './rows.ts';
import type { WaitOptions } from './waits.ts';

export abstract class RowHandle<T, R extends TaskRow | PipelineRow> {
  protected readonly desk: Desk;
  protected readonly row: R;

  constructor(desk: Desk, row: R) {
    this.desk = desk;
    this.row = row;
  }

  abstract get id(): string;

  get name(): string {
    return this.row.name;
  }
  /** One of the seven: `queued ready running succeeded failed cancelled blocked`. */
  get state(): LifecycleState {
    return shownLeaf(this.row).state as LifecycleState;
  }
  /** The nested state: `waiting eligible backoff held`, `executing suspended terminating`; else undefined. */
  get phase(): string | undefined {
    return shownLeaf(this.row).phase;
  }
  /** Final: succeeded, failed, cancelled or blocked. */
  get done(): boolean {
    return shownLeaf(this.row).final;
  }
  get running(): boolean {
    return this.state === 'running';
  }
  get cancelled(): boolean {
    return this.state === 'cancelled';
  }
  /** Whether its outcome is in the store. */
  get durable(): boolean {
    return isDurable(this.row);
  }
  /** The live XState actor; also of what is queued or final. */
  get actor(): AnyActorRef {
    return this.desk.actorOf(this.row);
  }
  /** Its events from now on; after the end, the final event. */
  get events$(): Observable<RuntimeEvent> {
    return this.desk.eventsOf(this.id, this.row);
  }

  /** Resolves with how it ended, whatever that was. */
  outcome(options?: WaitOptions): Promise<Outcome<T>> {
    return this.desk.ending(
      this.row,
      options,
      () => outcomeOf(this.row) as Outcome<T>,
      () => this.label,
    );
  }

  /**
   * Resolves with the value. Rejects with the identical error of the body, or CANCELLED, or TIMEOUT when
   * `timeoutMs` passes first (the work goes on).
   */
  result(options?: WaitOptions): Promise<T> {
    return this.desk.ending(
      this.row,
      options,
      () => resultOf(this.row) as T,
      () => this.label,
    );
  }

  /** Resolves with the error of a failed one, with undefined for a succeeded one; rejects as `result` does. */
  exception(options?: WaitOptions): Promise<unknown> {
    return this.desk.ending(
      this.row,
      options,
      () => exceptionOf(this.row),
      () => this.label,
    );
  }

  /**
   * Cancels what is queued or ready, and returns whether it did. What runs is not touched: see
   * `requestTerminate`.
   */
  cancel(reason?: string): boolean {
    return this.desk.cancel(this.row, reason);
  }

  /**
   * Cancels what is queued or ready; asks what runs to stop: its signal is aborted with `reason` (an error,
   * or the message of a TerminatedError). Returns false when it was final already.
   */
  requestTerminate(reason?: string | Error): boolean {
    return this.desk.requestTerminate(this.row, reason);
  }

  protected get label(): string {
    return `the ${this.row.kind} ${JSON.stringify(this.row.name)}`;
  }

  toString(): string {
    return `${this.label} (${this.state})`;
  }
}
