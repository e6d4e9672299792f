/** What a handle may show of a row before its end is committed (L1). */
import type { Leaf } from '../../../machines/compile.ts';
import { pipelineLogic, taskLogic } from '../../../machines/compiled.ts';
import type { PipelineRow, TaskRow } from '../rows.ts';

const task = {
  queued: leafAt(taskLogic.leaves, 'queued.eligible'),
  running: leafAt(taskLogic.leaves, 'running.executing'),
  cancelled: leafAt(taskLogic.leaves, 'cancelled'),
};
const run = {
  queued: leafAt(pipelineLogic.leaves, 'queued.eligible'),
  running: leafAt(pipelineLogic.leaves, 'running.executing'),
  cancelled: leafAt(pipelineLogic.leaves, 'cancelled'),
};

/** The row's leaf; of one whose end nobody may see yet, roughly the one before. */
export function shownLeaf(row: TaskRow | PipelineRow): Leaf {
  const { leaf, context } = row.snapshot;
  const ledger = row.kind === 'task' ? row.run.ledger : row.ledger;
  if (!leaf.final || row.end !== undefined || ledger?.hidesEnds !== true) return leaf;
  // An end that was never written, of a run that is no longer ours: for us it is over.
  if (ledger.lost !== undefined) return row.kind === 'pipeline' ? run.cancelled : task.cancelled;
  if (row.kind === 'pipeline') return row.stages.length > 0 ? run.running : run.queued;
  return 'attempt' in context && context.attempt > 0 ? task.running : task.queued;
}

function leafAt(leaves: readonly Leaf[], path: string): Leaf {
  const leaf = leaves.find((one) => one.path === path);
  if (leaf === undefined) throw new Error(`the chart has no leaf ${path}`);
  return leaf;
}
