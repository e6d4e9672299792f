/** A list of stages, one after the other, and one stage of any kind. */
import { CancelledError, StageError } from '../../core/errors.ts';
import type { AttemptContext } from '../../executors/executor.ts';
import type { TaskOptions } from '../../runtime/index.ts';
import type { LeafStage, StagePlan, TriggerStage } from '../model.ts';
import { makeLeaf } from '../stages/index.ts';
import type { LeafHost, LeafWork } from '../stages/leaf.ts';
import type { Status } from '../status.ts';
import { type Context, errorInfo, infoOf, type StageEnd, type StageValue, seenAs } from './contexts.ts';
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
  const item = end.outputs['item'] ?? undefined;
  if (outer.carried !== undefined && item !== undefined) outer.carried.item = item;
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
  let identity: { readonly name: string; readonly key: string | undefined } = {
    name: stage.name,
    key: stage.id,
  };
  try {
    identity = identityOf(stage, where);
    const name = nameIn(where.names, identity.name);
    if (decideAt(where.frame, stage.condition, [...stage.path, 'if'], scopeOf(where)))
      return { end: await runKind(stage, where, name), key: identity.key };
    const value = { status: 'SKIP' };
    return { end: await endedTask(where, stage.kind, name, { kind: 'skipped', value }), key: identity.key };
  } catch (error) {
    const stopping = where.halt.reason ?? where.frame.style.stopping;
    if (stopping !== undefined || error instanceof CancelledError)
      return { end: notStarted(where, error), key: identity.key };
    const name = nameIn(where.names, identity.name);
    const end = await endedTask(where, stage.kind, name, { kind: 'failed', error });
    return { end, key: identity.key, error: error as Error };
  }
}

/** The run is being stopped: it takes nothing new. */
function notStarted({ frame: { style } }: Where, error: unknown): StageEnd {
  return { status: 'CANCEL', info: infoOf(style.time, style.time), outputs: {}, errors: errorInfo(error) };
}

async function runKind(stage: StagePlan, where: Where, name: string): Promise<StageEnd> {
  switch (stage.kind) {
    case 'parallel':
    case 'foreach':
    case 'until':
    case 'case':
      return runNested(stage, where, name, runStages);
    case 'trigger':
      return leafTask(
        where,
        stage,
        name,
        (retry) => triggerWork(stage, where, retry),
        optionsOf(stage, where),
      );
    default:
      return leafTask(
        where,
        stage,
        name,
        (retry) => makeLeaf(stage, hostOf(stage, where, retry)),
        optionsOf(stage, where),
      );
  }
}

function optionsOf(stage: LeafStage | TriggerStage, { resources }: Where): TaskOptions {
  const { timeoutMs } = stage;
  return {
    ...('retry' in stage ? retryOf(stage.retry) : {}),
    ...(resources === undefined ? {} : { resources }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** What is rendered for a function of the host is its own to change. */
function hostOf(stage: StagePlan, where: Where, retry: () => number): LeafHost {
  const { frame, extras } = where;
  const before = scopeOf(where);
  const scope = () => ({ ...before, retry: retry() });
  const own = stage.kind === 'call' ? copied : (value: unknown) => value;
  return {
    surroundings: frame.surroundings,
    extras,
    renderOptions: frame.renderOptions,
    scope,
    render: (value, at) => own(renderAt(frame, value, [...stage.path, ...at], scope())),
  };
}

/** Functions and the like cannot be copied, and are shared. */
function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

/** A run of another workflow, which is waited for without holding anything. */
function triggerWork(stage: TriggerStage, where: Where, retry: () => number): LeafWork {
  const { frame } = where;
  const host = hostOf(stage, where, retry);
  const body = function* (context: AttemptContext): Generator<unknown, StageValue, unknown> {
    const startedAt = frame.style.time;
    const name = host.render(stage.trigger, ['trigger'], context);
    const params = host.render(stage.params, ['params'], context) as Context;
    const end = yield* frame.trigger(String(name), params);
    return { ...end, info: infoOf(startedAt, frame.style.time) };
  };
  return { kind: 'function', fn: body as unknown as (...args: readonly never[]) => unknown };
}

function raisedBy(stage: StagePlan, { errors }: StageEnd): StageError {
  const { message, name } = (errors ?? {}) as { readonly message?: unknown; readonly name?: unknown };
  const why = message === undefined ? 'something inside it failed' : String(message);
  return new StageError(`the stage ${JSON.stringify(stage.name)} failed: ${why}`, {
    details: { stage: stage.name, errors, errorName: name },
  });
}
