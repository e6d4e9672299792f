/**
 * Stages that hold others: parallel, foreach, until, case. Each branch, item and loop is a task of its own that
 * holds the tasks of its stages.
 *
 * A failure stops what its kind says and nothing else: a parallel runs all its branches to their ends; a foreach
 * starts nothing more and stops the items that run; whatever is beside or around it goes on.
 */
import { StageError } from '../../core/errors.ts';
import type { CaseStage, ForEachStage, NestedStage, ParallelStage, StagePlan, UntilStage } from '../model.ts';
import { type ErrorInfo, mergeStatuses, type Status } from '../status.ts';
import { type Context, errorInfo, type StageEnd } from './contexts.ts';
import type { Halt } from './halt.ts';
import { itemKeys, readItems, shown } from './items.ts';
import { inPool } from './pool.ts';
import type { ListEnd, ListTexts } from './stages.ts';
import { holdingTask, type Inside } from './tasks.ts';
import { decideAt, renderAt } from './texts.ts';
import { nameIn, scopeOf, type Where } from './where.ts';

export type RunStages = (stages: readonly StagePlan[], where: Where, texts: ListTexts) => Promise<ListEnd>;

export function runNested(
  stage: NestedStage,
  where: Where,
  name: string,
  runStages: RunStages,
): Promise<StageEnd> {
  const nested = new Nested(where, name, runStages);
  return holdingTask(where, stage.kind, name, stage.timeoutMs, (halt) => nested.run(stage, halt));
}

/** One branch, item, loop or case: what it adds to the names that templates know, and how its ends read. */
interface Part {
  readonly kind: string;
  readonly label: string;
  readonly adds: Context;
  readonly stages: readonly StagePlan[];
  readonly texts: ListTexts;
}

interface PartEnd {
  readonly end: StageEnd;
  readonly context: Context;
  readonly error: Error | undefined;
}

class Nested {
  readonly #where: Where;
  readonly #name: string;
  readonly #runStages: RunStages;

  constructor(where: Where, name: string, runStages: RunStages) {
    this.#where = where;
    this.#name = name;
    this.#runStages = runStages;
  }

  run(stage: NestedStage, halt: Halt): Promise<Inside> {
    switch (stage.kind) {
      case 'parallel':
        return this.#parallel(stage, halt);
      case 'foreach':
        return this.#foreach(stage, halt);
      case 'until':
        return this.#until(stage, halt);
      case 'case':
        return this.#case(stage, halt);
      default:
        return stage satisfies never;
    }
  }

