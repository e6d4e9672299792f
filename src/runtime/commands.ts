/**
 * The one exhaustive switch that performs what the machines command. Effects are data until they get here;
 * the supervisor's own bookkeeping happens in place, everything else goes to the host.
 */
import type { Edge } from '../../machines/compile.ts';
import type { FinalState } from '../../machines/lifecycle.ts';
import type { Command, PipelineEvent, StageEvent, TaskEvent } from '../../machines/protocol.ts';
import type { PipelineRow, StageRow, TaskRow } from './rows.ts';
import type { Supervisor } from './supervisor.ts';

/** The most frequent commands come first: every task passes here three times. */
export function performTask(supervisor: Supervisor, row: TaskRow, edge: Edge, event: TaskEvent): void {
  for (const command of edge.commands as readonly Command[]) {
    switch (command) {
      case 'record':
        supervisor.host.moved(row, edge.source, event);
        break;
      case 'admit':
        row.holding = true;
        supervisor.host.admitted(row);
        supervisor.beginStage(row.stageRow);
        break;
      case 'release':
        supervisor.releaseTask(row);
        break;
      case 'settle':
        settleTask(supervisor, row);
        break;
      case 'arm':
      case 'disarm':
        supervisor.host.retime(row);
        break;
      case 'start':
        supervisor.host.start(row);
        break;
      case 'dequeue':
        if (row.place !== 'queued') break; // admission has taken it out
        supervisor.admission.dequeue(row);
        supervisor.host.wake();
        break;
      case 'enqueue':
        supervisor.enqueueTask(row);
        supervisor.host.wake();
        break;
      case 'notify':
        supervisor.host.notify(row);
        if (row.run.childRuns.size > 0) supervisor.stopRunsOf(row);
        break;
      case 'kill':
        supervisor.host.kill(row);
        break;
      case 'abandon':
        row.abandoned = true;
        supervisor.abandoned += 1;
        break;
      default:
        command satisfies never;
    }
  }
}

/** The bookkeeping of an end. */
export function settleTask(supervisor: Supervisor, row: TaskRow): void {
  const { run, stageRow } = row;
  const end = row.snapshot.leaf.state as FinalState;
  stageRow.open -= 1;
  stageRow.tally[end] += 1;
  run.openTasks -= 1;
  run.finishedTasks += 1;
  if (end === 'failed') run.failedTasks += 1;
  if (row.isFinally) settleFinally(supervisor, run);
  supervisor.host.settled(row);
  // Also when nothing was held: who waits may have counted on this task (rule 2).
  supervisor.host.wake();
  supervisor.closeStageIfDone(stageRow);
  if (run.openTasks > 0) return;
  supervisor.endRunIfDone(run);
  supervisor.closeRunIfDone(run);
}

/** The grace of a terminated run waits for its finally tasks. */
function settleFinally(supervisor: Supervisor, run: PipelineRow): void {
  run.openFinally -= 1;
  if (run.openFinally === 0) supervisor.host.retime(run);
}

export function performRun(supervisor: Supervisor, row: PipelineRow, edge: Edge, event: PipelineEvent): void {
  for (const command of edge.commands as readonly Command[]) {
    switch (command) {
      case 'enqueue':
        if (row.takesSlot) supervisor.pipelineQueue.enqueue(row);
        else supervisor.slotless.push(row);
        supervisor.host.wake();
        break;
      case 'dequeue':
        if (row.takesSlot) supervisor.pipelineQueue.remove(row);
        supervisor.host.wake();
        break;
      case 'admit':
        row.holding = true;
        if (row.takesSlot) supervisor.slotsInUse += 1;
        supervisor.host.admitted(row);
        break;
      case 'release':
        supervisor.releaseRun(row);
        break;
      case 'start':
        supervisor.host.start(row);
        break;
      case 'notify':
        supervisor.host.notify(row);
        supervisor.stopTasks(row, row.snapshot.context.ending?.error);
        break;
      case 'abandon':
        abandonRun(supervisor, row);
        break;
      case 'arm':
      case 'disarm':
        supervisor.host.retime(row);
        break;
      case 'record':
        supervisor.host.moved(row, edge.source, event);
        break;
      case 'settle':
        settleRun(supervisor, row);
        break;
      case 'kill':
        throw new Error('a run has no body that can be killed');
      default:
        command satisfies never;
    }
  }
}

/** A body that is over, its run only waiting for tasks, will never come back to release anything (S5). */
function abandonRun(supervisor: Supervisor, row: PipelineRow): void {
  if (row.bodyOver) return supervisor.releaseRun(row);
  row.abandoned = true;
  supervisor.abandoned += 1;
}

function settleRun(supervisor: Supervisor, row: PipelineRow): void {
  row.pendingEnd = undefined;
  supervisor.passStages(row);
  supervisor.host.settled(row);
  supervisor.closeRunIfDone(row);
}

export function performStage(supervisor: Supervisor, row: StageRow, edge: Edge, event: StageEvent): void {
  for (const command of edge.commands as readonly Command[]) {
    if (command === 'record') supervisor.host.moved(row, edge.source, event);
    else supervisor.host.settled(row);
  }
}
