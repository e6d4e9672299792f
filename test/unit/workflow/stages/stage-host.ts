/** A host of one stage, without a run around it; attempts go through the real executors. */
import { tmpdir } from 'node:os';
import type { Executor } from '../../../../src/executors/executor.ts';
import { inlineExecutor } from '../../../../src/executors/inline.ts';
import { processExecutor } from '../../../../src/executors/process.ts';
import { ExecutorProbe } from '../../../../src/testing/executor-probe.ts';
import { render, type Scope } from '../../../../src/workflow/expressions/index.ts';
import type { Extras, LeafStage } from '../../../../src/workflow/model.ts';
import { Registry } from '../../../../src/workflow/registry.ts';
import { makeLeaf } from '../../../../src/workflow/stages/index.ts';
import type { LeafHost, Surroundings } from '../../../../src/workflow/stages/leaf.ts';

const executors: Readonly<Record<string, Executor>> = {
  function: inlineExecutor(),
  command: processExecutor(),
};

export interface HostOptions extends Partial<Surroundings> {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly extras?: Extras;
}

export function hostOf({ params = {}, extras = {}, ...surroundings }: HostOptions = {}): LeafHost {
  const scope = (): Scope => ({ params });
  const registry = surroundings.registry ?? new Registry();
  const renderOptions = { filters: registry.filters, env: {} };
  return {
    surroundings: {
      allowCode: true,
      workingFolder: tmpdir(),
      env: {},
      find: () => Promise.reject(new Error('there is no other workflow here')),
      ...surroundings,
      registry,
    },
    extras,
    renderOptions,
    scope,
    render: (value) => render(value, scope(), { ...renderOptions, expandsEnv: true }),
  };
}

export const common = {
  path: [],
  description: '',
  condition: null,
  extras: {},
  resources: undefined,
  executor: undefined,
  timeoutMs: undefined,
  raiseOnError: undefined,
  id: undefined,
  name: 'the stage',
  retry: undefined,
} as const;

/** One attempt of the stage, on the executor that its work is for. */
export function attempt(stage: LeafStage, options: HostOptions = {}): ExecutorProbe {
  const work = makeLeaf(stage, hostOf(options));
  const executor = executors[work.kind];
  if (executor === undefined) throw new Error(`no executor for a ${work.kind} here`);
  return new ExecutorProbe(executor, { work });
}

export function bash(
  script: string,
  { variables = {}, ...options }: HostOptions & { variables?: Record<string, unknown> } = {},
): ExecutorProbe {
  return attempt({ ...common, kind: 'bash', bash: script, env: variables }, options);
}

export function py(
  code: string,
  options: HostOptions & { vars?: Record<string, unknown> } = {},
): ExecutorProbe {
  const { vars = {}, ...rest } = options;
  return attempt({ ...common, kind: 'py', codeKey: 'run', code, vars }, rest);
}

export function js(
  code: string,
  options: HostOptions & { vars?: Record<string, unknown> } = {},
): ExecutorProbe {
  const { vars = {}, ...rest } = options;
  return attempt({ ...common, kind: 'js', code, vars }, rest);
}
