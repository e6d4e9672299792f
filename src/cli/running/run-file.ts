/** `run` and `run --dry-run`. */
import type { PipelineHandle } from '../../runtime/index.ts';
import { EXIT } from '../exit-codes.ts';
import { storeToWrite } from '../ledger/store-file.ts';
import { readParams } from '../options/params-file.ts';
import { type FileOptions, type RunningOptions, storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';
import { modeFor } from '../progress/watch.ts';
import { execute } from './execute.ts';
import { asInput, type Launch, newLaunch } from './launch.ts';
import { workflowRun } from './workflow-run.ts';

type Options = RunningOptions & FileOptions;

const launchFor = (file: string, options: Options): Launch =>
  newLaunch(file, { ...options, params: readParams(options.params) });

export async function runFile(file: string, options: Options, output: Output): Promise<number> {
  const launch = launchFor(file, options);
  const { plan, pipeline } = await workflowRun(launch);
  return execute({
    output,
    mode: modeFor(output, { json: options.json === true, quiet: options.quiet === true }),
    store: storeToWrite(storeFile(options)),
    storeOption: options.store,
    resources: launch.resources,
    parallel: launch.parallel,
    name: plan.name,
    stages: plan.jobs.map(({ id }) => id),
    history: [],
    start: (scheduler): PipelineHandle<unknown> =>
      scheduler.runPipeline(pipeline as never, { input: asInput(launch) }) as PipelineHandle<unknown>,
  });
}

/** Reads and checks all that `run` would, and prints it. */
export async function dryRun(file: string, options: Options, output: Output): Promise<number> {
  const launch = launchFor(file, options);
  const { plan } = await workflowRun(launch);
  if (options.json === true) {
    const { planFacts } = await import('../plan/plan-facts.ts');
    output.json(planFacts(plan, launch.params));
  } else {
    const { planLines } = await import('../plan/plan-lines.ts');
    output.print(...planLines(plan, output));
  }
  return EXIT.succeeded;
}
