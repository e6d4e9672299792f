/** A stage of a run, seen from outside. A stage owns nothing: it cannot be cancelled, only its tasks can. */

import type { Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { Outcome, StageTally } from '../../machines/protocol.ts';
import type { Desk } from './desk.ts';
import type { RuntimeEvent } from './events.ts';
import type { StageRow } from './rows.ts';
import type { TaskHandle } from './task-handle.ts';
import type { WaitOptions } from './waits.ts';

export interface StageSnapshotView {
  readonly index: number;
  readonly name: string | undefined;
  readonly runId: string;
  readonly state: LifecycleState;
  readonly open: number;
  readonly tally: StageTally;
}

export class StageHandle {
  readonly #desk: Desk;
  readonly #row: StageRow;

  constructor(desk: Desk, row: StageRow) {
    this.#desk = desk;
    this.#row = row;
    row.handle = this;
  }

  /** Unique within the scheduler: the run's id and the index. */
  get id(): string {
    return `${this.#row.run.id}/${this.#row.index}`;
  }
  /** 0 for the first stage of a run. */
  get index(): number {
    return this.#row.index;
  }
  /** The name given to `stageForward`, else undefined. */
  get name(): string | undefined {
    return this.#row.name;
  }
  get runId(): string {
    return this.#row.run.id;
  }
  get state(): LifecycleState {
    return this.#row.snapshot.leaf.state as LifecycleState;
  }
  get done(): boolean {
    return this.#row.snapshot.leaf.final;
  }
  get running(): boolean {
    return this.state === 'running';
  }
  get actor(): AnyActorRef {
    return this.#desk.actorOf(this.#row);
  }
  get events$(): Observable<RuntimeEvent> {
    return this.#desk.eventsOf(this.id, this.#row);
  }
  /** The tasks submitted to this stage. */
  get tasks(): readonly TaskHandle<unknown>[] {
    return this.#desk.tasksOf(this.#row.run, this.#row.index);
  }

  /** Resolves with how the stage ended, derived from its tasks. */
  async outcome(options?: WaitOptions): Promise<Outcome> {
    await this.#desk.until(this.#row, options, `the stage ${this.#row.name ?? this.#row.index}`);
    return this.#row.snapshot.context.outcome ?? { kind: 'failed' };
  }

  snapshot(): StageSnapshotView {
    const { index, name, runId, state } = this;
    return Object.freeze({
      index,
      name,
      runId,
      state,
      open: this.#row.open,
      tally: Object.freeze({ ...this.#row.tally }),
    });
  }
}
