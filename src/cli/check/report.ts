/** What `check` says: what is wrong and how one gets there, how much was looked at, and what was left out. */
import type { ExploreResult } from '../../testing/explore/index.ts';
import type { PlanModel } from '../../testing/plan-model/index.ts';
import type { Path, WorkflowPlan } from '../../workflow/model.ts';
import { clean } from '../terminal/safe-text.ts';
import type { Style } from '../terminal/style.ts';
import { duration } from '../terminal/times.ts';
import type { Finding } from './findings.ts';

export interface Report {
  readonly plan: WorkflowPlan;
  readonly model: PlanModel;
  readonly result: ExploreResult;
  readonly findings: readonly Finding[];
  readonly resources: Readonly<Record<string, number>>;
  readonly parallel: number;
}

/** Steps of one way that are printed; the last ones tell most. */
const STEPS_SHOWN = 30;

export function reportLines(report: Report, style: Style): readonly string[] {
  const { findings, model } = report;
  return [
    ...findings.flatMap((finding) => [...findingLines(finding, report.plan, style), '']),
    verdictLine(report, style),
    ...extentLines(report).map((line) => style.dim(`  ${line}`)),
    ...model.notes.map(({ message, path }) => style.dim(`  ${placed(report.plan, path)}${clean(message)}`)),
  ];
}

function findingLines(
  { kind, message, hint, path, steps }: Finding,
  plan: WorkflowPlan,
  style: Style,
): readonly string[] {
  const left = Math.max(0, steps.length - STEPS_SHOWN);
  const shown = steps.slice(left).map((step, at) => `    ${left + at + 1}. ${clean(step)}`);
  return [
    `${style.bad(style.signs.failed)} ${style.bold(where(plan, path))} ${style.bad(kind)}: ${clean(message)}`,
    style.dim(`  hint: ${clean(hint)}`),
    ...(shown.length === 0 ? [] : ['  how to get there:']),
    ...(left === 0 ? [] : [style.dim(`    ${left} steps before these`)]),
    ...shown,
  ];
}

function verdictLine({ plan, result, findings }: Report, { good, bad, warn, signs }: Style): string {
  const name = clean(plan.name);
  if (findings.length > 0)
    return `${bad(signs.failed)} ${name}: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`;
  if (result.complete)
    return `${good(signs.succeeded)} ${name}: every stage can start, and every order of events comes to an end`;
  return `${warn(signs.waiting)} ${name}: nothing wrong so far, but not everything was looked at (--max-states)`;
}

function extentLines({ result, resources, parallel }: Report): readonly string[] {
  const amounts = Object.entries(resources).map(([label, amount]) => `${label}=${amount}`);
  const states = `${result.states.toLocaleString('en')} states in ${duration(result.seconds * 1000)}`;
  const bound =
    result.complete || result.counterexample !== undefined ? '' : ', and then stopped: there are more';
  return [
    `explored ${states}${bound}`,
    `with ${parallel} tasks at once${amounts.length === 0 ? '' : ` and ${amounts.join(', ')}`}`,
    'what code does is not looked at: each stage succeeds or fails',
  ];
}

/** `file:line:column` of a key. */
function where({ source }: WorkflowPlan, path: Path): string {
  const { line, column } = source.locate(path, 'key');
  return `${source.file}:${line}:${column}`;
}

const placed = (plan: WorkflowPlan, path: Path | undefined): string =>
  path === undefined ? '' : `${where(plan, path)} `;

/** One object for each finding, and a last one for everything. */
export function reportJson(report: Report): readonly unknown[] {
  const { plan, model, result, findings } = report;
  const placeOf = (path: Path | undefined) => {
    if (path === undefined) return {};
    const { line, column } = plan.source.locate(path, 'key');
    return { file: plan.source.file, line, column, path };
  };
  return [
    ...findings.map(({ path, ...finding }) => ({ type: 'finding', ...finding, ...placeOf(path) })),
    {
      type: 'summary',
      workflow: plan.name,
      findings: findings.length,
      complete: result.complete,
      states: result.states,
      seconds: result.seconds,
      notes: model.notes.map(({ message, path }) => ({ message, ...placeOf(path) })),
    },
  ];
}
