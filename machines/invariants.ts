/**
 * The numbered invariants as pure predicates over plain data, so that the explorer, the simulator and the
 * runtime's assertions check the same sentences (ARCHITECTURE, "Invariants"; R: rules of the same page).
 *
 * Owns: what must hold. Does not own: where the data comes from; a `View` is made by whoever watches.
 * A check returns undefined, or one sentence that says what is wrong. Amounts are units (1e-6).
 * What counts the past (`attemptsOpen`, `settled`, `passed`) is counted by the watcher, never taken from the
 * scheduler's own books.
 */
import { isFinal, isLegalMove, type Kind, type LifecycleState } from './lifecycle.ts';

export interface NeedView {
  readonly label: number;
  readonly units: number;
}

export interface TaskView {
  readonly name: string;
  /** Index into `View.runs`. */
  readonly run: number;
  readonly stage: number;
  readonly state: LifecycleState;
  readonly phase: string | undefined;
  readonly holding: boolean;
  readonly abandoned: boolean;
  /** In the admission queue. */
  readonly queued: boolean;
  readonly needs: readonly NeedView[];
  /** (-priority, -stage, pipeline, position): smaller goes first. */
  readonly key: readonly [number, number, number, number];
  /** Attempts started and without an outcome. */
  readonly attemptsOpen: number;
  /** How often its final outcome was told. */
  readonly settled: number;
  /** A body is alive although the task is queued. */
  readonly suspended: boolean;
  /** Larger keys admitted while this was the smallest of the queue, in its present stay there. */
  readonly passed: number;
}

export interface RunView {
  readonly name: string;
  /** Index of the run it belongs to, -1 for none. */
  readonly parent: number;
  readonly state: LifecycleState;
  readonly phase: string | undefined;
  readonly holding: boolean;
  readonly abandoned: boolean;
  readonly takesSlot: boolean;
  /** In the pipeline queue, or for a child run waiting for the next turn. */
  readonly queued: boolean;
  readonly priority: number;
  readonly submission: number;
  readonly settled: number;
  /** `terminated`, the parent's name, ...; of a final run only. */
  readonly reason: string | undefined;
  /** Still among the scheduler's open runs. */
  readonly open: boolean;
  /** Names of the runs it comes after. */
  readonly after: readonly string[];
}

export interface StageView {
  readonly run: number;
  readonly index: number;
  readonly state: LifecycleState;
  /** Nothing more can carry its index. */
  readonly passed: boolean;
}

export interface LabelView {
  readonly name: string;
  readonly capacity: number;
  readonly inUse: number;
}

export interface View {
  readonly tasks: readonly TaskView[];
  readonly runs: readonly RunView[];
  readonly stages: readonly StageView[];
  readonly labels: readonly LabelView[];
  /** What the books say; S5 compares them with the rows. */
  readonly admitted: number;
  readonly slotsInUse: number;
  readonly abandoned: number;
  readonly taskParallelism: number;
  readonly pipelineParallelism: number;
  /** 0: strict. */
  readonly bypassLimit: number;
  readonly paused: boolean;
  /** Somebody was told that a turn is needed. */
  readonly turnDue: boolean;
}

export interface Named {
  readonly name: string;
  readonly state: LifecycleState;
}

export interface MoveView {
  readonly kind: Kind;
  readonly name: string;
  readonly from: LifecycleState;
  readonly to: LifecycleState;
}

/** What happened between two views. */
export interface StepView {
  readonly label: string;
  readonly moves: readonly MoveView[];
  /** What was final before and is not, or not the same, after. */
  readonly unfinished: readonly Named[];
  /** Events that the scheduler sent itself and that a row refused, as text. */
  readonly refused: readonly string[];
  /** Names of the tasks and runs that were admitted, in order. */
  readonly admittedTasks: readonly string[];
  readonly admittedRuns: readonly string[];
  /** The step was a turn that used its budget up; more may follow. */
  readonly cut: boolean;
  /** The step was a turn. */
  readonly turn: boolean;
}

