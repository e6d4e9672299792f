/**
 * The clocks of time zones. A local time is a number too: the epoch milliseconds that a clock of UTC would show the same
 * date and time at.
 */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timezone, format);
  }
  return format;
}

/** A name of the IANA database; offsets such as `+01:00` are none. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

export function knownTimezones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

/** What the clocks of the zone show at an instant, to the second. */
export function localTime(instant: number, timezone: string): number {
  if (timezone === 'UTC') return instant;
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type) ?? 0);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/**
 * The instant at which the clocks of the zone show a local time: the first one if they do so twice, and if they never do,
 * the first whole minute after the change that skips it.
 */
export function instantOfLocal(local: number, timezone: string): number {
  if (timezone === 'UTC') return local;
  const before = offsetAt(local - DAY_MS, timezone);
  const after = offsetAt(local + DAY_MS, timezone);
  const found = [local - before, local - after]
    .filter((instant) => localTime(instant, timezone) === local)
    .sort((a, b) => a - b);
  return found[0] ?? changeBetween(local - DAY_MS - before, local + DAY_MS - after, local, timezone);
}

function offsetAt(instant: number, timezone: string): number {
  return localTime(instant, timezone) - Math.floor(instant / 1_000) * 1_000;
}

/** The first minute in `(low, high]` whose local time is not before `local`. */
function changeBetween(low: number, high: number, local: number, timezone: string): number {
  let from = Math.floor(low / MINUTE_MS);
  let to = Math.ceil(high / MINUTE_MS);
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (localTime(middle * MINUTE_MS, timezone) >= local) to = middle;
    else from = middle;
  }
  return to * MINUTE_MS;
}
