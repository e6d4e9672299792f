/** What the tests of the runtime share: a scheduler on a virtual clock, gates for bodies, and ways to look. */
import { afterEach, expect } from 'vitest';
import {
  type Controls,
  type Logger,
  type PipelineHandle,
  type RuntimeEvent,
  Scheduler,
  type SchedulerOptions,
  type SignalboxError,
  type TaskBuilder,
  type TaskContext,
  type TaskHandle,
  type TaskOptions,
} from '../../../src/index.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

export interface Bench {
  readonly scheduler: Scheduler;
  readonly clock: VirtualClock;
  /** Every event, in the order of delivery. */
  readonly events: RuntimeEvent[];
  readonly log: LogLine[];
}

export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly rest: readonly unknown[];
}

const benches: Bench[] = [];

/** A scheduler that is checked and aborted after the test: nothing may stay behind. */
export function bench(options: SchedulerOptions = {}, startAt = 1_000_000): Bench {
  const clock = new VirtualClock(startAt);
  const log: LogLine[] = [];
  const line =
    (level: keyof Logger) =>
    (message: string, ...rest: readonly unknown[]) => {
      log.push({ level, message, rest });
    };
  const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const scheduler = new Scheduler({ clock, logger, ...options });
  const events: RuntimeEvent[] = [];
  scheduler.events$.subscribe((event) => events.push(event));
  const made = { scheduler, clock, events, log };
  benches.push(made);
  return made;
}

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => {
  rejections.push(reason);
};
process.on('unhandledRejection', onRejection);

afterEach(async () => {
  for (const { scheduler, clock, events } of benches.splice(0)) {
    const closing = scheduler.close({ mode: 'abort', graceMs: 0 });
    await clock.runAll();
    await closing;
    expect(clock.pending, 'timers left behind').toBe(0);
    expectGapless(events);
    expectAttemptsPaired(events, scheduler.snapshot().abandoned);
  }
  expect(rejections.splice(0), 'unhandled rejections').toEqual([]);
});

export function expectGapless(events: readonly RuntimeEvent[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
}

/** (T2) every attempt that started has exactly one end. */
function expectAttemptsPaired(events: readonly RuntimeEvent[], abandoned: number): void {
  const open = new Set<string>();
  const lost = new Set(events.flatMap((event) => (isLetGo(event) ? [event.runId] : [])));
  for (const event of events) {
    if (!event.type.startsWith('attempt:') || !('taskId' in event)) continue;
    const key = `${event.taskId} ${event.attempt}`;
    // Its start was told by the process that is gone.
    if (event.type === 'attempt:lost' && !open.has(key)) continue;
    // Its end belongs to whoever runs it now.
    if (lost.has(event.runId)) continue;
    if (event.type === 'attempt:started') {
      expect(open.has(key), `second start of ${key}`).toBe(false);
      open.add(key);
    } else expect(open.delete(key), `${event.type} of ${event.name} without a start`).toBe(true);
  }
  expect(open.size, 'attempts without an end').toBeLessThanOrEqual(abandoned);
}

/** The run was taken over by another owner, or its store is gone. */
function isLetGo(event: RuntimeEvent): event is Extract<RuntimeEvent, { runId: string }> {
  if (event.type !== 'pipeline:cancelled') return false;
  const code = (event.error as SignalboxError | undefined)?.code;
  return code === 'LEASE_LOST' || code === 'STORE_UNAVAILABLE';
}

/** A promise with its ends outside. */
export class Gate<T = void> {
  readonly promise: Promise<T>;
  readonly open: (value: T) => void;
  readonly fail: (error: unknown) => void;

  constructor() {
    const { promise, resolve, reject } = withResolvers<T>();
    promise.catch(() => {});
    this.promise = promise;
    this.open = resolve;
    this.fail = reject;
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything happen that needs no time. */
export async function settle(clock: VirtualClock = new VirtualClock()): Promise<void> {
  await clock.advance(0);
}

/** A body that ends when its signal is aborted, with the signal's reason, and never by itself. */
export function obedient({ signal }: TaskContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export type Submit = <R>(fn: (context: TaskContext) => R, options?: TaskOptions) => TaskHandle<Awaited<R>>;

/** A run that stays open: its controls can be used from the test through `use`. */
export class OpenRun {
  readonly handle: PipelineHandle<unknown>;
  readonly #entered = new Gate<void>();
  readonly #jobs: { readonly job: (controls: Controls) => unknown; readonly done: Gate<unknown> }[] = [];
  #more = new Gate<void>();
  #over = false;

  constructor(scheduler: Scheduler, options?: Parameters<Scheduler['runPipeline']>[1]) {
    this.handle = scheduler.runPipeline(async (controls) => {
      this.#entered.open();
      while (!this.#over || this.#jobs.length > 0) {
        const next = this.#jobs.shift();
        if (next === undefined) {
          await this.#more.promise;
          this.#more = new Gate<void>();
        } else {
          // Not awaited: a job that waits must not keep the next one from being taken up.
          new Promise((resolve) => resolve(next.job(controls))).then(next.done.open, next.done.fail);
        }
      }
    }, options);
  }

  /** Calls `job` inside the body of the run. */
  use<T>(job: (controls: Controls) => T): Promise<Awaited<T>> {
    const done = new Gate<unknown>();
    this.#jobs.push({ job, done });
    this.#more.open();
    return done.promise as Promise<Awaited<T>>;
  }

  end(): void {
    this.#over = true;
    this.#more.open();
  }

  /** Submits a task from inside the body and hands its handle out. */
  async task<R>(
    fn: (context: TaskContext) => R,
    options: TaskOptions = {},
  ): Promise<ReturnType<TaskBuilder<Awaited<R>>['run']>> {
    const [handle] = await this.use((controls) => [controls.task(fn, options).run()]);
    return handle as TaskHandle<Awaited<R>>;
  }
}

export async function errorOf(promise: Promise<unknown>): Promise<SignalboxError> {
  return promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${String(value)}`);
    },
    (error: SignalboxError) => error,
  );
}

export function thrownBy(fn: () => unknown): SignalboxError {
  try {
    fn();
  } catch (error) {
    return error as SignalboxError;
  }
  throw new Error('expected a throw');
}

export const types = (events: readonly RuntimeEvent[]): string[] => events.map((event) => event.type);

export function ofTask(events: readonly RuntimeEvent[], handle: TaskHandle<unknown>): RuntimeEvent[] {
  return events.filter((event) => 'taskId' in event && event.taskId === handle.id);
}

/** One misuse: its name, what is given, the code, and what the message must say. */
export type Row = readonly [what: string, given: unknown, code: string, ...says: string[]];

export const named = (rows: readonly Row[]) =>
  rows.map(([what, given, code, ...says]) => ({ what, given, code, says }));

export function check(error: SignalboxError, code: string, says: readonly string[]): void {
  expect(error).toBeInstanceOf(Error);
  expect(error.code, error.message).toBe(code);
  for (const text of says) expect(error.message).toContain(text);
}
