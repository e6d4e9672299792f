/** What users ask of the reading side, checked; and what they are told when a run is held. The same for every store. */
import { STATES } from '../../machines/lifecycle.ts';
import { checkKeys } from '../core/arguments.ts';
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import { isAlive } from './owner.ts';
import type { OwnerIdentity, RunFilter, RunMessage } from './store.ts';

/** Runs that `runs.list` gives without a `limit`. */
const DEFAULT_LIMIT = 100;
const MESSAGES = "{ kind: 'terminate', reason?: string }";

/** Throws INVALID_ARGUMENT. */
export function readFilter(filter: RunFilter | undefined): RunFilter & { readonly limit: number } {
  checkObject('the filter of runs', filter);
  const given = filter ?? {};
  checkKeys('filter of runs', given, ['state', 'name', 'since', 'limit']);
  if (given.state !== undefined && !STATES.includes(given.state))
    throw invalidArgument('state', given.state, STATES.join(', '));
  if (given.name !== undefined && typeof given.name !== 'string')
    throw invalidArgument('name', given.name, 'the name of a run');
  if (given.since !== undefined) checkTime('since', given.since);
  return { ...given, limit: readCount('limit', given.limit) ?? DEFAULT_LIMIT };
}

export interface EventRequest {
  readonly after: number;
  /** Infinity for no limit. */
  readonly limit: number;
}

/** Throws INVALID_ARGUMENT. */
export function readEventRequest(
  options: { readonly afterRunSeq?: number; readonly limit?: number } | undefined,
): EventRequest {
  checkObject('the options of events', options);
  const { afterRunSeq, limit } = options ?? {};
  checkKeys('option of events', options ?? {}, ['afterRunSeq', 'limit']);
  if (afterRunSeq !== undefined && !(Number.isSafeInteger(afterRunSeq) && afterRunSeq >= 0))
    throw invalidArgument('afterRunSeq', afterRunSeq, 'the runSeq of an event, or 0 for all');
  return { after: afterRunSeq ?? 0, limit: readCount('limit', limit) ?? Number.POSITIVE_INFINITY };
}

/** Throws INVALID_ARGUMENT. */
export function readFinishedBefore(options: { readonly finishedBefore: number } | undefined): number {
  checkObject('the options of prune', options);
  checkKeys('option of prune', options ?? {}, ['finishedBefore']);
  const before: unknown = options?.finishedBefore;
  checkTime('finishedBefore', before);
  return before;
}

/** Throws INVALID_ARGUMENT. */
export function readId(what: string, id: unknown): string {
  if (typeof id !== 'string' || id === '') throw invalidArgument(what, id, 'a non-empty string');
  return id;
}

/** A copy of what is sent. Throws INVALID_ARGUMENT. */
export function readMessage(message: unknown): RunMessage {
  const what = 'the message to a run';
  if (message === undefined) throw invalidArgument(what, message, MESSAGES);
  checkObject(what, message);
  const { kind, reason } = message as Partial<RunMessage>;
  if (kind !== 'terminate') throw invalidArgument('the kind of the message', kind, "'terminate'");
  checkKeys('field of the message', message as object, ['kind', 'reason']);
  if (reason === undefined) return { kind };
  if (typeof reason !== 'string') throw invalidArgument('reason', reason, 'a string');
  return { kind, reason };
}

function checkObject(what: string, given: unknown): void {
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given)))
    throw invalidArgument(what, given, 'an object');
}

function checkTime(what: string, time: unknown): asserts time is number {
  if (typeof time !== 'number' || !Number.isFinite(time))
    throw invalidArgument(what, time, 'a time in epoch milliseconds');
}

function readCount(what: string, count: unknown): number | undefined {
  if (count === undefined || (Number.isSafeInteger(count) && Number(count) >= 1))
    return count as number | undefined;
  throw invalidArgument(what, count, 'a whole number, 1 or more');
}

/** Who holds a run, and until when. */
export interface Lease {
  readonly owner: OwnerIdentity;
  readonly expiresAt: number;
}

/** Whether a lease keeps others away: it has not run out, and its owner is not known to be dead (rule 8). */
export function isHeld(lease: Lease | undefined, now: number): lease is Lease {
  return lease !== undefined && lease.expiresAt > now && isAlive(lease.owner) !== 'dead';
}

export function runLeased(runId: string, { owner, expiresAt }: Lease): SignalboxError {
  return new SignalboxError(
    'RUN_LEASED',
    `the run ${JSON.stringify(runId)} is held by process ${owner.pid} on ${owner.host}`,
    {
      hint: 'close the scheduler that runs it, or wait until its lease runs out',
      retryable: true,
      details: { runId, owner, expiresAt },
    },
  );
}

/** What a session says once it was closed. */
export function sessionClosed(): SignalboxError {
  return new SignalboxError('STORE_UNAVAILABLE', 'this session of the store is closed', {
    hint: 'open another one',
  });
}
