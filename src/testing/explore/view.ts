/** What the invariants see of a world. */

import type {
  LabelView,
  Named,
  RunView,
  StageView,
  StepView,
  TaskView,
  View,
} from '../../../machines/invariants.ts';
import type { LifecycleState } from '../../../machines/lifecycle.ts';
import type { PipelineRow, TaskRow } from '../../runtime/rows.ts';
import type { Move } from './program.ts';
import { isThreadBlocked, isThreadOver } from './thread-state.ts';
import { BODY, GRACE, nameOf, type World } from './world.ts';

/** Made part by part when asked for: most steps need none of it. Look before the world moves on. */
export class WorldView implements View {
  readonly #world: World;
  #tasks: readonly TaskView[] | undefined = undefined;
  #runs: readonly RunView[] | undefined = undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get tasks(): readonly TaskView[] {
    return this.keepTasks();
  }
  get runs(): readonly RunView[] {
    return this.keepRuns();
  }
  /** Looks at them now, and keeps what it saw when the world moves on. */
  keepTasks(): readonly TaskView[] {
    this.#tasks ??= tasksOf(this.#world);
    return this.#tasks;
  }
  keepRuns(): readonly RunView[] {
    this.#runs ??= runsOf(this.#world);
    return this.#runs;
  }
  get stages(): readonly StageView[] {
    return stagesOf(this.#world);
  }
  get labels(): readonly LabelView[] {
    const { supervisor, program } = this.#world;
    const { admission } = supervisor;
    return program.labels.map((name, label) => ({
      name,
      capacity: admission.capacityUnits(label),
      inUse: admission.inUseUnits(label),
    }));
  }
  get admitted(): number {
    return this.#world.supervisor.admission.admittedCount;
  }
  get slotsInUse(): number {
    return this.#world.supervisor.slotsInUse;
  }
  get abandoned(): number {
    return this.#world.supervisor.abandoned;
  }
  get taskParallelism(): number {
    return this.#world.program.plan.taskParallelism;
  }
  get pipelineParallelism(): number {
    return this.#world.program.plan.pipelineParallelism;
  }
  get bypassLimit(): number {
    return this.#world.program.bypassLimit;
  }
  get paused(): boolean {
    const mode = this.#world.supervisor.mode.leaf.path;
    return mode === 'paused' || mode === 'drainingPaused' || mode === 'closed';
  }
  get turnDue(): boolean {
    return this.#world.due;
  }
}

/** Views hold submitted rows only, in the order of the program: where the run of an index is among them. */
function placeOf({ runs }: World, index: number): number {
  if (runs[index] === undefined) return -1;
  let place = 0;
  for (let i = 0; i < index; i += 1) if (runs[i] !== undefined) place += 1;
  return place;
}

function tasksOf(world: World): TaskView[] {
  const views: TaskView[] = [];
  world.tasks.forEach((row, index) => {
    if (row !== undefined) views.push(taskView(world, row, index));
  });
  return views;
}

function runsOf(world: World): RunView[] {
  const views: RunView[] = [];
  world.runs.forEach((row, index) => {
    if (row !== undefined) views.push(runView(world, row, index));
  });
  return views;
}

function stagesOf(world: World): StageView[] {
  const views: StageView[] = [];
  world.runs.forEach((row, index) => {
    for (const { index: stage, passed, snapshot } of row?.stages ?? [])
      views.push({
        run: placeOf(world, index),
        index: stage,
        state: snapshot.leaf.state as LifecycleState,
        passed: isPassed(world, index, stage) ?? passed,
        blocked: isStageBlocked(world, index, stage),
      });
  });
  return views;
}

/** Of a declared stage, told by what the body has done, never by the row; undefined for other stages. */
function isPassed(world: World, run: number, stage: number): boolean | undefined {
  const program = world.program.runs[run];
  if (program?.planned.stages === undefined) return undefined;
  if (world.n.get('body', run) === BODY.over || world.runs[run]?.snapshot.leaf.final) return true;
  const pass = program.steps.findIndex(
    ({ kind, ...step }) => kind === 'pass' && 'index' in step && step.index === stage,
  );
  if (pass !== -1) return world.n.get('pc', run) > pass;
  const owner = ownerOf(world, run, stage);
  return owner !== undefined && isThreadOver(world, owner);
}

function isStageBlocked(world: World, run: number, stage: number): boolean {
  const owner = ownerOf(world, run, stage);
  return owner !== undefined && isThreadBlocked(world, owner);
}

