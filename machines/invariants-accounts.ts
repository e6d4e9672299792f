/** T1, T2: what moves and how often it ends. S1, S2, S5: what is taken is there, and comes back once. */
import type { Named, RunView, Sentence, StepView, TaskView, View } from './invariants-view.ts';
import { firstOf, pathOf } from './invariants-view.ts';
import { isFinal, isLegalMove, type Kind } from './lifecycle.ts';

export function onlyLegalMoves(_before: View, step: StepView): Sentence {
  for (const { kind, name, from, to } of step.moves) {
    if (from !== to && !isLegalMove(kind, from, to)) return `the ${kind} ${name} went ${from} -> ${to}`;
    if (isFinal(from)) return `the ${kind} ${name} moved although it had ${from}`;
  }
  const [first] = step.unfinished;
  if (first !== undefined) return `${first.name} was final and is ${first.state}`;
  if (step.refused.length === 0) return undefined;
  return `the scheduler sent what was refused: ${step.refused.join(', ')}`;
}

export function oneOutcomeEach(view: View): Sentence {
  return (
    firstOf(view.tasks, (task) => {
      const alive = !isFinal(task.state) && (task.state === 'running' || task.suspended) ? 1 : 0;
      if (task.attemptsOpen !== alive)
        return `the task ${task.name} is ${task.state} with ${task.attemptsOpen} attempts without an outcome`;
      return settledOnce('task', task);
    }) ?? firstOf(view.runs, (run) => settledOnce('pipeline', run))
  );
}

function settledOnce(kind: Kind, row: Named & { readonly settled: number }): Sentence {
  if (row.settled === (isFinal(row.state) ? 1 : 0)) return undefined;
  return `the ${kind} ${row.name} is ${row.state} and told its final outcome ${row.settled} times`;
}

// --- S1, S2, S5 ----------------------------------------------------------------------------------------------

/** Units of a label that the rows hold. */
export function heldUnits(view: View, label: number): number {
  let sum = 0;
  for (const task of view.tasks) {
    if (!task.holding) continue;
    for (const need of task.needs) if (need.label === label) sum += need.units;
  }
  return sum;
}

/** Also after a capacity shrank: what an admission takes was free at its moment. */
export function withinCapacity(before: View, step: StepView, after: View): Sentence {
  if (step.admittedTasks.length === 0) return undefined;
  return firstOf(after.labels, ({ name, capacity }, label) => {
    const held = heldUnits(after, label);
    if (held <= capacity || held <= heldUnits(before, label)) return undefined;
    return `${held} units of ${name} are held, its capacity is ${capacity}`;
  });
}

export function withinParallelism(view: View): Sentence {
  const tasks = view.tasks.filter((task) => task.holding).length;
  if (tasks > view.taskParallelism)
    return `${tasks} tasks are admitted, taskParallelism is ${view.taskParallelism}`;
  const runs = view.runs.filter((run) => run.holding && run.takesSlot).length;
  if (runs <= view.pipelineParallelism) return undefined;
  return `${runs} runs are admitted, pipelineParallelism is ${view.pipelineParallelism}`;
}

/** Whether a row in this state must hold; undefined where its past decides. */
function mustHold({ state, phase, abandoned }: TaskView | RunView): boolean | undefined {
  if (abandoned || phase === 'terminating') return undefined;
  return state === 'ready' || (state === 'running' && phase !== 'suspended');
}

export function booksAreRight(view: View): Sentence {
  const wrong = (row: TaskView | RunView): Sentence => {
    const must = mustHold(row);
    if (must === undefined || must === row.holding) return undefined;
    return `${row.name} is ${pathOf(row)} and ${row.holding ? 'holds what it took' : 'holds nothing'}`;
  };
  return (
    firstOf(view.tasks, wrong) ??
    firstOf(view.runs, wrong) ??
    firstOf(view.labels, ({ name, inUse }, label) => {
      const held = heldUnits(view, label);
      return held === inUse ? undefined : `${inUse} units of ${name} are in use, its tasks hold ${held}`;
    }) ??
    countIs('admitted tasks', view.admitted, view.tasks.filter((task) => task.holding).length) ??
    countIs('slots', view.slotsInUse, view.runs.filter((run) => run.holding && run.takesSlot).length) ??
    countIs('abandoned', view.abandoned, [...view.tasks, ...view.runs].filter((row) => row.abandoned).length)
  );
}

function countIs(what: string, counted: number, real: number): Sentence {
  return counted === real ? undefined : `${what}: the books say ${counted}, the rows ${real}`;
}
