/** R1, R11, R12: what follows from the end of a run, asked for or reached, for everything in it. */
import { isWithin } from './invariants-dependents.ts';
import type { RunView, Sentence, StepView, TaskView, View } from './invariants-view.ts';
import { firstOf } from './invariants-view.ts';
import { isFinal, type LifecycleState } from './lifecycle.ts';

/** Terminating, or ended by it: nothing of such a run may start any more but its finally tasks. */
function isStopped(run: RunView): boolean {
  return run.phase === 'terminating' || (run.state === 'cancelled' && run.reason === 'terminated');
}

function stoppedWithAncestor(view: View, run: RunView | undefined): RunView | undefined {
  for (let at: RunView | undefined = run; at !== undefined; at = view.runs[at.parent])
    if (isStopped(at)) return at;
  return undefined;
}

export function terminationReachesAll(view: View): Sentence {
  return (
    firstOf(view.tasks, (task) => {
      if ((task.state !== 'queued' && task.state !== 'ready') || task.isFinally) return undefined;
      const by = stoppedWithAncestor(view, view.runs[task.run]);
      return by && `the task ${task.name} is ${task.state} although the run ${by.name} was terminated`;
    }) ??
    firstOf(view.runs, (run) => {
      if (run.state !== 'queued' && run.state !== 'ready') return undefined;
      const by = stoppedWithAncestor(view, view.runs[run.parent]);
      return by && `the run ${run.name} is ${run.state} although the run ${by.name} was terminated`;
    })
  );
}

/** Asked a second time, a run gives up its finally tasks too, and its child runs theirs. */
export function secondRequestReachesAll(_before: View, step: StepView, after: View): Sentence {
  if (!step.again) return undefined;
  return firstOf(after.tasks, ({ name, run, isFinally, state, phase }) => {
    const stops = isFinal(state) || phase === 'terminating';
    if (!isFinally || stops || !isWithin(after, run, step.about)) return undefined;
    return `the finally task ${name} is ${state} although the run ${step.about} was terminated twice`;
  });
}

export function closedWhenOver(view: View): Sentence {
  return firstOf(view.runs, (run, index) => {
    const over =
      isFinal(run.state) &&
      view.tasks.every((task) => task.run !== index || isFinal(task.state)) &&
      view.runs.every((child) => child.parent !== index || !child.open);
    return over === run.open
      ? `the run ${run.name} is ${over ? 'over and not closed' : 'closed too early'}`
      : undefined;
  });
}

function stageEnd(tasks: readonly TaskView[], blocked: boolean): LifecycleState {
  if (tasks.some(({ state }) => state === 'failed')) return 'failed';
  if (tasks.some(({ state }) => state === 'cancelled')) return 'cancelled';
  if (tasks.length === 0) return blocked ? 'blocked' : 'succeeded';
  return tasks.every(({ state }) => state === 'blocked') ? 'blocked' : 'succeeded';
}

export function stagesDerived(view: View): Sentence {
  return firstOf(view.stages, ({ run, index, state, passed, blocked = false }) => {
    const tasks = view.tasks.filter((task) => task.run === run && task.stage === index);
    const over = (passed || !view.runs[run]?.open) && tasks.every((task) => isFinal(task.state));
    const expected = over ? stageEnd(tasks, blocked) : undefined;
    if (expected === undefined ? !isFinal(state) : state === expected) return undefined;
    return `stage ${index} of ${view.runs[run]?.name} is ${state}, its tasks say ${expected ?? 'it goes on'}`;
  });
}
