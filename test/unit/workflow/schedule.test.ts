/** Schedules: fields, time zones and their clock changes, years that end. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { checkCron, checkTimezone, nextRun, runsBetween } from '../../../src/workflow/schedule.ts';

function next(cron: string, after: string, timezone = 'UTC'): string | undefined {
  const run = nextRun({ cron, timezone }, Date.parse(after));
  return run === undefined ? undefined : new Date(run).toISOString().replace(':00.000Z', 'Z');
}

function runs(cron: string, after: string, until: string, timezone: string): readonly string[] {
  return runsBetween({ cron, timezone }, Date.parse(after), Date.parse(until), 1_000).map((run) =>
    new Date(run).toISOString().slice(5, 16),
  );
}

describe('the fields of a schedule', () => {
  it.each([
    '* * * * *',
    '*/5 0-6,12 1,15 jan-mar MON-FRI',
    '0 0 * * 7',
    '0 0 * * sat-sun',
    '0 0 ? * 1',
    '0 0 1 1 ?',
    '0 0 1 1 * 1990',
    ' 0  0 1 1 * 2024-2030/2 ',
    '0-30/10 * * * *',
    '0 0 31 2 *',
  ])('%j are right', (text) => {
    expect(checkCron(text)).toBeUndefined();
  });

  it.each([
    ['', 'this one has 0'],
    ['* * * *', 'this one has 4'],
    ['0 * * * * * *', 'this one has 7'],
    ['*/0 * * * *', 'a step of 0'],
    ['1-5/0 * * * *', 'a step of 0'],
    ['60 * * * *', 'minute "60": allowed is 0 to 59'],
    ['* 24 * * *', 'hour "24"'],
    ['* * 0 * *', 'day of the month "0": allowed is 1 to 31'],
    ['* * * 13 *', 'month "13"'],
    ['* * * * 8', 'day of the week "8"'],
    ['* * * * foo', 'allowed is 0 to 7 and names (sun'],
    ['0 0 1 1 * 1989', 'year "1989"'],
    ['0 0 1 1 * 2101', 'year "2101"'],
    ['5/15 * * * *', 'steps need a range'],
    ['9-5 * * * *', 'goes backwards'],
    ['? * * * *', '? stands only for a day'],
    ['* * L * *', 'allowed are *'],
    ['* * * * 5#2', 'allowed are *'],
    ['1,,2 * * * *', 'allowed are *'],
    ['-1 * * * *', 'allowed are *'],
    ['1.5 * * * *', 'allowed are *'],
    ['mon * * * *', 'allowed is 0 to 59'],
    ['@daily', 'write five fields'],
    ['* '.repeat(600), 'up to 1000 characters'],
  ])('%j are wrong: %s', (text, message) => {
    expect(checkCron(text)).toContain(message);
  });

  it('stand for the time zone that is named', () => {
    expect(checkTimezone('Europe/Berlin')).toBeUndefined();
    expect(checkTimezone('UTC')).toBeUndefined();
    expect(checkTimezone('Europe/Berln')).toContain('did you mean Europe/Berlin?');
    expect(checkTimezone('+01:00')).toContain('is no time zone');
    expect(checkTimezone('')).toContain('is no time zone');
  });
});

