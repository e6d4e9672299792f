/**
 * The releases that are under way. Owns which of them are live; submits, records and follows them, and tells of each.
 * Does not own when: service.ts decides that, and states the invariants.
 */
import { join } from 'node:path';
import { type Logger, logSafely } from '../../core/logger.ts';
import type { Scheduler } from '../../runtime/index.ts';
import type { Workflow } from '../workflow.ts';
import type { WorkflowFolder } from './folder.ts';
import { resumeInterrupted } from './interrupted.ts';
import { type MissReason, type Release, recordMissed, releaseId, submit } from './release.ts';
import type { ServeReport } from './reports.ts';

export interface ReleaseParts {
  readonly folder: WorkflowFolder;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly inputOf: (file: string) => unknown;
  readonly report: (report: ServeReport) => void;
}

/** A time of a workflow. */
export interface Due {
  readonly workflow: Workflow;
  readonly file: string;
  readonly dueAt: number;
}

interface Submission {
  readonly runId: string;
  readonly after?: readonly Release[];
}

export class Releases {
  readonly #parts: ReleaseParts;
  /** Names of workflows whose release by their own schedule is live (V3). */
  readonly #live = new Set<string>();
  /** Never reject. */
  readonly #under = new Set<Promise<void>>();

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** Releases a time. Gives whether the store has it now, or had it before. */
  async begin(due: Due): Promise<boolean> {
    const { workflow, dueAt } = due;
    const runId = releaseId(workflow.name, dueAt);
    if (this.#live.has(workflow.name)) return this.miss(due, 'overlap');
    this.#live.add(workflow.name);
    const submitted = await this.#submit(due, { runId });
    if (submitted.handle === undefined) {
      this.#live.delete(workflow.name);
      return submitted.isKnown;
    }
    const { handle } = submitted;
    this.track(this.#follow(handle, workflow.name, dueAt).finally(() => this.#live.delete(workflow.name)));
    for (const name of workflow.plan.releases) await this.#beginAfter(handle, name, due);
    return true;
  }

  /** Submitted at once, to come after the release: so it is in the store, and runs also if this process ends before. */
  async #beginAfter(after: Release, name: string, { workflow, dueAt }: Due): Promise<void> {
    const runId = releaseId(name, dueAt, workflow.name);
    const found = this.#parts.folder.workflows.get(name);
    if (found === undefined) {
      const error = new Error(`${workflow.name} releases ${name}, which is no workflow of this folder`);
      return this.tell({ type: 'release:failed', workflow: name, runId, dueAt, error });
    }
    const { handle } = await this.#submit({ ...found, dueAt }, { runId, after: [after] }, workflow.name);
    if (handle !== undefined) this.track(this.#follow(handle, name, dueAt));
  }

  async #submit({ workflow: { name }, workflow, file, dueAt }: Due, options: Submission, follows?: string) {
    const { scheduler, logger } = this.#parts;
    const { runId } = options;
    try {
      const handle = await submit(scheduler, workflow, {
        ...options,
        input: this.#inputOf(file),
      });
      if (handle === undefined) logSafely(logger, 'debug', `${runId} was released before`);
      else this.tell({ type: 'release:submitted', workflow: name, runId, dueAt, handle, follows });
      return { handle, isKnown: true };
    } catch (error) {
      this.tell({ type: 'release:failed', workflow: name, runId, dueAt, error: asError(error) });
      return { handle: undefined, isKnown: false };
    }
  }

  async #follow(handle: Release, workflow: string, dueAt: number): Promise<void> {
    const { runId } = handle;
    try {
      const outcome = await handle.outcome();
      this.tell({ type: 'release:ended', workflow, runId, dueAt, outcome });
    } catch (error) {
      this.tell({ type: 'release:failed', workflow, runId, dueAt, error: asError(error) });
    }
  }

  /** Records a time that is not released. Gives whether the store has it now, or had it before. */
  async miss({ workflow, file, dueAt }: Due, reason: MissReason, hasEarlier = false): Promise<boolean> {
    const { scheduler } = this.#parts;
    const { name } = workflow;
    const runId = releaseId(name, dueAt);
    try {
      const isNew = await recordMissed(scheduler, workflow, { runId, input: this.#inputOf(file) }, reason);
      if (isNew) this.tell({ type: 'release:missed', workflow: name, runId, dueAt, reason, hasEarlier });
      return true;
    } catch (error) {
      this.tell({ type: 'release:failed', workflow: name, runId, dueAt, error: asError(error) });
      return false;
    }
  }

  #inputOf(file: string): unknown {
    const { folder, inputOf } = this.#parts;
    return inputOf(join(folder.path, file));
  }

  /** Goes on with what an earlier life has left. */
  async resume(): Promise<void> {
    const { scheduler, folder, logger } = this.#parts;
    for (const { workflow, dueAt, handle, isOwn } of await resumeInterrupted(
      scheduler,
      folder.workflows,
      logger,
    )) {
      const { runId } = handle;
      this.tell({ type: 'release:resumed', workflow, runId, dueAt, handle });
      if (isOwn) this.#live.add(workflow);
      this.track(this.#follow(handle, workflow, dueAt).finally(() => isOwn && this.#live.delete(workflow)));
    }
  }

  tell(report: ServeReport): void {
    try {
      this.#parts.report(report);
    } catch (error) {
      logSafely(this.#parts.logger, 'error', `who is told of ${report.type} threw`, error);
    }
  }

  /** Counts as under way until it is over. */
  track(work: Promise<unknown>): void {
    const under: Promise<void> = work
      .then(
        () => {},
        (error: unknown) => logSafely(this.#parts.logger, 'error', 'a release was given up', error),
      )
      .finally(() => this.#under.delete(under));
    this.#under.add(under);
  }

  /** Resolves when nothing is under way. */
  async over(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
