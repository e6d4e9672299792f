/**
 * Random programs against the real Scheduler: pipelines, outcomes in any order, cancels, holds, pauses, and
 * events that are not allowed, sent on purpose. After every step the invariants hold; at the end nothing is
 * left: no actor, timer, listener or handle. Time is virtual, and the order of completions is fast-check's.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import {
  CancelledError,
  Pipeline,
  type PipelineHandle,
  Scheduler,
  type TaskHandle,
} from '../../src/index.ts';
import { VirtualClock } from '../../src/testing/index.ts';
import { Watcher } from './watcher.ts';

const RESOURCES = { cpu: 2, mem: 1 };
const SHAPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  none: {},
  cpu1: { cpu: 1 },
  cpu2: { cpu: 2 },
  mem: { mem: 0.4 },
  both: { cpu: 1, mem: 1 },
};
type Ending = 'value' | 'error' | 'give-up' | 'flaky';

interface TaskPlan {
  readonly shape: string;
  readonly ending: Ending;
  readonly forward: boolean;
  readonly priority: number;
}

const taskPlan: fc.Arbitrary<TaskPlan> = fc.record({
  shape: fc.constantFrom(...Object.keys(SHAPES)),
  ending: fc.constantFrom<Ending>('value', 'value', 'error', 'give-up', 'flaky'),
  forward: fc.boolean(),
  priority: fc.constantFrom(0, 0, 1),
});

class World {
  readonly clock = new VirtualClock(1_000);
  readonly scheduler: Scheduler;
  readonly watcher: Watcher;
  readonly runs: PipelineHandle<unknown>[] = [];
  readonly tasks: TaskHandle<unknown>[] = [];
  readonly s: fc.Scheduler;
  /** Every actor that ever was, seen by an inspector; half of the programs run without one. */
  readonly actors = new Set<AnyActorRef>();

  constructor(s: fc.Scheduler, admission: 'strict' | 'backfill', inspected: boolean) {
    this.s = s;
    const { clock } = this;
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    this.scheduler = new Scheduler({
      resources: RESOURCES,
      taskParallelism: 3,
      pipelineParallelism: 2,
      admission,
      clock,
      logger,
      limits: { keepFinishedRuns: 4 },
      ...(inspected
        ? { inspect: (event: InspectionEvent) => void this.actors.add(event.actorRef as AnyActorRef) }
        : {}),
    });
    this.watcher = new Watcher(this.scheduler, (name) => SHAPES[name.split(' ')[0] ?? ''] ?? {});
  }

  /** Lets everything happen that needs neither time nor a body's end. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
    if (this.watcher.problems.length > 0) throw new Error(this.watcher.problems.join('\n'));
  }
}

/** A body whose end waits until fast-check lets it happen, or its signal says stop. */
function body(world: World, plan: TaskPlan) {
  return async ({ signal, attempt }: { readonly signal: AbortSignal; readonly attempt: number }) => {
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    stopped.catch(() => {});
    await Promise.race([world.s.schedule(Promise.resolve(), `end of a ${plan.ending} task`), stopped]);
    if (plan.ending === 'error') throw new Error('failed on purpose');
    if (plan.ending === 'give-up') throw new CancelledError();
    if (plan.ending === 'flaky' && attempt < 2) throw new Error('failed at first');
    return attempt;
  };
}

class Planned extends Pipeline<number> {
  readonly #world: World;
  readonly #plans: readonly TaskPlan[];
  readonly #child: boolean;

  constructor(world: World, plans: readonly TaskPlan[], child: boolean) {
    super();
    this.#world = world;
    this.#plans = plans;
    this.#child = child;
  }

  async run(): Promise<number> {
    const handles = this.#plans.map((plan, i) => {
      if (plan.forward && i > 0) this.stageForward();
      const handle = this.task(body(this.#world, plan), {
        resources: SHAPES[plan.shape] ?? {},
        name: `${plan.shape} ${plan.ending}`,
        priority: plan.priority,
        retry: { maxAttempts: 2, backoffMs: 5 },
      }).run();
      this.#world.tasks.push(handle);
      return handle;
    });
    if (this.#child)
      this.#world.runs.push(
        this.#world.scheduler.runPipeline(new Planned(this.#world, this.#plans.slice(0, 1), false)),
      );
    if (handles.length > 0) await this.wait(handles);
    return handles.length;
  }
}

