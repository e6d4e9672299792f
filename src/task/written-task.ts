/**
 * The written form of a Task: plain JSON, for files and messages. Functions have none: not a called function, not
 * a `retry.when`. What a handler returned (`raw`) is left out, and an error is its text.
 */
import { invalidArgument, SignalboxError, show } from '../core/errors.ts';
import { attachResult } from './failures.ts';
import { TaskLife } from './life.ts';
import { isRecord, type ReadDetails, readContent, readDetails, type TaskSettings } from './options.ts';
import { isTaskResult, makeResult, type TaskResult } from './result.ts';
import { isTaskStatus, type TaskStatus } from './status.ts';
import type { Task } from './task.ts';

export interface WrittenTask {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly description: string;
  readonly payload: unknown;
  readonly timeoutMs: number | null;
  readonly createdAt: number;
  readonly options: TaskSettings;
  readonly status: TaskStatus;
  readonly result: Omit<TaskResult, 'raw'> | null;
  /** The message. */
  readonly error: string | null;
  readonly blockedBy: string | null;
}

export function writeTask(task: Task): WrittenTask {
  const { id, kind, title, description, payload, timeoutMs, createdAt, options } = task;
  if (kind === 'call') {
    throw invalidArgument(
      'a task to write as JSON',
      `Task.call (${show(payload)})`,
      'a task whose payload is data',
    );
  }
  checkJson(payload, 'payload');
  checkJson(options, 'options');
  const { status, result, error, blockedBy } = task;
  return {
    id,
    kind,
    title,
    description,
    payload,
    createdAt,
    options,
    status,
    timeoutMs: timeoutMs ?? null,
    result: result === undefined ? null : withoutRaw(result),
    error: error === undefined ? null : error instanceof Error ? error.message : String(error),
    blockedBy: blockedBy ?? null,
  };
}

function withoutRaw({ raw: _raw, ...rest }: TaskResult): Omit<TaskResult, 'raw'> {
  return rest;
}

/** @throws INVALID_ARGUMENT with the path of the first value that JSON would drop or change */
function checkJson(value: unknown, path: string, above: readonly unknown[] = []): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (value === undefined && path === 'payload') return;
  const isPlain = Array.isArray(value) || (isRecord(value) && isPlainObject(value));
  if (!isPlain || above.includes(value))
    throw invalidArgument(`${path} of a task to write as JSON`, value, 'what JSON can hold');
  for (const [key, part] of Object.entries(value)) {
    if (part !== undefined) checkJson(part, `${path}.${key}`, [...above, value]);
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export interface ReadTask {
  readonly id: string;
  readonly kind: string;
  readonly payload: unknown;
  readonly createdAt: number;
  readonly details: ReadDetails;
  readonly life: TaskLife;
}

/** @throws INVALID_ARGUMENT for what `writeTask` cannot have made */
export function readTask(given: unknown): ReadTask {
  if (!isRecord(given)) throw invalidArgument('a written task', given, 'what Task.toJSON() gave');
  const { id, kind, title, description, payload, timeoutMs, createdAt, options } =
    given as Partial<WrittenTask>;
  const name = readContent('kind of a written task', kind);
  if (name === 'call') throw invalidArgument('kind of a written task', name, 'a kind whose payload is data');
  if (typeof createdAt !== 'number' || !Number.isFinite(createdAt))
    throw invalidArgument('createdAt of a written task', createdAt, 'epoch milliseconds');
  if (!isRecord(options)) throw invalidArgument('options of a written task', options, 'an object');
  const texts = { title, description, timeoutMs: timeoutMs ?? undefined };
  const taskId = readContent('id of a written task', id);
  return {
    id: taskId,
    kind: name,
    payload,
    createdAt,
    details: readDetails(name, { ...options, ...texts }),
    life: readLife(taskId, given as Partial<WrittenTask>),
  };
}

/** One that was running runs nowhere now: it is pending. */
function readLife(taskId: string, { status, result, error, blockedBy }: Partial<WrittenTask>): TaskLife {
  if (!isTaskStatus(status)) throw invalidArgument('status of a written task', status, 'a status of tasks');
  if (status === 'running' || status === 'pending') return new TaskLife(taskId);
  const read = readResult(taskId, result);
  return new TaskLife(taskId, {
    status,
    result: read,
    error: readError(error, read),
    blockedBy: blockedBy ?? undefined,
  });
}

function readResult(taskId: string, given: unknown): TaskResult | undefined {
  if (given === undefined || given === null) return undefined;
  if (!isTaskResult(given)) throw invalidArgument('result of a written task', given, 'a TaskResult, or null');
  return makeResult(taskId, given, { ...given, raw: null });
}

function readError(text: unknown, result: TaskResult | undefined): SignalboxError | undefined {
  if (text === undefined || text === null) return undefined;
  if (typeof text !== 'string')
    throw invalidArgument('error of a written task', text, 'its message, or null');
  const isLate = result?.terminationReason === 'timeout';
  const error = new SignalboxError(isLate ? 'TASK_TIMEOUT' : 'TASK_FAILED', text);
  if (result !== undefined) attachResult(error, result);
  return error;
}
