/**
 * The port of stages that do work of their own: from a stage of the file to the work of its task.
 *
 * Promised by a kind: nothing is rendered, read or started before an attempt begins, so that each attempt sees its
 * own number as `${{ retry }}`; an attempt comes to the stage's outputs, a record of plain data; it fails with a
 * StageError, or with an error whose name is worth showing; when its signal is aborted it stops.
 * Deliberately not in it: `if`, retries, time-outs, resources, statuses, and where outputs go: run/ owns them.
 */
import type { Clock } from '../../core/clock.ts';
import type { AttemptContext, CommandWork, ContainerWork, FunctionWork } from '../../executors/executor.ts';
import type { RenderOptions, Scope } from '../expressions/index.ts';
import type { Extras, LeafStage, Path } from '../model.ts';
import type { Registry } from '../registry.ts';
import type { Workflow } from '../workflow.ts';

export type Outputs = Readonly<Record<string, unknown>>;

/** What the application that loads a workflow lets it do. */
export interface Surroundings {
  /** Functions for `uses:`. */
  readonly registry: Registry;
  /** Whether the code of a stage (bash, py, js) may run: false refuses all of it. */
  readonly allowCode: boolean | ((code: string, stage: LeafStage) => boolean);
  /** Where commands run, and what volumes are below of. */
  readonly workingFolder: string;
  /** What `${VAR}` in YAML values stands for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The workflow that a trigger names. */
  readonly find: (name: string) => Promise<Workflow>;
  /** What sleeps and time limits of stages count on. Default: the system's. */
  readonly clock?: Clock;
}

/** What a stage knows of the run it is in. */
export interface LeafHost {
  readonly surroundings: Surroundings;
  /** Config values and the author's own values for this stage, those of what it is in included. */
  readonly extras: Extras;
  readonly renderOptions: RenderOptions;
  /** The names that templates of an attempt may use; `retry` is 0 in the first attempt. */
  scope(context: AttemptContext): Scope;
  /**
   * Renders a value of the stage. `at`: where it stands below the stage, for example `['env', 'FOO']`.
   * Throws EXPRESSION_INVALID, with the place in the file in its message and details.
   */
  render(value: unknown, at: Path, context: AttemptContext): unknown;
}

/** A function is called as `fn(context)` and returns Outputs; `begin` and `succeeded` of a command or container make them. */
export type LeafWork = FunctionWork | CommandWork | ContainerWork;

export type MakeLeaf<S extends LeafStage = LeafStage> = (stage: S, host: LeafHost) => LeafWork;
