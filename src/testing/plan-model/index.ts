/**
 * The schedule of a workflow or a graph as a plan for `explore`: which tasks there are, what comes after what, what
 * each one needs and how it may end. What could not be kept, or was made smaller, is said in the notes.
 */
import { checkKeys } from '../../core/arguments.ts';
import { systemClock } from '../../core/clock.ts';
import { invalidArgument } from '../../core/errors.ts';
import { TaskGraph } from '../../graph/index.ts';
import type { Path, WorkflowPlan } from '../../workflow/model.ts';
import { Workflow } from '../../workflow/workflow.ts';
import type { ExplorePlan } from '../explore/index.ts';
import type { PlanFinding } from './findings.ts';
import { graphModel } from './graph.ts';
import type { PlanNote } from './stages.ts';
import { workflowModel } from './workflow.ts';

export type { FindingKind, PlanFinding } from './findings.ts';
export type { PlanNote } from './stages.ts';

export interface PlanModelOptions {
  /** Labels and capacities. Default: none. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Tasks at once. Default 4. */
  readonly taskParallelism?: number;
  /** Default strict. */
  readonly policy?: ExplorePlan['policy'];
  /** Parameters that are known; what depends on others may turn out either way. Default: none. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Items of a list, and combinations of a matrix, that are tried; one less for each level inside. Default 3. */
  readonly maxItems?: number;
  /** Against which schedules are checked, epoch milliseconds. Default: now. */
  readonly now?: number;
}

export interface PlanModel {
  readonly plan: ExplorePlan;
  /** What is left out, or smaller than in the file. */
  readonly notes: readonly PlanNote[];
  /** What is wrong for sure, seen without exploring. */
  readonly findings: readonly PlanFinding[];
  /** Where in the file the task is from; undefined for a graph, and for what is no task. */
  readonly placeOf: (task: string) => Path | undefined;
}

export type ReadOptions = Required<PlanModelOptions>;

const DEFAULTS: Omit<ReadOptions, 'now'> = {
  resources: {},
  taskParallelism: 4,
  policy: { policy: 'strict' },
  params: {},
  maxItems: 3,
};

/** @throws INVALID_ARGUMENT */
export function planModel(
  given: Workflow | WorkflowPlan | TaskGraph,
  options: PlanModelOptions = {},
): PlanModel {
  checkKeys('option of planModel', options, [...Object.keys(DEFAULTS), 'now']);
  const read: ReadOptions = { ...DEFAULTS, now: systemClock.now(), ...options };
  if (given instanceof TaskGraph) return graphModel(given, read);
  if (given instanceof Workflow) return workflowModel(given.plan, read);
  if (typeof given === 'object' && given !== null && Array.isArray(given.jobs))
    return workflowModel(given, read);
  throw invalidArgument('what is modelled', given, 'a Workflow, a WorkflowPlan or a TaskGraph');
}
