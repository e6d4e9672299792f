/**
 * Threads of bodies made ready: numbered, and their statements as code with jumps. Threads inside threads, and the
 * ways of a choice, lie flat here.
 */
import { invalidArgument } from '../../core/errors.ts';
import type { TriggerRule } from '../../workflow/model.ts';
import type { PlannedGroup, PlannedRun, PlannedTask, PlannedThread, PlannedWay, ThreadStep } from './plan.ts';

export type Instruction =
  /** Submits the task and waits for its end. */
  | { readonly do: 'task'; readonly task: number }
  /** Runs the threads of a group, held by a task if it has one. */
  | { readonly do: 'group'; readonly group: number }
  | { readonly do: 'choose'; readonly choices: readonly number[] }
  | { readonly do: 'jump'; readonly to: number }
  | { readonly do: 'fail' };

export interface ProgramThread {
  readonly index: number;
  readonly name: string;
  readonly run: number;
  /** Index of its declared stage, that of the thread it is in included; -1 for none. */
  readonly stage: number;
  /** It reaches and passes that stage itself. */
  readonly ownsStage: boolean;
  readonly isFinally: boolean;
  readonly group: number;
  readonly when: readonly number[];
  readonly rule: TriggerRule;
  readonly code: readonly Instruction[];
}

export interface ProgramGroup {
  readonly index: number;
  readonly threads: readonly number[];
  readonly atOnce: number;
  readonly failFast: boolean;
  /** The thread that waits for it; -1 for the threads of a run's body. */
  readonly parent: number;
  /** Index of the task that holds it, -1 for none. */
  readonly holder: number;
}

export interface Choice {
  readonly index: number;
  readonly thread: number;
  /** Where its code goes on. */
  readonly to: number;
  readonly label: string;
}

/** A task of a thread, and where it was found. */
export interface ThreadTask {
  readonly planned: PlannedTask;
  readonly thread: number;
  readonly isFinally: boolean;
  /** Index of the group that it holds, -1 for none. */
  readonly holds: number;
}

export interface Threads {
  readonly threads: readonly ProgramThread[];
  readonly groups: readonly ProgramGroup[];
  readonly choices: readonly Choice[];
  /** In the order in which their code stands; `first` is the index of the first one. */
  readonly tasks: readonly ThreadTask[];
  /** Index of the group of each run's own threads, -1 for a run without. */
  readonly groupOfRun: readonly number[];
}

/** @throws INVALID_ARGUMENT */
export function readThreads(runs: readonly PlannedRun[], firstTask: number): Threads {
  return new Reader(firstTask).read(runs);
}

interface Outer {
  readonly run: number;
  readonly stage: number;
  readonly isFinally: boolean;
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

class Reader {
  readonly #firstTask: number;
  readonly #threads: Draft<ProgramThread>[] = [];
  readonly #groups: ProgramGroup[] = [];
  readonly #choices: Choice[] = [];
  readonly #tasks: ThreadTask[] = [];

  constructor(firstTask: number) {
    this.#firstTask = firstTask;
  }

  read(runs: readonly PlannedRun[]): Threads {
    const groupOfRun = runs.map(({ threads = [], threadsAtOnce }, run) => {
      if (threads.length === 0) return -1;
      const atOnce = threadsAtOnce ?? threads.length;
      return this.#group({ inside: threads, atOnce }, { run, stage: -1, isFinally: false }, -1, -1);
    });
    return {
      threads: this.#threads,
      groups: this.#groups,
      choices: this.#choices,
      tasks: this.#tasks,
      groupOfRun,
    };
  }

  #group(planned: PlannedGroup, outer: Outer, parent: number, holder: number): number {
    const { inside, atOnce = inside.length, failFast = false } = planned;
    const index = this.#groups.length;
    const threads: number[] = [];
    this.#groups.push({ index, threads, atOnce, failFast, parent, holder });
    for (const thread of inside) threads.push(this.#thread(thread, outer, index));
    for (const [at, { when = [] }] of inside.entries()) {
      const thread = this.#threads[threads[at] ?? -1];
      if (thread !== undefined) thread.when = when.map((name) => this.#sibling(name, threads, thread.name));
    }
    return index;
  }

  #sibling(name: string, threads: readonly number[], thread: string): number {
    const found = threads.find((index) => this.#threads[index]?.name === name);
    if (found !== undefined) return found;
    const allowed = threads.map((index) => this.#threads[index]?.name).join(', ');
    throw invalidArgument(`what the thread ${thread} waits for`, name, `a thread beside it: ${allowed}`);
  }

  #thread(planned: PlannedThread, { run, stage: outerStage, isFinally: outerFinally }: Outer, group: number) {
    const { thread: name, steps, rule = 'all_success', stage = outerStage } = planned;
    if (this.#threads.some((thread) => thread.name === name))
      throw invalidArgument('the name of a thread', name, 'a name that no other thread of the plan has');
    const index = this.#threads.length;
    const isFinally = outerFinally || planned.finally === true;
    const code: Instruction[] = [];
    const ownsStage = planned.stage !== undefined;
    this.#threads.push({ index, name, run, stage, ownsStage, isFinally, group, when: [], rule, code });
    this.#steps(steps, index, code);
    return index;
  }

  #steps(steps: readonly ThreadStep[], thread: number, code: Instruction[]): void {
    for (const step of steps) this.#step(step, thread, code);
  }

  #step(step: ThreadStep, thread: number, code: Instruction[]): void {
    if (step === 'fail') code.push({ do: 'fail' });
    else if ('task' in step) code.push({ do: 'task', task: this.#task(step, thread, -1) });
    else if ('either' in step) this.#choose(step.either, thread, code);
    else {
      const holder = step.holder === undefined ? -1 : this.#task(step.holder, thread, this.#groups.length);
      const { run, stage, isFinally } = this.#threads[thread] as ProgramThread;
      const group = this.#group(step, { run, stage, isFinally }, thread, holder);
      code.push({ do: 'group', group });
    }
  }

  #task(planned: PlannedTask, thread: number, holds: number): number {
    const isFinally = this.#threads[thread]?.isFinally === true;
    this.#tasks.push({ planned, thread, isFinally, holds });
    return this.#firstTask + this.#tasks.length - 1;
  }

  #choose(ways: readonly PlannedWay[], thread: number, code: Instruction[]): void {
    const choices: number[] = [];
    code.push({ do: 'choose', choices });
    const ends: number[] = [];
    for (const { way, steps } of ways) {
      const choice = { index: this.#choices.length, thread, to: code.length, label: way };
      this.#choices.push(choice);
      choices.push(choice.index);
      this.#steps(steps, thread, code);
      ends.push(code.length);
      code.push({ do: 'fail' }); // becomes the jump behind the last way
    }
    for (const end of ends) code[end] = { do: 'jump', to: code.length };
  }
}
