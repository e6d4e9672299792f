/**
 * Runs the workflows of a folder at the times of their schedules.
 *
 * Owns: one timer, the files as they were read last, how far each schedule was served. Does not own: when a schedule is
 * due (timetable.ts), the releases under way (releases.ts), what a run is (the scheduler), what is remembered
 * (memory.ts). Invariants:
 * (V1) A time is released at most once. Its run id says so in the scheduler's store, also to other servers and to later
 *      lives; so a clock that is set back does no harm.
 * (V2) A time is released only in its own minute. One that has passed (the process was down, the machine asleep, the
 *      clock set forward) is recorded as missed, up to 100 per workflow; with `catchUp` the newest of them runs.
 * (V3) Releases of a workflow by its schedule never overlap: while one is live, the next is recorded as missed with the
 *      reason `overlap`. It does not wait, since a workflow slower than its schedule would never catch up.
 * (V4) There is at most one timer, set to a time of the clock and no more than `lookMs` away: it cannot drift, and a
 *      clock that jumps is noticed.
 * (V5) A time counts as served, for a later life, once the store has it: a crash in between makes it missed, not lost.
 */
import type { Clock } from '../../core/clock.ts';
import { logSafely } from '../../core/logger.ts';
import type { SchedulePlan } from '../model.ts';
import type { Workflow } from '../workflow.ts';
import type { FileReport } from './folder.ts';
import type { ScheduleMemory } from './memory.ts';
import { type Due, type ReleaseParts, Releases } from './releases.ts';
import { type ServedTimes, Timetable } from './timetable.ts';

export interface ServiceParts extends ReleaseParts {
  readonly clock: Clock;
  readonly memory: ScheduleMemory;
  readonly catchUp: boolean;
  readonly lookMs: number;
}

/** One workflow with a schedule, as it is served. */
export interface ServedWorkflow {
  readonly name: string;
  /** Name in the folder. */
  readonly file: string;
  readonly schedules: readonly SchedulePlan[];
  /** Its next times in epoch milliseconds; fewer where its schedules end. */
  readonly upcoming: (count: number) => readonly number[];
}

interface Served {
  readonly file: string;
  readonly workflow: Workflow;
  readonly table: Timetable;
}

/** A time is released in its own minute. */
const LATE_MS = 60_000;

