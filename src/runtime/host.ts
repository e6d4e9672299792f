/**
 * What the supervisor asks of whoever runs it. The runtime answers with real bodies, timers and handles; the
 * explorer with nothing at all, since the explored environment decides what bodies do.
 */

import type { Leaf } from '../../machines/compile.ts';
import type { PipelineEvent, StageEvent, SupervisorEvent, TaskEvent } from '../../machines/protocol.ts';
import type { PipelineRow, Row, TaskRow } from './rows.ts';

export interface Host {
  /** Something may have made an admission possible: a turn is needed (S6). */
  wake(): void;
  /** A row was added in its first state. */
  submitted(row: Row): void;
  /** A task of an earlier life of its run was added where that left it. */
  restored(row: TaskRow, id: string): void;
  /** A row moved; `previous` is the leaf of its chart that it left. */
  moved(row: Row, previous: Leaf, event: TaskEvent | PipelineEvent | StageEvent): void;
  /** An event was refused; the row did not change (T1). */
  refused(row: Row, event: TaskEvent | PipelineEvent | StageEvent): void;
  /** Slot and resources are taken; the actor lives from here on. */
  admitted(row: TaskRow | PipelineRow): void;
  /** The body is to be entered, after the transition. */
  start(row: TaskRow | PipelineRow): void;
  /** A live body, if there is one, is to stop: its signal is aborted. */
  notify(row: TaskRow | PipelineRow): void;
  /** A live body is to be ended now. */
  kill(row: TaskRow): void;
  /** The deadlines of the row have changed: set or drop its timer. */
  retime(row: TaskRow | PipelineRow): void;
  /** The row is final: tell who waits, once the end may be seen. */
  settled(row: Row): void;
  /** A run and everything in it is final. */
  closed(run: PipelineRow): void;
  modeChanged(event: SupervisorEvent): void;
}
