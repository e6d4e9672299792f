/** A plan made ready: everything named, checked, numbered, and every move that can ever be made. */

import { taskLogic } from '../../../machines/compiled.ts';
import { RUNTIME } from '../../../machines/protocol.ts';
import { Admission, capacityToUnits, type ResourceVector } from '../../admission/index.ts';
import { invalidArgument } from '../../core/errors.ts';
import { IdSource } from '../../core/ids.ts';
import type { RunSpec, TaskRow, TaskSnapshot } from '../../runtime/rows.ts';
import type { TaskSpec } from '../../runtime/task-spec.ts';
import { listMoves, type Move, type MoveKind } from './moves.ts';
import type { BodyStep, ExplorePlan, PlannedRun, PlannedTask } from './plan.ts';
import { readThreads, type Threads, type ThreadTask } from './threads.ts';

export type { Move, MoveKind } from './moves.ts';

/** The three times of the explored world: a time-out is due at 1, a deadline at 2; any moment may be either. */
export const SOON = 1;
export const LATE = 2;

export interface ProgramTask {
  readonly index: number;
  readonly name: string;
  readonly run: number;
  readonly planned: PlannedTask;
  readonly spec: TaskSpec;
  readonly vector: ResourceVector;
  readonly first: TaskSnapshot;
  /** Indices of the tasks that it comes after; undefined for one that was submitted without a word on that. */
  readonly after: readonly number[] | undefined;
  /** Their names. */
  readonly parents: readonly string[];
  /** Index of the run that its body submits and awaits, -1 for none. */
  readonly child: number;
  /** Index of the thread that submits it; -1: the body itself. */
  readonly thread: number;
  /** Index of the group of threads that it holds, -1 for none. */
  readonly holds: number;
  /** Index of its declared stage; -1: the one reached last. */
  readonly stage: number;
  readonly isFinally: boolean;
}

export type Step =
  | { readonly kind: 'task'; readonly index: number }
  | { readonly kind: 'stage' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'run'; readonly index: number }
  | { readonly kind: 'await'; readonly index: number }
  | { readonly kind: 'reach'; readonly index: number }
  | { readonly kind: 'pass'; readonly index: number };

export interface ProgramRun {
  readonly index: number;
  readonly name: string;
  readonly planned: PlannedRun;
  readonly steps: readonly Step[];
  /** Index of the run whose code submits it, -1 for a root. */
  readonly parent: number;
  readonly after: readonly number[];
  /** Index of the group of its threads, -1 for none. */
  readonly group: number;
  /** It has finally threads. */
  readonly hasFinally: boolean;
}

export class Program {
  readonly plan: ExplorePlan;
  readonly tasks: readonly ProgramTask[];
  readonly runs: readonly ProgramRun[];
  readonly threads: Threads;
  readonly moves: readonly Move[];
  /** Those of the environment. */
  readonly costly: readonly Move[];
  readonly labels: readonly string[];
  /** Indices of the runs that nobody's code submits. */
  readonly roots: readonly number[];
  readonly events: number;
  readonly turnBudget: number;
  readonly bypassLimit: number;
  /** Ends are seen by a step of their own. */
  readonly separate: boolean;
  /** What happens by itself happens first. */
  readonly prompt: boolean;
  readonly taskIndex: ReadonlyMap<TaskSpec, number>;
  readonly runIndex: ReadonlyMap<string, number>;
  readonly #ids = new IdSource(() => 0, '000000000000');
  readonly #byKind = new Map<MoveKind, Move[]>();

