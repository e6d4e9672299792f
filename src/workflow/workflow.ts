/** A workflow that was read: what it is, and runs of it. */
import { checkKeys } from '../core/arguments.ts';
import { systemClock } from '../core/clock.ts';
import { invalidArgument } from '../core/errors.ts';
import { AS_PIPELINE, type HasPipeline } from '../runtime/index.ts';
import type { WorkflowPlan } from './model.ts';
import { readParams } from './params.ts';
import { WorkflowPipeline } from './pipeline.ts';
import type { Surroundings } from './stages/leaf.ts';

/** How a workflow was loaded: all that is needed to load it again, and those it triggers. */
export interface Origin {
  /** Where it was read; undefined for a text without a file. */
  readonly file: string | undefined;
  /** Where workflows that it triggers are looked for; undefined: nowhere. */
  readonly folder: string | undefined;
  /** Modules that were imported for it, as addresses. */
  readonly imports: readonly string[];
  /** Whether it can be loaded again from data alone: the host has neither a registry nor a judge of code of its own. */
  readonly isReloadable: boolean;
  readonly allowCode: boolean;
}

export interface PipelineOptions {
  /** Values of its parameters; text is converted to their types. Defaults count where there is none. */
  readonly params?: Readonly<Record<string, unknown>>;
}

export class Workflow implements HasPipeline<WorkflowPipeline> {
  readonly plan: WorkflowPlan;
  readonly origin: Origin;
  readonly #surroundings: Surroundings;

  constructor(plan: WorkflowPlan, origin: Origin, surroundings: Surroundings) {
    this.plan = plan;
    this.origin = origin;
    this.#surroundings = surroundings;
  }

  get name(): string {
    return this.plan.name;
  }
  get file(): string | undefined {
    return this.origin.file;
  }

  /**
   * A run of it to be submitted, as often as you like: `scheduler.runPipeline(workflow.pipeline({ params }))`. Its
   * result is a `WorkflowResult`, also when jobs failed, unless something was told to raise.
   * @throws INVALID_ARGUMENT for parameters that are missing, unknown or of another type
   */
  pipeline(options: PipelineOptions = {}): WorkflowPipeline {
    if (typeof options !== 'object' || options === null)
      throw invalidArgument('the options of a workflow run', options, '{ params }');
    checkKeys('option of a workflow run', options, ['params']);
    const { params = {} } = options;
    if (typeof params !== 'object' || params === null || Array.isArray(params))
      throw invalidArgument('params', params, 'an object of names and values');
    const read = readParams(this.plan.params, params, systemClock.now());
    return new WorkflowPipeline(this, read, this.#surroundings);
  }

  /** `scheduler.runPipeline(workflow)` takes the defaults. Throws as `pipeline()` does. */
  [AS_PIPELINE](): WorkflowPipeline {
    return this.pipeline();
  }

  /** A run with parameters that were read before, as a ledger keeps them; `ancestors`: whose triggers led to it. */
  resumed(params: Readonly<Record<string, unknown>>, ancestors: readonly string[]): WorkflowPipeline {
    return new WorkflowPipeline(this, params, this.#surroundings, ancestors);
  }

  toString(): string {
    return `the workflow ${JSON.stringify(this.name)}`;
  }
}
