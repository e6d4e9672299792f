/**
 * A workflow file as data, read and checked: what the loader makes of YAML and everything else works with. Values
 * stand as they were written, templates unrendered; `path` says where in the file something stands.
 */
import type { Position, SourceText } from './document/source.ts';

/** Keys and indexes from the top of the file, for example `['jobs', 'build', 'stages', 0, 'bash']`. */
export type Path = readonly (string | number)[];

/** A condition as written: text with or without `${{ }}`, or a native boolean; null where there is none. */
export type Condition = string | boolean | null;

/** Values of the configuration that a workflow, job or stage says for itself and everything inside it. */
export interface Extras {
  /** A stage without `id` keeps its output under its generated id. Default true. */
  readonly stage_default_id?: boolean;
  /** Generated ids are ten digits (default) instead of an md5 text. */
  readonly generate_id_simple_mode?: boolean;
  /** Jobs of the workflow that run at once. Default: as many as resources and parallelism let in. */
  readonly max_job_parallel?: number;
  /** Same as `raiseOnError: true`. */
  readonly stage_raise_error?: boolean;
  /** The author's own values: handed to registered functions that ask for `extras`. */
  readonly [name: string]: unknown;
}

export type ParamType =
  | 'str'
  | 'int'
  | 'float'
  | 'decimal'
  | 'bool'
  | 'date'
  | 'datetime'
  | 'choice'
  | 'map'
  | 'array';

export interface ParamPlan {
  readonly name: string;
  readonly path: Path;
  readonly type: ParamType;
  readonly description: string;
  readonly required: boolean;
  /** Checked against the type when the file is read; undefined for none. */
  readonly default: unknown;
  /** `choice` only. */
  readonly options: readonly (string | number)[];
  /** `float` and `decimal` only: digits after the point. */
  readonly precision: number | undefined;
}

/** When a job may start, by how the jobs it needs have ended. */
export type TriggerRule =
  | 'all_success'
  | 'all_failed'
  | 'all_done'
  | 'one_success'
  | 'one_failed'
  | 'none_failed'
  | 'none_skipped';

export interface StrategyPlan {
  /**
   * Parameter -> its values, in the order of the file. Empty: one combination without parameters. A list may be the
   * text of a template that gives it, here and below.
   */
  readonly matrix: Readonly<Record<string, readonly unknown[] | string>>;
  readonly include: readonly Readonly<Record<string, unknown>>[] | string;
  readonly exclude: readonly Readonly<Record<string, unknown>>[] | string;
  readonly failFast: boolean;
  /** A number, or text with a template. */
  readonly maxParallel: number | string;
  readonly path: Path;
}

/** How a stage or job is tried again. */
export interface RetryPlan {
  /** Attempts after the first. */
  readonly retries: number;
  /** Undefined: none before the first retry, then 1.2^(k+1) seconds before retry k. */
  readonly backoff: RetryBackoff | undefined;
}

export interface RetryBackoff {
  readonly backoffMs: number;
  readonly factor: number | undefined;
  readonly maxBackoffMs: number | undefined;
  readonly jitter: number | undefined;
}

interface Common {
  readonly path: Path;
  readonly description: string;
  readonly condition: Condition;
  readonly extras: Extras;
  /** Undefined: as what it is in says; a stage takes its job's. */
  readonly resources: Readonly<Record<string, number>> | undefined;
  readonly executor: string | undefined;
  readonly timeoutMs: number | undefined;
  /** Undefined: as what it is in says; default false. */
  readonly raiseOnError: boolean | undefined;
}

export interface JobPlan extends Common {
  readonly id: string;
  readonly needs: readonly string[];
  readonly rule: TriggerRule;
  readonly strategy: StrategyPlan;
  readonly stages: readonly StagePlan[];
  readonly retry: RetryPlan | undefined;
  /** Runs when all other jobs are over, however they ended; also when the run is terminated. */
  readonly isFinally: boolean;
  /** Longest way from a job without needs: its place in the queue. Finally jobs come after all others. */
  readonly depth: number;
}

interface StageCommon extends Common {
  /** As written, templates of the matrix included; undefined for none. */
  readonly id: string | undefined;
  readonly name: string;
}

interface Retryable extends StageCommon {
  readonly retry: RetryPlan | undefined;
}

