/** A list of stages, one after the other, and one stage of any kind. */
import { CancelledError, StageError } from '../../core/errors.ts';
import type { AttemptContext } from '../../executors/executor.ts';
import type { TaskOptions } from '../../runtime/index.ts';
import type { LeafStage, StagePlan, TriggerStage } from '../model.ts';
import { makeLeaf } from '../stages/index.ts';
import type { LeafHost, LeafWork } from '../stages/leaf.ts';
import type { Status } from '../status.ts';
import { type Context, errorInfo, type StageEnd, seenAs } from './contexts.ts';
import { runNested } from './nested.ts';
import { endedTask, leafTask, retryOf } from './tasks.ts';
import { decideAt, identityOf, renderAt } from './texts.ts';
import { inherit, nameIn, scopeOf, type Where } from './where.ts';

/** What the texts of a list's ends are told by: a strategy, a branch, an item, ... */
export interface ListTexts {
  /** Stopped before this stage could start. */
  before(stage: string): Error;
  /** A stage was cancelled. */
  after(stage: string): Error;
  failed(stage: string): Error;
}

export interface ListEnd {
  readonly status: Status;
  readonly error: Error | undefined;
}

/** Runs stages in order until one fails or is cancelled. What they leave is in `where.stages`. */
export async function runStages(
  stages: readonly StagePlan[],
  where: Where,
  texts: ListTexts,
): Promise<ListEnd> {
  let allSkipped = true;
  for (const stage of stages) {
    const shown = stage.id ?? stage.name;
    if (where.halt.reason !== undefined) return { status: 'CANCEL', error: texts.before(shown) };
    const { status } = await runStage(stage, where);
    if (status === 'FAILED') return { status, error: texts.failed(shown) };
    if (status === 'CANCEL') return { status, error: texts.after(shown) };
    if (status !== 'SKIP') allSkipped = false;
  }
  return { status: allSkipped ? 'SKIP' : 'SUCCESS', error: undefined };
}

async function runStage(stage: StagePlan, outer: Where): Promise<StageEnd> {
  const { frame } = outer;
  const where: Where = { ...outer, ...inherit(outer, stage) };
  const { end, key, error } = await attempt(stage, where);
  if (key !== undefined) outer.stages[key] = seenAs(end);
  if (end.status === 'FAILED' && where.raiseOnError) frame.raised ??= error ?? raisedBy(stage, end);
  return end;
}

interface Attempted {
  readonly end: StageEnd;
  readonly key: string | undefined;
  readonly error?: Error;
}

/** Everything that can be wrong with the stage itself is how it ends. */
async function attempt(stage: StagePlan, where: Where): Promise<Attempted> {
  let shown = { name: stage.name, key: stage.id };
  try {
    const identity = identityOf(stage, where);
    shown = { name: identity.name, key: identity.key ?? '' };
    const name = nameIn(where.names, identity.name);
    if (decideAt(where.frame, stage.condition, [...stage.path, 'if'], scopeOf(where)))
      return { end: await runKind(stage, where, name), key: identity.key };
    const value = { status: 'SKIP' };
    return { end: await endedTask(where, stage.kind, name, { kind: 'skipped', value }), key: identity.key };
  } catch (error) {
    const stopping = where.halt.reason ?? where.frame.style.stopping;
    if (stopping !== undefined || error instanceof CancelledError)
      return { end: notStarted(error), key: shown.key };
    const name = nameIn(where.names, shown.name);
    const end = await endedTask(where, stage.kind, name, { kind: 'failed', error });
    return { end, key: shown.key, error: error as Error };
  }
}

/** The run is being stopped: it takes nothing new. */
function notStarted(error: unknown): StageEnd {
  return { status: 'CANCEL', context: { status: 'CANCEL', errors: errorInfo(error) } };
}

async function runKind(stage: StagePlan, where: Where, name: string): Promise<StageEnd> {
  switch (stage.kind) {
    case 'parallel':
    case 'foreach':
    case 'until':
    case 'case':
      return runNested(stage, where, name, runStages);
    case 'trigger':
      return leafTask(where, stage, name, triggerWork(stage, where), optionsOf(stage, where));
    default:
      return leafTask(where, stage, name, makeLeaf(stage, hostOf(stage, where)), optionsOf(stage, where));
  }
}

function optionsOf(stage: LeafStage | TriggerStage, { resources, executor }: Where): TaskOptions {
  const { timeoutMs } = stage;
  return {
    ...('retry' in stage ? retryOf(stage.retry) : {}),
    ...(resources === undefined ? {} : { resources }),
    ...(executor === undefined ? {} : { executor }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** `retry` counts from 0: the number of the attempt, less one. */
function hostOf(stage: StagePlan, where: Where): LeafHost {
  const { frame, extras } = where;
  const before = scopeOf({ ...where, stages: { ...where.stages } });
  const scope = ({ attempt: number }: AttemptContext) => ({ ...before, retry: number - 1 });
  return {
    surroundings: frame.surroundings,
    extras,
    renderOptions: frame.renderOptions,
    scope,
    render: (value, at, context) => renderAt(frame, value, [...stage.path, ...at], scope(context)),
  };
}

/** A run of another workflow, which is waited for without holding anything. */
function triggerWork(stage: TriggerStage, where: Where): LeafWork {
  const { frame } = where;
  const host = hostOf(stage, where);
  const body = function* (context: AttemptContext): Generator<unknown, Context, unknown> {
    const name = host.render(stage.trigger, ['trigger'], context);
    const params = host.render(stage.params, ['params'], context) as Context;
    return yield* frame.trigger(String(name), params, context);
  };
  return { kind: 'function', fn: body as unknown as (...args: readonly never[]) => unknown };
}

function raisedBy(stage: StagePlan, { context }: StageEnd): StageError {
  const { message, name } = (context['errors'] ?? {}) as {
    readonly message?: unknown;
    readonly name?: unknown;
  };
  return new StageError(`the stage ${JSON.stringify(stage.name)} failed: ${String(message)}`, {
    details: { stage: stage.name, errors: context['errors'], errorName: name },
  });
}