  /** @throws INVALID_ARGUMENT, UNKNOWN_RESOURCE, UNSCHEDULABLE_TASK */
  constructor(plan: ExplorePlan) {
    this.plan = plan;
    this.labels = Object.keys(plan.resources);
    this.events = plan.events ?? 0;
    this.turnBudget = plan.turnBudget ?? Number.POSITIVE_INFINITY;
    this.separate = plan.delivery === 'separate';
    this.prompt = plan.pace === 'prompt';
    this.bypassLimit = plan.policy.policy === 'strict' ? 0 : plan.policy.bypassLimit;
    const names = Object.keys(plan.runs);
    this.runIndex = new Map(names.map((name, index) => [name, index]));
    const planned = Object.values(plan.runs);
    const inBodies = planned.flatMap(({ body }) => body.filter(isTask)).length;
    this.threads = readThreads(planned, inBodies);
    this.tasks = readTasks(plan, this.runIndex, this.admission(), this.threads);
    this.taskIndex = new Map(this.tasks.map((task) => [task.spec, task.index]));
    this.runs = readRuns(plan, this.runIndex, this.tasks, this.threads);
    this.roots = this.runs.filter((run) => run.parent === -1).map((run) => run.index);
    this.moves = listMoves(this);
    for (const move of this.moves) {
      const ofKind = this.#byKind.get(move.kind) ?? [];
      ofKind[move.target + 1] ??= move;
      this.#byKind.set(move.kind, ofKind);
    }
    this.costly = this.moves.filter((move) => move.costs);
  }

  admission(): Admission<TaskRow> {
    const { resources, taskParallelism, policy } = this.plan;
    return new Admission<TaskRow>({ resources, taskParallelism, policy });
  }

  /** The move of a kind about a target; every one that the rules can name exists. */
  move(kind: MoveKind, target = -1): Move {
    const move = this.#byKind.get(kind)?.[target + 1];
    if (move === undefined) throw new Error(`there is no move ${kind} of ${target}`);
    return move;
  }

  /** An amount of a label as the books count it. */
  units(label: number, amount: number): number {
    return capacityToUnits(`the capacity of ${this.labels[label]}`, amount);
  }

  runSpec(run: ProgramRun, parent: RunSpec['parent']): RunSpec {
    const { name, planned } = run;
    return {
      id: name,
      ids: this.#ids,
      name,
      priority: planned.priority ?? parent?.priority ?? 0,
      children: planned.children ?? 'continue',
      parent,
      takesSlot: run.parent === -1,
    };
  }
}

function indexOf(names: ReadonlyMap<string, number>, name: string): number {
  const index = names.get(name);
  if (index === undefined) throw invalidArgument('a run of the plan', name, [...names.keys()].join(', '));
  return index;
}

const isTask = (step: BodyStep): step is PlannedTask => typeof step === 'object' && 'task' in step;

function readTasks(
  plan: ExplorePlan,
  names: ReadonlyMap<string, number>,
  admission: Admission<TaskRow>,
  { threads, tasks: ofThreads }: Threads,
): ProgramTask[] {
  const tasks: ProgramTask[] = [];
  const add = (planned: PlannedTask, run: number, place: Omit<ThreadTask, 'planned'>) => {
    const name = planned.task;
    if (names.has(name) || tasks.some((task) => task.name === name))
      throw invalidArgument('the name of a planned task', name, 'a name that nothing else in the plan has');
    const attempts = planned.attempts ?? 1;
    const isFinally = place.isFinally || planned.finally === true;
    const after = readParents({ ...planned, finally: isFinally }, run, tasks);
    const { thread, holds } = place;
    tasks.push({
      ...{ index: tasks.length, name, run, planned, thread, holds, isFinally, after },
      stage: planned.stage ?? threads[thread]?.stage ?? -1,
      spec: specOf(planned, attempts),
      vector: admission.vector(planned.needs ?? {}),
      first: firstSnapshot(attempts, planned.deadline === true, after !== undefined),
      parents: planned.after ?? [],
      child: planned.child === undefined ? -1 : indexOf(names, planned.child),
    });
  };
  Object.values(plan.runs).forEach((run, index) => {
    for (const planned of run.body.filter(isTask))
      add(planned, index, { thread: -1, isFinally: false, holds: -1 });
  });
  for (const { planned, ...place } of ofThreads) add(planned, threads[place.thread]?.run ?? -1, place);
  return tasks;
}