describe('the next run', () => {
  it.each([
    ['* * * * *', '2024-01-01T00:00:00Z', '2024-01-01T00:01Z'],
    ['* * * * *', '2024-01-01T00:00:59.999Z', '2024-01-01T00:01Z'],
    ['0 0 * * *', '2024-12-31T23:59:00Z', '2025-01-01T00:00Z'],
    ['0 0 29 2 *', '2024-02-29T00:00:00Z', '2028-02-29T00:00Z'],
    ['0 0 29 2 *', '2096-03-01T00:00:00Z', '2104-02-29T00:00Z'],
    ['0 0 31 * *', '2024-01-31T00:00:00Z', '2024-03-31T00:00Z'],
    ['0 0 31 2 *', '2024-01-01T00:00:00Z', undefined],
    ['0 0 30 2 1', '2024-01-01T00:00:00Z', undefined],
    ['0 0 13 * 5', '2024-01-01T00:00:00Z', '2024-09-13T00:00Z'],
    ['0 0 13 * fri', '2024-09-13T00:00:00Z', '2024-12-13T00:00Z'],
    ['0 0 * * 7', '2024-01-01T00:00:00Z', '2024-01-07T00:00Z'],
    ['0 0 ? * 0', '2024-01-01T00:00:00Z', '2024-01-07T00:00Z'],
    ['0 0 15 * ?', '2024-01-01T00:00:00Z', '2024-01-15T00:00Z'],
    ['0 0 1 1 * 2030', '2024-01-01T00:00:00Z', '2030-01-01T00:00Z'],
    ['0 0 1 1 * 2023', '2024-01-01T00:00:00Z', undefined],
    ['0 0 1 1 * 2024', '2024-01-01T00:00:00Z', undefined],
    ['59 23 31 12 * 2100', '1980-01-01T00:00:00Z', '2100-12-31T23:59Z'],
    ['0 12 * * *', '2024-01-01T00:00:00Z', '2024-01-01T12:00Z'],
  ])('of %s after %s is %s', (cron, after, expected) => {
    expect(next(cron, after)).toBe(expected);
  });

  it('in Europe/Berlin: a time that is skipped runs when the clocks have changed', () => {
    expect(runs('30 2 * * *', '2025-03-29T00:00Z', '2025-04-01T00:00Z', 'Europe/Berlin')).toEqual([
      '03-29T01:30',
      '03-30T01:00',
      '03-31T00:30',
    ]);
    expect(runs('*/20 2-3 * * *', '2025-03-30T00:00Z', '2025-03-30T23:00Z', 'Europe/Berlin')).toEqual([
      '03-30T01:00',
      '03-30T01:20',
      '03-30T01:40',
    ]);
  });

  it('in Europe/Berlin: a time that happens twice runs the first time only', () => {
    expect(runs('30 2 * * *', '2025-10-25T12:00Z', '2025-10-27T12:00Z', 'Europe/Berlin')).toEqual([
      '10-26T00:30',
      '10-27T01:30',
    ]);
    expect(next('30 2 * * *', '2025-10-26T00:30:00Z', 'Europe/Berlin')).toBe('2025-10-27T01:30Z');
    expect(next('30 2 * * *', '2025-10-26T01:15:00Z', 'Europe/Berlin')).toBe('2025-10-27T01:30Z');
    expect(runs('*/30 2 * * *', '2025-10-26T00:00Z', '2025-10-26T03:00Z', 'Europe/Berlin')).toEqual([
      '10-26T00:30',
    ]);
  });

  it('in Europe/Berlin: a schedule for every hour goes by time that passes', () => {
    expect(runs('30 * * * *', '2025-10-25T23:00Z', '2025-10-26T03:00Z', 'Europe/Berlin')).toEqual([
      '10-25T23:30',
      '10-26T00:30',
      '10-26T01:30',
      '10-26T02:30',
    ]);
    expect(runs('30 * * * *', '2025-03-29T23:59Z', '2025-03-30T03:00Z', 'Europe/Berlin')).toEqual([
      '03-30T00:30',
      '03-30T01:30',
      '03-30T02:30',
    ]);
  });

  it('in America/New_York keeps the time of the day over both changes', () => {
    expect(runs('0 9 * * *', '2025-03-08T00:00Z', '2025-03-11T00:00Z', 'America/New_York')).toEqual([
      '03-08T14:00',
      '03-09T13:00',
      '03-10T13:00',
    ]);
    expect(next('15 2 * * *', '2025-03-08T12:00:00Z', 'America/New_York')).toBe('2025-03-09T07:00Z');
    expect(next('15 1 * * *', '2025-11-02T05:15:00Z', 'America/New_York')).toBe('2025-11-03T06:15Z');
    expect(next('0 0 1 1 *', '2024-12-31T23:00:00Z', 'America/New_York')).toBe('2025-01-01T05:00Z');
  });

  it('is right where clocks change by half an hour, or skip a day', () => {
    expect(next('15 2 * * *', '2025-10-04T00:00:00Z', 'Australia/Lord_Howe')).toBe('2025-10-04T15:30Z');
    expect(next('0 12 30 12 *', '2011-12-29T00:00:00Z', 'Pacific/Apia')).toBe('2011-12-30T10:00Z');
    expect(next('0 12 * * *', '2011-12-30T10:00:00Z', 'Pacific/Apia')).toBe('2011-12-30T22:00Z');
  });

  it('gives up soon where there is none: no endless search', () => {
    const start = performance.now();
    for (let i = 0; i < 20; i += 1) next('0 0 31 2 *', '2024-01-01T00:00:00Z', 'Europe/Berlin');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('of many are as many as asked for, first and last as documented', () => {
    const schedule = { cron: '0 * * * *', timezone: 'UTC' };
    expect(runsBetween(schedule, 0, 3_600_000 * 3, 10)).toEqual([3_600_000, 7_200_000, 10_800_000]);
    expect(runsBetween(schedule, 0, 3_600_000 * 30, 2)).toHaveLength(2);
    expect(runsBetween(schedule, 0, -1, 2)).toEqual([]);
  });

  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  );
  const number = (from: number, to: number) => fc.integer({ min: from, max: to }).map(String);
  const cron = fc
    .tuple(
      fc.oneof(number(0, 59), fc.constantFrom('*/7', '10-20', '*')),
      fc.oneof(number(0, 23), fc.constantFrom('*/3', '1-3', '*')),
      fc.oneof(number(1, 31), fc.constantFrom('*', '?')),
      fc.oneof(number(1, 12), fc.constant('*')),
      fc.oneof(number(0, 7), fc.constantFrom('*', 'mon-fri')),
    )
    .map((fields) => fields.join(' '));
  const instant = fc.integer({ min: Date.UTC(1995, 0), max: Date.UTC(2060, 0) });

  test.prop([cron, zone, instant])(
    'is later, at a whole minute, and the first one',
    (text, timezone, after) => {
      const run = nextRun({ cron: text, timezone }, after);
      if (run === undefined) return;
      expect(run).toBeGreaterThan(after);
      expect(run % 60_000).toBe(0);
      expect(nextRun({ cron: text, timezone }, run - 1)).toBe(run);
      const between = after + Math.floor((run - after) / 2);
      expect(nextRun({ cron: text, timezone }, between)).toBe(run);
    },
  );

  test.prop([cron, instant])('matches every field, and no minute before it does', (text, after) => {
    const run = nextRun({ cron: text, timezone: 'UTC' }, after);
    const first = Math.floor(after / 60_000) + 1;
    const last = run === undefined ? first + 3_000 : Math.min(run / 60_000, first + 3_000);
    for (let minute = first; minute <= last; minute += 1)
      expect(fits(text, new Date(minute * 60_000))).toBe(minute * 60_000 === run);
  });
});

/** The rule itself, minute by minute, for what the property above generates. */
function fits(text: string, at: Date): boolean {
  const days: Readonly<Record<string, string>> = { 'mon-fri': '1-5', 7: '0' };
  const fields = text.split(' ').map((field, i) => (i === 4 ? (days[field] ?? field) : field));
  const values = [
    at.getUTCMinutes(),
    at.getUTCHours(),
    at.getUTCDate(),
    at.getUTCMonth() + 1,
    at.getUTCDay(),
  ];
  return fields.every((field, i) => {
    const value = values[i] ?? -1;
    if (field === '*' || field === '?') return true;
    if (field.startsWith('*/')) return value % Number(field.slice(2)) === 0;
    const [from = 0, to = from] = field.split('-').map(Number);
    return value >= from && value <= to;
  });
}
