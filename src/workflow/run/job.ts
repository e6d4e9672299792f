/** One job of a run: its condition, its combinations, its retries. Its stage in the run is an actor of its own. */
import { StageError } from '../../core/errors.ts';
import type { Scope } from '../expressions/index.ts';
import type { JobPlan } from '../model.ts';
import { mergeStatuses, type Status } from '../status.ts';
import { combinationId, combinations, filled, readMaxParallel } from '../strategy.ts';
import { type Context, errorInfo, infoOf } from './contexts.ts';
import { Halt } from './halt.ts';
import { inPool } from './pool.ts';
import { type ListTexts, runStages } from './stages.ts';
import { tooLate } from './tasks.ts';
import { decideAt, renderAt } from './texts.ts';
import { type Effort, type Frame, type Inherited, inherit, type Where } from './where.ts';

export interface JobEnd {
  readonly status: Status;
  /** What later jobs see as `jobs.<id>`. */
  readonly context: Readonly<Context>;
  /** Attempts of those of its tasks that did not succeed, in all lives of the run. */
  readonly attempts?: number;
}

export interface JobPlace {
  readonly frame: Frame;
  readonly inherited: Inherited;
  /** Index of its stage in the run. */
  readonly stage: number;
  /** What it sees of the jobs it needs. */
  readonly jobs: Readonly<Context>;
  readonly halt: Halt;
  /** What else than success it follows; see Where. */
  readonly generation: string;
}

/** Seconds before retry k, from the second on. */
const RETRY_BASE = 1.2;

/** Runs a job to its end. Never rejects for what fails in it. */
export async function runJob(job: JobPlan, place: JobPlace): Promise<JobEnd> {
  const { frame } = place;
  const startedAt = frame.style.time;
  frame.style.reachStage(place.stage);
  const { timeoutMs } = job;
  const late = timeoutMs === undefined ? undefined : tooLate(job.id, timeoutMs);
  const halt = new Halt(place.halt, late);
  const callOff = late === undefined ? undefined : frame.style.after(timeoutMs ?? 0, () => halt.stop(late));
  const run = new JobRun(job, { ...place, halt });
  const end = inTime(await run.run().catch((error: unknown) => failed(error)), halt, late);
  callOff?.();
  halt.leave();
  frame.style.passStage(place.stage, stageEndOf(end.status));
  if (end.status === 'FAILED' && inherit(place.inherited, job).raiseOnError)
    frame.raised ??= new StageError(`the job ${JSON.stringify(job.id)} failed`, { details: { job: job.id } });
  const context = { ...end.context, info: infoOf(startedAt, frame.style.time) };
  return { ...end, context, attempts: run.effort.attempts };
}

/** Running out of time is a failure, whatever was cancelled for it. */
function inTime(end: JobEnd, halt: Halt, late: Error | undefined): JobEnd {
  if (late === undefined || end.status !== 'CANCEL' || halt.reason !== late) return end;
  return { status: 'FAILED', context: { ...end.context, status: 'FAILED', errors: errorInfo(late) } };
}

/** How the stage of a job ends where no task of it says so. */
export function stageEndOf(status: Status): 'failed' | 'cancelled' | 'blocked' | undefined {
  if (status === 'FAILED') return 'failed';
  return status === 'CANCEL' ? 'cancelled' : undefined;
}

function failed(error: unknown): JobEnd {
  return { status: 'FAILED', context: { status: 'FAILED', errors: errorInfo(error) } };
}

class JobRun {
  readonly effort: Effort = { attempts: 0 };
  readonly #job: JobPlan;
  readonly #place: JobPlace;
  readonly #scope: Scope;

  constructor(job: JobPlan, place: JobPlace) {
    this.#job = job;
    this.#place = place;
    this.#scope = { params: place.frame.params, jobs: place.jobs };
  }

