/** Serving a folder: options checked, and the service started. */
import { checkKeys } from '../../core/arguments.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { invalidArgument } from '../../core/errors.ts';
import { type Logger, quietLogger } from '../../core/logger.ts';
import { Scheduler } from '../../runtime/index.ts';
import type { LoadOptions } from '../load.ts';
import { WorkflowFolder } from './folder.ts';
import { type ScheduleMemory, volatileMemory } from './memory.ts';
import type { ServeReport } from './reports.ts';
import { Service } from './service.ts';

export { type FolderSchedules, listSchedules } from './listing.ts';
export { fileMemory, type ScheduleMemory, volatileMemory } from './memory.ts';
export { dueTimeOf, type MissReason, releaseId } from './release.ts';
export type { ServeReport } from './reports.ts';
export type { ServedWorkflow, Service } from './service.ts';

export interface ServeOptions {
  /** Folder of the workflow files; those below it are not looked at. */
  readonly folder: string;
  /**
   * What runs them; it stays the caller's to close. With a store, releases are remembered: no time is released twice
   * by several servers or lives, and what was interrupted goes on at the next start.
   */
  readonly scheduler: Scheduler;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** How far schedules were served, for the next life. Default: forgotten, so nothing counts as missed at a start. */
  readonly memory?: ScheduleMemory;
  /** Whether the newest time that each workflow has missed runs after all. Default false. */
  readonly catchUp?: boolean;
  /** How files are read. */
  readonly load?: LoadOptions;
  /** Input of a release, by the path of its file. Default: none. */
  readonly inputOf?: (file: string) => unknown;
  readonly report?: (report: ServeReport) => void;
  /** Longest time between two looks at the clock and the folder, in milliseconds. Default 60,000. */
  readonly lookMs?: number;
}

const NAMES = 'folder scheduler clock logger memory catchUp load inputOf report lookMs'.split(' ');

const LOOK_MS = 60_000;
const MOST_LOOK_MS = 24 * 3_600_000;

/**
 * Runs the workflows of a folder at the times of their `on.schedule`, until `close()`.
 * Rejects INVALID_ARGUMENT, for a folder that cannot be read too; STORE_UNAVAILABLE.
 */
export async function serveWorkflows(options: ServeOptions): Promise<Service> {
  if (typeof options !== 'object' || options === null)
    throw invalidArgument('the options of a server', options, `an object with ${NAMES.join(', ')}`);
  checkKeys('option of a server', options, NAMES);
  const { scheduler, clock = systemClock, logger = quietLogger, memory = volatileMemory() } = options;
  const {
    catchUp = false,
    load = {},
    inputOf = () => undefined,
    report = () => {},
    lookMs = LOOK_MS,
  } = options;
  if (!(scheduler instanceof Scheduler)) throw invalidArgument('scheduler', scheduler, 'a Scheduler');
  if (typeof catchUp !== 'boolean') throw invalidArgument('catchUp', catchUp, 'true or false');
  if (!Number.isFinite(lookMs) || lookMs < 1 || lookMs > MOST_LOOK_MS)
    throw invalidArgument('lookMs', lookMs, `milliseconds, 1 to ${MOST_LOOK_MS}`);
  const folder = new WorkflowFolder(options.folder, load);
  const service = new Service({ folder, scheduler, clock, logger, memory, catchUp, lookMs, inputOf, report });
  await service.start();
  return service;
}
