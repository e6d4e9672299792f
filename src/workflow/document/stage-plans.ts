/** From a stage that fits its shape to its plan. */
import type { CaseBranch, Path, RetryPlan, StageKind, StagePlan } from '../model.ts';
import type { Retry } from './fields.ts';
import { type InnerPlans, stagesAt } from './inner-lists.ts';
import type { Reading } from './reading.ts';
import { readRetry, sharedParts } from './shared-parts.ts';
import type { Shaped } from './stage-shapes.ts';

type Base = Shaped<'empty'>;
type Nested = 'parallel' | 'foreach' | 'until' | 'case';
type Work = Exclude<StageKind, Nested | 'empty' | 'raise'>;

export function planOf(
  kind: StageKind,
  given: unknown,
  path: Path,
  inner: InnerPlans,
  reading: Reading,
): StagePlan {
  const common = commonParts(given as Base, path);
  switch (kind) {
    case 'empty': {
      const { echo = null, sleep = 0 } = given as Base;
      return { ...common, kind, echo, sleep };
    }
    case 'raise':
      return { ...common, kind, message: (given as Shaped<'raise'>).raise };
    case 'parallel':
    case 'foreach':
    case 'until':
    case 'case':
      return nestedPlan(kind, given, common, inner);
    default: {
      const { retry } = given as { readonly retry: Retry };
      return workPlan(kind, given, { ...common, retry: readRetry(retry, path, reading) });
    }
  }
}

type Common = ReturnType<typeof commonParts>;

function commonParts(given: Base, path: Path) {
  return { ...sharedParts(given, path), id: given.id ?? undefined, name: given.name };
}

function nestedPlan(kind: Nested, given: unknown, common: Common, inner: InnerPlans): StagePlan {
  switch (kind) {
    case 'parallel': {
      const { parallel, 'max-workers': maxWorkers = 2 } = given as Shaped<'parallel'>;
      const branches = Object.keys(parallel).map((branch) => [branch, stagesAt(inner, 'parallel', branch)]);
      return { ...common, kind, branches: Object.fromEntries(branches), maxWorkers };
    }
    case 'foreach': {
      const { foreach, concurrent = 1, ...rest } = given as Shaped<'foreach'>;
      const useIndexAsKey = rest['use-index-as-key'] ?? rest.use_index_as_key ?? false;
      return { ...common, kind, foreach, stages: stagesAt(inner, 'stages'), concurrent, useIndexAsKey };
    }
    case 'until': {
      const { until, item = 0, 'max-loop': maxLoop = 10 } = given as Shaped<'until'>;
      return { ...common, kind, until, item, stages: stagesAt(inner, 'stages'), maxLoop };
    }
    case 'case': {
      const { case: value, match, 'skip-not-match': skipNotMatch = false } = given as Shaped<'case'>;
      const branches = match.map((one, i) => branchOf(one, [...common.path, 'match', i], inner, i));
      return { ...common, kind, case: value, match: branches, skipNotMatch };
    }
    default:
      return kind satisfies never;
  }
}

type Match = Shaped<'case'>['match'][number];

function branchOf(match: Match, path: Path, inner: InnerPlans, index: number): CaseBranch {
  const isElse = match.else !== undefined;
  return {
    value: isElse || match.case === '_' ? undefined : match.case,
    stages: stagesAt(inner, 'match', index, isElse ? 'else' : 'stages'),
    path,
  };
}

type Retryable = Common & { readonly retry: RetryPlan | undefined };

function workPlan(kind: Work, given: unknown, common: Retryable): StagePlan {
  switch (kind) {
    case 'bash': {
      const { bash, env } = given as Shaped<'bash'>;
      return { ...common, kind, bash, env: env ?? {} };
    }
    case 'py':
      return { ...common, kind, ...pythonParts(given as Shaped<'py'>) };
    case 'virtual-py': {
      const { deps, version } = given as Shaped<'virtual-py'>;
      return { ...common, kind, ...pythonParts(given as Shaped<'virtual-py'>), deps, version };
    }
    case 'js': {
      const { js, vars } = given as Shaped<'js'>;
      return { ...common, kind, code: js, vars: vars ?? {} };
    }
    case 'call': {
      const { uses, with: args } = given as Shaped<'call'>;
      return { ...common, kind, uses, with: args ?? {} };
    }
    case 'trigger': {
      const { trigger, params } = given as Shaped<'trigger'>;
      return { ...common, kind, trigger, params: params ?? {} };
    }
    case 'docker': {
      const { image, tag = 'latest', env, volume, auth } = given as Shaped<'docker'>;
      return { ...common, kind, image, tag, env: env ?? {}, volume: volume ?? {}, auth: auth ?? {} };
    }
    default:
      return kind satisfies never;
  }
}

function pythonParts({ run, py, vars }: Shaped<'py'> | Shaped<'virtual-py'>) {
  const codeKey = py === undefined ? ('run' as const) : ('py' as const);
  return { code: py ?? run ?? '', codeKey, vars: vars ?? {} };
}