type Step = fc.AsyncCommand<object, World>;

/** `check` is always true: what is not allowed at the moment must be refused, not avoided. */
abstract class Always implements Step {
  check(): boolean {
    return true;
  }
  async run(_: object, world: World): Promise<void> {
    this.act(world);
    await world.settle();
  }
  abstract act(world: World): void;
  abstract toString(): string;
}

class Submit extends Always {
  readonly plans: readonly TaskPlan[];
  readonly options: {
    readonly child: boolean;
    readonly after: boolean;
    readonly children: 'continue' | 'wait' | 'cancel';
  };
  constructor(plans: readonly TaskPlan[], options: Submit['options']) {
    super();
    this.plans = plans;
    this.options = options;
  }
  act(world: World): void {
    const last = world.runs.at(-1);
    const after = this.options.after && last !== undefined ? [last] : [];
    const { children } = this.options;
    world.runs.push(
      world.scheduler.runPipeline(new Planned(world, this.plans, this.options.child), { after, children }),
    );
  }
  toString(): string {
    return `submit(${JSON.stringify(this.plans)}, ${JSON.stringify(this.options)})`;
  }
}

const pick = <T>(items: readonly T[], n: number): T | undefined =>
  items.length === 0 ? undefined : items[n % items.length];

class OnTask extends Always {
  readonly what: 'cancel' | 'terminate' | 'hold' | 'hold-until' | 'unhold';
  readonly n: number;
  constructor(what: OnTask['what'], n: number) {
    super();
    this.what = what;
    this.n = n;
  }
  act(world: World): void {
    const task = pick(world.tasks, this.n);
    if (this.what === 'cancel') task?.cancel();
    else if (this.what === 'terminate') task?.requestTerminate('on purpose');
    else if (this.what === 'hold') task?.hold('on purpose');
    else if (this.what === 'hold-until') task?.hold('for a while', world.clock.now() + 7);
    else task?.unhold();
  }
  toString(): string {
    return `${this.what}(task ${this.n})`;
  }
}

class OnRun extends Always {
  readonly what: 'cancel' | 'terminate';
  readonly n: number;
  constructor(what: OnRun['what'], n: number) {
    super();
    this.what = what;
    this.n = n;
  }
  act(world: World): void {
    const run = pick(world.runs, this.n);
    if (this.what === 'cancel') run?.cancel();
    else run?.requestTerminate();
  }
  toString(): string {
    return `${this.what}(run ${this.n})`;
  }
}

class OnScheduler extends Always {
  readonly what: 'pause' | 'unpause' | 'more' | 'less';
  constructor(what: OnScheduler['what']) {
    super();
    this.what = what;
  }
  act({ scheduler }: World): void {
    if (this.what === 'pause') scheduler.pause('on purpose');
    else if (this.what === 'unpause') scheduler.unpause();
    else if (this.what === 'more') scheduler.setCapacity('cpu', 3);
  }
  toString(): string {
    return this.what;
  }
}

class Pass implements Step {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check(): boolean {
    return true;
  }
  async run(_: object, world: World): Promise<void> {
    await world.clock.advance(this.ms);
    await world.settle();
  }
  toString(): string {
    return `${this.ms} ms pass`;
  }
}

/** Events that no user may send, or that come from an attempt long gone: each must be refused and told (T1). */
const ILLEGAL = [
  { type: 'SUCCEED', attempt: 1, value: 'forged', retryAt: null },
  { type: 'START', attempt: 1, timeoutAt: null },
  { type: 'ADMIT' },
  { type: 'FAIL', attempt: 99, error: 'forged', retryAt: null, token: Symbol('guess') },
  { type: 'NO_SUCH_EVENT' },
  { type: '__proto__' },
] as const;

