/** When a workflow is due. The hunted bugs: a time given twice, one that is lost, a search that takes minutes. */
import { describe, expect, it } from 'vitest';
import { MOST_TIMES, Timetable } from '../../../../src/workflow/serve/timetable.ts';

const at = (text: string): number => Date.parse(text);
const texts = (times: readonly number[]): readonly string[] =>
  times.map((time) => new Date(time).toISOString().slice(0, 16));
const schedule = (cron: string, timezone = 'UTC') => ({ cron, timezone, path: [] });

describe('a timetable', () => {
  it('begins with the minute that begins now, and gives each time once', () => {
    const table = new Timetable([schedule('* * * * *')], {}, at('2026-01-01T02:00:00Z'));
    expect(texts(table.take(at('2026-01-01T02:00:00Z')).times)).toEqual(['2026-01-01T02:00']);
    expect(table.take(at('2026-01-01T02:00:59Z')).times).toEqual([]);
    expect(texts(table.take(at('2026-01-01T02:02:30Z')).times)).toEqual([
      '2026-01-01T02:01',
      '2026-01-01T02:02',
    ]);
  });

  it('gives a minute in which two schedules meet once', () => {
    const table = new Timetable(
      [schedule('*/2 * * * *'), schedule('*/3 * * * *')],
      {},
      at('2026-01-01T00:00:30Z'),
    );
    const { times } = table.take(at('2026-01-01T00:06:30Z'));
    expect(texts(times)).toEqual([
      '2026-01-01T00:02',
      '2026-01-01T00:03',
      '2026-01-01T00:04',
      '2026-01-01T00:06',
    ]);
  });

  it('goes on where it was served to, for each schedule by itself', () => {
    const served = { '0 2 * * * UTC': at('2026-01-01T02:00:00Z') };
    const table = new Timetable(
      [schedule('0 2 * * *'), schedule('30 2 * * *')],
      served,
      at('2026-01-03T12:00:00Z'),
    );
    expect(texts(table.take(at('2026-01-03T12:00:00Z')).times)).toEqual([
      '2026-01-02T02:00',
      '2026-01-03T02:00',
    ]);
    expect(table.served['30 2 * * * UTC']).toBe(at('2026-01-03T12:00:00Z') - 1);
  });

  it('gives the newest times after years of minutes, says that there were more, and takes no minutes for it', () => {
    const served = { '* * * * * UTC': at('2016-01-01T00:00:00Z') };
    const before = performance.now();
    const table = new Timetable([schedule('* * * * *')], served, at('2026-01-01T00:00:00Z'));
    const { times, hasEarlier } = table.take(at('2026-01-01T00:00:00Z'));
    expect(performance.now() - before).toBeLessThan(2_000);
    expect([times.length, hasEarlier]).toEqual([MOST_TIMES, true]);
    expect(texts(times.slice(-1))).toEqual(['2026-01-01T00:00']);
  });

  it('finds all times of a schedule for few days of a long gap', () => {
    const served = { '0 0 29 2 * UTC': at('2016-01-01T00:00:00Z') };
    const table = new Timetable([schedule('0 0 29 2 *')], served, at('2026-01-01T00:00:00Z'));
    const { times, hasEarlier } = table.take(at('2026-01-01T00:00:00Z'));
    expect([texts(times), hasEarlier]).toEqual([
      ['2016-02-29T00:00', '2020-02-29T00:00', '2024-02-29T00:00'],
      false,
    ]);
  });

  it('has no next time when its years are over', () => {
    const table = new Timetable([schedule('0 0 1 1 * 2025')], {}, at('2026-01-01T00:00:00Z'));
    expect([table.next, table.upcoming(at('2020-01-01T00:00:00Z'), 3).length]).toEqual([undefined, 1]);
  });

  it('after the clock was set back by a wrong year does not wait for that year', () => {
    const table = new Timetable([schedule('0 * * * *')], {}, at('2026-01-01T00:30:00Z'));
    table.take(at('2099-01-01T00:00:00Z'));
    table.rewind(at('2026-01-01T00:40:00Z'));
    expect(texts([table.next ?? 0])).toEqual(['2026-01-01T01:00']);
    const restarted = new Timetable(
      [schedule('0 * * * *')],
      { '0 * * * * UTC': at('2099-01-01T00:00:00Z') },
      at('2026-01-01T00:40:00Z'),
    );
    expect(texts([restarted.next ?? 0])).toEqual(['2026-01-01T01:00']);
  });
});