type Sentence = string | undefined;

export interface Invariant {
  readonly id: string;
  readonly says: string;
  /** Must hold in every state. */
  readonly state?: (view: View) => Sentence;
  /** Must hold for every step. */
  readonly step?: (before: View, step: StepView, after: View) => Sentence;
}

const isRunning = (task: TaskView): boolean => task.state === 'running';

/** Smaller keys first. */
export function compareKeys(a: TaskView, b: TaskView): number {
  const [a0, a1, a2, a3] = a.key;
  const [b0, b1, b2, b3] = b.key;
  return a0 - b0 || a1 - b1 || a2 - b2 || a3 - b3;
}

function firstOf<T>(items: readonly T[], sentence: (item: T, index: number) => Sentence): Sentence {
  for (let i = 0; i < items.length; i += 1) {
    const text = sentence(items[i] as T, i);
    if (text !== undefined) return text;
  }
  return undefined;
}

const pathOf = ({ state, phase }: TaskView | RunView): string =>
  phase === undefined ? state : `${state}.${phase}`;

// --- T ---------------------------------------------------------------------------------------------------

function onlyLegalMoves(_before: View, step: StepView): Sentence {
  for (const { kind, name, from, to } of step.moves) {
    if (from !== to && !isLegalMove(kind, from, to)) return `the ${kind} ${name} went ${from} -> ${to}`;
    if (isFinal(from)) return `the ${kind} ${name} moved although it had ${from}`;
  }
  const [first] = step.unfinished;
  if (first !== undefined) return `${first.name} was final and is ${first.state}`;
  if (step.refused.length === 0) return undefined;
  return `the scheduler sent what was refused: ${step.refused.join(', ')}`;
}

