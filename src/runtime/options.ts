/** Scheduler options, validated whole before anything is made. */
import { Admission, type AdmissionPolicy, type ResourceSpec } from '../admission/index.ts';
import { checkKeys } from '../core/arguments.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { invalidArgument } from '../core/errors.ts';
import {
  BYPASS_LIMIT,
  EVENT_RING,
  GRACE_MS,
  KEEP_FINISHED_RUNS,
  KEEP_FINISHED_TASKS,
  MAX_QUEUED_TASKS,
  STORE_RETRY_MS,
} from '../core/limits.ts';
import { type Logger, quietLogger } from '../core/logger.ts';
import { type Random, systemRandom } from '../core/random.ts';
import type { Executor } from '../executors/executor.ts';
import type { Durability, Store } from '../stores/store.ts';
import { Handlers, type HandlersOption } from '../task/index.ts';
import type { InspectOption } from './actors.ts';
import type { TaskRow } from './rows.ts';
import { isRunnable, type RunnablePipeline } from './run-options.ts';
import { NAME } from './run-symbols.ts';
import { readDuration } from './task-spec.ts';

export interface Limits {
  /** Tasks queued at once; one more is refused with LIMIT_EXCEEDED. Default 10,000,000. */
  readonly maxQueuedTasks: number;
  /** Finished runs kept although no handle refers to them. Default 1,000. */
  readonly keepFinishedRuns: number;
  /** Finished tasks kept in the list of a run that goes on. Default 100,000. */
  readonly keepFinishedTasks: number;
  /** Past events kept for `recentEvents()`. Default 1,024. */
  readonly eventRing: number;
}

