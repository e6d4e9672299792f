/**
 * Copies a supervisor, so that each of several futures can be tried from one state.
 *
 * Owns: copying the supervisor's own state, rows included. What is alive in a row (actor, attempt, timer,
 * waiters, handle, body) is the host's and is not copied; ids of tasks are not either.
 * The supervisor must not be inside a transition.
 */
import type { Host } from '../../runtime/host.ts';
import { PipelineRow, StageRow, TaskRow } from '../../runtime/rows.ts';
import { Supervisor } from '../../runtime/supervisor.ts';

export interface Fork {
  readonly supervisor: Supervisor;
  /** The copies of the rows, by what they are copies of. */
  readonly runs: ReadonlyMap<PipelineRow, PipelineRow>;
  readonly tasks: ReadonlyMap<TaskRow, TaskRow>;
}

/** `runs`: every run whose rows matter, parents before children; closed ones too, if they are to be copied. */
export function forkSupervisor(supervisor: Supervisor, host: Host, runs: Iterable<PipelineRow>): Fork {
  const copies = new Map<PipelineRow, PipelineRow>();
  const tasks = new Map<TaskRow, TaskRow>();
  for (const run of runs) copies.set(run, copyRun(run, copies, tasks));
  for (const [run, copy] of copies) {
    for (const child of run.childRuns) copy.childRuns.add(of(copies, child));
    for (const dependent of run.dependents) copy.dependents.push(of(copies, dependent));
  }
  const copy = new Supervisor({
    admission: supervisor.admission.clone((task) => of(tasks, task)),
    pipelineParallelism: supervisor.pipelineParallelism,
    host,
  });
  supervisor.pipelineQueue.forEach((run) => {
    copy.pipelineQueue.enqueue(of(copies, run));
  });
  for (const run of supervisor.runs) copy.runs.add(of(copies, run));
  copy.slotless = supervisor.slotless.map((run) => of(copies, run));
  copy.readyRuns = supervisor.readyRuns.map((run) => of(copies, run));
  copy.readyTasks = supervisor.readyTasks.map((task) => of(tasks, task));
  copy.mode = supervisor.mode;
  copy.slotsInUse = supervisor.slotsInUse;
  copy.submissions = supervisor.submissions;
  copy.abandoned = supervisor.abandoned;
  return { supervisor: copy, runs: copies, tasks };
}

function of<T>(copies: ReadonlyMap<T, T>, row: T): T {
  const copy = copies.get(row);
  if (copy === undefined) throw new Error('a row was not among the runs to fork');
  return copy;
}

function copyRun(
  run: PipelineRow,
  copies: ReadonlyMap<PipelineRow, PipelineRow>,
  tasks: Map<TaskRow, TaskRow>,
): PipelineRow {
  const parent = run.parent === undefined ? undefined : of(copies, run.parent);
  const { id, ids, name, priority, children, takesSlot } = run;
  const spec = { id, ids, name, priority, children, parent, takesSlot };
  const copy = new PipelineRow(spec, run.submission, run.snapshot);
  copy.holding = run.holding;
  copy.abandoned = run.abandoned;
  copy.visible = run.visible;
  copy.observed = run.observed;
  copy.bodyOver = run.bodyOver;
  copy.pendingEnd = run.pendingEnd;
  copy.refusal = run.refusal;
  copy.openTasks = run.openTasks;
  copy.failedTasks = run.failedTasks;
  copy.finishedTasks = run.finishedTasks;
  copy.upstreamOpen = run.upstreamOpen;
  copy.nextPosition = run.nextPosition;
  copy.graceAt = run.graceAt;
  for (const stage of run.stages) copy.stages.push(copyStage(stage, copy));
  for (const task of run.tasks) {
    const copied = copyTask(task, copy);
    tasks.set(task, copied);
    copy.tasks.push(copied);
  }
  return copy;
}

function copyStage(stage: StageRow, run: PipelineRow): StageRow {
  const copy = new StageRow(run, stage.index, stage.name, stage.snapshot);
  copy.open = stage.open;
  copy.passed = stage.passed;
  copy.visible = stage.visible;
  Object.assign(copy.tally, stage.tally);
  return copy;
}

function copyTask(task: TaskRow, run: PipelineRow): TaskRow {
  const stage = run.stages[task.stageRow.index];
  if (stage === undefined) throw new Error(`the stage of the task ${task.name} is not in its run`);
  const { spec, vector, position, snapshot, work, args } = task;
  const copy = new TaskRow(run, stage, spec, vector, position, snapshot, work, args);
  copy.place = task.place;
  copy.passedBy = task.passedBy;
  copy.holding = task.holding;
  copy.abandoned = task.abandoned;
  copy.visible = task.visible;
  copy.observed = task.observed;
  return copy;
}
