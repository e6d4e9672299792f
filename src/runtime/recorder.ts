/**
 * Turns moves of rows into queued events and counts. What it tells of an attempt lies between the task's
 * `running` and what the task becomes next: `attempt:started` right after, exactly one end right before (T2).
 */
import type { Leaf } from '../../machines/compile.ts';
import { pipelineLogic, taskLogic } from '../../machines/compiled.ts';
import type { LifecycleState } from '../../machines/lifecycle.ts';
import type { PipelineEvent, StageEvent, TaskEvent } from '../../machines/protocol.ts';
import type { AttemptMark } from '../stores/moves.ts';
import type { EventHub } from './event-hub.ts';
import { describeMove, ofTask } from './event-text.ts';
import type { AttemptEvent, EventBody, RuntimeEvent } from './events.ts';
import type { Ledger } from './ledger/ledger.ts';
import { movePayload } from './ledger/payload.ts';
import type { AnyEvent } from './mailbox.ts';
import type { PipelineRow, Row, TaskRow } from './rows.ts';

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
  readonly #ledger: Ledger | undefined;
  /** How many tasks and runs are in each state; the ends are cumulative (rule 12). */
  readonly #tasks = new LeafCounts(taskLogic.leaves);
  readonly #pipelines = new LeafCounts(pipelineLogic.leaves);

  constructor(hub: EventHub, ledger: Ledger | undefined) {
    this.#hub = hub;
    this.#ledger = ledger;
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
    const runSeq = this.#ledger === undefined ? 0 : this.#ledger.submitted(row, now);
    this.#hub.move('state', row, undefined, now, runSeq);
  }

  /** A row of an earlier life: what happened to it was told there. */
  restored(row: TaskRow): void {
    this.#tasks.enter(row.snapshot.leaf);
  }

  /** A task that ended in an earlier life is done again. */
  reopened(row: TaskRow, before: string): void {
    const { now } = this.#hub;
    const runSeq = this.#ledger === undefined ? 0 : this.#ledger.note(row, 'none', now, undefined);
    this.#hub.move('state', row, before as LifecycleState, now, runSeq);
  }

  moved(row: Row, from: Leaf, event: TaskEvent | PipelineEvent | StageEvent): void {
    const { state, phase } = row.snapshot.leaf;
    const previous = from.state as LifecycleState;
    if (row.kind === 'task') {
      this.#tasks.move(from, row.snapshot.leaf);
      return this.#taskMoved(row, from, event as TaskEvent);
    }
    if (row.kind === 'pipeline') {
      this.#pipelines.move(from, row.snapshot.leaf);
      if (state === previous && phase !== 'suspended') return this.#stopping(row);
    }
    const { now } = this.#hub;
    return this.#hub.move('state', row, previous, now, this.#noted(row, event, 'none', now));
  }

  /** Writes a move down; gives the number of its first event. */
  #noted(row: Row, event: AnyEvent, mark: AttemptMark, at: number): number {
    const ledger = this.#ledger;
    return ledger === undefined ? 0 : ledger.note(row, mark, at, movePayload(row, event));
  }

  /** That something is being stopped is an event to nobody, but has to be known after a crash. */
  #stopping(row: PipelineRow | TaskRow): void {
    if (row.snapshot.leaf.phase !== 'terminating') return;
    this.#ledger?.note(row, 'none', this.#hub.now, movePayload(row, undefined));
    // No event asks for the turn that commits it.
    this.#ledger?.turnDue();
  }

  #taskMoved(row: TaskRow, from: Leaf, event: TaskEvent): void {
    const previous = from.state as LifecycleState;
    if (!isTold(row, previous, event)) return this.#stopping(row);
    const { now } = this.#hub;
    const end = attemptEnd(row, event);
    const began = event.type === 'START' && row.attempt === undefined;
    const first = this.#noted(row, event, began ? 'started' : markOf(end, from), now);
    const second = first === 0 ? 0 : first + 1;
    if (end === 'attempt:failed') this.#attemptFailed(row, event, first);
    else if (end !== undefined) this.#hub.move(end, row, undefined, now, first);
    const { phase } = row.snapshot.leaf;
    const runSeq = end === undefined ? first : second;
    if (phase === 'backoff' || phase === 'held') this.#putBack(row, previous, event, now, runSeq);
    else this.#hub.move('state', row, previous, now, runSeq);
    if (began) this.#hub.move('attempt:started', row, undefined, now, second);
  }

  /** The error of an attempt is in the event that ended it; a machine that goes on does not keep it. */
  #attemptFailed(row: TaskRow, event: TaskEvent, runSeq: number): void {
    const { attempt, outcome } = row.snapshot.context;
    const error = outcome?.error ?? ('error' in event ? event.error : undefined);
    const told = error === undefined ? {} : { error };
    this.#hub.emit({ type: 'attempt:failed', ...ofTask(row, attempt), ...told }, row, runSeq);
  }

  /** Why a task was put back, the error or the reason, is in the event that did it. */
  #putBack(row: TaskRow, previous: LifecycleState, event: TaskEvent, at: number, runSeq: number): void {
    const told = describeMove('state', row, row.snapshot, previous, 0, at);
    const error = 'error' in event ? { error: event.error } : {};
    const reason = 'reason' in event && event.reason !== undefined ? { reason: event.reason } : {};
    this.#hub.emit({ ...told, ...error, ...reason } as EventBody, row, runSeq);
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

type EndOfAttempt = Exclude<AttemptEvent['type'], 'attempt:started'>;

const MARKS: Readonly<Record<EndOfAttempt, AttemptMark>> = {
  'attempt:succeeded': 'succeeded',
  'attempt:failed': 'failed',
  'attempt:cancelled': 'cancelled',
  'attempt:lost': 'lost',
};

function markOf(end: EndOfAttempt | undefined, from: Leaf): AttemptMark {
  if (end === undefined) return 'none';
  return end === 'attempt:lost' && from.phase === 'suspended' ? 'lost-waiting' : MARKS[end];
}

/** How the live attempt of a task ended with this move; undefined when it goes on, or there is none. */
function attemptEnd(row: TaskRow, event: TaskEvent): EndOfAttempt | undefined {
  const { state, phase, final } = row.snapshot.leaf;
  if (event.type === 'LOSE') return 'attempt:lost';
  if (row.attempt === undefined) return undefined;
  if (phase === 'backoff') return 'attempt:failed';
  if (!final) return undefined;
  if (state === 'succeeded') return 'attempt:succeeded';
  return state === 'cancelled' ? 'attempt:cancelled' : 'attempt:failed';
}