class Illegal implements Step {
  readonly n: number;
  readonly event: (typeof ILLEGAL)[number];
  constructor(n: number, event: (typeof ILLEGAL)[number]) {
    this.n = n;
    this.event = event;
  }
  check(): boolean {
    return true;
  }
  async run(_: object, world: World): Promise<void> {
    const task = pick(world.tasks, this.n);
    if (task === undefined) return;
    const before = { state: task.state, phase: task.phase, attempts: task.attempts };
    const refused = world.watcher.rejected.length;
    const { actor } = task;
    actor.send(this.event);
    expect({ state: task.state, phase: task.phase, attempts: task.attempts }).toEqual(before);
    await world.settle();
    // XState itself drops what is sent to a stopped actor; every live one reports the refusal.
    if (actor.getSnapshot().status === 'active')
      expect(world.watcher.rejected.length).toBeGreaterThan(refused);
  }
  toString(): string {
    return `illegal(task ${this.n}, ${this.event.type})`;
  }
}

const steps: fc.Arbitrary<Step>[] = [
  fc
    .tuple(
      fc.array(taskPlan, { maxLength: 4 }),
      fc.record({
        child: fc.boolean(),
        after: fc.boolean(),
        children: fc.constantFrom<'continue' | 'wait' | 'cancel'>('continue', 'wait', 'cancel'),
      }),
    )
    .map(([plans, options]) => new Submit(plans, options)),
  fc
    .tuple(fc.constantFrom<OnTask['what']>('cancel', 'terminate', 'hold', 'hold-until', 'unhold'), fc.nat(20))
    .map(([what, n]) => new OnTask(what, n)),
  fc
    .tuple(fc.constantFrom<OnRun['what']>('cancel', 'terminate'), fc.nat(6))
    .map(([what, n]) => new OnRun(what, n)),
  fc.constantFrom<OnScheduler['what']>('pause', 'unpause', 'more').map((what) => new OnScheduler(what)),
  fc.nat(20).map((ms) => new Pass(ms)),
  fc.tuple(fc.nat(20), fc.constantFrom(...ILLEGAL)).map(([n, event]) => new Illegal(n, event)),
];

/** Lets every body end, in fast-check's order, and time pass, until nothing is left. */
async function finish(world: World): Promise<void> {
  world.scheduler.unpause();
  for (const task of world.tasks) task.unhold();
  let closed = false;
  const closing = world.scheduler.close().then(() => {
    closed = true;
  });
  for (let round = 0; !closed; round += 1) {
    if (round > 2_000) throw new Error(`not closed: ${JSON.stringify(world.scheduler.snapshot())}`);
    for (const task of world.tasks) if (task.phase === 'held') task.unhold();
    if (world.s.count() > 0) await world.s.waitOne();
    await world.clock.advance(world.s.count() > 0 ? 0 : 10);
  }
  await closing;
  await world.clock.advance(0);
  world.watcher.finish();
  expect(world.watcher.problems).toEqual([]);
  expect(world.clock.pending).toBe(0);
  expect(
    [...world.actors].map((actor) => actor.getSnapshot().status).filter((status) => status !== 'done'),
  ).toEqual([]);
  expect(world.watcher.completed).toBe(true);
  const { tasks, pipelines } = world.scheduler.snapshot();
  expect(tasks.queued + tasks.ready + tasks.running).toBe(0);
  expect(pipelines.queued + pipelines.ready + pipelines.running).toBe(0);
}

describe.each(['strict', 'backfill'] as const)('random programs under %s admission', (admission) => {
  it('keep every invariant at every event, and leave nothing behind', async () => {
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.commands(steps, { maxCommands: 25 }),
      fc.boolean(),
      async (s, commands, inspected) => {
        const world = new World(s, admission, inspected);
        await fc.scheduledModelRun(s, () => ({ model: {}, real: world }), commands);
        await finish(world);
      },
    );
    await fc.assert(property, { numRuns: Number(process.env['RUNS'] ?? 300), ...seedFromEnvironment() });
  });
});

/** `SEED=... PATH_=... npm test -- test/properties` repeats a failure that fast-check printed. */
function seedFromEnvironment(): { seed?: number; path?: string } {
  const { SEED, SHRINK_PATH } = process.env;
  return {
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
    ...(SHRINK_PATH === undefined ? {} : { path: SHRINK_PATH }),
  };
}
