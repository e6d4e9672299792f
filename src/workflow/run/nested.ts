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
import { nameIn, scopeOf, stagesSeen, type Where } from './where.ts';

export type RunStages = (stages: readonly StagePlan[], where: Where, texts: ListTexts) => Promise<ListEnd>;

export async function runNested(
  stage: NestedStage,
  where: Where,
  name: string,
  runStages: RunStages,
): Promise<StageEnd> {
  const nested = new Nested(where, name, runStages);
  return holdingTask(where, stage.kind, name, stage.timeoutMs, (halt) => nested.run(stage, halt)).end;
}

/** One branch, item, loop or case: what it adds to the names that templates know, and how its ends read. */
interface Part {
  readonly kind: string;
  /** Of its task. */
  readonly label: string;
  /** Of its context among those of the others. */
  readonly key: string;
  readonly adds: Context;
  readonly stages: readonly StagePlan[];
  readonly texts: ListTexts;
}

interface HeldPart {
  readonly inside: Promise<Inside>;
  readonly end: Promise<PartEnd>;
}

interface PartEnd {
  /** The last output called `item`. */
  readonly item: unknown;
  readonly end: StageEnd;
  readonly context: Context;
  readonly error: Error | undefined;
  readonly stages: Readonly<Context>;
}

class Nested {
  readonly #where: Where;
  readonly #name: string;
  readonly #runStages: RunStages;
  /** What stages inside see of those outside. */
  readonly #around: Context;

