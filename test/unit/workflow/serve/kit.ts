/** A server on a clock of its own, and all that it told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scheduler } from '../../../../src/scheduler.ts';
import { memoryStore } from '../../../../src/stores/memory.ts';
import type { Store } from '../../../../src/stores/store.ts';
import { VirtualClock } from '../../../../src/testing/index.ts';
import { register } from '../../../../src/workflow/index.ts';
import {
  type ScheduleMemory,
  type ServeOptions,
  type ServeReport,
  type Service,
  serveWorkflows,
  volatileMemory,
} from '../../../../src/workflow/serve/index.ts';

export const at = (text: string): number => Date.parse(text);

/** The clock of the world that is open: stages that wait count on it. */
let now: VirtualClock | undefined;

register('serve-test', 'wait', ({ seconds }, { signal }) => {
  const clock = now;
  return new Promise<object>((resolve, reject) => {
    const timer = clock?.setTimeout(() => resolve({}), Number(seconds) * 1_000);
    signal.addEventListener('abort', () => {
      clock?.clearTimeout(timer);
      reject(signal.reason);
    });
  });
});

/** A stage that takes that long on the clock of the world. */
export const waiting = (name: string, seconds: number) => ({
  name,
  uses: 'serve-test/wait@latest',
  with: { seconds },
});

export interface FileOptions {
  readonly cron?: readonly (string | { readonly cronjob: string; readonly timezone: string })[];
  readonly release?: readonly string[];
  /** Seconds that its only stage takes. */
  readonly sleep?: number;
  readonly fails?: boolean;
  readonly params?: string;
}

export function workflowText(name: string, options: FileOptions = {}): string {
  const { cron = [], release = [], sleep = 0, fails = false, params = '' } = options;
  const entries = cron.map((one) => (typeof one === 'string' ? { cronjob: one } : one));
  const work = sleep === 0 ? { name: 'work', echo: 'done' } : waiting('work', sleep);
  const stage = fails ? { name: 'fail', raise: 'no' } : work;
  return [
    `name: ${name}`,
    ...(entries.length + release.length === 0
      ? []
      : [`on: ${JSON.stringify({ schedule: entries, release })}`]),
    ...(params === '' ? [] : [`params: ${params}`]),
    `jobs: ${JSON.stringify({ only: { stages: [stage] } })}`,
    '',
  ].join('\n');
}

export class World {
  readonly clock: VirtualClock;
  readonly store: Store = memoryStore();
  readonly folder = mkdtempSync(join(tmpdir(), 'serve-'));
  readonly memory: ScheduleMemory = volatileMemory();
  readonly told: ServeReport[] = [];
  readonly #schedulers = new Set<Scheduler>();
  readonly #services = new Set<Service>();
  #stamp = 0;

  constructor(start: string) {
    this.clock = new VirtualClock(at(start));
    now = this.clock;
  }

  /** Each writing differs in length, since files of one moment do not differ in their times. */
  put(file: string, text: string): void {
    this.#stamp += 1;
    writeFileSync(join(this.folder, file), `${text}${'#'.repeat(this.#stamp)}\n`);
  }

  scheduler(): Scheduler {
    const scheduler = new Scheduler({
      clock: this.clock,
      store: this.store,
      pipelineParallelism: 100,
      taskParallelism: 100,
    });
    this.#schedulers.add(scheduler);
    return scheduler;
  }

  async serve(options: Partial<ServeOptions> = {}): Promise<Service> {
    const { folder, clock, memory } = this;
    const report = (one: ServeReport): void => void this.told.push(one);
    const service = await serveWorkflows({
      folder,
      clock,
      memory,
      report,
      scheduler: options.scheduler ?? this.scheduler(),
      ...options,
    });
    this.#services.add(service);
    await this.settle();
    return service;
  }

  /** Lets everything happen that needs no time, reading of files included. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await this.clock.advance(0);
    }
  }

  /** Until a report comes that nobody saw before: for what depends on files. */
  async until(type: ServeReport['type'], count = 1): Promise<void> {
    for (let i = 0; this.told.filter((one) => one.type === type).length < count; i += 1) {
      if (i > 1_000) throw new Error(`${type} was never told`);
      await this.settle();
    }
  }

  /** `type runId`, with the reason or the outcome. */
  get lines(): readonly string[] {
    return this.told.flatMap((one) => {
      switch (one.type) {
        case 'release:submitted':
          return [`submitted ${one.runId}`];
        case 'release:resumed':
          return [`resumed ${one.runId}`];
        case 'release:ended':
          return [`${one.outcome.kind} ${one.runId}`];
        case 'release:missed':
          return [`${one.reason} ${one.runId}`];
        case 'release:failed':
          return [`failed ${one.runId}: ${one.error.message}`];
        default:
          return [];
      }
    });
  }

  count(start: string): number {
    return this.lines.filter((line) => line.startsWith(start)).length;
  }

  async runs(): Promise<readonly string[]> {
    const runs = await this.store.runs.list({ limit: 10_000 });
    return runs
      .map(
        ({ id, state, outcome }) =>
          `${state}${outcome?.reason === undefined ? '' : ` ${outcome.reason}`} ${id}`,
      )
      .sort();
  }

  async end(): Promise<void> {
    const closings = [...this.#services].map((service) => service.close());
    for (const scheduler of this.#schedulers) {
      const closing = scheduler.close({ mode: 'abort', graceMs: 0 });
      await this.clock.runAll();
      await closing;
    }
    await Promise.all(closings);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
