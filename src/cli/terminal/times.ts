/** Durations and times in words, and durations as users write them. */
import { invalidArgument } from '../../core/errors.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Short, and never wider than seven cells: `820ms`, `1.2s`, `42s`, `3m 04s`, `2h 05m`, `12d 03h`. */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < SECOND) return `${whole}ms`;
  if (whole < 10 * SECOND) return `${(Math.floor(whole / 100) / 10).toFixed(1)}s`;
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)}s`;
  if (whole < HOUR) return two(whole, MINUTE, 'm', SECOND, 's');
  if (whole < DAY) return two(whole, HOUR, 'h', MINUTE, 'm');
  return two(whole, DAY, 'd', HOUR, 'h');
}

function two(ms: number, large: number, largeWord: string, small: number, smallWord: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeWord} ${String(rest).padStart(2, '0')}${smallWord}`;
}

/** `14:03:59`, in the time zone of the reader. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(digits).join(':');
}

/** `2026-11-21 14:03:59`, in the time zone of the reader. */
export function dateTime(at: number): string {
  const date = new Date(at);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(digits).join('-');
  return `${day} ${clockTime(at)}`;
}

const digits = (part: number): string => String(part).padStart(2, '0');

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
};

/** `30d`, `12h`, `90s` in milliseconds. @throws INVALID_ARGUMENT */
export function parseDuration(what: string, text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim()) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (Number.isFinite(ms)) return ms;
  throw invalidArgument(what, text, 'a number and a unit (ms, s, m, h, d, w), for example 30d or 12h');
}
