/**
 * One state of the explored world: a shipped supervisor, where the scripted bodies are, and what a watcher has
 * counted. It is the supervisor's host, and as such only writes down what it is asked.
 *
 * Owns: the state and its copy. Does not own: what may happen next (enabled.ts) and doing it (perform.ts).
 */

import type { Leaf } from '../../../machines/compile.ts';
import type { Kind, LifecycleState } from '../../../machines/lifecycle.ts';
import type { PipelineEvent, StageEvent, TaskEvent } from '../../../machines/protocol.ts';
import type { Host } from '../../runtime/host.ts';
import { dueAt } from '../../runtime/row-timers.ts';
import type { PipelineRow, Row, TaskRow } from '../../runtime/rows.ts';
import { Supervisor } from '../../runtime/supervisor.ts';
import { Counters } from './counters.ts';
import { forkSupervisor } from './fork.ts';
import type { Program } from './program.ts';
import { nextOf, threadsOver } from './thread-state.ts';

/** What `armed` says besides a time: the grace of a body that was told to stop. */
export const GRACE = 3;

/** The body of a run. */
export const BODY = { none: 0, active: 1, over: 2 } as const;

/** The child run of a task's body: not submitted, submitted, and the wait for it given up. */
export const CHILD = { none: 0, submitted: 1, rejected: 2 } as const;

/** Changes a supervisor on purpose, to see that the explorer notices. Called for every copy. */
export type Sabotage = (supervisor: Supervisor) => void;

export interface Moved {
  readonly kind: Kind;
  readonly name: string;
  readonly from: LifecycleState;
  readonly to: LifecycleState;
}

/** What the host was told during one move. */
export interface Log {
  readonly moves: Moved[];
  readonly refused: { readonly row: Row; readonly type: string }[];
  readonly admittedTasks: number[];
  readonly admittedRuns: number[];
  /** Admitted by a second pass of the same turn: the first one left them behind. */
  late: number;
  cut: boolean;
  /** The START of this move goes on with a suspended body. */
  resumes: boolean;
  /** The run whose body was entered, -1 for none. */
  entered: number;
  /** A run was asked to stop a second time. */
  again: boolean;
}

const newLog = (): Log => ({
  moves: [],
  refused: [],
  admittedTasks: [],
  admittedRuns: [],
  late: 0,
  cut: false,
  resumes: false,
  entered: -1,
  again: false,
});

type Given =
  | { readonly kind: 'first'; readonly program: Program; readonly sabotage: Sabotage | undefined }
  | { readonly kind: 'fork'; readonly of: World };

export class World implements Host {
  readonly program: Program;
  readonly sabotage: Sabotage | undefined;
  readonly supervisor: Supervisor;
  /** By index; undefined until submitted. */
  readonly runs: (PipelineRow | undefined)[];
  readonly tasks: (TaskRow | undefined)[];
  readonly n: Counters;
  /** One number for each thread; thread-steps.ts reads it. */
  readonly threads: number[];
  /** Tasks whose body waits for a run, in the order in which they began to. */
  waits: readonly number[] = [];
  /** Ended and not seen yet, in the order of the ends: tasks by index, runs by theirs after all tasks. */
  unseen: readonly number[] = [];
  /** Events of the environment so far. */
  events = 0;
  /** A turn is needed. */
  due = false;
  /** Of the last move; one object for all worlds of a program, so read it before the next move is made. */
  readonly log: Log;

  constructor(given: Given) {
    if (given.kind === 'first') {
      const { program, sabotage } = given;
      this.program = program;
      this.sabotage = sabotage;
      this.runs = program.runs.map(() => undefined);
      this.tasks = program.tasks.map(() => undefined);
      this.n = Counters.of(program.runs.length, program.tasks.length);
      this.threads = program.threads.threads.map(() => 0);
      this.log = newLog();
      const { pipelineParallelism } = program.plan;
      this.supervisor = new Supervisor({ admission: program.admission(), pipelineParallelism, host: this });
    } else {
      const from = given.of;
      this.program = from.program;
      this.sabotage = from.sabotage;
      this.events = from.events;
      this.due = from.due;
      this.n = from.n.copy();
      this.threads = from.threads.slice();
      this.waits = from.waits;
      this.unseen = from.unseen;
      this.log = from.log;
      const fork = forkSupervisor(from.supervisor, this, from.submittedRuns());
      this.supervisor = fork.supervisor;
      this.runs = from.runs.map((row) => row && fork.runOf(row));
      this.tasks = from.tasks.map((row) => row && fork.taskOf(row));
    }
    this.sabotage?.(this.supervisor);
  }

  fork(): World {
    return new World({ kind: 'fork', of: this });
  }

  /** Parents before children: a child's index may be smaller than its parent's. */
  submittedRuns(): PipelineRow[] {
    const rows = this.runs.filter((row) => row !== undefined);
    return rows.length < 2 ? rows : rows.sort((a, b) => a.submission - b.submission);
  }

  indexOfTask(row: TaskRow): number {
    return this.program.taskIndex.get(row.spec) ?? -1;
  }

  indexOfRun(row: PipelineRow): number {
    return this.program.runIndex.get(row.id) ?? -1;
  }

  /** The end of the run was seen: who waits for it goes on. */
  isOver(run: number): boolean {
    return this.runs[run]?.visible === true;
  }

  /** The body of the task awaits its child run and cannot go on by itself. */
  awaitsChild(index: number): boolean {
    const task = this.program.tasks[index];
    if (task === undefined || task.child === -1 || this.n.get('child', index) !== CHILD.submitted)
      return false;
    const path = this.tasks[index]?.snapshot.leaf.path;
    return path === 'running.executing' && !this.isOver(task.child);
  }

