/** Dates as text, after the patterns of strftime; always in UTC. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY_MS = 86_400_000;

type Directive = (date: Date) => string;

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  Y: (date) => padded(date.getUTCFullYear(), 4),
  y: (date) => padded(date.getUTCFullYear() % 100),
  m: (date) => padded(date.getUTCMonth() + 1),
  d: (date) => padded(date.getUTCDate()),
  H: (date) => padded(date.getUTCHours()),
  I: (date) => padded(date.getUTCHours() % 12 || 12),
  M: (date) => padded(date.getUTCMinutes()),
  S: (date) => padded(date.getUTCSeconds()),
  f: (date) => `${padded(date.getUTCMilliseconds(), 3)}000`,
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  j: (date) => padded(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / DAY_MS) + 1, 3),
  a: (date) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  A: (date) => DAYS[date.getUTCDay()] ?? '',
  b: (date) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? '',
  '%': () => '%',
};

/** @throws for a directive that is not one of `%Y %y %m %d %H %I %M %S %f %p %j %a %A %b %B %%`. */
export function strftime(date: Date, pattern: string): string {
  return pattern.replace(/%([\s\S]?)/g, (whole, letter: string) => {
    const directive = Object.hasOwn(DIRECTIVES, letter) ? DIRECTIVES[letter] : undefined;
    if (directive === undefined)
      throw new Error(
        `${JSON.stringify(whole)} is no directive; allowed: ${Object.keys(DIRECTIVES)
          .map((each) => `%${each}`)
          .join(' ')}`,
      );
    return directive(date);
  });
}

function padded(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}
