/**
 * What comes after what: tasks after tasks of their run, runs after runs. Counts ends that are *seen* (L1), never
 * rescans. A bad end blocks what comes next and names itself, the direct parent (P1); finally tasks only wait (P2).
 */
import { RUNTIME } from '../../machines/protocol.ts';
import { NO_ROWS, type PipelineRow, TaskLinks, type TaskRow } from './rows.ts';
import type { Supervisor, TaskSubmission } from './supervisor.ts';

const RELEASE = Object.freeze({ type: 'RELEASE', token: RUNTIME } as const);

/** As a count of open parents: a BLOCK or CANCEL is on the way; what other parents do counts no more. */
export const UPSTREAM_BAD = -1;

export function linksOf({ after, isFinally = false, held = false }: TaskSubmission): TaskLinks | undefined {
  if (after === undefined && !held) return undefined;
  const links = new TaskLinks(after ?? NO_ROWS, isFinally);
  links.held = held;
  links.open = held ? 1 : 0;
  return links;
}

/** It still waits for others, or to be let on. */
export function isUnreleased({ snapshot: { leaf, context } }: TaskRow): boolean {
  return leaf.path === 'queued.waiting' || (leaf.path === 'queued.held' && !context.released);
}

/** Parents whose end was seen count as they ended; the first bad one of them, as declared, blocks. */
export function taskComesAfter(supervisor: Supervisor, row: TaskRow): void {
  const { links } = row;
  if (links === undefined) return void supervisor.sendTask(row, RELEASE);
  for (const parent of links.parents) {
    if (!parent.visible) {
      links.open += 1;
      parent.links ??= new TaskLinks(NO_ROWS, false);
      parent.links.add(row);
    } else if (!links.isFinally && parent.snapshot.leaf.state !== 'succeeded') {
      links.open = UPSTREAM_BAD;
      return void supervisor.sendTask(row, { type: 'BLOCK', parent: parent.taskId, token: RUNTIME });
    }
  }
  if (links.open === 0) supervisor.sendTask(row, RELEASE);
  return undefined;
}

export function tellTasks(supervisor: Supervisor, parent: TaskRow, links: TaskLinks): void {
  const { dependents } = links;
  if (dependents.length === 0) return;
  links.dependents = NO_ROWS;
  const good = parent.snapshot.leaf.state === 'succeeded';
  for (const row of dependents) {
    const its = row.links;
    if (its === undefined || its.open === UPSTREAM_BAD || row.snapshot.leaf.final) continue;
    const counts = good || its.isFinally;
    its.open = counts ? its.open - 1 : UPSTREAM_BAD;
    if (!counts) supervisor.sendTask(row, { type: 'BLOCK', parent: parent.taskId, token: RUNTIME });
    else if (its.open === 0) supervisor.sendTask(row, RELEASE);
  }
}

export function runComesAfter(supervisor: Supervisor, row: PipelineRow, upstream: PipelineRow): void {
  const { state } = upstream.snapshot.leaf;
  if (row.snapshot.leaf.final) return;
  if (!upstream.visible) {
    row.upstreamOpen += 1;
    upstream.dependents.push(row);
  } else if (state !== 'succeeded') {
    supervisor.sendRun(row, { type: 'BLOCK', parent: upstream.id, token: RUNTIME });
  }
}

export function tellRuns(supervisor: Supervisor, run: PipelineRow): void {
  const dependents = run.dependents;
  run.dependents = [];
  const good = run.snapshot.leaf.state === 'succeeded';
  for (const row of dependents) {
    if (row.snapshot.leaf.final || row.upstreamOpen === UPSTREAM_BAD) continue;
    row.upstreamOpen = good ? row.upstreamOpen - 1 : UPSTREAM_BAD;
    if (!good) supervisor.sendRun(row, { type: 'BLOCK', parent: run.id, token: RUNTIME });
    else if (row.upstreamOpen === 0) supervisor.sendRun(row, RELEASE);
  }
}

/**
 * The submitting run or task, or a run above it, is terminating or cancelled: whatever its code still submits is
 * cancelled too (rule 2). What a finally task submits counts with that task alone: it outlives the termination.
 */
export function isSubmittedTooLate(run: PipelineRow | undefined, task: TaskRow | undefined): boolean {
  let by = task;
  for (let at = run; at !== undefined; at = at.parent) {
    if (by !== undefined && isStopping(by)) return true;
    if (by?.isFinally === true) return false;
    const { path, state } = at.snapshot.leaf;
    if (path === 'running.terminating' || state === 'cancelled') return true;
    by = at.parentTask;
  }
  return false;
}

function isStopping({ snapshot: { leaf } }: TaskRow): boolean {
  return leaf.path === 'running.terminating' || leaf.state === 'cancelled';
}
