/** What the tests of running workflows share: a scheduler on a virtual clock, stages that can be watched and held. */
import { afterEach, expect } from 'vitest';
import {
  type PipelineHandle,
  type RuntimeEvent,
  Scheduler,
  type SchedulerOptions,
  type TaskHandle,
} from '../../../../src/index.ts';
import { VirtualClock } from '../../../../src/testing/virtual-clock.ts';
import {
  type CallContext,
  type LoadOptions,
  parseWorkflow,
  Registry,
  type Workflow,
  type WorkflowResult,
} from '../../../../src/workflow/index.ts';
import type { WorkflowPipeline } from '../../../../src/workflow/pipeline.ts';
import { Gate } from '../../runtime/kit.ts';

export { Gate };

/** Functions for `uses: t/...@latest`. */
export class Stages {
  readonly registry = new Registry();
  /** What `t/note` and `t/gate` were called with, in order: `<say>` or `<say>#<retry>` from the second attempt on. */
  readonly ran: string[] = [];
  /** Calls of `t/gate` that were ended by their signal. */
  readonly aborted: string[] = [];
  readonly #gates = new Map<string, Gate<unknown>>();
  readonly #arrived = new Map<string, Gate>();

  constructor() {
    this.registry.register('t', 'note', (args: Args, context) => {
      this.#note(args, context);
      return args;
    });
    this.registry.register('t', 'fail', (args: Args, context) => {
      this.#note(args, context);
      const { times = Number.POSITIVE_INFINITY } = args as { readonly times?: number };
      if (context.attempt > times) return args;
      throw new RangeError(`${String(args['say'])} fails`);
    });
    this.registry.register('t', 'gate', async (args: Args, context) => {
      const name = String(args['say']);
      this.#note(args, context);
      this.arrived(name).open();
      const stopped = new Gate<never>();
      const stop = () => {
        this.aborted.push(name);
        stopped.fail(context.signal.reason);
      };
      context.signal.addEventListener('abort', stop, { once: true });
      try {
        await Promise.race([this.gate(name).promise, stopped.promise]);
      } finally {
        context.signal.removeEventListener('abort', stop);
      }
      return args;
    });
  }

  #note(args: Args, { attempt }: CallContext): void {
    this.ran.push(attempt === 1 ? String(args['say']) : `${String(args['say'])}#${attempt - 1}`);
  }

  gate(name: string): Gate<unknown> {
    return known(this.#gates, name);
  }

  /** Settles when a stage `uses: t/gate` of that name has begun. */
  arrived(name: string): Gate {
    return known(this.#arrived, name);
  }
}

type Args = Readonly<Record<string, unknown>>;

function known<T>(gates: Map<string, Gate<T>>, name: string): Gate<T> {
  const gate = gates.get(name) ?? new Gate<T>();
  gates.set(name, gate);
  return gate;
}

export interface Rig {
  readonly scheduler: Scheduler;
  readonly clock: VirtualClock;
  readonly events: RuntimeEvent[];
  readonly stages: Stages;
  read(yaml: string, options?: LoadOptions): Promise<Workflow>;
  /** Submits it. */
  start(yaml: string, params?: Args): Promise<PipelineHandle<WorkflowResult>>;
  /** Submits it and lets time pass until it has ended. */
  run(yaml: string, params?: Args): Promise<Told>;
}

/** A result whose texts of jobs, strategies and stages can be looked into without casts. */
export interface Told extends Omit<WorkflowResult, 'jobs'> {
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a result says what it is
  readonly jobs: Record<string, any>;
}

const rigs: Rig[] = [];

/** A scheduler that is looked after when the test is over: nothing may stay behind, no event be refused. */
export function rig(options: SchedulerOptions = {}, stages = new Stages()): Rig {
  const clock = new VirtualClock(Date.parse('2024-03-01T00:00:00Z'));
  const scheduler = new Scheduler({ clock, taskParallelism: 8, pipelineParallelism: 4, ...options });
  const events: RuntimeEvent[] = [];
  scheduler.events$.subscribe((event) => events.push(event));
  const read = (yaml: string, load: LoadOptions = {}) =>
    parseWorkflow(yaml, { registry: stages.registry, ...load });
  const start = async (yaml: string, params: Args = {}) =>
    scheduler.runPipeline((await read(yaml)).pipeline({ params }));
  const made: Rig = {
    scheduler,
    clock,
    events,
    stages,
    read,
    start,
    async run(yaml, params) {
      return settled(made, await start(yaml, params));
    },
  };
  rigs.push(made);
  return made;
}

/** The run's result, after as much time as it takes. */
export async function settled(
  { clock }: Pick<Rig, 'clock'>,
  handle: PipelineHandle<WorkflowResult>,
): Promise<Told> {
  const result = handle.result();
  result.catch(() => {});
  await passUntil(clock, result);
  return (await result) as Told;
}

/** Lets time pass, from timer to timer, until the promise has settled. */
export async function passUntil(clock: VirtualClock, promise: Promise<unknown>): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  promise.then(end, end);
  for (;;) {
    await clock.advance(0);
    if (over) return;
    if (clock.nextAt === undefined) await new Promise((resolve) => setImmediate(resolve));
    else await clock.advanceTo(clock.nextAt);
  }
}

afterEach(async () => {
  for (const { scheduler, clock, events } of rigs.splice(0)) {
    const closing = scheduler.close({ mode: 'abort', graceMs: 0 });
    await passUntil(clock, closing);
    await closing;
    expect(clock.pending, 'timers left behind').toBe(0);
    expect(
      events.filter(({ type }) => type.endsWith(':rejected')),
      'events that a machine refused',
    ).toEqual([]);
  }
});

/** For work that takes real time, files and processes: timers that are due fire, and no time is passed. */
export async function inRealTime<T>({ clock }: Pick<Rig, 'clock'>, promise: Promise<T>): Promise<T> {
  let over = false;
  const end = () => {
    over = true;
  };
  promise.then(end, end);
  while (!over) {
    await clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return promise;
}

/** How each task of the run ended, by name; the order of the file. */
export function ends(handle: PipelineHandle<unknown>): Record<string, string> {
  return Object.fromEntries(handle.tasks.map((task) => [task.name, task.state]));
}

/** How each job of the run ended, as its stage actor says. */
export function jobEnds(handle: PipelineHandle<unknown>): Record<string, string> {
  return Object.fromEntries(handle.stages.map((stage) => [stage.name, stage.state]));
}

export function taskOf(handle: PipelineHandle<unknown>, name: string): TaskHandle<unknown> {
  const found = handle.tasks.find((task) => task.name === name);
  if (found !== undefined) return found;
  throw new Error(`no task ${name}; there are ${handle.tasks.map((task) => task.name).join(', ')}`);
}

/** A stage's context without its times, which have tests of their own. */
export function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, entry: unknown) => (key === 'info' ? undefined : entry)));
}

/** A workflow of one job `j` with these stages. */
export function job(stages: string, more = ''): string {
  return `name: w\njobs:\n  j:\n${more}    stages:\n${indented(stages, 6)}`;
}

export function indented(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => (line.trim() === '' ? '' : ' '.repeat(by) + line))
    .join('\n');
}

export type { PipelineHandle, WorkflowPipeline };
