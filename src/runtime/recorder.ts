/**
 * Turns moves of rows into queued events and counts. What it tells of an attempt lies between the task's
 * `running` and what the task becomes next: `attempt:started` right after, exactly one end right before (T2).
 */
import type { Leaf } from '../../machines/compile.ts';
import { pipelineLogic, taskLogic } from '../../machines/compiled.ts';
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { PipelineEvent, StageEvent, TaskEvent } from '../../machines/protocol.ts';
import type { EventHub } from './event-hub.ts';
import { describeMove, ofTask } from './event-text.ts';
import type { AttemptEvent, EventBody, RuntimeEvent } from './events.ts';
import type { Row, TaskRow } from './rows.ts';

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

/** How many rows are in each leaf of a chart; every move is two additions. */
class LeafCounts {
  readonly #leaves: readonly Leaf[];
  readonly #counts: Float64Array;

  constructor(leaves: readonly Leaf[]) {
    this.#leaves = leaves;
    this.#counts = new Float64Array(leaves.length);
  }

  enter(leaf: Leaf): void {
    this.#add(leaf, 1);
  }

  move(from: Leaf, to: Leaf): void {
    this.#add(from, -1);
    this.#add(to, 1);
  }

  #add(leaf: Leaf, change: 1 | -1): void {
    this.#counts[leaf.index] = (this.#counts[leaf.index] ?? 0) + change;
  }

  byState(): StateCounts {
    const counts = noCounts();
    for (const leaf of this.#leaves) counts[leaf.state as LifecycleState] += this.#counts[leaf.index] ?? 0;
    return counts;
  }
}

export class Recorder {
  readonly #hub: EventHub;
  /** How many tasks and runs are in each state; the ends are cumulative (rule 12). */
  readonly #tasks = new LeafCounts(taskLogic.leaves);
  readonly #pipelines = new LeafCounts(pipelineLogic.leaves);

  constructor(hub: EventHub) {
    this.#hub = hub;
  }

  get tasks(): StateCounts {
    return this.#tasks.byState();
  }
  get pipelines(): StateCounts {
    return this.#pipelines.byState();
  }

  submitted(row: Row, now: number): void {
    if (row.kind === 'task') this.#tasks.enter(row.snapshot.leaf);
    else if (row.kind === 'pipeline') this.#pipelines.enter(row.snapshot.leaf);
    this.#hub.move('state', row, undefined, now);
  }

  moved(row: Row, from: Leaf, event: TaskEvent | PipelineEvent | StageEvent): void {
    const { state, phase } = row.snapshot.leaf;
    const previous = from.state as LifecycleState;
    if (row.kind === 'task') {
      this.#tasks.move(from, row.snapshot.leaf);
      return this.#taskMoved(row, previous, event as TaskEvent);
    }
    if (row.kind === 'pipeline') {
      this.#pipelines.move(from, row.snapshot.leaf);
      if (state === previous && phase !== 'suspended') return undefined;
    }
    return this.#hub.move('state', row, previous, this.#hub.now);
  }

  #taskMoved(row: TaskRow, previous: LifecycleState, event: TaskEvent): void {
    if (!isTold(row, previous, event)) return;
    const { now } = this.#hub;
    const end = row.attempt === undefined ? undefined : attemptEnd(row, event);
    if (end === 'attempt:failed') this.#attemptFailed(row, event);
    else if (end !== undefined) this.#hub.move(end, row, undefined, now);
    const { phase } = row.snapshot.leaf;
    if (phase === 'backoff' || phase === 'held') this.#putBack(row, previous, event, now);
    else this.#hub.move('state', row, previous, now);
    if (event.type === 'START' && row.attempt === undefined) {
      this.#hub.move('attempt:started', row, undefined, now);
    }
  }

  /** The error of an attempt is in the event that ended it; a machine that goes on does not keep it. */
  #attemptFailed(row: TaskRow, event: TaskEvent): void {
    const { attempt, outcome } = row.snapshot.context;
    const error = outcome?.error ?? ('error' in event ? event.error : undefined);
    this.#hub.emit({
      type: 'attempt:failed',
      ...ofTask(row, attempt),
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Why a task was put back, the error or the reason, is in the event that did it. */
  #putBack(row: TaskRow, previous: LifecycleState, event: TaskEvent, at: number): void {
    const told = describeMove('state', row, row.snapshot, previous, 0, at);
    const error = 'error' in event ? { error: event.error } : {};
    const reason = 'reason' in event && event.reason !== undefined ? { reason: event.reason } : {};
    this.#hub.emit({ ...told, ...error, ...reason } as EventBody, row);
  }

  /** Every refused event is told, in every state (T1). */
  refused(row: Row, event: { readonly type?: unknown } | undefined): void {
    const name = typeOf(event);
    const code = 'INVALID_TRANSITION' as const;
    if (row.kind === 'task') {
      this.#hub.emit({
        type: 'task:rejected',
        ...ofTask(row, row.snapshot.context.attempt),
        event: name,
        code,
      });
    } else if (row.kind === 'pipeline') {
      this.#hub.emit({ type: 'pipeline:rejected', runId: row.id, event: name, code });
    } else {
      this.#hub.emit({ type: 'stage:rejected', runId: row.run.id, event: name, code });
    }
  }

  /** The last event of a row that is final, for those who subscribe after the end. */
  lastEvent(row: Row): RuntimeEvent | undefined {
    const { end, snapshot } = row;
    return end && describeMove('state', row, snapshot, end.previous, end.seq, end.at);
  }
}

/** The type of anything that was sent as an event; never throws. */
function typeOf(event: unknown): string {
  try {
    return String((event as { readonly type?: unknown } | undefined)?.type);
  } catch {
    return 'unreadable';
  }
}

/** Moves that matter to a watcher have an event; moves between waiting phases have none. */
function isTold({ snapshot: { leaf } }: TaskRow, previous: LifecycleState, event: TaskEvent): boolean {
  const { state, phase } = leaf;
  if (phase === 'held' || phase === 'suspended') return true;
  if (state === previous) return event.type === 'UNHOLD' || event.type === 'HOLD_OVER';
  return true;
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
