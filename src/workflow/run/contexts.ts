/** What stages, jobs and runs come to, in the words of stage files. */
import { SignalboxError } from '../../core/errors.ts';
import type { ErrorInfo, Status } from '../status.ts';

export type Context = Record<string, unknown>;

/** When something ran: ISO times in UTC, and seconds to the microsecond. */
export interface Info {
  readonly exec_start: string;
  readonly exec_end: string;
  readonly exec_latency: number;
}

export interface StageEnd {
  readonly status: Status;
  readonly info: Info;
  /** What the stage left, of any names. */
  readonly outputs: Readonly<Context>;
  /** `{ name, message }`, or by the names of parts. */
  readonly errors?: unknown;
}

/** What the task of a stage comes to, and a ledger keeps. */
export interface StageValue {
  readonly status: Status;
  readonly info?: Info;
  readonly outputs?: Readonly<Context>;
}

export function infoOf(startedAt: number, finishedAt: number): Info {
  const ms = Math.max(0, finishedAt - startedAt);
  return {
    exec_start: new Date(startedAt).toISOString(),
    exec_end: new Date(finishedAt).toISOString(),
    exec_latency: Math.round(ms * 1000) / 1_000_000,
  };
}

/** The class of an error and what it says; what a stage's code threw keeps the name it had there. */
export function errorInfo(error: unknown): ErrorInfo {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const own = error instanceof SignalboxError ? error.details['errorName'] : undefined;
  return { name: typeof own === 'string' ? own : error.name, message: error.message };
}

/** How a stage is seen by later ones: `stages.<id>.outputs`, with its status, errors and info beside it. */
export function seenAs({ outputs, status, info, errors }: StageEnd): Context {
  return { outputs, status, info, ...(errors === undefined ? {} : { errors }) };
}
