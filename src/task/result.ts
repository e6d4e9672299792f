/**
 * What a run of a Task left: the frozen TaskResult, and how it follows from what a handler returned. Pure.
 */
import type { ProcessResult } from '../executors/process-result.ts';
import { HandlerYield } from './handler-yield.ts';

/**
 * Why a task did not simply succeed: its command ended with another code than 0 (or by a signal nobody here
 * sent), its time was up, it was cancelled, or its handler threw or is missing.
 */
export type TerminationReason = 'exit_code' | 'timeout' | 'cancelled' | 'handler';

export interface TaskResult {
  readonly taskId: string;
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  /** Epoch milliseconds, of the last attempt; a task that never ran has the same time twice. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly durationMs: number;
  /** A string the handler returned, or the stdout of its command, byte for byte; null for anything else. */
  readonly output: string | null;
  /** The stderr of the command, or the message of the error; null where there is none. */
  readonly error: string | null;
  /** Exit code of the command; null for what is no command, and for one that a signal ended. */
  readonly returnCode: number | null;
  /** What the handler returned; of a command its `ProcessResult`, also after a failure. */
  readonly raw: unknown;
  /** Null for a success. */
  readonly terminationReason: TerminationReason | null;
}

/** The part of a result that comes from the handler. */
export type Yield = Pick<TaskResult, 'output' | 'error' | 'returnCode' | 'raw'>;

export const NO_YIELD: Yield = Object.freeze({ output: null, error: null, returnCode: null, raw: null });

/** A string is output; the result of a process is taken apart; of anything else there is `raw` alone. */
export function yieldOf(value: unknown): Yield {
  if (typeof value === 'string') return { output: value, error: null, returnCode: null, raw: value };
  if (value instanceof HandlerYield) return value.parts;
  if (!isProcessResult(value)) return { output: null, error: null, returnCode: null, raw: value };
  const { stdout, stderr, exitCode } = value;
  return { output: stdout, error: stderr === '' ? null : stderr, returnCode: exitCode ?? null, raw: value };
}

/** What an executor says of a command that ended; also what other libraries return for one. */
export function isProcessResult(
  value: unknown,
): value is Pick<ProcessResult, 'stdout' | 'stderr' | 'exitCode'> {
  if (typeof value !== 'object' || value === null || !('exitCode' in value)) return false;
  const { stdout, stderr, exitCode } = value as Partial<ProcessResult>;
  const hasCode = exitCode === undefined || exitCode === null || typeof exitCode === 'number';
  return typeof stdout === 'string' && typeof stderr === 'string' && hasCode;
}

export interface Ending {
  readonly status: TaskResult['status'];
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly terminationReason: TerminationReason | null;
}

export function makeResult(taskId: string, ending: Ending, parts: Yield): TaskResult {
  const { status, startedAt, terminationReason } = ending;
  const finishedAt = Math.max(startedAt, ending.finishedAt);
  const durationMs = finishedAt - startedAt;
  const { output, error, returnCode, raw } = parts;
  return Object.freeze({
    taskId,
    status,
    startedAt,
    finishedAt,
    durationMs,
    output,
    error,
    returnCode,
    raw,
    terminationReason,
  });
}

/** The result of a task that was cancelled before it ran. */
export function cancelledBeforeStart(taskId: string, at: number): TaskResult {
  const why = { status: 'cancelled', terminationReason: 'cancelled' } as const;
  return makeResult(taskId, { ...why, startedAt: at, finishedAt: at }, { ...NO_YIELD, error: CANCELLED });
}

/** What `error` says of every cancelled task. */
export const CANCELLED = 'cancelled';

/** A result as an earlier process has written it; `raw` may be missing. */
export function isTaskResult(value: unknown): value is TaskResult {
  if (typeof value !== 'object' || value === null) return false;
  const { taskId, startedAt, durationMs } = value as Partial<TaskResult>;
  return typeof taskId === 'string' && typeof startedAt === 'number' && typeof durationMs === 'number';
}
