/**
 * Glossary in types: what the machines speak. Pure data; no behaviour.
 *
 * Everything submitted is a *pipeline*; a pipeline has *stages*; a stage has *tasks*; a task has *attempts*.
 * The *supervisor* admits. Events into machines are UPPER_CASE; commands are what a transition asks the
 * interpreter (runtime, simulator, explorer) to do.
 */
import type { FinalState } from './lifecycle.ts';

/** How something ended. `reason` says why in a word: `terminated`, `timeout`, `deadline`, `skipped`, ... */
export interface Outcome<T = unknown> {
  readonly kind: FinalState;
  readonly value?: T;
  readonly error?: unknown;
  readonly reason?: string;
}

/**
 * The runtime's private token. Only events that carry it may move work forward; from outside an actor obeys
 * CANCEL, TERMINATE, HOLD and UNHOLD alone.
 */
export const RUNTIME: unique symbol = Symbol('signalbox.runtime');

interface FromRuntime {
  readonly token: typeof RUNTIME;
}
/** Ends and timers of an attempt name it; one that names another attempt is refused as out of date. */
interface OfAttempt extends FromRuntime {
  readonly attempt: number;
}
/** When the next attempt may start if this end leads to a retry; null asks for none. Epoch milliseconds. */
interface MayRetry {
  readonly retryAt: number | null;
}

/** The four events that anybody may send. */
export type ExternalEvent =
  | { readonly type: 'CANCEL'; readonly reason?: string }
  | { readonly type: 'TERMINATE'; readonly reason?: string; readonly error?: unknown }
  | { readonly type: 'HOLD'; readonly reason?: string; readonly until?: number }
  | { readonly type: 'UNHOLD' };

export type TaskEvent =
  | ExternalEvent
  | ({ readonly type: 'RELEASE' } & FromRuntime)
  | ({ readonly type: 'BLOCK'; readonly parent: string } & FromRuntime)
  | ({ readonly type: 'SKIP'; readonly reason: 'skipped' | 'cached'; readonly value?: unknown } & FromRuntime)
  | ({ readonly type: 'REFUSE'; readonly error: unknown } & FromRuntime)
  | ({ readonly type: 'ADMIT' } & FromRuntime)
  | ({ readonly type: 'START'; readonly timeoutAt: number | null } & OfAttempt)
  | ({ readonly type: 'SUCCEED'; readonly value: unknown } & OfAttempt & MayRetry)
  | ({ readonly type: 'FAIL'; readonly error: unknown } & OfAttempt & MayRetry)
  | ({ readonly type: 'ABORTED'; readonly error: unknown } & OfAttempt & MayRetry)
  | ({ readonly type: 'SUSPEND' } & OfAttempt)
  | ({ readonly type: 'WAKE' } & OfAttempt)
  | ({ readonly type: 'LOSE'; readonly error: unknown; readonly final?: boolean } & OfAttempt)
  | ({ readonly type: 'RECOVER' } & FromRuntime)
  | ({ readonly type: 'BACKOFF_OVER'; readonly at: number } & FromRuntime)
  | ({ readonly type: 'HOLD_OVER'; readonly at: number } & FromRuntime)
  | ({ readonly type: 'DEADLINE'; readonly at: number; readonly error: unknown } & FromRuntime)
  | ({ readonly type: 'TIMEOUT'; readonly at: number; readonly error: unknown } & OfAttempt)
  | ({ readonly type: 'GRACE_OVER' } & OfAttempt);

export type PipelineEvent =
  | Extract<ExternalEvent, { type: 'CANCEL' | 'TERMINATE' }>
  | ({ readonly type: 'RELEASE' } & FromRuntime)
  | ({ readonly type: 'BLOCK'; readonly parent: string } & FromRuntime)
  | ({ readonly type: 'SKIP'; readonly reason: 'skipped' | 'cached'; readonly value?: unknown } & FromRuntime)
  | ({ readonly type: 'REFUSE'; readonly error: unknown } & FromRuntime)
  | ({ readonly type: 'ADMIT' } & FromRuntime)
  | ({ readonly type: 'START' } & FromRuntime)
  | ({ readonly type: 'SUCCEED'; readonly value: unknown } & FromRuntime)
  | ({ readonly type: 'FAIL'; readonly error: unknown } & FromRuntime)
  | ({ readonly type: 'ABORTED'; readonly error: unknown } & FromRuntime)
  | ({ readonly type: 'SUSPEND' } & FromRuntime)
  | ({ readonly type: 'WAKE' } & FromRuntime)
  | ({ readonly type: 'RECOVER' } & FromRuntime)
  | ({ readonly type: 'GRACE_OVER' } & FromRuntime);

/** How the tasks of a stage ended; `CLOSE` carries it. */
export interface StageTally {
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly blocked: number;
}

export type StageEvent =
  | ({ readonly type: 'REACH' } & FromRuntime)
  | ({ readonly type: 'BEGIN' } & FromRuntime)
  | ({ readonly type: 'CLOSE'; readonly tally: StageTally } & FromRuntime);

export type SupervisorEvent =
  | ({ readonly type: 'PAUSE'; readonly reason?: string } & FromRuntime)
  | ({ readonly type: 'UNPAUSE' } & FromRuntime)
  | ({ readonly type: 'SHUTDOWN' } & FromRuntime)
  | ({ readonly type: 'CLOSE'; readonly idle: boolean } & FromRuntime);

/**
 * What a transition asks for. Effects are data: the machines name them, one switch performs them.
 * - `enqueue` / `dequeue`: enter or leave the admission queue (rule 4: it holds `queued.eligible` only).
 * - `admit` / `release`: take and give back slot and resources, each exactly once (S5).
 * - `start`: enter the body. `notify`: tell a live body to stop. `kill`: end it now.
 * - `abandon`: report the outcome of a body that cannot be ended; its resources stay held (rule 1).
 * - `arm` / `disarm`: set and drop the timers that the new context names.
 * - `record`: tell the event stream (and the ledger). `settle`: the end; tell handles and dependents.
 */
export const COMMANDS = [
  'enqueue',
  'dequeue',
  'admit',
  'release',
  'start',
  'notify',
  'kill',
  'abandon',
  'arm',
  'disarm',
  'record',
  'settle',
] as const;
export type Command = (typeof COMMANDS)[number];