  /** The body of the run is at a wait that is not over. */
  bodyWaits(index: number): boolean {
    if (this.n.get('body', index) !== BODY.active) return false;
    const step = this.program.runs[index]?.steps[this.n.get('pc', index)];
    if (step === undefined) return this.#threadsWait(index);
    if (step.kind === 'wait') return this.runs[index]?.tasks.some((task) => !task.visible) === true;
    return step.kind === 'await' && !this.isOver(step.index);
  }

  /** The script is at its end, and no thread can go on. */
  #threadsWait(run: number): boolean {
    if (threadsOver(this, run)) return false;
    const { threads } = this.program.threads;
    return threads.every((thread) => thread.run !== run || nextOf(this, thread.index) === undefined);
  }

  /** Every run that will ever come is closed and seen, and no body of one is left. */
  get done(): boolean {
    if (this.supervisor.runs.size > 0 || this.supervisor.abandoned > 0 || this.unseen.length > 0)
      return false;
    return !this.supervisor.open || this.program.roots.every((index) => this.runs[index] !== undefined);
  }

  clearLog(): void {
    const { log } = this;
    log.moves.length = 0;
    log.refused.length = 0;
    log.admittedTasks.length = 0;
    log.admittedRuns.length = 0;
    log.late = 0;
    log.cut = false;
    log.resumes = false;
    log.entered = -1;
    log.again = false;
  }

  // --- the supervisor's host -----------------------------------------------------------------------------

  wake(): void {
    this.due = true;
  }

  submitted(row: Row): void {
    if (row.kind === 'task') row.keepId(row.name);
    if (row.kind !== 'stage') this.retime(row);
  }

  moved(row: Row, { state: previous }: Leaf, event: TaskEvent | PipelineEvent | StageEvent): void {
    const from = previous as LifecycleState;
    const { final, state, phase } = row.snapshot.leaf;
    const to = state as LifecycleState;
    this.log.moves.push({ kind: row.kind, name: nameOf(row), from, to });
    if (row.kind !== 'task') return;
    const index = this.indexOfTask(row);
    if (to !== 'queued' || phase !== 'eligible') this.n.set('passed', index, 0);
    if (event.type === 'START') {
      if (!this.log.resumes) this.#beginAttempt(index);
    } else if (ENDS_ATTEMPT.has(event.type) && phase !== 'terminating') {
      this.n.add('attemptsOpen', index, -1);
    } else if (final && this.n.get('attemptsOpen', index) === 1) {
      this.n.set('attemptsOpen', index, 0);
    }
  }

  #beginAttempt(index: number): void {
    this.n.add('attemptsOpen', index, 1);
    this.n.add('attempts', index, 1);
  }

  refused(row: Row, event: { readonly type?: unknown }): void {
    this.log.refused.push({ row, type: String(event.type) });
  }

  admitted(row: TaskRow | PipelineRow): void {
    if (row.kind === 'task') this.log.admittedTasks.push(this.indexOfTask(row));
    else this.log.admittedRuns.push(this.indexOfRun(row));
  }

  start(): void {}
  kill(): void {}
  closed(): void {}
  modeChanged(): void {}

  restored(): void {}

  /** A body is told to stop: from now on its grace runs. */
  notify(row: TaskRow | PipelineRow): void {
    if (row.kind === 'pipeline') row.graceAt = GRACE;
    if (row.kind === 'pipeline' || row.snapshot.leaf.path !== 'running.terminating') return this.retime(row);
    this.arm(row, GRACE);
  }

  /** The grace of a task is its attempt's, which is not here. */
  retime(row: TaskRow | PipelineRow): void {
    const isTold = row.kind === 'task' && row.snapshot.leaf.path === 'running.terminating';
    if (!isTold) this.arm(row, dueAt(row) ?? 0);
  }

  arm(row: TaskRow | PipelineRow, at: number): void {
    if (row.kind === 'task') this.n.set('armed', this.indexOfTask(row), at);
    else this.n.set('runArmed', this.indexOfRun(row), at);
  }

  settled(row: Row): void {
    if (row.kind === 'stage') return;
    const index = row.kind === 'task' ? this.indexOfTask(row) : this.indexOfRun(row);
    this.n.add(row.kind === 'task' ? 'settled' : 'runSettled', index, 1);
    if (!this.program.separate) return this.see(row);
    this.unseen = [...this.unseen, row.kind === 'task' ? index : this.tasks.length + index];
  }

  /** As `Engine.onVisible`. */
  see(row: TaskRow | PipelineRow): void {
    row.end = SEEN;
    this.supervisor.seen(row);
  }

  /** The next end to be seen. */
  get nextUnseen(): TaskRow | PipelineRow | undefined {
    const [place] = this.unseen;
    if (place === undefined) return undefined;
    return this.tasks[place] ?? this.runs[place - this.tasks.length];
  }

  seeNext(): void {
    const row = this.nextUnseen;
    this.unseen = this.unseen.slice(1);
    if (row !== undefined) this.see(row);
  }
}

/** Which event told of an end matters to nobody here. */
const SEEN = Object.freeze({ seq: 0, at: 0, previous: undefined, runSeq: 0 });

/** These end the attempt that they name. */
const ENDS_ATTEMPT: ReadonlySet<string> = new Set(['SUCCEED', 'FAIL', 'ABORTED', 'LOSE', 'GRACE_OVER']);

export function nameOf(row: Row): string {
  return row.kind === 'stage' ? `${row.run.name}/${row.index}` : row.name;
}