  constructor(where: Where, name: string, runStages: RunStages) {
    this.#where = where;
    this.#name = name;
    this.#runStages = runStages;
    this.#around = stagesSeen(where);
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

  #part(part: Part, halt: Halt): HeldPart {
    const stages: Context = {};
    const carried = { item: undefined as unknown };
    const names = nameIn(this.#name, part.label);
    let error: Error | undefined;
    const held = holdingTask({ ...this.#where, halt }, part.kind, names, undefined, async (inner) => {
      const scope = { ...this.#where.scope, ...part.adds };
      const where = { ...this.#where, halt: inner, around: this.#around, stages, carried, names, scope };
      const { status, error: why } = await this.#runStages(part.stages, where, part.texts);
      error = why;
      return { status, outputs: {}, ...(why === undefined ? {} : { error: why }) };
    });
    const end = held.end.then((end): PartEnd => {
      const { status, errors } = end;
      const told = errors === undefined ? {} : { errors: error === undefined ? errors : errorInfo(error) };
      return { end, error, stages, item: carried.item, context: { status, ...part.adds, stages, ...told } };
    });
    return { inside: held.inside, end };
  }

  /**
   * Some of the parts at a time; `ended` is told of each as soon as the next may begin. What those that began came
   * to, by their names, in their order.
   */
  async #parts(
    parts: readonly Part[],
    limit: number,
    halt: Halt,
    ended: (inside: Inside) => void,
  ): Promise<ReadonlyMap<string, Context>> {
    const begun: (readonly [string, Promise<PartEnd>])[] = [];
    // The task that holds a part ends beside the next part: with a store, that saves a commit for each.
    const each = async (part: Part): Promise<void> => {
      const { inside, end } = this.#part(part, halt);
      begun.push([part.key, end]);
      end.catch(() => {});
      ended(await inside);
    };
    await inPool(parts, limit, each, () => halt.reason !== undefined);
    const ends = await Promise.all(begun.map(async ([key, end]) => [key, await end] as const));
    return new Map(ends.map(([key, { context }]) => [key, context]));
  }

  async #parallel(stage: ParallelStage, halt: Halt): Promise<Inside> {
    const workers = this.#count(stage, 'max-workers', stage.maxWorkers, 19);
    const parts = Object.entries(stage.branches).map(([branch, stages]) => {
      const texts = textsOf('branch', shown(branch));
      return { kind: 'branch', label: branch, key: branch, adds: { branch }, stages, texts };
    });
    const contexts = await this.#parts(parts, workers, halt, () => {});
    const status = this.#merged(contexts, halt);
    return {
      status,
      outputs: { workers, parallel: Object.fromEntries(contexts) },
      ...failure(status, contexts, 'a branch', stage.name),
    };
  }

  async #foreach(stage: ForEachStage, halt: Halt): Promise<Inside> {
    const { stages } = stage;
    const items = readItems(this.#render(stage, 'foreach', stage.foreach));
    const concurrent = this.#count(stage, 'concurrent', stage.concurrent, 9);
    const keys = itemKeys(items, stage.useIndexAsKey);
    const parts = items.map((item, loop) => {
      const key = keys[loop] ?? String(loop);
      const texts = textsOf('item', shown(item));
      return { kind: 'item', label: `[${key}]`, key, adds: { item, loop }, stages, texts };
    });
    let failed = false;
    const contexts = await this.#parts(parts, concurrent, halt, ({ status, error }) => {
      if (status !== 'FAILED' || failed) return;
      failed = true;
      halt.stop(new StageError(`${error?.message ?? 'an item failed'}; its siblings are stopped`));
    });
    const status = failed ? 'FAILED' : this.#merged(contexts, halt);
    return {
      status,
      outputs: { items, foreach: Object.fromEntries(contexts) },
      ...failure(status, contexts, 'an item', stage.name),
    };
  }

  async #until(stage: UntilStage, halt: Halt): Promise<Inside> {
    const loops = new Map<string, Context>();
    const outputs = () => ({ until: Object.fromEntries(loops) });
    let item = this.#render(stage, 'item', stage.item);
    for (let loop = 1; loop <= stage.maxLoop; loop += 1) {
      if (halt.reason !== undefined)
        return cancelled(`Cancel before start loop process, (loop: ${loop}).`, outputs());
      const part = {
        kind: 'loop',
        label: `[${loop}]`,
        key: String(loop),
        adds: { item, loop },
        stages: stage.stages,
        texts: loopTexts(loop),
      };
      const { end, context, error, stages, item: left } = await this.#part(part, halt).end;
      loops.set(part.key, context);
      if (end.status === 'FAILED' || end.status === 'CANCEL') {
        const told = error ?? new StageError(`loop ${loop} was stopped`);
        return { status: end.status, outputs: outputs(), errors: errorInfo(told), error: told };
      }
      item = left ?? loop + 1;
      const scope = { ...this.#where.scope, stages: { ...this.#around, ...stages }, item, loop: loop + 1 };
      const asked = decided(() => decideAt(this.#where.frame, stage.until, [...stage.path, 'until'], scope));
      if (asked instanceof Error)
        return { status: 'FAILED', outputs: outputs(), errors: errorInfo(asked), error: asked };
      if (asked) return { status: this.#merged(loops, halt), outputs: outputs() };
    }
    const { maxLoop } = stage;
    const error = new StageError(`Loop was exceed the maximum ${maxLoop} loop${maxLoop > 1 ? 's' : ''}.`);
    return { status: 'FAILED', outputs: outputs(), errors: errorInfo(error), error };
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
    const key = String(name);
    const part = { kind: 'case', label: key, key, adds: { case: name }, stages: match.stages, texts };
    const { end, context, error } = await this.#part(part, halt).end;
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
  #merged(parts: ReadonlyMap<string, Context>, halt: Halt): Status {
    const statuses = [...parts.values()].map(({ status }) => status as Status);
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

/** The same in the words of `until`, which are others. */
function loopTexts(loop: number): ListTexts {
  return {
    before: () =>
      new StageError(`Cancel loop: ${loop} before start nested process.`, {
        details: { errorName: 'StageCancelError' },
      }),
    after: () => new StageError(`Cancel loop: ${loop} after end nested process.`, NESTED_CANCEL),
    failed: (stage) =>
      new StageError(`Break loop: ${loop} because nested stage: '${stage}', failed.`, {
        details: { errorName: 'StageNestedError' },
      }),
  };
}

function decided(ask: () => boolean): boolean | Error {
  try {
    return ask();
  } catch (error) {
    return error as Error;
  }
}

const NESTED_CANCEL = { details: { errorName: 'StageNestedCancelError' } };

function cancelled(message: string, outputs: Context): Inside {
  const error = new StageError(message, { details: { errorName: 'StageCancelError' } });
  return { status: 'CANCEL', outputs, errors: errorInfo(error), error };
}

function failure(
  status: Status,
  parts: ReadonlyMap<string, Context>,
  what: string,
  stage: string,
): { readonly errors?: unknown; readonly error?: Error } {
  if (status === 'SUCCESS' || status === 'SKIP') return {};
  const all = [...parts].map(([name, { errors }]) => [name, errors as ErrorInfo | undefined] as const);
  const told = all.filter((one): one is readonly [string, ErrorInfo] => one[1] !== undefined);
  const names = told.map(([name]) => name);
  // What was stopped for the first failure says less than that.
  const [, first] = told.find(([name]) => parts.get(name)?.['status'] === 'FAILED') ?? told[0] ?? [];
  if (first === undefined) return {};
  const more = names.length > 1 ? ` (and ${names.length - 1} more)` : '';
  return {
    errors: Object.fromEntries(told),
    error: new StageError(`${what} of ${JSON.stringify(stage)} did not succeed: ${first.message}${more}`, {
      details: { parts: names },
    }),
  };
}
