/** Releases of an earlier life that are not over: they go on, as what they were when they began. */
import { SignalboxError } from '../../core/errors.ts';
import { type Logger, logSafely } from '../../core/logger.ts';
import type { Scheduler } from '../../runtime/index.ts';
import type { StoredWorkflow } from './folder.ts';
import { dueTimeOf, type Release } from './release.ts';

export interface ResumedRelease {
  readonly workflow: string;
  readonly dueAt: number;
  readonly handle: Release;
  /** Released by its own schedule, not by that of another. */
  readonly isOwn: boolean;
}

const OPEN_STATES = ['running', 'ready', 'queued'] as const;
/** Looked at per state; whoever has more open runs resumes the rest by hand. */
const MOST_RUNS = 1_000;

/** Oldest first, so that what runs after another comes after it. One that somebody else runs is left to them. */
export async function resumeInterrupted(
  scheduler: Scheduler,
  workflows: ReadonlyMap<string, StoredWorkflow>,
  logger: Logger,
): Promise<readonly ResumedRelease[]> {
  const resumed: ResumedRelease[] = [];
  for (const { id, name } of await openRuns(scheduler)) {
    const dueAt = dueTimeOf(id, name);
    if (!workflows.has(name) || dueAt === undefined) continue;
    const handle = await resume(scheduler, id, logger);
    const isOwn = !id.includes('+', name.length);
    if (handle !== undefined) resumed.push({ workflow: name, dueAt, handle, isOwn });
  }
  return resumed;
}

async function openRuns({ store }: Scheduler) {
  if (store === undefined) return [];
  const lists = await Promise.all(OPEN_STATES.map((state) => store.runs.list({ state, limit: MOST_RUNS })));
  return lists.flat().sort((a, b) => a.createdAt - b.createdAt);
}

async function resume(scheduler: Scheduler, runId: string, logger: Logger): Promise<Release | undefined> {
  try {
    const handle = scheduler.resume(runId) as Release;
    await handle.accepted;
    return handle;
  } catch (error) {
    const isElsewhere = error instanceof SignalboxError && error.code === 'RUN_LEASED';
    logSafely(logger, isElsewhere ? 'debug' : 'error', `${runId} is not resumed here`, error);
    return undefined;
  }
}
