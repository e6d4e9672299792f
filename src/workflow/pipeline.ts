/** A run of a workflow as the scheduler takes it, and what a ledger keeps of it. */
import { CancelledError, SignalboxError, StageError } from '../core/errors.ts';
import {
  CHILDREN,
  type CheckTask,
  CLAIM,
  type Controls,
  DECLARES_STAGES,
  DEFINITION,
  ENTER,
  NAME,
  type Outcome,
  RESULT_OF_FAILURE,
  type RunnablePipeline,
  type StyleControls,
  type StyleDefinition,
} from '../runtime/index.ts';
import { runWorkflow, type WorkflowResult } from './run/body.ts';
import type { Context, StageValue } from './run/contexts.ts';
import { checkDemands } from './run/demands.ts';
import type { Frame } from './run/where.ts';
import type { Surroundings } from './stages/leaf.ts';
import type { Workflow } from './workflow.ts';

/** Finds the workflow that a trigger names. */
export type FindWorkflow = (name: string) => Promise<Workflow>;

/** What a ledger keeps of a run, so that it can go on in another process. */
export interface WorkflowDefinition {
  readonly file: string | null;
  readonly text: string;
  readonly folder: string | null;
  readonly imports: readonly string[];
  readonly allowCode: boolean;
  readonly params: Readonly<Context>;
  /** Names of the workflows whose triggers led to this run. */
  readonly ancestors: readonly string[];
}

export class WorkflowPipeline implements RunnablePipeline {
  readonly workflow: Workflow;
  readonly params: Readonly<Context>;
  readonly #surroundings: Surroundings;
  readonly #ancestors: readonly string[];

  /** `params` are read already. */
  constructor(
    workflow: Workflow,
    params: Readonly<Context>,
    surroundings: Surroundings,
    ancestors: readonly string[] = [],
  ) {
    this.workflow = workflow;
    this.params = params;
    this.#surroundings = surroundings;
    this.#ancestors = ancestors;
  }

  get [NAME](): string {
    return this.workflow.name;
  }
  get [CHILDREN](): 'wait' {
    return 'wait';
  }
  get [DECLARES_STAGES](): true {
    return true;
  }

  /** It can be submitted as often as one likes; what no scheduler like this could ever admit is refused at once. */
  [CLAIM](check?: CheckTask): () => void {
    if (check !== undefined) checkDemands(this.workflow.plan, check);
    return () => {};
  }

  [ENTER](controls: Controls): Promise<WorkflowResult> {
    return runWorkflow(controls, (style) => this.#frame(style));
  }

  [DEFINITION](): StyleDefinition {
    const { origin, plan } = this.workflow;
    if (!origin.isReloadable) return { style: 'workflow' };
    const definition: WorkflowDefinition = {
      allowCode: origin.allowCode,
      file: origin.file ?? null,
      text: plan.source.text,
      folder: origin.folder ?? null,
      imports: origin.imports,
      params: this.params,
      ancestors: this.#ancestors,
    };
    return { style: 'workflow', definition };
  }

  /** A run that failed still has a result, unless it was told to raise. */
  [RESULT_OF_FAILURE](error: unknown): { readonly value: unknown } | undefined {
    if (this.workflow.plan.raiseOnError) return undefined;
    const details = (error as { readonly details?: Readonly<Record<string, unknown>> } | null)?.details;
    const result = details?.['result'];
    return result === undefined ? undefined : { value: result };
  }

  run(): Promise<WorkflowResult> {
    throw new StageError('a run of a workflow is started by scheduler.runPipeline(workflow.pipeline())');
  }

  #frame(style: StyleControls): Frame {
    const { registry, env } = this.#surroundings;
    return {
      plan: this.workflow.plan,
      style,
      params: this.params,
      surroundings: { clock: style.clock, ...this.#surroundings },
      renderOptions: { filters: registry.filters, env },
      trigger: (name, params) => this.#trigger(style, name, params),
      raised: undefined,
    };
  }

  /** A child run, which its task waits for without holding anything (rules 2, 3). */
  *#trigger(
    style: StyleControls,
    name: string,
    params: Readonly<Context>,
  ): Generator<unknown, StageValue, unknown> {
    const above = [...this.#ancestors, this.workflow.name];
    if (above.includes(name)) throw circle([...above, name]);
    const workflow = (yield this.#surroundings.find(name)) as Workflow;
    if (above.includes(workflow.name)) throw circle([...above, workflow.name]);
    const { params: read } = workflow.pipeline({ params });
    const pipeline = workflow.resumed(read, above);
    const handle = style.submitRun(pipeline, {});
    return outputsOf((yield handle.outcome()) as Outcome);
  }
}

function circle(names: readonly string[]): SignalboxError {
  return new SignalboxError(
    'TRIGGER_CYCLE',
    `Circle execute via trigger itself workflow name: ${names.join(' -> ')}.`,
    {
      hint: 'a workflow cannot trigger itself, nor one that led to it',
      details: { errorName: 'StageError', ancestors: names },
    },
  );
}

function outputsOf({ kind, value, error, reason }: Outcome): StageValue {
  const failure = (error as { readonly details?: { readonly result?: unknown } } | undefined)?.details;
  const result = (kind === 'succeeded' ? value : failure?.result) as WorkflowResult | undefined;
  switch (kind) {
    case 'succeeded':
      return {
        status: result?.status ?? 'SUCCESS',
        outputs: { params: result?.params, jobs: result?.jobs },
      };
    case 'failed': {
      const why = result?.errors?.message ?? (error instanceof Error ? error.message : undefined);
      const message =
        why === undefined ? 'Trigger workflow was failed.' : `Trigger workflow was failed with:\n${why}`;
      throw new StageError(message, { details: result === undefined ? {} : { result }, cause: error });
    }
    case 'cancelled':
    case 'blocked':
      throw new CancelledError('Trigger workflow was cancel.', { details: { reason } });
    default:
      return kind satisfies never;
  }
}
