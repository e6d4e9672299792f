/** The recorded picture of the README. The hunted bugs: a command cut in two, leftovers of what was drawn over, markup from a run. */
import { describe, expect, it } from 'vitest';
import { type Line, TerminalScreen } from '../../../visualizations/terminal/terminal-screen.ts';
import { terminalSvg } from '../../../visualizations/terminal/terminal-svg.ts';

const textOf = (line: Line): string => line.map(({ text }) => text).join('');

function shown(columns: number, ...chunks: readonly string[]): TerminalScreen {
  const screen = new TerminalScreen(columns);
  for (const chunk of chunks) screen.write(chunk);
  return screen;
}

const DRAWN =
  '\u001b[?25l\r\u001b[1mone\u001b[22m two\u001b[K\r\n⠋ \u001b[36mthree 😀\u001b[39m\u001b[K\r\n\u001b[J';
const DRAWN_OVER = '\r\u001b[2A\u001b[32m✔\u001b[39m over\u001b[K\r\n\u001b[J\u001b[?25h';

describe('the screen of a recording', () => {
  it('has what was drawn last, and nothing of what was drawn over', () => {
    const screen = shown(40, DRAWN);
    expect(screen.lines().map(textOf)).toEqual(['one two', '⠋ three 😀']);
    screen.write(DRAWN_OVER);
    expect(screen.lines().map(textOf)).toEqual(['✔ over']);
  });

  it('is the same however the output was cut into pieces', () => {
    const all = DRAWN + DRAWN_OVER + DRAWN;
    const whole = shown(40, all).lines();
    expect(shown(40, ...[...all]).lines()).toEqual(whole);
  });

  it('keeps colours with their cells, and breaks a line that is full', () => {
    const lines = shown(6, 'ab\u001b[2mcd\u001b[1m\u001b[31mef\u001b[0mgh').lines();
    expect(lines.map(textOf)).toEqual(['abcdef', 'gh']);
    const looks = lines.flat().map(({ bold, dim, colour }) => [bold, dim, colour]);
    expect(looks[0]).toEqual([false, false, undefined]);
    expect(looks[2]).toEqual([false, true, undefined]);
    expect(looks[4]).toEqual([true, true, 'red']);
    expect(looks[6]).toEqual([false, false, undefined]);
  });

  it('refuses a command that it would get wrong', () => {
    expect(() => shown(40, '\u001b[5B')).toThrow(/does not know ESC \[ 5 B/);
  });
});

describe('the picture of a screen', () => {
  const svg = (text: string): string =>
    terminalSvg({ title: 'a <run>', lines: shown(40, text).lines(), columns: 40 });

  it('says what the screen said, and nothing of it is markup', () => {
    const text = svg('<b> & "x"');
    expect(text).toContain('>&lt;b&gt; &amp; "x"</tspan>');
    expect(text).toContain('<title>a &lt;run&gt;</title>');
    expect(text.match(/<(?:b|run)>/)).toBeNull();
  });

  it('holds words to their cells, and signs apart from them', () => {
    const text = svg('\u001b[32m✔ done\u001b[39m');
    expect(text).toContain('<tspan x="20" class="green">✔</tspan>');
    expect(text).toMatch(/<tspan x="28\.4" textLength="42" [^>]*class="green"> done<\/tspan>/);
  });

  it('has colours for a light and a dark page', () => {
    expect(svg('x')).toContain('@media (prefers-color-scheme: dark)');
  });
});
