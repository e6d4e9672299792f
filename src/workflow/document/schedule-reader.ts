/** `on`: when a workflow runs by itself. Intervals in words become the fields of a schedule. */
import { WORKFLOW_SCHEDULES } from '../../core/limits.ts';
import type { Path, SchedulePlan } from '../model.ts';
import { checkCron, checkTimezone } from '../schedule.ts';
import { isRawMap, type RawMap, type Reading } from './reading.ts';
import { cronShape, intervalShape } from './workflow-shape.ts';

const UTC = 'UTC';
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** @param raw a list of schedules, or a map that holds one under `schedule` */
export function readSchedules(raw: unknown, path: Path, reading: Reading): readonly SchedulePlan[] {
  const [list, at]: readonly [unknown, Path] = isRawMap(raw)
    ? [raw['schedule'], [...path, 'schedule']]
    : [raw, path];
  if (!Array.isArray(list)) return [];
  const plans = list
    .slice(0, WORKFLOW_SCHEDULES)
    .flatMap((entry: unknown, i) => readSchedule(entry, [...at, i], reading) ?? []);
  const seen = new Set<string>();
  for (const { cron, timezone, path: where } of plans) {
    const key = `${cron.trim().split(/\s+/).join(' ').toLowerCase()} ${timezone}`;
    if (seen.has(key))
      reading.problems.add(where, `the schedule ${JSON.stringify(cron)} stands twice`, {
        hint: 'keep one of them',
      });
    seen.add(key);
  }
  return plans;
}

function readSchedule(raw: unknown, path: Path, reading: Reading): SchedulePlan | undefined {
  const isInterval = isRawMap(raw) && Object.hasOwn(raw, 'interval');
  if (isInterval && Object.hasOwn(raw, 'cronjob')) {
    reading.problems.add([...path, 'interval'], 'a schedule has "cronjob" or "interval", not both', {
      part: 'key',
      hint: 'make an entry of each',
    });
    return undefined;
  }
  const cron = isInterval ? readInterval(raw, path, reading) : readCron(raw, path, reading);
  const timezone = isRawMap(raw) ? readTimezone(raw, path, reading) : UTC;
  return cron === undefined || timezone === undefined ? undefined : { cron, timezone, path };
}

function readCron(raw: unknown, path: Path, reading: Reading): string | undefined {
  const cron = reading.shaped(cronShape, raw, path, 'a schedule')?.cronjob;
  const fault = cron === undefined ? undefined : checkCron(cron);
  if (fault === undefined) return cron;
  reading.problems.add([...path, 'cronjob'], fault, {
    hint: 'minute hour day month weekday, for example 0 6 * * 1-5',
  });
  return undefined;
}

function readTimezone(raw: RawMap, path: Path, { problems }: Reading): string | undefined {
  const key = Object.hasOwn(raw, 'tz') ? 'tz' : 'timezone';
  if (key === 'tz' && Object.hasOwn(raw, 'timezone'))
    problems.add([...path, 'tz'], 'tz and timezone are the same', { part: 'key', hint: 'keep one of them' });
  const name = raw[key];
  if (typeof name !== 'string') return UTC;
  const fault = checkTimezone(name);
  if (fault === undefined) return name;
  const [message = fault, hint] = fault.split(/; (?=did you mean)/);
  problems.add([...path, key], message, { hint });
  return undefined;
}

function readInterval(raw: RawMap, path: Path, reading: Reading): string | undefined {
  const given = reading.shaped(intervalShape, raw, path, 'a schedule');
  if (given === undefined) return undefined;
  const { interval, day, time = '00:00' } = given;
  const [hour, minute] = time.split(':').map(Number);
  const dayFields = dayFieldsOf(interval, day);
  if (dayFields !== undefined) return `${minute} ${hour} ${dayFields}`;
  const allowed = { daily: 'no day', weekly: DAYS.join(', '), monthly: '1 to 31' }[interval];
  reading.problems.add(
    [...path, 'day'],
    `day is ${JSON.stringify(day)}; allowed for ${interval}: ${allowed}`,
    {
      hint: interval === 'daily' ? 'leave it out, or write interval: weekly' : undefined,
    },
  );
  return undefined;
}

/** Day of the month, month, day of the week. Undefined for a day that the interval does not know. */
function dayFieldsOf(
  interval: 'daily' | 'weekly' | 'monthly',
  day: string | number | undefined,
): string | undefined {
  switch (interval) {
    case 'daily':
      return day === undefined ? '* * *' : undefined;
    case 'weekly': {
      const name = String(day ?? 'monday').toLowerCase();
      const index = DAYS.findIndex((known) => known === name || known.slice(0, 3) === name);
      return index < 0 ? undefined : `* * ${index}`;
    }
    case 'monthly': {
      const number = Number(day ?? 1);
      return Number.isInteger(number) && number >= 1 && number <= 31 ? `${number} * *` : undefined;
    }
    default:
      return interval satisfies never;
  }
}