function oneOutcomeEach(view: View): Sentence {
  return (
    firstOf(view.tasks, (task) => {
      const alive = !isFinal(task.state) && (isRunning(task) || task.suspended) ? 1 : 0;
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

// --- S1, S2, S5: accounts -----------------------------------------------------------------------------------

/** Units of a label that the rows hold. */
function heldUnits(view: View, label: number): number {
  let sum = 0;
  for (const task of view.tasks) {
    if (!task.holding) continue;
    for (const need of task.needs) if (need.label === label) sum += need.units;
  }
  return sum;
}

/** Also after a capacity shrank: what an admission takes was free at its moment. */
function withinCapacity(before: View, step: StepView, after: View): Sentence {
  if (step.admittedTasks.length === 0) return undefined;
  return firstOf(after.labels, ({ name, capacity }, label) => {
    const held = heldUnits(after, label);
    if (held <= capacity || held <= heldUnits(before, label)) return undefined;
    return `${held} units of ${name} are held, its capacity is ${capacity}`;
  });
}

function withinParallelism(view: View): Sentence {
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

function booksAreRight(view: View): Sentence {
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

// --- S3, S4, S6: the policy, by a plain list ------------------------------------------------------------------

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
function policyKept(strict: boolean) {
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

function runsInOrder(before: View, step: StepView): Sentence {
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

function nobodyForgotten(view: View): Sentence {
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

function queueHoldsEligible(view: View): Sentence {
  const wrong = (row: TaskView | RunView): Sentence => {
    const eligible = row.state === 'queued' && row.phase === 'eligible';
    if (eligible === row.queued) return undefined;
    return `${row.name} is ${pathOf(row)} and ${row.queued ? '' : 'not '}in the queue`;
  };
  return firstOf(view.tasks, wrong) ?? firstOf(view.runs, wrong);
}

// --- P, R ----------------------------------------------------------------------------------------------------

function badEndBlocks(view: View): Sentence {
  return firstOf(view.runs, (run) => {
    const upstream = view.runs.filter(({ name }) => run.after.includes(name));
    const bad = upstream.filter(({ state }) => isFinal(state) && state !== 'succeeded');
    const [first] = bad;
    if (first !== undefined && run.state !== 'blocked' && run.state !== 'cancelled')
      return `the run ${run.name} is ${run.state} although ${first.name} is ${first.state}`;
    if (run.state === 'blocked' && !bad.some(({ name }) => name === run.reason))
      return `the run ${run.name} is blocked by ${run.reason}`;
    const early = upstream.length < run.after.length || upstream.some(({ state }) => state !== 'succeeded');
    if (early && (run.state === 'ready' || run.state === 'running' || run.state === 'succeeded'))
      return `the run ${run.name} is ${run.state} before what it comes after succeeded`;
    return undefined;
  });
}

/** Terminating, or ended by it: nothing of such a run may start any more. */
function isStopped(run: RunView): boolean {
  return run.phase === 'terminating' || (run.state === 'cancelled' && run.reason === 'terminated');
}

function stoppedWithAncestor(view: View, run: RunView | undefined): RunView | undefined {
  for (let at: RunView | undefined = run; at !== undefined; at = view.runs[at.parent])
    if (isStopped(at)) return at;
  return undefined;
}

function terminationReachesAll(view: View): Sentence {
  return (
    firstOf(view.tasks, (task) => {
      if (task.state !== 'queued' && task.state !== 'ready') return undefined;
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

function closedWhenOver(view: View): Sentence {
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

function stageEnd(tasks: readonly TaskView[]): LifecycleState {
  if (tasks.some(({ state }) => state === 'failed')) return 'failed';
  if (tasks.some(({ state }) => state === 'cancelled')) return 'cancelled';
  return tasks.length > 0 && tasks.every(({ state }) => state === 'blocked') ? 'blocked' : 'succeeded';
}

function stagesDerived(view: View): Sentence {
  return firstOf(view.stages, ({ run, index, state, passed }) => {
    const tasks = view.tasks.filter((task) => task.run === run && task.stage === index);
    const over = (passed || !view.runs[run]?.open) && tasks.every((task) => isFinal(task.state));
    const expected = over ? stageEnd(tasks) : undefined;
    if (expected === undefined ? !isFinal(state) : state === expected) return undefined;
    return `stage ${index} of ${view.runs[run]?.name} is ${state}, its tasks say ${expected ?? 'it goes on'}`;
  });
}

/** In the order in which they are checked: the most telling first. */
export const invariants: readonly Invariant[] = [
  { id: 'T1', says: 'only transitions of the table happen', step: onlyLegalMoves },
  { id: 'S1', says: 'no admission exceeds the capacity of its moment', step: withinCapacity },
  {
    id: 'S2',
    says: 'no more tasks and runs are admitted than the parallelisms allow',
    state: withinParallelism,
  },
  { id: 'S5', says: 'what an admission took is released exactly once', state: booksAreRight },
  { id: 'T2', says: 'every attempt and every task has exactly one outcome', state: oneOutcomeEach },
  { id: 'R4', says: 'the queues hold queued.eligible and nothing else', state: queueHoldsEligible },
  {
    id: 'S3',
    says: 'strict: nothing passes the smallest key',
    step: (before, step) => policyKept(true)(before, step) ?? runsInOrder(before, step),
  },
  { id: 'S4', says: 'backfill: bounded bypass, smallest fitting key first', step: policyKept(false) },
  {
    id: 'S6',
    says: 'what may be admitted is admitted in the same turn',
    state: (view) => (view.turnDue ? undefined : nobodyForgotten(view)),
    step: (_, step, after) => (step.turn && !step.cut ? nobodyForgotten(after) : undefined),
  },
  { id: 'P1', says: 'a bad end blocks what comes after it', state: badEndBlocks },
  {
    id: 'R1',
    says: 'terminating a run leaves nothing of it, or of its children, that can start',
    state: terminationReachesAll,
  },
  {
    id: 'R11',
    says: 'a run is open until its body, its tasks and its children are final',
    state: closedWhenOver,
  },
  {
    id: 'R12',
    says: 'a stage ends as its tasks ended, when nothing more can carry its index',
    state: stagesDerived,
  },
];
