/**
 * One release of a workflow: a run whose id says which time it stands for, so that a time is released once, whoever
 * releases it and however often.
 */
import { SignalboxError } from '../../core/errors.ts';
import type { PipelineHandle, RunOptions, Scheduler } from '../../runtime/index.ts';
import type { WorkflowResult } from '../run/body.ts';
import type { Workflow } from '../workflow.ts';

/** Why a time was not released: the server was down or asleep, or the release before it was still running. */
export type MissReason = 'missed' | 'overlap';

/** `nightly@2026-11-21T02:00Z`; for one that follows another, `report@2026-11-21T02:00Z+nightly`. */
export function releaseId(workflow: string, dueAt: number, follows?: string): string {
  const minute = new Date(dueAt).toISOString().slice(0, -':00.000Z'.length);
  return `${workflow}@${minute}Z${follows === undefined ? '' : `+${follows}`}`;
}

/** The time that a run with this id was released for; undefined for any other run. */
export function dueTimeOf(runId: string, workflow: string): number | undefined {
  if (!runId.startsWith(`${workflow}@`)) return undefined;
  const minute = /^(\d{4}-\d\d-\d\dT\d\d:\d\dZ)(?:\+|$)/.exec(runId.slice(workflow.length + 1))?.[1];
  return minute === undefined ? undefined : Date.parse(minute);
}

export type Release = PipelineHandle<WorkflowResult>;

/**
 * Submits a release; undefined when that time was released before, here or elsewhere.
 * Rejects with what else keeps it from being submitted.
 */
export async function submit(
  scheduler: Scheduler,
  workflow: Workflow,
  options: RunOptions,
  begun: (release: Release) => void = () => {},
): Promise<Release | undefined> {
  const release = scheduler.runPipeline(workflow.pipeline({}), options);
  begun(release);
  try {
    await release.accepted;
    return release;
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'RUN_EXISTS') return undefined;
    throw error;
  }
}

/**
 * Records a time that is not released as a run that was cancelled before it began. It could also stand in a file of
 * its own; but then `signalbox runs` would be silent about it, two servers could disagree, and it could not be run
 * after all, as `signalbox resume` does. Gives false when the time was released or recorded before.
 */
export async function recordMissed(
  scheduler: Scheduler,
  workflow: Workflow,
  options: RunOptions,
  reason: MissReason,
): Promise<boolean> {
  // Bodies begin in a later turn: this one never does.
  const recorded = await submit(scheduler, workflow, options, (release) => void release.cancel(reason));
  return recorded !== undefined;
}
