/**
 * The times of one workflow: which have come since it was looked at last, and when the next one comes. Owns how far
 * each of its schedules was served. Knows nothing of runs.
 */
import type { SchedulePlan } from '../model.ts';
import { nextRun, runsBetween } from '../schedule.ts';

/** How far each schedule was served, by `scheduleKey`, in epoch milliseconds. */
export type ServedTimes = Readonly<Record<string, number>>;

/** Times of a workflow that are looked for at once, the newest ones; what came before them is not counted. */
export const MOST_TIMES = 100;

const FIRST_WINDOW_MS = 3_600_000;

export interface DueTimes {
  /** Ascending, each minute once however many schedules meet in it. */
  readonly times: readonly number[];
  /** There were more before the first of them, which nobody has counted. */
  readonly hasEarlier: boolean;
}

interface Entry {
  readonly schedule: SchedulePlan;
  /** Times up to here, inclusive, were dealt with. */
  until: number;
  /** The first time after `until`; undefined when there is none any more. */
  next: number | undefined;
}

/** What a schedule is known by when its file is read again, or the process starts again. */
export const scheduleKey = ({ cron, timezone }: SchedulePlan): string => `${cron} ${timezone}`;

export class Timetable {
  readonly #entries: readonly Entry[];

  /**
   * A schedule that was never served before is served from `now` on, the minute that begins now included.
   * @throws for a schedule that `checkCron` or `checkTimezone` refuse
   */
  constructor(schedules: readonly SchedulePlan[], served: ServedTimes, now: number) {
    this.#entries = schedules.map((schedule) => {
      const key = scheduleKey(schedule);
      const before = Object.hasOwn(served, key) ? served[key] : undefined;
      const until = Math.min(before ?? now - 1, now - 1);
      return { schedule, until, next: nextRun(schedule, until) };
    });
  }

  /** The next time of any of its schedules. */
  get next(): number | undefined {
    return least(this.#entries.map(({ next }) => next));
  }

  get served(): ServedTimes {
    return Object.fromEntries(this.#entries.map(({ schedule, until }) => [scheduleKey(schedule), until]));
  }

  /** Takes what has come up to `now`: it is not given again, unless the clock is set back. */
  take(now: number): DueTimes {
    const found = this.#entries.map((entry) => takeFrom(entry, now));
    const times = [...new Set(found.flatMap((one) => one.times))].sort((a, b) => a - b);
    const hasEarlier = times.length > MOST_TIMES || found.some((one) => one.hasEarlier);
    return { times: times.slice(-MOST_TIMES), hasEarlier };
  }

  /** The clock was set back to `now`: what comes after that comes again. Who runs it has to know what has been run. */
  rewind(now: number): void {
    for (const entry of this.#entries) {
      if (entry.until < now) continue;
      entry.until = now - 1;
      entry.next = nextRun(entry.schedule, entry.until);
    }
  }

  /** The first `count` times after `after`. */
  upcoming(after: number, count: number): readonly number[] {
    const times: number[] = [];
    for (let i = 0, last = after; i < count; i += 1) {
      const next = least(this.#entries.map(({ schedule }) => nextRun(schedule, last)));
      if (next === undefined) break;
      times.push(next);
      last = next;
    }
    return times;
  }
}

function takeFrom(entry: Entry, now: number): DueTimes {
  if (entry.next === undefined || entry.next > now) return { times: [], hasEarlier: false };
  const { schedule, until, next: first } = entry;
  const times = newest(schedule, until, now);
  entry.until = now;
  entry.next = nextRun(schedule, now);
  return { times, hasEarlier: first < (times[0] ?? now) };
}

/** The last times, without counting those of a year of minutes: a window that grows until it holds enough. */
function newest(schedule: SchedulePlan, until: number, now: number): readonly number[] {
  for (let window = FIRST_WINDOW_MS; ; window *= 2) {
    const from = Math.max(until, now - window);
    const times = runsBetween(schedule, from, now, Number.MAX_SAFE_INTEGER);
    if (from === until || times.length >= MOST_TIMES) return times.slice(-MOST_TIMES);
  }
}

function least(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce(
    (low, time) => (low === undefined || (time !== undefined && time < low) ? time : low),
    undefined,
  );
}
