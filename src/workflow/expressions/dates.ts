/** Dates and times as text in ISO form: read strictly, kept in UTC. */

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATETIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?$/;

/** The instant of a date (midnight UTC) or a date with time (UTC unless it says otherwise); undefined for anything else. */
export function instantOf(text: string): Date | undefined {
  const date = DATE.exec(text);
  if (date !== null) return utc(date.slice(1, 4), ['00', '00', '00'], 0);
  const match = DATETIME.exec(text);
  if (match === null) return undefined;
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const instant = utc(match.slice(1, 4), [match[4], match[5], match[6] ?? '00'], milliseconds);
  const offset = offsetMs(match[8]);
  return instant === undefined || offset === undefined ? undefined : new Date(instant.getTime() - offset);
}

export function isDate(text: string): boolean {
  return DATE.test(text) && instantOf(text) !== undefined;
}

/** Undefined for a day or an hour that does not exist, which Date would carry over to the next. */
function utc(
  date: readonly (string | undefined)[],
  time: readonly (string | undefined)[],
  milliseconds: number,
): Date | undefined {
  const [year = 0, month = 0, day = 0] = date.map(Number);
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  if (hour > 23 || minute > 59 || second > 59 || year === 0) return undefined;
  const instant = new Date(0);
  instant.setUTCFullYear(year, month - 1, day);
  instant.setUTCHours(hour, minute, second, milliseconds);
  return instant.getUTCMonth() === month - 1 && instant.getUTCDate() === day ? instant : undefined;
}

function offsetMs(text: string | undefined): number | undefined {
  if (text === undefined || text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.replace(':', '').slice(3, 5));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