/** A body cannot name what it has not submitted: that leaves no circles. */
function readParents(
  { task, after, finally: isFinally }: PlannedTask,
  run: number,
  tasks: readonly ProgramTask[],
): number[] | undefined {
  if (after === undefined) return isFinally === true ? [] : undefined;
  const before = tasks.filter((other) => other.run === run);
  return after.map((name) => {
    const parent = before.find((other) => other.name === name);
    if (parent !== undefined) return parent.index;
    const allowed = before.map((other) => other.name).join(', ');
    throw invalidArgument(`what ${task} comes after`, name, `what its run submits before it: ${allowed}`);
  });
}

function specOf(planned: PlannedTask, maxAttempts: number): TaskSpec {
  return {
    name: planned.task,
    executor: 'inline',
    resources: planned.needs ?? {},
    concurrencyKey: undefined,
    retry: maxAttempts === 1 ? undefined : { maxAttempts },
    timeoutMs: planned.timeout === true ? SOON : undefined,
    deadlineMs: planned.deadline === true ? LATE : undefined,
    graceMs: 0,
    priority: planned.priority,
    onLost: 'retry',
    keepsResult: true,
  };
}

const RELEASE = { type: 'RELEASE', token: RUNTIME } as const;

/** As desk.ts: what comes after something waits, everything else is released on the spot. */
function firstSnapshot(maxAttempts: number, deadline: boolean, waits: boolean): TaskSnapshot {
  const waiting = taskLogic.initial({ maxAttempts, canKill: false, deadlineAt: deadline ? LATE : null });
  if (waits) return waiting;
  const edge = taskLogic.edgeFor(waiting, RELEASE);
  if (edge === undefined) throw new Error('(T1) a waiting task must be releasable');
  return taskLogic.follow(waiting, edge, RELEASE);
}

function readRuns(
  plan: ExplorePlan,
  names: ReadonlyMap<string, number>,
  tasks: readonly ProgramTask[],
  { groupOfRun, groups, threads }: Threads,
): ProgramRun[] {
  const entries = Object.entries(plan.runs);
  const steps = entries.map(([, run]) => run.body.map((step) => readStep(step, names, tasks)));
  const parents = entries.map(() => -1);
  const adopt = (child: number, parent: number) => {
    if (parents[child] !== -1 || child === parent)
      throw invalidArgument('a child run', entries[child]?.[0], 'a run that one place submits, once');
    parents[child] = parent;
  };
  steps.forEach((body, parent) => {
    for (const step of body) if (step.kind === 'run') adopt(step.index, parent);
  });
  for (const task of tasks) if (task.child !== -1) adopt(task.child, task.run);
  return entries.map(([name, planned], index) => ({
    index,
    name,
    planned,
    steps: steps[index] ?? [],
    parent: parents[index] ?? -1,
    after: (planned.after ?? []).map((upstream) => indexOf(names, upstream)),
    group: groupOfRun[index] ?? -1,
    hasFinally: groups[groupOfRun[index] ?? -1]?.threads.some((at) => threads[at]?.isFinally) === true,
  }));
}

function readStep(step: BodyStep, names: ReadonlyMap<string, number>, tasks: readonly ProgramTask[]): Step {
  if (step === 'stageForward') return { kind: 'stage' };
  if (step === 'wait') return { kind: 'wait' };
  if (isTask(step)) return { kind: 'task', index: tasks.findIndex((task) => task.name === step.task) };
  if ('run' in step) return { kind: 'run', index: indexOf(names, step.run) };
  if ('reach' in step) return { kind: 'reach', index: step.reach };
  if ('pass' in step) return { kind: 'pass', index: step.pass };
  return { kind: 'await', index: indexOf(names, step.await) };
}
