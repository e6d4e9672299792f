/**
 * Rule 2: a task body that waits for a run holds its slot and resources meanwhile. When what that run needs is
 * held by tasks that wait for it, nothing can ever move; the wait that closed the circle gets WOULD_DEADLOCK.
 *
 * `stuckTasks` is optimistic: it takes every task that does not wait, every timer and every body that is not
 * known to wait as able to finish. What is left when all of that is granted can never move by itself.
 */
import { SignalboxError } from '../core/errors.ts';
import type { PipelineRow, Row, TaskRow } from './rows.ts';
import type { Supervisor } from './supervisor.ts';
import type { ReturnWhen } from './waits.ts';

/** A wait of a task body for runs, stages or tasks, that cannot end by itself. */
export interface BodyWait {
  readonly task: TaskRow;
  readonly on: readonly Row[];
  readonly when: ReturnWhen;
  readonly reject: (reason: unknown) => void;
}

export class Deadlocks {
  readonly #supervisor: Supervisor;
  /** In the order in which the waits began. */
  readonly #waits = new Set<BodyWait>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  taskWaits(wait: BodyWait): void {
    this.#waits.add(wait);
    this.#supervisor.host.wake();
  }

  taskGoesOn(wait: BodyWait): void {
    this.#waits.delete(wait);
  }

  /** A body began to wait: that may have closed a circle, which the next turn finds. */
  lookAgain(): void {
    if (this.#waits.size > 0) this.#supervisor.host.wake();
  }

  bodyWaits(run: PipelineRow, change: 1 | -1): void {
    run.bodyWaits += change;
    if (change === 1) this.lookAgain();
  }

  /** After admission: rejects the youngest wait of a circle. */
  check(): void {
    if (this.#waits.size === 0 || this.#supervisor.admission.queuedCount === 0 || this.#supervisor.paused)
      return;
    const waits = [...this.#waits];
    const stuck = stuckTasks(this.#supervisor, waits, (run) => run.bodyWaits > 0);
    const last = waits.filter((wait) => stuck.has(wait.task)).at(-1);
    if (last === undefined) return;
    this.#waits.delete(last);
    last.reject(wouldDeadlock(last));
  }
}

function wouldDeadlock({ task, on }: BodyWait): SignalboxError {
  const open = on.filter((row) => !row.snapshot.leaf.final);
  const names = open.slice(0, 3).map((row) => `the ${row.kind} ${JSON.stringify(row.name ?? '')}`);
  const more = open.length > names.length ? ` and ${open.length - names.length} more` : '';
  return new SignalboxError(
    'WOULD_DEADLOCK',
    `the task ${JSON.stringify(task.name)} waits for ${names.join(', ')}${more}, which can only go on with what this task holds`,
    {
      hint: 'raise the capacity or taskParallelism, or wait from the pipeline instead of from a task',
      details: { name: task.name, taskId: task.taskId, runId: task.run.id },
    },
  );
}

/** The waiting tasks that can never go on unless a wait is given up. Pure. */
export function stuckTasks(
  supervisor: Supervisor,
  waits: readonly Pick<BodyWait, 'task' | 'on' | 'when'>[],
  bodyWaits: (run: PipelineRow) => boolean,
): Set<TaskRow> {
  const stuck = new Set(
    waits.map((wait) => wait.task).filter((task) => task.snapshot.leaf.path === 'running.executing'),
  );
  for (let changed = true; changed; ) {
    changed = false;
    for (const { task, on, when } of waits) {
      if (!stuck.has(task)) continue;
      const moves = (row: Row): boolean => canMove(supervisor, row, stuck, bodyWaits);
      if (mayEnd(on, when, moves)) changed = stuck.delete(task);
    }
  }
  return stuck;
}

/** A wait is over in the moment its rows are final; that they are visible follows by itself. */
function mayEnd(on: readonly Row[], when: ReturnWhen, moves: (row: Row) => boolean): boolean {
  const open = on.filter((row) => !row.snapshot.leaf.final);
  switch (when) {
    case 'all-completed':
      return open.every(moves);
    case 'first-completed':
      return open.length < on.length || open.some(moves);
    case 'first-exception':
      return open.length === 0 || open.some(moves) || on.some((row) => row.snapshot.leaf.state === 'failed');
    default:
      return when satisfies never;
  }
}

type Stuck = ReadonlySet<TaskRow>;

function canMove(
  supervisor: Supervisor,
  on: Row,
  stuck: Stuck,
  bodyWaits: (run: PipelineRow) => boolean,
): boolean {
  if (on.snapshot.leaf.final) return true;
  if (on.kind === 'task') return taskCanMove(supervisor, on, stuck);
  const run = on.kind === 'stage' ? on.run : on;
  return runCanMove(supervisor, run, stuck, bodyWaits);
}

function runCanMove(
  supervisor: Supervisor,
  run: PipelineRow,
  stuck: Stuck,
  bodyWaits: (run: PipelineRow) => boolean,
): boolean {
  if (run.snapshot.leaf.state !== 'running') return true;
  if (!run.bodyOver && !bodyWaits(run)) return true;
  const open = run.tasks.filter((task) => !task.snapshot.leaf.final);
  if (open.length === 0 && run.childRuns.size === 0) return true;
  // What waits for others of its run moves when they do.
  if (open.some((task) => !waits(task) && taskCanMove(supervisor, task, stuck))) return true;
  return [...run.childRuns].some((child) => runCanMove(supervisor, child, stuck, bodyWaits));
}

function taskCanMove(supervisor: Supervisor, task: TaskRow, stuck: Stuck): boolean {
  const { path } = task.snapshot.leaf;
  if (waits(task)) {
    return task.run.tasks.some(
      (other) => !other.snapshot.leaf.final && !waits(other) && taskCanMove(supervisor, other, stuck),
    );
  }
  if (path !== 'queued.eligible') return !stuck.has(task);
  const { admission } = supervisor;
  const held = [...stuck].map((row) => row.vector);
  if (held.length >= admission.taskParallelism) return false;
  const head = admission.smallest;
  const blockedByHead =
    head !== undefined && !admission.mayBePassed(head) && !admission.fitsBeside(head.vector, held);
  return !blockedByHead && admission.fitsBeside(task.vector, held);
}

/** It comes after a task that is not final, and has no deadline that could end it before. */
function waits({ links, snapshot: { leaf, context } }: TaskRow): boolean {
  if (leaf.state !== 'queued' || context.released || links === undefined || links.held) return false;
  if (context.deadlineAt !== null) return false;
  return links.parents.some((parent) => !parent.snapshot.leaf.final);
}