export interface SchedulerOptions {
  /** Admission labels and their capacities. Labels are not OS quotas. Default none. */
  readonly resources?: Readonly<Record<string, number | ResourceSpec>>;
  /** Runs whose body is active at once. Default 1. */
  readonly pipelineParallelism?: number;
  /** Tasks admitted at once. Default 1. */
  readonly taskParallelism?: number;
  /** `'strict'` (default): nothing passes the first in the queue. Backfill lets what fits pass it, boundedly. */
  readonly admission?:
    | 'strict'
    | 'backfill'
    | { readonly policy: 'backfill'; readonly bypassLimit?: number }
    | { readonly policy: 'strict' };
  /** Where runs are kept, so that they outlive this process: `memoryStore()`, `sqliteStore(path)`. Default none. */
  readonly store?: Store;
  /**
   * `strict` (default): nobody sees an outcome before it is committed, and a store that fails stops admission.
   * `relaxed`: outcomes are seen at once and committed soon after; a store that fails stops nothing.
   */
  readonly durability?: Durability;
  /** How long a failing store is tried again before its runs are given up, in milliseconds. Default 60,000. */
  readonly storeRetryMs?: number;
  /** Pipelines that `resume` and `recover` find by their names. */
  readonly pipelines?: readonly RunnablePipeline[];
  /**
   * How Tasks of each kind are run, besides or instead of the built-in `bash powershell call`; `'none'` starts
   * without them. See `registerHandler`.
   */
  readonly handlers?: HandlersOption;
  readonly limits?: Partial<Limits>;
  /** Your own executors by name; a built-in name replaces the built-in one. */
  readonly executors?: Readonly<Record<string, Executor>>;
  /** XState's inspection callback or observer, for the Stately Inspector and others. */
  readonly inspect?: InspectOption;
  /** Time of a terminated run's body before it is abandoned, in milliseconds. Default 5,000. */
  readonly graceMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

export interface SchedulerSettings {
  readonly admission: Admission<TaskRow>;
  readonly pipelineParallelism: number;
  readonly taskParallelism: number;
  readonly store: Store | undefined;
  readonly durability: Durability;
  readonly storeRetryMs: number;
  readonly pipelines: ReadonlyMap<string, RunnablePipeline>;
  readonly handlers: Handlers;
  readonly limits: Limits;
  readonly executors: Readonly<Record<string, Executor>>;
  readonly inspect: InspectOption;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const NAMES =
  'resources pipelineParallelism taskParallelism admission store durability storeRetryMs pipelines handlers limits executors inspect graceMs clock random logger'.split(
    ' ',
  );

const DEFAULT_LIMITS: Limits = {
  maxQueuedTasks: MAX_QUEUED_TASKS,
  keepFinishedRuns: KEEP_FINISHED_RUNS,
  keepFinishedTasks: KEEP_FINISHED_TASKS,
  eventRing: EVENT_RING,
};

/** @throws INVALID_ARGUMENT for anything that is not as documented */
export function readOptions(given: unknown): SchedulerSettings {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidArgument('the scheduler options', given, `an object with ${NAMES.join(', ')}`);
  }
  checkKeys('scheduler option', given, NAMES);
  const options = given as SchedulerOptions;
  const taskParallelism = readParallelism('taskParallelism', options.taskParallelism);
  return {
    admission: new Admission<TaskRow>({
      resources: readRecord('resources', options.resources) as Record<string, number | ResourceSpec>,
      taskParallelism,
      policy: readPolicy(options.admission),
    }),
    pipelineParallelism: readParallelism('pipelineParallelism', options.pipelineParallelism),
    taskParallelism,
    store: readStore(options.store),
    durability: readDurability(options.durability),
    storeRetryMs: readDuration('storeRetryMs', options.storeRetryMs) ?? STORE_RETRY_MS,
    pipelines: readPipelines(options.pipelines),
    handlers: new Handlers(options.handlers),
    limits: readLimits(options.limits),
    executors: readExecutors(options.executors),
    inspect: readInspect(options.inspect),
    graceMs: readGrace(options.graceMs),
    clock: readPort(
      'clock',
      options.clock,
      ['now', 'setTimeout', 'clearTimeout', 'setImmediate'],
      systemClock,
    ),
    random: readRandom(options.random),
    logger: readPort('logger', options.logger, ['debug', 'info', 'warn', 'error'], quietLogger),
  };
}

function readParallelism(what: string, value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw invalidArgument(what, value, 'a whole number, 1 or more');
}

function readPolicy(value: SchedulerOptions['admission']): AdmissionPolicy {
  if (value === undefined || value === 'strict') return { policy: 'strict' };
  if (value === 'backfill') return { policy: 'backfill', bypassLimit: BYPASS_LIMIT };
  const allowed = "'strict', 'backfill' or { policy: 'backfill', bypassLimit }";
  if (typeof value !== 'object' || value === null) throw invalidArgument('admission', value, allowed);
  const { policy } = value as { readonly policy?: unknown };
  if (policy !== 'strict' && policy !== 'backfill')
    throw invalidArgument('admission.policy', policy, allowed);
  checkKeys('admission option', value, policy === 'strict' ? ['policy'] : ['policy', 'bypassLimit']);
  if (value.policy === 'strict') return { policy: 'strict' };
  const { bypassLimit = BYPASS_LIMIT } = value;
  if (Number.isSafeInteger(bypassLimit) && bypassLimit >= 0) return { policy: 'backfill', bypassLimit };
  throw invalidArgument('admission.bypassLimit', bypassLimit, 'a whole number, 0 or more');
}

function readRecord(what: string, value: unknown): object {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalidArgument(what, value, 'an object of names and values');
}

function readLimits(value: unknown): Limits {
  const given = readRecord('limits', value) as Partial<Limits>;
  checkKeys('limit', given, Object.keys(DEFAULT_LIMITS));
  for (const [name, limit] of Object.entries(given)) {
    if (!Number.isSafeInteger(limit) || Number(limit) < 0) {
      throw invalidArgument(`limits.${name}`, limit, 'a whole number, 0 or more');
    }
  }
  return { ...DEFAULT_LIMITS, ...given };
}

function readStore(value: unknown): Store | undefined {
  if (value === undefined) return undefined;
  const store = value as Partial<Store> | null;
  if (typeof store === 'object' && typeof store?.open === 'function' && typeof store.events === 'function')
    return value as Store;
  throw invalidArgument(
    'store',
    value,
    'memoryStore(), sqliteStore(path), or an object that implements Store',
  );
}

function readDurability(value: unknown): Durability {
  if (value === undefined || value === 'strict' || value === 'relaxed') return value ?? 'strict';
  throw invalidArgument('durability', value, "'strict' or 'relaxed'");
}

function readPipelines(value: unknown): ReadonlyMap<string, RunnablePipeline> {
  if (value !== undefined && !Array.isArray(value))
    throw invalidArgument('pipelines', value, 'an array of definePipeline(...) and graphs');
  const byName = new Map<string, RunnablePipeline>();
  for (const pipeline of (value ?? []) as readonly unknown[]) {
    if (!isRunnable(pipeline))
      throw invalidArgument('an element of pipelines', pipeline, 'definePipeline(...)');
    const name = pipeline[NAME];
    if (byName.has(name)) throw invalidArgument('pipelines', name, 'each name once');
    byName.set(name, pipeline);
  }
  return byName;
}

function readExecutors(value: unknown): Readonly<Record<string, Executor>> {
  const given = readRecord('executors', value) as Record<string, Executor>;
  for (const [name, executor] of Object.entries(given)) {
    const fits = typeof executor?.start === 'function' && typeof executor.close === 'function';
    if (!fits || !Array.isArray(executor.accepts)) {
      throw invalidArgument(`executors.${name}`, executor, 'an object that implements the Executor port');
    }
  }
  return { ...given };
}

function readGrace(value: unknown): number {
  if (value === undefined) return GRACE_MS;
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw invalidArgument('graceMs', value, 'a finite number of milliseconds, 0 or more');
}

function readPort<T extends object>(
  what: string,
  value: T | undefined,
  methods: readonly string[],
  otherwise: T,
): T {
  if (value === undefined) return otherwise;
  const port = value as Readonly<Record<string, unknown>>;
  if (
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof port[name] === 'function')
  )
    return value;
  throw invalidArgument(what, value, `an object with ${methods.join(', ')}`);
}

function readInspect(value: unknown): InspectOption | undefined {
  if (value === undefined || typeof value === 'function') return value as InspectOption;
  const isObserver = typeof value === 'object' && value !== null;
  if (isObserver && typeof (value as { next?: unknown }).next === 'function') return value as InspectOption;
  throw invalidArgument('inspect', value, 'a function of inspection events, or an observer of them');
}

function readRandom(value: unknown): Random {
  if (value === undefined) return systemRandom;
  if (typeof value === 'function') return value as Random;
  throw invalidArgument('random', value, 'a function that returns a number from 0 up to 1');
}
