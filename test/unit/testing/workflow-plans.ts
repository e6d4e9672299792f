/** Workflow plans in few words, as the loader would make them of a file. */
import type {
  JobPlan,
  LeafStage,
  NestedStage,
  Path,
  SchedulePlan,
  StagePlan,
  StrategyPlan,
  WorkflowPlan,
} from '../../../src/workflow/model.ts';

const COMMON = {
  description: '',
  condition: null,
  extras: {},
  resources: undefined,
  executor: undefined,
  timeoutMs: undefined,
  raiseOnError: undefined,
} as const;

export const noMatrix: StrategyPlan = {
  matrix: {},
  include: [],
  exclude: [],
  failFast: false,
  maxParallel: 2,
  path: [],
};

export function job(id: string, stages: readonly StagePlan[], given: Partial<JobPlan> = {}): JobPlan {
  const path = ['jobs', id];
  return {
    ...COMMON,
    ...{ id, path, needs: [], rule: 'all_success', strategy: { ...noMatrix, path: [...path, 'strategy'] } },
    ...{ stages: at(stages, [...path, 'stages']), retry: undefined, isFinally: false, depth: 0 },
    ...given,
  };
}

/** Stages say where they stand once they are put somewhere. */
function at(stages: readonly StagePlan[], path: Path): readonly StagePlan[] {
  return stages.map((stage, index) => ({ ...stage, path: [...path, index] }));
}

type Given = Partial<Omit<LeafStage, 'kind'>>;

const stage = (name: string) => ({ ...COMMON, path: [], id: undefined, name });

export const empty = (name: string, given: Given = {}): StagePlan =>
  ({ ...stage(name), kind: 'empty', echo: null, sleep: 0, ...given }) as StagePlan;
export const bash = (name: string, given: object = {}): StagePlan =>
  ({ ...stage(name), kind: 'bash', bash: 'true', env: {}, retry: undefined, ...given }) as StagePlan;
export const raise = (name: string, given: Given = {}): StagePlan =>
  ({ ...stage(name), kind: 'raise', message: 'no', ...given }) as StagePlan;
export const trigger = (name: string, workflow: string): StagePlan => ({
  ...stage(name),
  ...{ kind: 'trigger', trigger: workflow, params: {}, retry: undefined },
});

type Kind<K> = Omit<Extract<NestedStage, { readonly kind: K }>, keyof ReturnType<typeof stage> | 'kind'>;

export const foreach = (
  name: string,
  given: Partial<Kind<'foreach'>> & { readonly condition?: string },
): StagePlan => ({
  ...stage(name),
  ...{ kind: 'foreach', foreach: [], stages: [], concurrent: 1, useIndexAsKey: false },
  ...given,
});
export const until = (name: string, given: Partial<Kind<'until'>>): StagePlan => ({
  ...stage(name),
  ...{ kind: 'until', item: 0, until: 'item > 3', stages: [], maxLoop: 10 },
  ...given,
});
export const parallel = (
  name: string,
  branches: Kind<'parallel'>['branches'],
  maxWorkers = 2,
): StagePlan => ({
  ...stage(name),
  ...{ kind: 'parallel', branches, maxWorkers },
});
export const cases = (name: string, given: Partial<Kind<'case'>>): StagePlan => ({
  ...stage(name),
  ...{ kind: 'case', case: '${{ params.x }}', match: [], skipNotMatch: false },
  ...given,
});

export function workflow(jobs: readonly JobPlan[], given: Partial<WorkflowPlan> = {}): WorkflowPlan {
  return {
    name: 'w',
    description: '',
    tags: [],
    params: [],
    jobs,
    schedules: [] as readonly SchedulePlan[],
    releases: [],
    extras: {},
    imports: [],
    timeoutMs: 3_600_000,
    raiseOnError: false,
    resources: undefined,
    executor: undefined,
    source: { file: 'w.yml', text: '', locate: () => ({ line: 1, column: 1, offset: 0 }) },
    root: [],
    ...given,
  };
}
