/** Workflow files: from text to a plan, or to all that is wrong with it. What other folders may use. */
import type { FilterSet } from '../expressions/index.ts';
import type { WorkflowPlan } from '../model.ts';
import { AnyFilter } from './any-filter.ts';
import { Problems } from './problems.ts';
import { Reading, type Rules } from './reading.ts';
import { invalidFile } from './report.ts';
import { readYaml } from './syntax.ts';
import { valuesOf } from './values.ts';
import { readWorkflow } from './workflow-reader.ts';
import { YamlSource } from './yaml-source.ts';

export { readSource } from './file.ts';
export type { Problem } from './source.ts';

export interface DocumentOptions {
  readonly rules: { readonly filters: FilterSet };
}

/**
 * The plan of a workflow file. Reads nothing but the text.
 *
 * @param file what problems are told of
 * @throws WORKFLOW_INVALID with all problems in `details.problems`, in the order of the file; its message shows each
 *   with its line
 */
export function parseDocument(text: string, file: string, options: DocumentOptions): WorkflowPlan {
  const { plan, problems } = read(text, file, options.rules);
  if (plan !== undefined && problems.isEmpty) return plan;
  throw invalidFile(problems.all, text);
}

/**
 * The modules that a file imports, as written: they are imported before its templates are checked, since they may
 * register filters. None for a file that has problems besides filters: nothing of it is to run.
 */
export function importsOf(text: string): readonly string[] {
  if (!/\bimports\b/.test(text)) return [];
  const { plan, problems } = read(text, '<text>', { filters: new AnyFilter() });
  return problems.isEmpty ? (plan?.imports ?? []) : [];
}

function read(text: string, file: string, rules: Rules) {
  const { root, lines, faults } = readYaml(text);
  const values = faults.length === 0 ? valuesOf(root) : { value: undefined, targets: new Map(), faults: [] };
  const source = new YamlSource(file, text, { root, lines, targets: values.targets });
  const problems = new Problems(source);
  for (const { start, end, message, hint } of [...faults, ...values.faults])
    problems.addAt({ start, end }, [], message, hint);
  const isReadable = problems.isEmpty;
  const plan = isReadable ? readWorkflow(values.value, new Reading(source, problems, rules)) : undefined;
  return { plan, problems };
}
