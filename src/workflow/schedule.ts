/**
 * When schedules run. Fields are checked here, matching is croner's, and the clock of a time zone is worked out here:
 *
 * - A time of the day that a clock change skips runs at the first minute that exists after it.
 * - A time of the day that happens twice runs at its first occurrence only.
 * - A schedule for every hour (`*` as hour) goes by time that passes: an hour that happens twice has its runs twice,
 *   one that is skipped has none.
 * - Day of the month and day of the week both have to match.
 */
import { Cron } from 'croner';
import { LISTED_RUNS } from '../core/limits.ts';
import { checkFields, cronerPattern, isHourly } from './cron-fields.ts';
import { didYouMean } from './expressions/suggestion.ts';
import type { SchedulePlan } from './model.ts';
import { instantOfLocal, isTimezone, knownTimezones, localTime } from './wall-clock.ts';

type Schedule = Pick<SchedulePlan, 'cron' | 'timezone'>;

/** Local times that one search passes over at most: a repeated day has 1,440 minutes. */
const MAX_PASSED = 3_000;

/** What is wrong with a schedule's fields; undefined for nothing. */
export function checkCron(text: string): string | undefined {
  const fault = checkFields(text);
  if (fault !== undefined) return fault;
  try {
    parse(text, 'UTC');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
  }
}

/** What is wrong with the name of a time zone; undefined for nothing. */
export function checkTimezone(name: string): string | undefined {
  if (isTimezone(name)) return undefined;
  const hint = didYouMean(name, knownTimezones());
  return `${JSON.stringify(name)} is no time zone; allowed: names such as UTC, Europe/Berlin${hint === undefined ? '' : `; ${hint}`}`;
}

/**
 * The first run after `after`, exclusive; both in epoch milliseconds. Undefined if there is none: its years are over,
 * or there is no such day, as the 31st of February.
 *
 * @throws when `checkCron` or `checkTimezone` find something
 */
export function nextRun(schedule: Schedule, after: number): number | undefined {
  if (isHourly(schedule.cron)) return nextOf(parse(schedule.cron, schedule.timezone), after);
  const cron = parse(schedule.cron, 'UTC');
  let local = localTime(after, schedule.timezone);
  for (let i = 0; i < MAX_PASSED; i += 1) {
    const next = nextOf(cron, local);
    if (next === undefined) return undefined;
    const instant = instantOfLocal(next, schedule.timezone);
    if (instant > after) return instant;
    local = next;
  }
  return undefined;
}

/**
 * The runs after `after` and up to `until`, both in epoch milliseconds, the first exclusive and the last inclusive; the
 * earliest `limit` of them, at most 100,000.
 */
export function runsBetween(
  schedule: Schedule,
  after: number,
  until: number,
  limit: number,
): readonly number[] {
  const runs: number[] = [];
  let run = nextRun(schedule, after);
  while (run !== undefined && run <= until && runs.length < Math.min(limit, LISTED_RUNS)) {
    runs.push(run);
    run = nextRun(schedule, run);
  }
  return runs;
}

function nextOf(cron: Cron, after: number): number | undefined {
  return cron.nextRun(new Date(after))?.getTime();
}

const MAX_PARSED = 500;
const parsed = new Map<string, Cron>();

function parse(text: string, timezone: string): Cron {
  const key = `${timezone} ${text}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const cron = new Cron(cronerPattern(text), {
    mode: '7-part',
    domAndDow: true,
    timezone,
    paused: true,
  });
  if (parsed.size >= MAX_PARSED) parsed.clear();
  parsed.set(key, cron);
  return cron;
}
