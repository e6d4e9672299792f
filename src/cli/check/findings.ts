/** All that is wrong: what the plan alone tells, what the exploration ran into, and what it never came to. */
import type { ExploreResult } from '../../testing/explore/index.ts';
import type { FindingKind, PlanFinding, PlanModel } from '../../testing/plan-model/index.ts';
import type { Path } from '../../workflow/model.ts';
import { inWords } from './words.ts';

export interface Finding {
  /** `deadlock`: nothing can move; `invariant`: a rule of the scheduler does not hold. */
  readonly kind: FindingKind | 'deadlock' | 'invariant' | 'trigger-cycle' | 'trigger-missing';
  readonly message: string;
  readonly hint: string;
  readonly path: Path;
  /** The shortest way there, in the words of the file; empty where no way leads there, or none is needed. */
  readonly steps: readonly string[];
}

export function allFindings(model: PlanModel, result: ExploreResult): readonly Finding[] {
  const known = model.findings.map((finding) => ({ ...finding, steps: wayTo(finding, result) }));
  return [...known, ...counterexampleOf(model, result), ...neverStarted(model, result)];
}

function wayTo({ task }: PlanFinding, result: ExploreResult): readonly string[] {
  return task === undefined ? [] : inWords(result.wayTo(task, 'submitted') ?? []);
}

function counterexampleOf({ placeOf }: PlanModel, { counterexample }: ExploreResult): readonly Finding[] {
  if (counterexample === undefined) return [];
  const { invariant, message, steps } = counterexample;
  const stuck = invariant === 'deadlock' || invariant === 'finishable';
  const about = [...steps].reverse().map((step) => placeOf(step.replace(/ \S+$/, '')));
  return [
    {
      kind: stuck ? 'deadlock' : 'invariant',
      message: stuck ? `the run never comes to an end: ${message}` : message,
      hint: stuck
        ? 'what is waited for never comes: look at what each job needs, and at the resources'
        : 'this is a fault of the scheduler, not of the file: please report it',
      path: about.find((path) => path !== undefined) ?? [],
      steps: inWords(steps),
    },
  ];
}

/** Of tasks that no path starts, those that nothing else explains. */
function neverStarted({ plan, placeOf, findings }: PlanModel, result: ExploreResult): readonly Finding[] {
  if (!result.complete || findings.length > 0) return [];
  const [first] = tasksOf(plan).filter((task) => result.wayTo(task) === undefined);
  if (first === undefined) return [];
  return [
    {
      kind: 'unreachable',
      message: `no order of events ever starts '${first}'`,
      hint: 'everything that can happen was tried: look at what comes before it',
      path: placeOf(first) ?? [],
      steps: [],
    },
  ];
}

/** The tasks of the plan that may start at all, in the order of the file. */
function tasksOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { task, ends } = value as { readonly task?: unknown; readonly ends?: readonly unknown[] };
  if (typeof task === 'string') return ends?.length === 0 ? [] : [task];
  return Object.values(value).flatMap(tasksOf);
}
