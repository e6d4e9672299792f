/** `resume`: a recorded run goes on, with what it was started with, and with what is said otherwise now. */
import { SignalboxError } from '../../core/errors.ts';
import type { PipelineHandle } from '../../runtime/index.ts';
import type { Scheduler } from '../../scheduler.ts';
import type { StoredRun } from '../../stores/store.ts';
import { findRun } from '../ledger/find-run.ts';
import { historyOf } from '../ledger/history.ts';
import { existingStore } from '../ledger/store-file.ts';
import { readParams } from '../options/params-file.ts';
import { type RunningOptions, storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';
import { modeFor } from '../progress/watch.ts';
import { type Execution, execute } from './execute.ts';
import { changed, enter, type Launch, launchOf } from './launch.ts';
import { workflowRun } from './workflow-run.ts';

export async function resumeRun(id: string, options: RunningOptions, output: Output): Promise<number> {
  const store = existingStore(storeFile(options));
  const run = await findRun(store, id);
  const params = readParams(options.params);
  const mode = modeFor(output, { json: options.json === true, quiet: options.quiet === true });
  const resumed = await resumption(run, (launch) => changed(launch, { ...options, params }));
  return execute({
    output,
    mode,
    store,
    storeOption: options.store,
    name: run.name,
    history: await historyOf(store, run.id),
    ...resumed,
    resources: resumed.resources ?? options.resources ?? {},
    parallel: resumed.parallel ?? options.parallel ?? 1,
  });
}

export type Resumption = Pick<Execution, 'start' | 'stages'> &
  Partial<Pick<Execution, 'resources' | 'parallel'>>;

/** How to go on with a run: from its file, or where it needs none, from the ledger alone. */
export async function resumption(run: StoredRun, change: (launch: Launch) => Launch): Promise<Resumption> {
  const recorded = launchOf(run);
  if (recorded === undefined) return { start: fromLedger(run), stages: [] };
  const launch = change(recorded);
  enter(launch);
  const { plan, pipeline } = await workflowRun(launch);
  return {
    start: (scheduler) => scheduler.resume(run.id, pipeline as never) as PipelineHandle<unknown>,
    stages: plan.jobs.map(({ id }) => id),
    resources: launch.resources,
    parallel: launch.parallel,
  };
}

function fromLedger({ id, name, style }: StoredRun): (scheduler: Scheduler) => PipelineHandle<unknown> {
  if (style !== 'code') return (scheduler) => scheduler.resume(id);
  throw new SignalboxError(
    'PERSISTENCE_NOT_FOUND',
    `the run ${JSON.stringify(name)} is of a pipeline in code, which this program does not have`,
    {
      hint: 'resume it from the program that began it: scheduler.resume(runId, pipeline)',
      details: { runId: id },
    },
  );
}
