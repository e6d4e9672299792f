/** What a message from outside does to its run: what a call on the run's handle would do. */
import { TerminatedError } from '../../core/errors.ts';
import type { RunMessage } from '../../stores/store.ts';
import type { PipelineRow } from '../rows.ts';
import type { Supervisor } from '../supervisor.ts';

export function obey(supervisor: Supervisor, run: PipelineRow, message: RunMessage): void {
  switch (message.kind) {
    case 'terminate':
      return terminate(supervisor, run, new TerminatedError(message.reason));
    default:
      return message.kind satisfies never;
  }
}

/**
 * Asked twice, a run gives up its finally tasks too. One that has ended while tasks of it go on (rule 11) is open in
 * the store, so whoever sent this was told that it would be stopped: then its tasks are.
 */
function terminate(supervisor: Supervisor, run: PipelineRow, error: TerminatedError): void {
  const { leaf, context } = run.snapshot;
  const isAsked = leaf.path === 'running.terminating' || context.outcome?.reason === 'terminated';
  if (isAsked) supervisor.stopFinallyTasks(run, error);
  if (leaf.final) supervisor.stopTasks(run, error);
  else if (leaf.path !== 'running.terminating') supervisor.sendRun(run, { type: 'TERMINATE', error });
}