  async run(): Promise<JobEnd> {
    const { condition, path, stages } = this.#job;
    const runs = decideAt(this.#place.frame, condition, [...path, 'if'], this.#scope);
    if (!runs || stages.length === 0) return { status: 'SKIP', context: { status: 'SKIP' } };
    const retries = this.#job.retry?.retries ?? 0;
    let end = await this.#once();
    for (let retry = 1; retry <= retries && end.status === 'FAILED'; retry += 1) {
      if (this.#place.halt.reason !== undefined) break;
      await this.#sleep(retry);
      this.#place.frame.style.restartStage(this.#place.stage);
      const again = await this.#once();
      end = { ...again, context: { ...again.context, retry } };
    }
    return end;
  }

  async #sleep(retry: number): Promise<void> {
    const backoff = this.#job.retry?.backoff;
    const own = backoff === undefined ? undefined : backoff.backoffMs * (backoff.factor ?? 2) ** (retry - 1);
    const wait = own ?? (retry === 1 ? 0 : RETRY_BASE ** retry * 1000);
    const ms = Math.min(wait, backoff?.maxBackoffMs ?? Number.MAX_SAFE_INTEGER);
    if (ms === 0) return;
    const { frame, halt } = this.#place;
    await new Promise<void>((resolve) => {
      const callOff = frame.style.after(ms, () => {
        forget();
        resolve();
      });
      const forget = halt.onStop(() => {
        callOff();
        resolve();
      });
    });
  }

  async #once(): Promise<JobEnd> {
    const { strategy } = this.#job;
    const { frame } = this.#place;
    const render = (value: unknown, key: string) =>
      renderAt(frame, value, [...strategy.path, key], this.#scope);
    const lists = filled({
      ...strategy,
      matrix: render(strategy.matrix, 'matrix') as typeof strategy.matrix,
      include: render(strategy.include, 'include') as typeof strategy.include,
      exclude: render(strategy.exclude, 'exclude') as typeof strategy.exclude,
    });
    const all = combinations(lists);
    const hasMatrix = Object.keys(lists.matrix).length > 0 || lists.include.length > 0;
    if (!hasMatrix) return this.#single();
    const limit = readMaxParallel(render(strategy.maxParallel, 'max-parallel'));
    return this.#combined(all, limit);
  }

  async #single(): Promise<JobEnd> {
    const { status, context } = await this.#combination({}, '', this.#place.halt);
    const { matrix: _none, ...seen } = context;
    return { status, context: { ...seen, status } };
  }

  async #combined(all: readonly Readonly<Context>[], limit: number): Promise<JobEnd> {
    const strategies: Context = {};
    const errors: Context = {};
    const halt = new Halt(this.#place.halt);
    const { failFast } = this.#job.strategy;
    const each = async (matrix: Readonly<Context>): Promise<void> => {
      const id = combinationId(matrix);
      const label = Object.entries(matrix).map(([name, value]) => `${name}=${shortly(value)}`);
      const { status, context } = await this.#combination(matrix, `[${label.join(', ')}]`, halt);
      strategies[id] = context;
      if (context['errors'] !== undefined) errors[id] = context['errors'];
      if (status === 'FAILED' && failFast) halt.stop(new StageError('another combination failed'));
    };
    await inPool(all, limit, each, () => halt.reason !== undefined);
    halt.leave();
    const statuses = Object.values(strategies).map((one) => (one as JobEnd).status);
    const stopped = this.#place.halt.reason === undefined ? [] : (['CANCEL'] as const);
    const status = mergeStatuses([...statuses, ...stopped]);
    const told = Object.keys(errors).length === 0 ? {} : { errors };
    return { status, context: { strategies, status, ...told } };
  }

  async #combination(matrix: Readonly<Context>, names: string, halt: Halt): Promise<JobEnd> {
    const { frame, inherited, stage, generation } = this.#place;
    const stages: Context = {};
    const inner = new Halt(halt);
    const where: Where = {
      ...inherit(inherited, this.#job),
      frame,
      stage,
      names,
      scope: { ...this.#scope, matrix },
      around: {},
      stages,
      effort: this.effort,
      halt: inner,
      isFinally: this.#job.isFinally,
      generation,
    };
    const { status, error } = await runStages(this.#job.stages, where, TEXTS);
    inner.leave();
    const told = error === undefined ? {} : { errors: errorInfo(error) };
    return { status, context: { status, matrix, stages, ...told } };
  }
}

function shortly(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

const cancelled = { details: { errorName: 'JobCancelError' } };

const TEXTS: ListTexts = {
  before: () =>
    new StageError('Strategy execution was canceled from the event before start stage execution.', cancelled),
  after: () =>
    new StageError('Strategy execution was canceled from the event after end stage execution.', cancelled),
  failed: (stage) =>
    new StageError(`Strategy execution was break because its nested-stage, '${stage}', failed.`, {
      details: { errorName: 'JobError' },
    }),
};
