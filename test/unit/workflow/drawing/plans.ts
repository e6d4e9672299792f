/** Plans in code, for tests of their pictures. */
import type { JobPlan, StagePlan, StrategyPlan, WorkflowPlan } from '../../../../src/workflow/model.ts';

export const common = {
  path: [],
  description: '',
  condition: null,
  extras: {},
  resources: undefined,
  executor: undefined,
  timeoutMs: undefined,
  raiseOnError: undefined,
} as const;

const strategy: StrategyPlan = {
  matrix: {},
  include: [],
  exclude: [],
  failFast: false,
  maxParallel: 1,
  path: [],
};

export function bash(name: string, more: Partial<StagePlan> = {}): StagePlan {
  const stage = {
    ...common,
    kind: 'bash',
    id: undefined,
    name,
    bash: `echo ${name}`,
    env: {},
    retry: undefined,
  };
  return { ...stage, ...more } as StagePlan;
}

/** A stage of any kind: what its kind has besides is given in `more`. */
export function stage(
  kind: StagePlan['kind'],
  name: string,
  more: Readonly<Record<string, unknown>>,
): StagePlan {
  return { ...common, kind, id: undefined, name, retry: undefined, ...more } as unknown as StagePlan;
}

export function job(
  id: string,
  needs: readonly string[] = [],
  more: Partial<Omit<JobPlan, 'strategy'>> & { readonly strategy?: Partial<StrategyPlan> } = {},
): JobPlan {
  return {
    ...common,
    id,
    needs,
    rule: 'all_success',
    stages: [bash(`do ${id}`)],
    retry: undefined,
    isFinally: false,
    depth: 0,
    ...more,
    strategy: { ...strategy, ...more.strategy },
  };
}

/** Depths are worked out here, as the loader does. */
export function plan(jobs: readonly JobPlan[], more: Partial<WorkflowPlan> = {}): WorkflowPlan {
  const depths = new Map<string, number>();
  for (const { id, needs } of jobs)
    depths.set(id, Math.max(0, ...needs.map((need) => (depths.get(need) ?? 0) + 1)));
  return {
    name: 'release',
    description: '',
    tags: [],
    params: [],
    jobs: jobs.map((one) => ({ ...one, depth: depths.get(one.id) ?? 0 })),
    schedules: [],
    releases: [],
    extras: {},
    imports: [],
    timeoutMs: 3_600_000,
    raiseOnError: false,
    resources: undefined,
    executor: undefined,
    source: { file: 'release.yml', text: '', locate: () => ({ line: 1, column: 1, offset: 0 }) },
    root: [],
    ...more,
  };
}

/** Every kind of stage, every fact of a job. */
export function fullPlan(): WorkflowPlan {
  const nested = stage('foreach', 'for every shop', {
    id: 'shops',
    foreach: ['berlin', 'lyon', 'porto'],
    concurrent: 2,
    useIndexAsKey: false,
    stages: [
      bash('download', { retry: { retries: 3, backoff: undefined } }),
      stage('until', 'wait for the index', {
        item: 0,
        until: 'item > 3',
        maxLoop: 10,
        stages: [stage('empty', 'sleep a little', { echo: null, sleep: 2 })],
      }),
      stage('case', 'which format', {
        case: 'params.format',
        skipNotMatch: false,
        match: [
          {
            value: 'csv',
            stages: [stage('py', 'read csv', { code: 'import csv\nrows = 1', codeKey: 'run', vars: {} })],
            path: [],
          },
          { value: undefined, stages: [stage('raise', 'give up', { message: 'unknown format' })], path: [] },
        ],
      }),
    ],
  });
  return plan(
    [
      job('lint', [], { stages: [bash('biome check'), bash('types')] }),
      job('test', ['lint'], {
        strategy: { matrix: { node: [20, 22, 24], os: ['linux', 'mac'] } },
        resources: { cpu: 2, mem: 4 },
        retry: { retries: 2, backoff: undefined },
        stages: [
          bash('install', { condition: "params.fresh == 'yes'" }),
          stage('parallel', 'suites', {
            maxWorkers: 3,
            branches: {
              unit: [stage('js', 'unit tests', { code: 'run()', vars: {} })],
              slow: [
                stage('docker', 'browser tests', {
                  image: 'browsers',
                  tag: 'latest',
                  env: {},
                  volume: {},
                  auth: {},
                }),
              ],
            },
          }),
        ],
      }),
      job('data', [], {
        stages: [
          nested,
          stage('virtual-py', 'summary', { code: 'x = 1', codeKey: 'py', vars: {}, deps: [] }),
        ],
      }),
      job('changelog', ['lint'], { condition: 'params.version != null' }),
      job('pack', ['test', 'changelog'], {
        stages: [stage('call', 'pack it', { uses: 'release/pack@npm', with: {} })],
      }),
      job('publish', ['pack', 'data', 'lint'], {
        rule: 'none_failed',
        timeoutMs: 600_000,
        stages: [stage('trigger', 'publish everywhere', { trigger: 'publish-everywhere', params: {} })],
      }),
      job('rollback', ['publish', 'pack'], { rule: 'one_failed' }),
      job('report', [], { isFinally: true, stages: [bash('write the report'), bash('send it')] }),
      job('clean', [], { isFinally: true }),
    ],
    { description: 'Checks, packs and publishes the package' },
  );
}

/** A plan of many jobs, always the same for the same number. */
export function largePlan(jobs: number, needsOf: (index: number) => readonly number[]): WorkflowPlan {
  return plan(
    Array.from({ length: jobs }, (_, i) => {
      const needs = needsOf(i).map((need) => `job-${need}`);
      return job(`job-${i}`, needs, {
        stages: [bash('fetch'), bash('build'), bash('check')].slice(0, 1 + (i % 3)),
      });
    }),
  );
}
