/** S3, S4, S6 and R4: who is admitted next, worked out again from a plain list. */
import { heldUnits } from './invariants-accounts.ts';
import type { RunView, Sentence, StepView, TaskView, View } from './invariants-view.ts';
import { firstOf, pathOf } from './invariants-view.ts';

/** Smaller keys first. */
function compareKeys(a: TaskView, b: TaskView): number {
  const [a0, a1, a2, a3] = a.key;
  const [b0, b1, b2, b3] = b.key;
  return a0 - b0 || a1 - b1 || a2 - b2 || a3 - b3;
}

/** The queue of a view, smallest key first, with what is free and who was passed how often. */
class Policy {
  readonly #view: View;
  readonly #free: number[];
  readonly #passed = new Map<TaskView, number>();
  #slots: number;
  queue: TaskView[];

  constructor(view: View) {
    this.#view = view;
    this.#free = view.labels.map(({ capacity }, label) => capacity - heldUnits(view, label));
    this.#slots = view.taskParallelism - view.tasks.filter((task) => task.holding).length;
    this.queue = view.tasks
      .filter((task) => task.state === 'queued' && task.phase === 'eligible')
      .sort(compareKeys);
  }

  #fits(task: TaskView): boolean {
    return task.needs.every(({ label, units }) => units <= this.#freeOf(label));
  }

  #freeOf(label: number): number {
    return this.#free[label] ?? 0;
  }

  #passedBy(task: TaskView): number {
    return this.#passed.get(task) ?? task.passed;
  }

  /** Whom the policy admits next. */
  get next(): TaskView | undefined {
    const [smallest] = this.queue;
    if (smallest === undefined || this.#slots <= 0) return undefined;
    if (this.#fits(smallest)) return smallest;
    if (this.#passedBy(smallest) >= this.#view.bypassLimit) return undefined;
    return this.queue.find((task) => this.#fits(task));
  }

  /** The task must be in the queue. */
  admit(task: TaskView): void {
    const smallest = this.queue[0] as TaskView;
    if (smallest !== task) this.#passed.set(smallest, this.#passedBy(smallest) + 1);
    this.queue = this.queue.filter((other) => other !== task);
    this.#slots -= 1;
    for (const { label, units } of task.needs) this.#free[label] = this.#freeOf(label) - units;
  }
}

/** Every admission of a step was the one that the policy names (S3 when strict, S4 when not). */
export function policyKept(strict: boolean) {
  return (before: View, step: StepView): Sentence => {
    if (step.admittedTasks.length === 0 || (before.bypassLimit === 0) !== strict) return undefined;
    const policy = new Policy(before);
    for (const name of step.admittedTasks) {
      const next = policy.next;
      if (next?.name !== name) return `${name} was admitted, ${next?.name ?? 'nobody'} was to be`;
      policy.admit(next);
    }
    return undefined;
  };
}

export function runsInOrder(before: View, step: StepView): Sentence {
  const waiting = before.runs.filter(
    (run) => run.takesSlot && run.state === 'queued' && run.phase === 'eligible',
  );
  waiting.sort((a, b) => b.priority - a.priority || a.submission - b.submission);
  for (const name of step.admittedRuns) {
    const slotless = before.runs.some((run) => run.name === name && !run.takesSlot);
    if (!slotless && waiting.shift()?.name !== name) return `the run ${name} was admitted out of turn`;
  }
  return undefined;
}

export function nobodyForgotten(view: View): Sentence {
  if (view.paused) return undefined;
  const task = new Policy(view).next;
  if (task !== undefined) return `the task ${task.name} may be admitted and nobody will`;
  const freeSlots = view.pipelineParallelism - view.runs.filter((run) => run.holding && run.takesSlot).length;
  const run = view.runs.find(
    ({ state, phase, takesSlot }) =>
      state === 'queued' && phase === 'eligible' && (!takesSlot || freeSlots > 0),
  );
  return run === undefined ? undefined : `the run ${run.name} may be admitted and nobody will`;
}

export function queueHoldsEligible(view: View): Sentence {
  const wrong = (row: TaskView | RunView): Sentence => {
    const eligible = row.state === 'queued' && row.phase === 'eligible';
    if (eligible === row.queued) return undefined;
    return `${row.name} is ${pathOf(row)} and ${row.queued ? '' : 'not '}in the queue`;
  };
  return firstOf(view.tasks, wrong) ?? firstOf(view.runs, wrong);
}
