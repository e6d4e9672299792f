/**
 * Every error the library throws: one base class, a stable `code`, a message that says what was given and
 * what is allowed, and a hint that says what to do. Match on `code`; the subclasses exist for `instanceof`.
 */

/** Stable error codes. A code never changes its meaning; new ones may be added. */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'INVALID_TYPE'
  | 'UNKNOWN_RESOURCE'
  | 'UNSCHEDULABLE_TASK'
  | 'SCHEDULER_SHUTTING_DOWN'
  | 'CLOSE_FROM_WITHIN'
  | 'WOULD_DEADLOCK'
  | 'PIPELINE_REUSED'
  | 'PIPELINE_NOT_RUNNING'
  | 'NOT_OWNER'
  | 'EMPTY_HANDLES'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'TERMINATED'
  | 'DISCARDED'
  | 'SCHEDULER_ABORTED'
  | 'TASK_FAILED'
  | 'TASK_TIMEOUT'
  | 'TASK_BUSY'
  | 'TASK_IMMUTABLE'
  | 'ATTEMPT_LOST'
  | 'HANDLER_MISSING'
  | 'GRAPH_CYCLE'
  | 'GRAPH_UNKNOWN_DEPENDENCY'
  | 'INVALID_TRANSITION'
  | 'WORKFLOW_INVALID'
  | 'EXPRESSION_INVALID'
  | 'STAGE_FAILED'
  | 'CALL_NOT_REGISTERED'
  | 'TRIGGER_CYCLE'
  | 'PERSISTENCE_NOT_FOUND'
  | 'RUN_EXISTS'
  | 'RUN_LEASED'
  | 'LEASE_LOST'
  | 'REPLAY_MISMATCH'
  | 'RESULT_NOT_SERIALISABLE'
  | 'STORE_SCHEMA'
  | 'STORE_UNAVAILABLE'
  | 'EXECUTOR_UNAVAILABLE'
  | 'LIMIT_EXCEEDED';

export interface ErrorExtras {
  /** What the caller can do about it. */
  readonly hint?: string;
  /** True when the same call may succeed later without a change. Default false. */
  readonly retryable?: boolean;
  /** Machine-readable facts: the label, the amounts, the exit code. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Base of every error thrown by the library. */
export class SignalboxError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = extras.hint;
    this.retryable = extras.retryable ?? false;
    this.details = Object.freeze({ ...extras.details });
  }
}

/** The task or pipeline was cancelled. Thrown by a body, it ends that task cancelled, without a retry. */
export class CancelledError extends SignalboxError {
  constructor(message = 'cancelled', extras: ErrorExtras = {}) {
    super('CANCELLED', message, extras);
  }
}

/** The reason of an aborted `signal` after `requestTerminate()`, or a process ended by our own signal. */
export class TerminatedError extends SignalboxError {
  constructor(message = 'terminated on request', extras: ErrorExtras = {}) {
    super('TERMINATED', message, extras);
  }
}

/** A wait was given `timeoutMs` and it passed; the thing waited for goes on. */
export class TimeoutError extends SignalboxError {
  constructor(message: string, extras: ErrorExtras = {}) {
    super('TIMEOUT', message, { retryable: true, ...extras });
  }
}

/** An attempt passed its `timeoutMs`, or a task its `deadlineMs`. */
export class TaskTimeoutError extends SignalboxError {
  constructor(message: string, extras: ErrorExtras = {}) {
    super('TASK_TIMEOUT', message, extras);
  }
}

/** A task asked for a label the scheduler was not given. */
export class UnknownResourceError extends SignalboxError {
  constructor(label: string, known: readonly string[]) {
    const list = known.length === 0 ? 'this scheduler has none' : `this scheduler has ${known.join(', ')}`;
    super('UNKNOWN_RESOURCE', `unknown resource ${JSON.stringify(label)}: ${list}`, {
      hint: `add ${JSON.stringify(label)} to the scheduler's resources, or correct the label`,
      details: { label, known },
    });
  }
}

/** A task asked for more of a label than its whole capacity: it could never be admitted. */
export class UnschedulableTaskError extends SignalboxError {
  constructor(label: string, amount: number, capacity: number) {
    super(
      'UNSCHEDULABLE_TASK',
      `the task needs ${amount} of ${JSON.stringify(label)}, but its whole capacity is ${capacity}`,
      { hint: 'ask for less, or give the scheduler more', details: { label, amount, capacity } },
    );
  }
}

/** A workflow file that cannot be used, or a run of one that failed. */
export class WorkflowError extends SignalboxError {}

/** A stage of a workflow failed. `details.errorName`: the name of the error that its code threw, if it was one. */
export class StageError extends SignalboxError {
  constructor(message: string, extras: ErrorExtras = {}) {
    super('STAGE_FAILED', message, extras);
  }
}

/** Shorthand for the most frequent error: what was given, what is allowed. */
export function invalidArgument(
  what: string,
  given: unknown,
  allowed: string,
  hint?: string,
): SignalboxError {
  return new SignalboxError('INVALID_ARGUMENT', `${what} was ${show(given)}; allowed: ${allowed}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { argument: what },
  });
}

/** A short, safe rendering of any value for an error message; never throws. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'function')
    return value.name === '' ? 'an anonymous function' : `function ${value.name}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `a ${name}` : 'an object';
}
