/** Where in a run a list of stages is: what its templates see, what it inherits, what stops it. */
import type { StyleControls } from '../../runtime/index.ts';
import type { RenderOptions, Scope } from '../expressions/index.ts';
import type { Extras, WorkflowPlan } from '../model.ts';
import type { LeafHost, Surroundings } from '../stages/leaf.ts';
import type { Context, StageValue } from './contexts.ts';
import type { Halt } from './halt.ts';

/** What the whole run shares. */
export interface Frame {
  readonly plan: WorkflowPlan;
  readonly style: StyleControls;
  readonly params: Readonly<Context>;
  readonly surroundings: Surroundings;
  readonly renderOptions: RenderOptions;
  /** Runs a workflow that a trigger names, as a child of the task whose code calls. */
  readonly trigger: TriggerChild;
  /** A stage that raises instead of only failing: what the run ends with. */
  raised: Error | undefined;
}

/** Gives the child run's end, as what a generator waits for. */
export type TriggerChild = (
  name: string,
  params: Readonly<Context>,
) => Generator<unknown, StageValue, unknown>;

/** What a job gives to its stages, and a nested stage to those inside it, unless they say otherwise. */
export interface Inherited {
  readonly extras: Extras;
  readonly resources: Readonly<Record<string, number>> | undefined;
  readonly executor: string | undefined;
  readonly raiseOnError: boolean;
}

/** Attempts of those of its tasks that did not succeed. */
export interface Effort {
  attempts: number;
}

export interface Where extends Inherited {
  readonly frame: Frame;
  /** Index of the job's stage in the run. */
  readonly stage: number;
  /** Of the tasks: `[os=linux] > files > [3]`; empty at the top of a job. */
  readonly names: string;
  /** params, jobs, matrix, and item, loop, branch or case; without `stages`. */
  readonly scope: Scope;
  /** What the stages around and before this list have left, by id. */
  readonly around: Readonly<Context>;
  /** What the stages before have left in this list, by id; grows, and goes before what is around. */
  readonly stages: Context;
  /** What its job has done so far. */
  readonly effort: Effort;
  readonly halt: Halt;
  /** The last output called `item` in here: what the next loop of an until gets. */
  readonly carried?: { item: unknown };
  readonly isFinally: boolean;
  /** What else than success its job follows: where that changes, all in it is done again. Empty for success. */
  readonly generation: string;
}

export const nameIn = (names: string, name: string): string => (names === '' ? name : `${names} > ${name}`);

/** What a part says itself goes before what it inherits. */
export function inherit(
  { extras, resources, executor, raiseOnError }: Inherited,
  own: {
    readonly extras: Extras;
    readonly resources: Readonly<Record<string, number>> | undefined;
    readonly executor: string | undefined;
    readonly raiseOnError: boolean | undefined;
  },
): Inherited {
  const raises = own.extras.stage_raise_error === true ? true : undefined;
  return {
    extras: { ...extras, ...own.extras },
    resources: own.resources ?? resources,
    executor: own.executor ?? executor,
    raiseOnError: own.raiseOnError ?? raises ?? raiseOnError,
  };
}

/** The names that templates of a stage may use right now. */
export function scopeOf(where: Where): Scope {
  return { ...where.scope, stages: stagesSeen(where) };
}

export function stagesSeen({ around, stages }: Where): Context {
  return { ...around, ...stages };
}

export type { LeafHost };
