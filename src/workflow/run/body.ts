/**
 * The body of a run of a workflow: its jobs, then its finally jobs, then what the run comes to.
 *
 * It decides by the plan, the parameters and how its tasks ended, and by nothing else, so that a run which goes on
 * in a later life is the same run (rule 9). Stopped, it starts nothing more but its finally jobs (rule 1).
 */
import { CancelledError, StageError, WorkflowError } from '../../core/errors.ts';
import { type Controls, STYLE, type StyleControls } from '../../runtime/index.ts';
import type { WorkflowPlan } from '../model.ts';
import { mergeStatuses, type Status } from '../status.ts';
import { errorInfo, type Info, infoOf } from './contexts.ts';
import { Halt } from './halt.ts';
import type { JobEnd } from './job.ts';
import { contextsOf, runJobs } from './jobs.ts';
import type { Frame, Inherited } from './where.ts';

/** What a run of a workflow comes to. */
export interface WorkflowResult {
  readonly status: Exclude<Status, 'WAIT'>;
  readonly params: Readonly<Record<string, unknown>>;
  /** By job: `{ status, stages, errors? }`, or `{ status, strategies, errors? }` with a matrix. */
  readonly jobs: Readonly<Record<string, unknown>>;
  readonly info: Info;
  readonly errors?: { readonly name: string; readonly message: string };
}

/** Between two looks at whether a run that goes on has got to where it was, in milliseconds. */
const REPLAY_LOOK_MS = 10;

export type FrameOf = (style: StyleControls) => Frame;

/** @throws WorkflowError with the result in its details; what a stage raised; the reason it was stopped for */
export async function runWorkflow(controls: Controls, frameOf: FrameOf): Promise<WorkflowResult> {
  const { signal } = controls;
  const run = new WorkflowRun(frameOf(controls[STYLE]), signal);
  const result = run.result();
  // Nothing is left to do for a stopped run without finally jobs: its tasks end by themselves.
  return run.hasFinally ? result : untilStopped(signal, result);
}

