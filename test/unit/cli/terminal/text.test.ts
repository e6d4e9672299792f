/** Text in its place. The hunted bugs: a line that is wider than the terminal, and output that moves the cursor. */
import { describe, expect, it } from 'vitest';
import { compose, cut, padEnd, widthOf } from '../../../../src/cli/terminal/cells.ts';
import { clean, firstLine } from '../../../../src/cli/terminal/safe-text.ts';
import { makeStyle } from '../../../../src/cli/terminal/style.ts';
import { table } from '../../../../src/cli/terminal/table.ts';

const SAMPLES = [
  'plain',
  '日本語テスト',
  '👩‍👩‍👧‍👦 family',
  'e\u0301e\u0301e\u0301',
  '',
  'tab\tbed',
  '😀😀😀😀',
];

describe('cutting', () => {
  it.each(SAMPLES)('never leaves %j wider than its place', (text) => {
    for (let cells = 0; cells < 20; cells += 1)
      expect(widthOf(cut(clean(text), cells))).toBeLessThanOrEqual(cells);
  });
  it('keeps what fits, and says that something is missing', () => {
    expect(cut('exactly', 7)).toBe('exactly');
    expect(cut('one more', 7)).toBe('one mo…');
    expect(cut('日本語', 5)).toBe('日本…');
    expect(cut('日本語', 4)).toBe('日…');
  });
  it('pads to cells, not to characters', () => {
    expect(padEnd('日本', 6)).toBe('日本  ');
  });
  it('cuts a line of coloured parts by what is seen', () => {
    const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
    expect(compose([['ab'], ['cdef', red], ['gh']], 5)).toBe('ab\u001b[31mcd…\u001b[39m');
  });
});

describe('text of tasks', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b[2J\u001b[Hgone', 'gone'],
    ['10%\r50%\r100%', '100%'],
    ['windows line\r', 'windows line'],
    ['a\tb', 'a  b'],
    ['bell\u0007 null\u0000', 'bell null'],
    ['safe\u202etxt.exe', 'safetxt.exe'],
    ['\u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'link'],
  ])('%j is shown as %j', (given, shown) => {
    expect(clean(given)).toBe(shown);
  });
  it('is not looked at whole when it is huge', () => {
    expect(clean('x'.repeat(10_000_000)).length).toBeLessThan(10_000);
  });
  it('has a first line that says something', () => {
    expect(firstLine('\n  \n  reason: \u001b[1mthis\u001b[0m\nmore')).toBe('reason: this');
  });
});

describe('tables', () => {
  const style = makeStyle({ color: false, unicode: true });
  const rows = [
    [['日本'], ['1'], ['end']],
    [['abc'], ['1000'], ['a longer end']],
  ] as const;
  const columns = [{ title: 'name' }, { title: 'n', align: 'right' as const }, { title: 'rest' }];
  it('align their columns by cells', () => {
    expect(table(columns, rows, { style, width: Number.POSITIVE_INFINITY })).toEqual([
      'name     n  rest',
      '日本     1  end',
      'abc   1000  a longer end',
    ]);
  });
  it('are never wider than the terminal', () => {
    for (const width of [1, 5, 12, 20])
      for (const line of table(columns, rows, { style, width }))
        expect(widthOf(line)).toBeLessThanOrEqual(width);
  });
});