export interface EmptyStage extends StageCommon {
  readonly kind: 'empty';
  readonly echo: string | null;
  /** Seconds: a number, or text with a template. */
  readonly sleep: number | string;
}

export interface BashStage extends Retryable {
  readonly kind: 'bash';
  readonly bash: string;
  /** Scalars, or text with templates. */
  readonly env: Readonly<Record<string, unknown>>;
}

export interface PyStage extends Retryable {
  readonly kind: 'py';
  readonly code: string;
  /** The key that the code stands under. */
  readonly codeKey: 'run' | 'py';
  readonly vars: Readonly<Record<string, unknown>>;
}

export interface JsStage extends Retryable {
  readonly kind: 'js';
  readonly code: string;
  readonly vars: Readonly<Record<string, unknown>>;
}

export interface VirtualPyStage extends Retryable {
  readonly kind: 'virtual-py';
  readonly code: string;
  readonly codeKey: 'run' | 'py';
  readonly vars: Readonly<Record<string, unknown>>;
  readonly deps: readonly string[];
  /** Version of Python for uv; undefined: whatever is there. */
  readonly version: string | undefined;
}

export interface CallStage extends Retryable {
  readonly kind: 'call';
  /** `path/func@tag`. */
  readonly uses: string;
  readonly with: Readonly<Record<string, unknown>>;
}

export interface TriggerStage extends Retryable {
  readonly kind: 'trigger';
  readonly trigger: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface DockerStage extends Retryable {
  readonly kind: 'docker';
  readonly image: string;
  readonly tag: string;
  readonly env: Readonly<Record<string, unknown>>;
  /** Source below the working folder -> target in the container. */
  readonly volume: Readonly<Record<string, string>>;
  readonly auth: Readonly<Record<string, string>>;
}

export interface RaiseStage extends StageCommon {
  readonly kind: 'raise';
  readonly message: unknown;
}

export interface ParallelStage extends StageCommon {
  readonly kind: 'parallel';
  readonly branches: Readonly<Record<string, readonly StagePlan[]>>;
  /** 1 to 19, or text with a template. */
  readonly maxWorkers: number | string;
}

export interface ForEachStage extends StageCommon {
  readonly kind: 'foreach';
  readonly foreach: unknown;
  readonly stages: readonly StagePlan[];
  readonly concurrent: number | string;
  readonly useIndexAsKey: boolean;
}

export interface UntilStage extends StageCommon {
  readonly kind: 'until';
  readonly item: unknown;
  readonly until: string | boolean;
  readonly stages: readonly StagePlan[];
  readonly maxLoop: number;
}

export interface CaseBranch {
  /** Undefined: the `else` branch, also written `case: "_"`. */
  readonly value: string | number | boolean | undefined;
  readonly stages: readonly StagePlan[];
  readonly path: Path;
}

export interface CaseStage extends StageCommon {
  readonly kind: 'case';
  readonly case: unknown;
  readonly match: readonly CaseBranch[];
  readonly skipNotMatch: boolean;
}

/** Does work of its own. */
export type LeafStage =
  | EmptyStage
  | BashStage
  | PyStage
  | JsStage
  | VirtualPyStage
  | CallStage
  | DockerStage
  | RaiseStage;

/** Holds other stages. */
export type NestedStage = ParallelStage | ForEachStage | UntilStage | CaseStage;

export type StagePlan = LeafStage | NestedStage | TriggerStage;

export type StageKind = StagePlan['kind'];

/** One entry of `on.schedule`. */
export interface SchedulePlan {
  /** Five fields, or six with the year. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
  readonly path: Path;
}

export interface WorkflowPlan {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly params: readonly ParamPlan[];
  /** In the order of the file. */
  readonly jobs: readonly JobPlan[];
  readonly schedules: readonly SchedulePlan[];
  /** Names of workflows that run after this one was released by its schedule. */
  readonly releases: readonly string[];
  readonly extras: Extras;
  /** Modules that call `register`, as written; relative to the file. */
  readonly imports: readonly string[];
  readonly timeoutMs: number;
  readonly raiseOnError: boolean;
  /** Of every job that says nothing of its own. */
  readonly resources: Readonly<Record<string, number>> | undefined;
  readonly executor: string | undefined;
  readonly source: SourceText;
  /** Where the workflow's own keys begin: `[]`, or `[name]` in the form `<name>: {...}`. */
  readonly root: Path;
}

export type { Position };