function untilStopped<T>(signal: AbortSignal, result: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    const forget = () => signal.removeEventListener('abort', stop);
    result.then(resolve, reject).finally(forget);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

class WorkflowRun {
  readonly #frame: Frame;
  readonly #startedAt: number;
  readonly #main: Halt;
  /** Of the finally jobs. */
  readonly #last = new Halt();
  readonly #ends = new Map<string, JobEnd>();
  readonly #stageOf = new Map<string, number>();
  readonly #forget: () => void;
  readonly #late: WorkflowError;

  constructor(frame: Frame, signal: AbortSignal) {
    this.#frame = frame;
    this.#late = tooLate(frame.plan);
    this.#main = new Halt(undefined, this.#late);
    const { style, plan } = frame;
    this.#startedAt = style.now();
    for (const job of inQueueOrder(plan.jobs))
      this.#stageOf.set(job.id, style.declareStage(job.id, job.depth));
    if (this.hasFinally)
      style.expectFinallyTasks(true, () => this.#last.startNothing(reasonOf(style.stopping?.reason)));
    const stop = () => this.#main.startNothing(reasonOf(signal.reason));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    this.#forget = () => signal.removeEventListener('abort', stop);
  }

  get hasFinally(): boolean {
    return this.#frame.plan.jobs.some(({ isFinally }) => isFinally);
  }

  async result(): Promise<WorkflowResult> {
    const { style } = this.#frame;
    const callOff = this.#limit();
    await this.#jobs(false, this.#main);
    callOff();
    if (this.hasFinally) await this.#jobs(true, this.#last);
    style.expectFinallyTasks(false);
    this.#forget();
    if (style.stopping !== undefined) throw reasonOf(style.stopping.reason);
    return this.#ended();
  }

  /**
   * Stops the jobs when the time is over; gives how to call that off. A run that goes on in another process has all
   * of its time again: what it was not running is not counted.
   */
  #limit(): () => void {
    const { style, plan } = this.#frame;
    let callOff = () => {};
    const wait = (ms: number) => {
      callOff = style.after(ms, () => {
        // What had ended by then has ended, although it has yet to be shown again.
        if (style.replays) wait(REPLAY_LOOK_MS);
        else this.#main.stop(this.#late);
      });
    };
    wait(plan.timeoutMs);
    return () => callOff();
  }

  async #jobs(isFinally: boolean, halt: Halt): Promise<void> {
    const { plan } = this.#frame;
    const jobs = plan.jobs.filter((job) => job.isFinally === isFinally);
    const limit = plan.extras.max_job_parallel ?? Number.POSITIVE_INFINITY;
    await runJobs(jobs, {
      frame: this.#frame,
      inherited: this.#inherited,
      halt,
      stageOf: this.#stageOf,
      limit,
      ends: this.#ends,
    });
  }

  get #inherited(): Inherited {
    const { extras, resources, executor, raiseOnError } = this.#frame.plan;
    return { extras, resources, executor, raiseOnError: raiseOnError || extras.stage_raise_error === true };
  }

  #ended(): WorkflowResult {
    const { plan, params, style } = this.#frame;
    const merged = mergeStatuses(plan.jobs.map(({ id }) => this.#ends.get(id)?.status ?? 'CANCEL'));
    const isLate = this.#main.reason === this.#late;
    const status = isLate ? 'FAILED' : (merged as WorkflowResult['status']);
    const errors = isLate ? errorInfo(this.#late) : this.#errorOf();
    const result: WorkflowResult = {
      status,
      params,
      jobs: contextsOf(plan.jobs, this.#ends),
      info: infoOf(this.#startedAt, style.time),
      ...(errors === undefined ? {} : { errors }),
    };
    if (status === 'SUCCESS' || status === 'SKIP') return result;
    if (this.#frame.raised !== undefined) throw this.#frame.raised;
    if (status === 'CANCEL') throw new CancelledError(errors?.message);
    throw failure(plan.name, result);
  }

  /** The last job that did not end well says it; one that only could not start, where no other did. */
  #errorOf(): WorkflowResult['errors'] | undefined {
    const bad = this.#frame.plan.jobs.flatMap(({ id }) => {
      const end = this.#ends.get(id);
      return end?.status === 'FAILED' || end?.status === 'CANCEL' ? [{ id, end }] : [];
    });
    const own = bad.findLast(({ end }) => ruleFaultOf(end) === undefined);
    if (own === undefined) return ruleFaultOf(bad.at(-1)?.end);
    const what = own.end.status === 'CANCEL' ? 'cancelled' : 'failed';
    return { name: 'WorkflowError', message: `Job execution, '${own.id}', was ${what}.` };
  }
}

/** What a job says whose trigger rule had failed: it is not why the run failed. */
function ruleFaultOf(end: JobEnd | undefined): WorkflowResult['errors'] | undefined {
  const told = end?.context['errors'] as WorkflowResult['errors'] | undefined;
  return told?.name === 'WorkflowError' ? told : undefined;
}

function tooLate({ name, timeoutMs }: WorkflowPlan): WorkflowError {
  const seconds = timeoutMs / 1000;
  return new WorkflowError(
    'TASK_TIMEOUT',
    `'${name}' was timeout because it use exec time more than ${seconds} seconds.`,
    {
      hint: 'set timeout: (in seconds) at the top of the file',
      details: { errorName: 'WorkflowTimeoutError' },
    },
  );
}

/** Stages are numbered as they lie in the queue; jobs of one depth as in the file. */
function inQueueOrder<T extends { readonly depth: number }>(jobs: readonly T[]): readonly T[] {
  return [...jobs].sort((a, b) => a.depth - b.depth);
}

function failure(name: string, result: WorkflowResult): WorkflowError {
  const why = result.errors?.message ?? 'a job failed';
  return new WorkflowError('STAGE_FAILED', `the workflow ${JSON.stringify(name)} failed: ${why}`, {
    hint: 'the result is in details.result; resume the run to do again what failed',
    details: { result, errorName: 'WorkflowError' },
  });
}

function reasonOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new StageError(String(reason));
}
