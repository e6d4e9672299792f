/** `check`: the schedule of a file, looked at and explored with the testing kit. Nothing of it is run. */
import { availableParallelism } from 'node:os';
import { CHECK_STATES } from '../../core/limits.ts';
import { explore } from '../../testing/explore/index.ts';
import { planModel } from '../../testing/plan-model/index.ts';
import { loadWorkflow } from '../../workflow/index.ts';
import type { CheckOptions } from '../commands/check.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { newLaunch } from '../running/launch.ts';
import { allFindings } from './findings.ts';
import { reportJson, reportLines } from './report.ts';
import { triggerFindings } from './triggers.ts';

/** @throws WORKFLOW_INVALID, INVALID_ARGUMENT */
export async function checkFile(file: string, options: CheckOptions, output: Output): Promise<number> {
  const { resources = {}, parallel = availableParallelism(), param: params = {} } = options;
  const { imports, workflows } = newLaunch(file, options);
  const workflow = await loadWorkflow(file, { imports, ...(workflows === undefined ? {} : { workflows }) });
  const model = planModel(workflow, { resources, taskParallelism: parallel, params });
  const result = explore(model.plan, { maxStates: options.maxStates ?? CHECK_STATES });
  const findings = [...allFindings(model, result), ...(await triggerFindings(workflow, imports))];
  const report = { plan: workflow.plan, model, result, findings, resources, parallel };
  if (options.json === true) for (const line of reportJson(report)) output.json(line);
  else output.print(...reportLines(report, output.style));
  return findings.length === 0 ? EXIT.succeeded : EXIT.counterexample;
}