export class Service {
  readonly #parts: ServiceParts;
  readonly #releases: Releases;
  /** By file. */
  readonly #served = new Map<string, Served>();
  /** What a later life is to know, by file; of a file that is broken now, what it was (V5). */
  readonly #times: Map<string, ServedTimes>;
  /** Files that were told to be hidden by others. */
  #hidden: ReadonlySet<string> = new Set();
  #timer: unknown = undefined;
  #lastNow: number;
  #closed = false;
  #isFolderGone = false;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#releases = new Releases(parts);
    this.#times = new Map(parts.memory.read(parts.folder.path));
    this.#lastNow = parts.clock.now();
  }

  /** Workflows with a schedule, in the order of their files. */
  get workflows(): readonly ServedWorkflow[] {
    const served = [...this.#served.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
    return served.map(({ file, workflow: { name, plan }, table }) => ({
      name,
      file,
      schedules: plan.schedules,
      upcoming: (count) => table.upcoming(this.#parts.clock.now(), count),
    }));
  }

  /** Reads the folder, goes on with what was interrupted, and serves from now on. */
  async start(): Promise<void> {
    const { folder } = this.#parts;
    await this.#read([...new Set([...(folder.changes() ?? []), ...this.#times.keys()])]);
    await this.#releases.resume();
    this.#turn();
  }

  /**
   * Releases nothing new from now on, and resolves when what is under way is over: by itself, or because the scheduler
   * was closed.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#parts.clock.clearTimeout(this.#timer);
    await this.#releases.over();
  }

  /** A turn never waits for anything, so that no time passes between looking at the clock and setting the timer. */
  readonly #turn = (): void => {
    if (this.#closed) return;
    const now = this.#parts.clock.now();
    if (now < this.#lastNow) for (const { table } of this.#served.values()) table.rewind(now);
    this.#lastNow = now;
    this.#look();
    this.#serve(now);
    this.#arm();
  };

  #look(): void {
    const changes = this.#parts.folder.changes();
    if ((changes === undefined) !== this.#isFolderGone) {
      this.#isFolderGone = changes === undefined;
      const what = this.#isFolderGone ? 'cannot be read: what was read before is served' : 'is there again';
      logSafely(this.#parts.logger, 'warn', `the folder ${this.#parts.folder.path} ${what}`);
    }
    if (changes === undefined || changes.length === 0) return;
    this.#releases.track(this.#read(changes).then(() => this.#goOn()));
  }

  #goOn(): void {
    if (this.#closed) return;
    this.#serve(this.#parts.clock.now());
    this.#arm();
  }

  async #read(files: readonly string[]): Promise<void> {
    const reports: FileReport[] = [];
    for (const file of files) reports.push(await this.#parts.folder.read(file));
    for (const { file, workflow, error } of reports)
      if (workflow === undefined && error === undefined) this.#times.delete(file);
    this.#settle(this.#parts.clock.now());
    this.#remember();
    const { hidden } = this.#parts.folder;
    for (const report of reports) if (!hidden.has(report.file)) this.#tell(report);
    for (const [file, error] of hidden)
      if (!this.#hidden.has(file)) this.#releases.tell({ type: 'workflow:refused', file, error });
    this.#hidden = new Set(hidden.keys());
  }

  #tell({ file, workflow, error }: FileReport): void {
    const nextAt = this.#served.get(file)?.table.next;
    if (error !== undefined) this.#releases.tell({ type: 'workflow:refused', file, error });
    else if (workflow === undefined) this.#releases.tell({ type: 'workflow:gone', file });
    else this.#releases.tell({ type: 'workflow:read', file, workflow: workflow.name, nextAt });
  }

  /** Serves what the folder has now. */
  #settle(now: number): void {
    const stored = [...this.#parts.folder.workflows.values()];
    const served = stored.filter(({ workflow }) => workflow.plan.schedules.length > 0);
    const kept = new Set(served.map(({ file }) => file));
    for (const file of this.#served.keys()) if (!kept.has(file)) this.#served.delete(file);
    for (const { file, workflow } of served) {
      if (this.#served.get(file)?.workflow === workflow) continue;
      const table = new Timetable(workflow.plan.schedules, this.#times.get(file) ?? {}, now);
      this.#served.set(file, { file, workflow, table });
      this.#times.set(file, table.served);
    }
  }

  #serve(now: number): void {
    for (const served of this.#served.values()) {
      const { times, hasEarlier } = served.table.take(now);
      if (times.length === 0) continue;
      const upTo = served.table.served;
      const dues = times.map((dueAt) => ({ ...served, dueAt }));
      this.#releases.track(
        this.#dealWith(dues, now, hasEarlier).then((isKept) => isKept && this.#keep(served, upTo)),
      );
    }
  }

  /** Gives whether the store has all of them now (V5). */
  async #dealWith(dues: readonly Due[], now: number, hasEarlier: boolean): Promise<boolean> {
    const last = dues.at(-1);
    const isRun = last !== undefined && (now - last.dueAt < LATE_MS || this.#parts.catchUp);
    const missed = isRun ? dues.slice(0, -1) : dues;
    const recorded = missed.map((due, i) => this.#releases.miss(due, 'missed', hasEarlier && i === 0));
    const begun = isRun ? [this.#releases.begin(last)] : [];
    return (await Promise.all([...recorded, ...begun])).every((isKept) => isKept);
  }

  #keep({ file, table }: Served, upTo: ServedTimes): void {
    if (this.#served.get(file)?.table !== table) return;
    this.#times.set(file, upTo);
    this.#remember();
  }

  #remember(): void {
    const { memory, folder, logger } = this.#parts;
    try {
      memory.write(folder.path, this.#times);
    } catch (error) {
      logSafely(logger, 'error', 'how far schedules were served cannot be written', error);
    }
  }

  #arm(): void {
    const { clock, lookMs } = this.#parts;
    clock.clearTimeout(this.#timer);
    const now = clock.now();
    const next = [...this.#served.values()].flatMap(({ table }) => table.next ?? []);
    const at = Math.min(now + lookMs, ...next);
    this.#timer = clock.setTimeout(this.#turn, Math.max(0, at - now));
  }
}
