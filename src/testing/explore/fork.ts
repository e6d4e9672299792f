/**
 * Copies a supervisor, so that each of several futures can be tried from one state.
 *
 * Owns: copying the supervisor's own state, rows included. What is alive in a row (actor, attempt, timer,
 * waiters, handle, body) is the host's and is not copied.
 * The supervisor must not be inside a transition.
 */
import type { Host } from '../../runtime/host.ts';
import { PipelineRow, StageRow, TaskLinks, TaskRow } from '../../runtime/rows.ts';
import { Supervisor } from '../../runtime/supervisor.ts';

export interface Fork {
  readonly supervisor: Supervisor;
  /** The copy of a row. Linear in the number of rows: forks are for small worlds. */
  readonly runOf: (row: PipelineRow) => PipelineRow;
  readonly taskOf: (row: TaskRow) => TaskRow;
}

/** `runs`: every run whose rows matter, parents before children; closed ones too, if they are to be copied. */
export function forkSupervisor(supervisor: Supervisor, host: Host, runs: readonly PipelineRow[]): Fork {
  const copies: PipelineRow[] = [];
  const runOf = (row: PipelineRow): PipelineRow => found(copies[runs.indexOf(row)]);
  const taskOf = (row: TaskRow): TaskRow => found(runOf(row.run).tasks[row.run.tasks.indexOf(row)]);
  for (const run of runs) {
    const parent = run.parent === undefined ? undefined : runOf(run.parent);
    copies.push(copyRun(run, parent, run.parentTask === undefined ? undefined : taskOf(run.parentTask)));
  }
  for (const run of runs) {
    const copy = runOf(run);
    for (const child of run.childRuns) copy.childRuns.add(runOf(child));
    for (const dependent of run.dependents) copy.dependents.push(runOf(dependent));
  }
  const copy = new Supervisor({
    admission: supervisor.admission.clone(taskOf),
    pipelineParallelism: supervisor.pipelineParallelism,
    host,
  });
  supervisor.pipelineQueue.forEach((run) => {
    copy.pipelineQueue.enqueue(runOf(run));
  });
  for (const run of supervisor.runs) copy.runs.add(runOf(run));
  copy.slotless = supervisor.slotless.map(runOf);
  copy.readyRuns = supervisor.readyRuns.map(runOf);
  copy.readyTasks = supervisor.readyTasks.map(taskOf);
  copy.mode = supervisor.mode;
  copy.stalled = supervisor.stalled;
  copy.slotsInUse = supervisor.slotsInUse;
  copy.submissions = supervisor.submissions;
  copy.abandoned = supervisor.abandoned;
  return { supervisor: copy, runOf, taskOf };
}

function found<T>(copy: T | undefined): T {
  if (copy === undefined) throw new Error('a row was not among the runs to fork');
  return copy;
}

function copyRun(
  run: PipelineRow,
  parent: PipelineRow | undefined,
  parentTask: TaskRow | undefined,
): PipelineRow {
  const { id, ids, name, priority, children, takesSlot } = run;
  const spec = { id, ids, name, priority, children, parent, parentTask, takesSlot };
  const copy = new PipelineRow(spec, run.submission, run.snapshot);
  copy.holding = run.holding;
  copy.abandoned = run.abandoned;
  copy.end = run.end;
  copy.observed = run.observed;
  copy.bodyOver = run.bodyOver;
  copy.pendingEnd = run.pendingEnd;
  copy.refusal = run.refusal;
  copy.ledger = run.ledger;
  copy.resultText = run.resultText;
  copy.toResult = run.toResult;
  copy.style = run.style;
  copy.openTasks = run.openTasks;
  copy.openFinally = run.openFinally;
  copy.finallyTasks = run.finallyTasks;
  copy.failedTasks = run.failedTasks;
  copy.finishedTasks = run.finishedTasks;
  copy.upstreamOpen = run.upstreamOpen;
  copy.nextPosition = run.nextPosition;
  copy.graceAt = run.graceAt;
  copy.bodyWaits = run.bodyWaits;
  Object.assign(copy.dropped, run.dropped);
  for (const stage of run.stages) copy.stages.push(copyStage(stage, copy));
  for (const task of run.tasks) copy.tasks.push(copyTask(task, copy));
  const twin = (task: TaskRow): TaskRow => found(copy.tasks[run.tasks.indexOf(task)]);
  for (const task of run.tasks) if (task.links !== undefined) twin(task).links = copyLinks(task.links, twin);
  return copy;
}

function copyStage(stage: StageRow, run: PipelineRow): StageRow {
  const copy = new StageRow(run, stage.index, stage.depth, stage.name, stage.snapshot);
  copy.open = stage.open;
  copy.passed = stage.passed;
  copy.end = stage.end;
  Object.assign(copy.tally, stage.tally);
  return copy;
}

function copyTask(task: TaskRow, run: PipelineRow): TaskRow {
  const stage = run.stages[task.stageRow.index];
  if (stage === undefined) throw new Error(`the stage of the task ${task.name} is not in its run`);
  const { spec, vector, position, snapshot, work, args } = task;
  const copy = new TaskRow(run, stage, spec, vector, position, snapshot, work, args);
  copy.keepId(task.taskId);
  copy.binding = task.binding;
  copy.fingerprint = task.fingerprint;
  copy.place = task.place;
  copy.passedBy = task.passedBy;
  copy.holding = task.holding;
  copy.abandoned = task.abandoned;
  copy.end = task.end;
  copy.observed = task.observed;
  return copy;
}

function copyLinks(links: TaskLinks, twin: (task: TaskRow) => TaskRow): TaskLinks {
  const copy = new TaskLinks(links.parents.map(twin), links.isFinally);
  copy.open = links.open;
  copy.held = links.held;
  copy.dependents = links.dependents.map(twin);
  return copy;
}
