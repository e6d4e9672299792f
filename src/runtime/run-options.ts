/** What `runPipeline` is given: the body, whatever its style, and the options of this one run. */

import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError, show } from '../core/errors.ts';
import type { RecordedRun } from '../stores/store.ts';
import type { Controls } from './controls.ts';
import { PipelineHandle } from './pipeline-handle.ts';
import type { ChildrenPolicy, PipelineRow } from './rows.ts';
import {
  AS_PIPELINE,
  CHILDREN,
  CLAIM,
  DECLARES_STAGES,
  DEFINITION,
  ENTER,
  NAME,
  RESULT_OF_FAILURE,
  SUBMITTED,
} from './run-symbols.ts';
import { readPriority, type TaskOptions } from './task-spec.ts';

/** Throws what submitting such a task would, as far as that is known beforehand. */
export type CheckTask = (subject: unknown, options: TaskOptions | undefined) => void;

/** What a ledger keeps of a pipeline, so that a run of it can go on in another process. */
export interface StyleDefinition {
  /** `code`, `graph`, ... */
  readonly style: string;
  /** A run is only continued by the version that began it. */
  readonly version?: string | undefined;
  /** All that is needed to build the pipeline again, as plain data; undefined where code is needed. */
  readonly definition?: unknown;
  /** Its body only submits and decides nothing: recorded ends need not be given again one by one. */
  readonly decidesNothing?: boolean;
  /** The form of the run's result that can be written. Default: the result itself. */
  readonly toRecord?: (result: unknown) => unknown;
  /** The result of a run that ended well, from what is recorded. Default: the recorded result. */
  readonly fromRecord?: (recorded: RecordedRun) => unknown;
  /** Refuses to go on with a run that this object cannot go on with. @throws REPLAY_MISMATCH */
  readonly check?: (recorded: RecordedRun) => void;
  /** Whether a run that ended well leaves nothing to do. Default: it does not. */
  readonly isComplete?: (recorded: RecordedRun) => boolean;
}

/** How an authoring style hands its work to the runtime: everything submitted ends in one of these. */
export interface RunnablePipeline {
  /** Called once per run, inside the run's async context. */
  [ENTER](controls: Controls): unknown;
  /**
   * Throws when this object cannot be submitted (again), or when one of its tasks could not be; otherwise marks it.
   * Returns how to take that back. `check` is missing when a recorded run goes on.
   */
  [CLAIM](check?: CheckTask): () => void;
  readonly [NAME]: string;
  [DEFINITION]?(): StyleDefinition;
  /** What happens to tasks that are not final when the body ends, in every run of it. Default: as its run is told. */
  readonly [CHILDREN]?: ChildrenPolicy;
  /** It was submitted: the run to be. */
  [SUBMITTED]?(handle: PipelineHandle<unknown>): void;
  /** Its stages are declared by its code, instead of being reached one after the other. */
  readonly [DECLARES_STAGES]?: boolean;
  /** What `result()` gives for a run that failed with this error; undefined: it rejects. */
  [RESULT_OF_FAILURE]?(error: unknown): { readonly value: unknown } | undefined;
}

/** A pipeline as a function: called with the controls that a class has as `this`. */
export type PipelineFunction<T> = (pipeline: Controls) => T | PromiseLike<T>;

export interface RunOptions {
  /** Shown in events and snapshots. Default: the name of the class or function. */
  readonly name?: string;
  /** Your own id for the run; one that this scheduler knows already is refused. Default: a new UUIDv7. */
  readonly runId?: string;
  /** Handed to the body as `this.input`. */
  readonly input?: unknown;
  /** Larger goes first, for the run's slot and as the default of its tasks. Default 0. */
  readonly priority?: number;
  /** Runs that must have succeeded before this one starts; if one does not, this one is blocked. */
  readonly after?: readonly PipelineHandle<unknown>[];
  /** What happens to tasks that are not final when the body ends. Default `continue`. */
  readonly children?: ChildrenPolicy;
}

export interface ReadRunOptions {
  readonly name: string | undefined;
  readonly runId: string | undefined;
  readonly input: unknown;
  readonly priority: number | undefined;
  readonly after: readonly PipelineRow[];
  readonly children: ChildrenPolicy;
}

const NAMES = ['name', 'runId', 'input', 'priority', 'after', 'children'];

export function isRunnable(value: unknown): value is RunnablePipeline {
  return typeof value === 'object' && value !== null && ENTER in value && CLAIM in value;
}

/** What has a pipeline of its own for being submitted as it is: a workflow with the defaults of its parameters. */
export interface HasPipeline<P extends RunnablePipeline = RunnablePipeline> {
  [AS_PIPELINE](): P;
}

/** @throws INVALID_TYPE for what is neither a pipeline object nor a function */
export function readRunnable(value: unknown): RunnablePipeline | PipelineFunction<unknown> {
  const own =
    typeof value === 'object' && value !== null && AS_PIPELINE in value
      ? (value as HasPipeline)[AS_PIPELINE]()
      : value;
  checkRunnable(own);
  return own;
}

function checkRunnable(value: unknown): asserts value is RunnablePipeline | PipelineFunction<unknown> {
  if (isRunnable(value)) return;
  const isClass = typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
  if (typeof value === 'function' && !isClass) return;
  throw new SignalboxError(
    'INVALID_TYPE',
    `a pipeline was ${show(value)}; allowed: an instance of a Pipeline class, or a function`,
    {
      hint: isClass
        ? 'create an instance: runPipeline(new Example())'
        : 'extend Pipeline, or pass an async function',
    },
  );
}

/** @throws INVALID_ARGUMENT, INVALID_TYPE, NOT_OWNER */
export function readRunOptions(
  given: unknown,
  owns: (row: PipelineRow) => boolean,
  fixed?: ChildrenPolicy,
): ReadRunOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalidArgument('the run options', given, 'an object');
  checkKeys('run option', given, NAMES);
  const { name, runId, input, priority, after, children = fixed ?? 'continue' } = given as RunOptions;
  if (children !== 'continue' && children !== 'wait' && children !== 'cancel') {
    throw invalidArgument('children', children, "'continue', 'wait' or 'cancel'");
  }
  if (fixed !== undefined && children !== fixed)
    throw invalidArgument('children', children, `'${fixed}': a run of this pipeline always has it`);
  return {
    name: readText('name', name),
    runId: readText('runId', runId),
    input,
    priority: readPriority(priority),
    after: readAfter(after, owns),
    children,
  };
}

function readText(what: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw invalidArgument(what, value, 'a non-empty string');
}

function readAfter(value: unknown, owns: (row: PipelineRow) => boolean): readonly PipelineRow[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidArgument('after', value, 'an array of pipeline handles');
  return [...new Set<unknown>(value)].map((handle) => {
    const row = PipelineHandle.rowOf(handle);
    if (row === undefined) {
      throw new SignalboxError(
        'INVALID_TYPE',
        `an element of after was ${show(handle)}; allowed: pipeline handles`,
      );
    }
    if (owns(row)) return row;
    throw new SignalboxError('NOT_OWNER', `the run ${row.id} in after belongs to another scheduler`);
  });
}