  async #part(part: Part, halt: Halt): Promise<PartEnd> {
    const stages: Context = {};
    let error: Error | undefined;
    const end = await holdingTask(
      { ...this.#where, halt },
      part.kind,
      nameIn(this.#name, part.label),
      undefined,
      async (inner) => {
        const where = {
          ...this.#where,
          halt: inner,
          stages,
          names: nameIn(this.#name, part.label),
          scope: { ...this.#where.scope, ...part.adds },
        };
        const { status, error: why } = await this.#runStages(part.stages, where, part.texts);
        error = why;
        return { status, outputs: {}, ...(why === undefined ? {} : { error: why }) };
      },
    );
    const errors = end.context['errors'];
    const told = errors === undefined ? {} : { errors: error === undefined ? errors : errorInfo(error) };
    return { end, error, context: { status: end.status, ...part.adds, stages, ...told } };
  }

  async #parallel(stage: ParallelStage, halt: Halt): Promise<Inside> {
    const workers = this.#count(stage, 'max-workers', stage.maxWorkers, 19);
    const parallel: Context = {};
    const errors: Record<string, unknown> = {};
    const each = async ([branch, stages]: [string, readonly StagePlan[]]): Promise<void> => {
      const texts = textsOf('branch', shown(branch));
      const part = { kind: 'branch', label: branch, adds: { branch }, stages, texts };
      const { context } = await this.#part(part, halt);
      parallel[branch] = context;
      if (context['errors'] !== undefined) errors[branch] = context['errors'];
    };
    await inPool(Object.entries(stage.branches), workers, each, () => halt.reason !== undefined);
    const status = this.#merged(parallel, halt);
    return { status, outputs: { workers, parallel }, ...failure(status, errors, 'a branch', stage.name) };
  }

  async #foreach(stage: ForEachStage, halt: Halt): Promise<Inside> {
    const items = readItems(this.#render(stage, 'foreach', stage.foreach));
    const concurrent = this.#count(stage, 'concurrent', stage.concurrent, 9);
    const keys = itemKeys(items, stage.useIndexAsKey);
    const foreach: Context = {};
    const errors: Record<string, unknown> = {};
    let failed = false;
    const siblings = halt;
    const each = async (item: unknown, loop: number): Promise<void> => {
      const key = keys[loop] ?? String(loop);
      const texts = textsOf('item', shown(item));
      const part = { kind: 'item', label: `[${key}]`, adds: { item, loop }, stages: stage.stages, texts };
      const { end, context, error } = await this.#part(part, siblings);
      foreach[key] = context;
      if (context['errors'] !== undefined) errors[key] = context['errors'];
      if (end.status !== 'FAILED' || failed) return;
      failed = true;
      siblings.stop(new StageError(`${error?.message ?? 'an item failed'}; its siblings are stopped`));
    };
    await inPool(items, concurrent, each, () => halt.reason !== undefined);
    const status = failed ? 'FAILED' : this.#merged(foreach, halt);
    const sorted = inOrder(foreach, keys);
    return { status, outputs: { items, foreach: sorted }, ...failure(status, errors, 'an item', stage.name) };
  }

  async #until(stage: UntilStage, halt: Halt): Promise<Inside> {
    const until: Context = {};
    let item = this.#render(stage, 'item', stage.item);
    for (let loop = 1; loop <= stage.maxLoop; loop += 1) {
      if (halt.reason !== undefined)
        return cancelled(`Cancel before start loop process, (loop: ${loop}).`, { until });
      const texts = textsOf('loop', String(loop));
      const part = { kind: 'loop', label: `[${loop}]`, adds: { item, loop }, stages: stage.stages, texts };
      const { end, context, error } = await this.#part(part, halt);
      until[loop] = context;
      if (end.status === 'FAILED' || end.status === 'CANCEL') {
        const told = error ?? new StageError(`loop ${loop} was stopped`);
        return { status: end.status, outputs: { until }, errors: errorInfo(told), error: told };
      }
      item = lastItem(context['stages'] as Context) ?? loop + 1;
      const scope = { ...scopeOf(this.#where), item, loop: loop + 1 };
      if (decideAt(this.#where.frame, stage.until, [...stage.path, 'until'], scope))
        return { status: this.#merged(until, halt), outputs: { until } };
    }
    const { maxLoop } = stage;
    const error = new StageError(`Loop was exceed the maximum ${maxLoop} loop${maxLoop > 1 ? 's' : ''}.`);
    return { status: 'FAILED', outputs: { until }, errors: errorInfo(error), error };
  }

  async #case(stage: CaseStage, halt: Halt): Promise<Inside> {
    const given = this.#render(stage, 'case', stage.case);
    const match =
      stage.match.find(
        ({ value, path }) => value !== undefined && given === this.#rendered(value, [...path, 'case']),
      ) ?? stage.match.find(({ value }) => value === undefined);
    if (match === undefined) {
      if (stage.skipNotMatch) return { status: 'SKIP', outputs: {} };
      throw new StageError('This stage does not set else for support not match any case.', {
        details: { case: given },
        hint: 'add { else: [...] } to match, or skip-not-match: true',
      });
    }
    const name = match.value === undefined ? '_' : given;
    const texts = textsOf('case', shown(name));
    const part = { kind: 'case', label: String(name), adds: { case: name }, stages: match.stages, texts };
    const { end, context, error } = await this.#part(part, halt);
    const outputs = { case: name, stages: context['stages'] };
    if (error === undefined) return { status: end.status, outputs };
    return { status: end.status, outputs, errors: errorInfo(error), error };
  }

  #render(stage: NestedStage, key: string, value: unknown): unknown {
    return this.#rendered(value, [...stage.path, key]);
  }

  #rendered(value: unknown, path: readonly (string | number)[]): unknown {
    return renderAt(this.#where.frame, value, path, scopeOf(this.#where));
  }

  /** @throws STAGE_FAILED for what is not a whole number from 1 to `most` */
  #count(stage: NestedStage, key: string, value: number | string, most: number): number {
    const count = this.#render(stage, key, value);
    if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= most) return count;
    throw new StageError(`A ${key} value should between 1 and ${most}.`, {
      details: { given: count, errorName: 'ValueError' },
    });
  }

  /** What the parts come to; of parts that never began, nothing is known. */
  #merged(parts: Context, halt: Halt): Status {
    const statuses = Object.values(parts).map((part) => (part as { readonly status: Status }).status);
    return halt.reason === undefined ? mergeStatuses(statuses) : mergeStatuses([...statuses, 'CANCEL']);
  }
}

function textsOf(kind: string, label: string): ListTexts {
  return {
    before: () => new StageError(`Cancel ${kind}: ${label} before start nested process.`, NESTED_CANCEL),
    after: () => new StageError(`Cancel ${kind}: ${label} after end nested process.`, NESTED_CANCEL),
    failed: (stage) => new StageError(`Break ${kind}: ${label} because nested stage: '${stage}', failed.`),
  };
}

const NESTED_CANCEL = { details: { errorName: 'StageNestedCancelError' } };

function cancelled(message: string, outputs: Context): Inside {
  const error = new StageError(message, { details: { errorName: 'StageCancelError' } });
  return { status: 'CANCEL', outputs, errors: errorInfo(error), error };
}

function failure(
  status: Status,
  errors: Readonly<Record<string, unknown>>,
  what: string,
  stage: string,
): { readonly errors?: unknown; readonly error?: Error } {
  const names = Object.keys(errors);
  if (status === 'SUCCESS' || status === 'SKIP') return {};
  if (names.length === 0) return {};
  const first = errors[names[0] ?? ''] as ErrorInfo;
  const more = names.length > 1 ? ` (and ${names.length - 1} more)` : '';
  return {
    errors,
    error: new StageError(`${what} of ${JSON.stringify(stage)} did not succeed: ${first.message}${more}`, {
      details: { parts: names },
    }),
  };
}

/** Items end in any order; they are shown in theirs. */
function inOrder(foreach: Context, keys: readonly string[]): Context {
  return Object.fromEntries(keys.filter((key) => key in foreach).map((key) => [key, foreach[key]]));
}

/** `item` of the last stage that left one. */
function lastItem(stages: Context): unknown {
  const outputs = Object.values(stages).map((stage) => (stage as { readonly outputs?: Context }).outputs);
  return outputs.findLast((one) => one?.['item'] !== undefined && one['item'] !== null)?.['item'];
}