const ownerOf = ({ program }: World, run: number, stage: number): number | undefined =>
  program.threads.threads.find((one) => one.ownsStage && one.run === run && one.stage === stage)?.index;

function taskView(world: World, row: TaskRow, index: number): TaskView {
  const { leaf, context } = row.snapshot;
  return {
    name: row.spec.name,
    run: placeOf(world, world.program.tasks[index]?.run ?? -1),
    stage: row.stageIndex,
    state: leaf.state as LifecycleState,
    phase: leaf.phase,
    holding: row.holding,
    abandoned: row.abandoned,
    queued: row.place === 'queued',
    needs: row.vector.needs,
    key: [-row.priority, -depthOf(world, row, index), row.pipeline, row.position],
    attemptsOpen: world.n.get('attemptsOpen', index),
    settled: world.n.get('settled', index),
    suspended: context.suspended,
    passed: world.n.get('passed', index),
    parents: world.program.tasks[index]?.parents ?? NOBODY,
    isFinally: world.program.tasks[index]?.isFinally === true,
    released: context.released,
    attempts: world.n.get('attempts', index),
    seen: row.visible,
    reason: context.outcome?.reason,
  };
}

/** Of a declared stage as planned; of any other, its index. */
function depthOf({ program }: World, row: TaskRow, index: number): number {
  const task = program.tasks[index];
  const declared = program.runs[task?.run ?? -1]?.planned.stages?.[task?.stage ?? -1];
  return declared?.depth ?? row.stageIndex;
}

function runView(world: World, row: PipelineRow, index: number): RunView {
  const { leaf, context } = row.snapshot;
  const { supervisor, program } = world;
  const planned = program.runs[index];
  return {
    name: row.id,
    parent: placeOf(world, planned?.parent ?? -1),
    state: leaf.state as LifecycleState,
    phase: leaf.phase,
    holding: row.holding,
    abandoned: row.abandoned,
    takesSlot: row.takesSlot,
    queued: row.takesSlot ? supervisor.pipelineQueue.has(row) : isSlotless(world, row),
    priority: row.priority,
    submission: row.submission,
    settled: world.n.get('runSettled', index),
    seen: row.visible,
    reason: context.outcome?.reason,
    waits: row.children !== 'continue',
    finallyDue: row.finallyTasks === 'due',
    graceSet: world.n.get('runArmed', index) === GRACE,
    open: supervisor.runs.has(row),
    after: planned?.planned.after ?? NOBODY,
  };
}

const NOBODY: readonly string[] = [];

/** A cancelled child leaves its list when the next turn comes to it. */
function isSlotless({ supervisor }: World, row: PipelineRow): boolean {
  return row.snapshot.leaf.path === 'queued.eligible' && supervisor.slotless.includes(row);
}

/** The final rows of a world, to see later whether they still are: -1 for those that are not final. */
export function finalsOf({ tasks, runs }: World): readonly number[] {
  const leaves: number[] = [];
  for (let i = 0; i < tasks.length; i += 1) leaves.push(finalLeaf(tasks[i]));
  for (let i = 0; i < runs.length; i += 1) leaves.push(finalLeaf(runs[i]));
  return leaves;
}

function finalLeaf(row: TaskRow | PipelineRow | undefined): number {
  return row?.snapshot.leaf.final === true ? row.snapshot.leaf.index : -1;
}

/** What the move that was made last did; `finals` are those of the world before. */
export function stepOf(world: World, move: Move, finals: readonly number[]): StepView {
  const { log, program } = world;
  return {
    label: move.label,
    moves: log.moves,
    unfinished: unfinishedSince(world, finals),
    refused: log.refused.map(({ row, type }) => `${type} to ${row.kind} ${nameOf(row)}`),
    admittedTasks: log.admittedTasks.map((index) => program.tasks[index]?.name ?? ''),
    admittedRuns: log.admittedRuns.map((index) => program.runs[index]?.name ?? ''),
    cut: log.cut,
    turn: move.kind === 'turn',
    about: move.about,
    again: log.again,
  };
}

const NOTHING: readonly Named[] = [];

function unfinishedSince({ tasks, runs }: World, finals: readonly number[]): readonly Named[] {
  let found = NOTHING;
  for (let i = 0; i < finals.length; i += 1) {
    const before = finals[i] ?? -1;
    const row = i < tasks.length ? tasks[i] : runs[i - tasks.length];
    if (before === -1 || before === finalLeaf(row)) continue;
    found = [...found, { name: row?.name ?? '', state: row?.snapshot.leaf.state as LifecycleState }];
  }
  return found;
}
