/**
 * P1, P2, L1: what comes after something else, runs after runs and tasks after tasks. A bad end, once seen, blocks
 * what comes next; finally tasks count ends and do not mind how they were; nothing moves on an end that nobody
 * may see yet.
 */
import type { RunView, Sentence, StepView, TaskView, View } from './invariants-view.ts';
import { firstOf } from './invariants-view.ts';
import { isFinal } from './lifecycle.ts';

const isBad = ({ state }: TaskView | RunView): boolean => isFinal(state) && state !== 'succeeded';
const succeeded = ({ state }: TaskView | RunView): boolean => state === 'succeeded';
const isSeen = ({ seen }: TaskView | RunView): boolean => seen;
const isUnseen = ({ seen, state }: TaskView | RunView): boolean => !seen && isFinal(state);

/** Direct parents of the task; they are there before it is. */
function parentsOf(view: View, { parents }: TaskView): readonly TaskView[] {
  return parents.length === 0 ? [] : view.tasks.filter(({ name }) => parents.includes(name));
}

function upstreamOf(view: View, { after }: RunView): RunView[] {
  return after.length === 0 ? [] : view.runs.filter(({ name }) => after.includes(name));
}

/** What it came after does not hold it back any more, or never did. */
function hasBegun({ released, attempts, state }: TaskView): boolean {
  return released || attempts > 0 || state === 'ready' || state === 'running' || state === 'succeeded';
}

const isLetIn = ({ state, phase }: RunView): boolean =>
  state === 'ready' || state === 'running' || state === 'succeeded' || phase === 'eligible';

// --- P1 ------------------------------------------------------------------------------------------------------

export function badEndBlocks(view: View): Sentence {
  return (
    firstOf(view.runs, (run) => badEndBlocksRun(run, upstreamOf(view, run))) ??
    firstOf(view.tasks, (task) =>
      task.isFinally ? undefined : badEndBlocksTask(task, parentsOf(view, task)),
    )
  );
}

function badEndBlocksRun(run: RunView, upstream: readonly RunView[]): Sentence {
  const bad = upstream.filter(isBad);
  const first = bad.find(isSeen);
  if (first !== undefined && run.state !== 'blocked' && run.state !== 'cancelled')
    return `the run ${run.name} is ${run.state} although ${first.name} is ${first.state}`;
  if (run.state === 'blocked' && !bad.some(({ name }) => name === run.reason))
    return `the run ${run.name} is blocked by ${run.reason}`;
  const early = upstream.length < run.after.length || !upstream.every(succeeded);
  if (early && isLetIn(run))
    return `the run ${run.name} is ${run.state} before what it comes after succeeded`;
  return undefined;
}

function badEndBlocksTask(task: TaskView, parents: readonly TaskView[]): Sentence {
  const { name, state, reason, attempts } = task;
  if (state === 'blocked') {
    if (attempts > 0) return `the task ${name} is blocked after ${attempts} attempts`;
    if (parents.some((parent) => isBad(parent) && parent.name === reason)) return undefined;
    return `the task ${name} is blocked by ${reason}`;
  }
  const bad = parents.find((parent) => isBad(parent) && parent.seen);
  if (bad !== undefined && !isFinal(state))
    return `the task ${name} is ${state} although ${bad.name} is ${bad.state}`;
  if (hasBegun(task) && !parents.every(succeeded))
    return `the task ${name} is ${state} before what it comes after succeeded`;
  if (isFinal(state) || hasBegun(task) || !parents.every((parent) => parent.seen)) return undefined;
  return `the task ${name} waits although everything that it comes after succeeded`;
}

// --- P2 ------------------------------------------------------------------------------------------------------

export function finallyTasksRun(view: View): Sentence {
  return (
    firstOf(view.tasks, (task) =>
      task.isFinally ? finallyTaskRuns(task, parentsOf(view, task)) : undefined,
    ) ?? firstOf(view.runs, (run, index) => graceWaits(run, openFinallyTasks(view, index)))
  );
}

function finallyTaskRuns(task: TaskView, parents: readonly TaskView[]): Sentence {
  const { name, state, reason } = task;
  if (state === 'blocked') return `the finally task ${name} is blocked by ${reason}`;
  const active = parents.find((parent) => !isFinal(parent.state));
  if (active !== undefined)
    return hasBegun(task) ? `the finally task ${name} is ${state} while ${active.name} is active` : undefined;
  if (isFinal(state) || hasBegun(task) || !parents.every(isSeen)) return undefined;
  return `the finally task ${name} waits although everything that it comes after is over`;
}

/** Those that its body has yet to submit count as one more. */
function openFinallyTasks({ tasks, runs }: View, run: number): number {
  const open = tasks.filter((task) => task.run === run && task.isFinally && !isFinal(task.state)).length;
  return runs[run]?.finallyDue === true ? open + 1 : open;
}

/** A terminated run that still waits for something takes the time that its finally tasks need, and no more. */
function graceWaits(run: RunView, open: number): Sentence {
  const { name, state, phase, abandoned, waits, graceSet } = run;
  if (phase === 'terminating' && graceSet !== (open === 0))
    return `the grace of the run ${name} ${graceSet ? 'goes on' : 'has stopped'} with ${open} open finally tasks`;
  if (open === 0 || !isFinal(state) || !(abandoned || waits)) return undefined;
  return `the run ${name} is ${state} before ${open} of its finally tasks`;
}

/** A finally task stops for what itself does or is asked, and for a run that is terminated a second time. */
export function finallyTasksSpared(before: View, step: StepView, after: View): Sentence {
  return firstOf(after.tasks, (task) => {
    if (!task.isFinally || !isStopped(task) || step.about === task.name) return undefined;
    const was = before.tasks.find(({ name }) => name === task.name);
    if (was !== undefined && (isStopped(was) || isFinal(was.state))) return undefined;
    if (step.again && isWithin(after, task.run, step.about)) return undefined;
    return `the finally task ${task.name} was stopped by: ${step.label}`;
  });
}

const isStopped = ({ state, phase }: TaskView): boolean => state === 'cancelled' || phase === 'terminating';

/** Whether the run of that index is the named one, or a child run below it. */
export function isWithin(view: View, index: number, name: string | undefined): boolean {
  for (let at = view.runs[index]; at !== undefined; at = view.runs[at.parent])
    if (at.name === name) return true;
  return false;
}

// --- L1 ------------------------------------------------------------------------------------------------------

export function nothingMovesUnseen(view: View): Sentence {
  return (
    firstOf(view.runs, (run) => {
      const unseen = upstreamOf(view, run).find(isUnseen);
      return unseen && movedUnseen('run', run, isLetIn(run), unseen);
    }) ??
    firstOf(view.tasks, (task) => {
      const unseen = parentsOf(view, task).filter(isUnseen);
      return firstOf(unseen, (parent) => movedUnseen('task', task, hasBegun(task), parent));
    })
  );
}

function movedUnseen(
  kind: string,
  row: TaskView | RunView,
  begun: boolean,
  unseen: { readonly name: string },
): Sentence {
  const blocked = row.state === 'blocked' && row.reason === unseen.name;
  if (!begun && !blocked) return undefined;
  return `the ${kind} ${row.name} is ${row.state} before the end of ${unseen.name} was seen`;
}
