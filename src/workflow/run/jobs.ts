/**
 * The jobs of a run: each starts when those it needs have ended as its rule asks; finally jobs when all others are
 * over, however they ended.
 *
 * A job sees the jobs it needs, directly or through others, and no more: what else has ended by then is chance.
 */
import { digest } from '../../core/fingerprint.ts';
import type { JobPlan } from '../model.ts';
import { judgeNeeds } from '../rules.ts';
import type { Status } from '../status.ts';
import type { Context } from './contexts.ts';
import { type JobEnd, type JobPlace, runJob, stageEndOf } from './job.ts';

export interface JobsPlace extends Omit<JobPlace, 'stage' | 'jobs' | 'generation'> {
  /** Stage of each job in the run. */
  readonly stageOf: ReadonlyMap<string, number>;
  /** Jobs at once. */
  readonly limit: number;
  /** The ends of all jobs so far, by id; grows. */
  readonly ends: Map<string, JobEnd>;
}

/** Runs the jobs given, and resolves when all of them have ended. Never rejects. */
export async function runJobs(jobs: readonly JobPlan[], place: JobsPlace): Promise<void> {
  await new JobsRun(jobs, place).run();
}

class JobsRun {
  readonly #place: JobsPlace;
  readonly #waiting: Set<JobPlan>;
  readonly #running = new Set<Promise<void>>();

  constructor(jobs: readonly JobPlan[], place: JobsPlace) {
    this.#place = place;
    this.#waiting = new Set(jobs);
  }

  async run(): Promise<void> {
    // What never starts any more is over at once: the run may end before this goes on.
    this.#place.halt.onStop(() => this.#startAll());
    for (;;) {
      this.#startAll();
      if (this.#running.size === 0) return;
      await Promise.race(this.#running);
    }
  }

  /** Starts what may start; a job that never will is over at once, and may be what another waits for. */
  #startAll(): void {
    const { halt, limit } = this.#place;
    for (let before = -1; before !== this.#waiting.size; ) {
      before = this.#waiting.size;
      for (const job of this.#waiting) {
        if (halt.reason !== undefined) this.#over(job, cancelledJob(halt.reason));
        else if (this.#running.size < limit) this.#judge(job);
      }
    }
  }

  #judge(job: JobPlan): void {
    const { ends } = this.#place;
    const statuses = job.needs.map((id): Status => ends.get(id)?.status ?? 'WAIT');
    const verdict = job.needs.length === 0 ? 'run' : judgeNeeds(job.rule, statuses);
    switch (verdict) {
      case 'wait':
        return;
      case 'run':
        return this.#start(job);
      case 'skip':
        return this.#over(job, { status: 'SKIP', context: { status: 'SKIP' } });
      case 'cancel':
        return this.#over(job, cancelledJob(new Error('a job it needs was cancelled')));
      case 'fail':
        return this.#over(job, ruleFailed(job), 'blocked');
      default:
        verdict satisfies never;
    }
  }

  #start(job: JobPlan): void {
    this.#waiting.delete(job);
    const { frame, inherited, halt, stageOf, ends } = this.#place;
    const stage = stageOf.get(job.id) ?? 0;
    const seen = this.#seenBy(job);
    const place = { frame, inherited, halt, stage, jobs: contextsOf(seen, ends) };
    const running = runJob(job, { ...place, generation: this.#generationOf(seen) }).then((end) => {
      ends.set(job.id, end);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** A job that ran after a failure is done again with what failed: what it saw is not so any more. */
  #generationOf(seen: readonly JobPlan[]): string {
    const told = seen.flatMap(({ id }) => {
      const { status, attempts = 0 } = this.#place.ends.get(id) ?? { status: 'WAIT' };
      return status === 'SUCCESS' ? [] : [`${id} ${status}${attempts === 0 ? '' : ` ${attempts}`}`];
    });
    return told.length === 0 ? '' : digest(told.join('\n'));
  }

  #over(job: JobPlan, end: JobEnd, as = stageEndOf(end.status)): void {
    this.#waiting.delete(job);
    const { frame, stageOf, ends } = this.#place;
    ends.set(job.id, end);
    frame.style.passStage(stageOf.get(job.id) ?? 0, as);
  }

  #seenBy(job: JobPlan): readonly JobPlan[] {
    const { frame } = this.#place;
    const byId = new Map(frame.plan.jobs.map((one) => [one.id, one]));
    const seen = new Set<string>();
    const visit = (id: string): void => {
      if (seen.has(id)) return;
      seen.add(id);
      byId.get(id)?.needs.forEach(visit);
    };
    if (job.isFinally) for (const one of frame.plan.jobs) if (!one.isFinally) seen.add(one.id);
    job.needs.forEach(visit);
    return frame.plan.jobs.filter(({ id }) => seen.has(id));
  }
}

export function contextsOf(jobs: readonly JobPlan[], ends: ReadonlyMap<string, JobEnd>): Context {
  const ended = jobs.flatMap(({ id }) => {
    const end = ends.get(id);
    return end === undefined ? [] : [[id, end.context] as const];
  });
  return Object.fromEntries(ended);
}

function cancelledJob(reason: Error): JobEnd {
  const errors = { name: 'JobCancelError', message: reason.message };
  return { status: 'CANCEL', context: { status: 'CANCEL', errors } };
}

function ruleFailed({ rule }: JobPlan): JobEnd {
  const errors = { name: 'WorkflowError', message: `Validate job trigger rule was failed with '${rule}'.` };
  return { status: 'FAILED', context: { status: 'FAILED', errors } };
}
