/** What the tests of Tasks share: schedulers in real time, since their tasks are real processes. */
import { readFileSync } from 'node:fs';
import { afterEach, expect } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import {
  type Clock,
  type RuntimeEvent,
  Scheduler,
  type SchedulerOptions,
  type SignalboxError,
  type TaskHandle,
} from '../../../src/index.ts';

const opened: Scheduler[] = [];
const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));

export interface Real {
  readonly scheduler: Scheduler;
  /** Every event, in the order of delivery. */
  readonly events: RuntimeEvent[];
}

/** A scheduler that is aborted after the test. */
export function real(options: SchedulerOptions = {}): Real {
  const scheduler = new Scheduler({ taskParallelism: 4, ...options });
  opened.push(scheduler);
  const events: RuntimeEvent[] = [];
  scheduler.events$.subscribe((event) => events.push(event));
  return { scheduler, events };
}

afterEach(async () => {
  for (const scheduler of opened.splice(0)) await scheduler.close({ mode: 'abort', graceMs: 0 });
  expect(rejections.splice(0), 'unhandled rejections').toEqual([]);
});

export function ofTask(events: readonly RuntimeEvent[], handle: TaskHandle<unknown>): RuntimeEvent[] {
  return events.filter((event) => 'taskId' in event && event.taskId === handle.id);
}

export const typesOf = (events: readonly RuntimeEvent[]): string[] => events.map((event) => event.type);

/** Resolves with the first event of the task that `fits`. */
export function nextOf(
  handle: TaskHandle<unknown>,
  fits: (event: RuntimeEvent) => boolean,
): Promise<RuntimeEvent> {
  return new Promise((resolve, reject) => {
    handle.events$.subscribe({
      next: (event) => {
        if (fits(event)) resolve(event);
      },
      complete: () => reject(new Error(`${handle} ended without that event`)),
    });
  });
}

/** Until the task has written this line. */
export function wrote(handle: TaskHandle<unknown>, line: string): Promise<RuntimeEvent> {
  return nextOf(handle, (event) => event.type === 'task:output' && event.chunk.trim() === line);
}

/** The error it failed with. */
export async function failureOf(handle: TaskHandle<unknown>): Promise<SignalboxError> {
  const error = await handle.exception();
  if (error instanceof Error) return error as SignalboxError;
  throw new Error(`${handle} did not fail`);
}

/** Resolves once the process is gone, or only a zombie is left of it; a living one runs into the test's limit. */
export async function isGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^\d+ \(.*\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Real time, which a test can skip: what is due by then happens at once. No test depends on how fast a process is. */
export class SkippingClock implements Clock {
  readonly #timers = new Map<
    object,
    { readonly at: number; readonly token: unknown; readonly fn: () => void }
  >();
  #skipped = 0;

  now(): number {
    return systemClock.now() + this.#skipped;
  }
  setTimeout(fn: () => void, delayMs: number): unknown {
    const key = {};
    const fire = (): void => {
      this.#timers.delete(key);
      fn();
    };
    this.#timers.set(key, {
      at: this.now() + delayMs,
      token: systemClock.setTimeout(fire, delayMs),
      fn: fire,
    });
    return key;
  }
  clearTimeout(key: unknown): void {
    const timer = this.#timers.get(key as object);
    this.#timers.delete(key as object);
    if (timer !== undefined) systemClock.clearTimeout(timer.token);
  }
  setImmediate(fn: () => void): void {
    systemClock.setImmediate(fn);
  }
  skip(ms: number): void {
    this.#skipped += ms;
    for (const { at, token, fn } of [...this.#timers.values()]) {
      if (at > this.now()) continue;
      systemClock.clearTimeout(token);
      fn();
    }
  }
}
