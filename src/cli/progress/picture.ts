/**
 * Lines at the end of a terminal that are drawn over and over. Owns: the cursor, what is on the screen now, and how
 * often it changes. Does not own: what the lines say.
 *
 * Invariants:
 * (P1) the screen is written to at most every `DRAW_EVERY_MS`, and only when the lines are others;
 * (P2) what is drawn over is what was drawn, also after the terminal has become narrower and has broken lines;
 * (P3) however the process ends, the cursor is visible again.
 */

import { stripVTControlCharacters } from 'node:util';
import { type Clock, systemClock } from '../../core/clock.ts';
import { widthOf } from '../terminal/cells.ts';

export const DRAW_EVERY_MS = 85;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
/** What terminals that do not tell their size are taken to have. */
const DEFAULT_SIZE = { width: 80, height: 24 };

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export class Picture {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #lines: (size: Size) => readonly string[];
  /** Cells of each line on the screen. */
  #drawn: readonly number[] = [];
  #text = '';
  #timer: unknown;

  /** `lines` gives what is to be seen now, in lines no wider and no more than `size`. */
  constructor(screen: Screen, lines: (size: Size) => readonly string[], clock: Clock = systemClock) {
    this.#screen = screen;
    this.#lines = lines;
    this.#clock = clock;
    process.once('exit', this.#showCursor);
    screen.write(HIDE_CURSOR);
    this.#tick();
  }

  /** A line that stays, above the picture. */
  say(line: string): void {
    this.#screen.write(`${this.#toTop()}${ERASE_BELOW}${line}\n`);
    this.#drawn = [];
    this.#text = '';
    this.#draw();
  }

  /** Draws a last time; what is drawn stays. */
  end(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#draw();
    this.#showCursor();
    process.removeListener('exit', this.#showCursor);
  }

  readonly #showCursor = (): void => {
    this.#screen.write(SHOW_CURSOR);
  };

  #tick(): void {
    this.#draw();
    this.#timer = this.#clock.setTimeout(() => this.#tick(), DRAW_EVERY_MS);
  }

  /** (P1). One write, and no line is erased before it is written: nothing flickers. */
  #draw(): void {
    const { width, height } = this.#size();
    // One cell less, since some terminals break a line that is full; one line less, for the cursor.
    const lines = this.#lines({ width: width - 1, height: height - 1 });
    const text = lines.map((line) => `${line}${ERASE_LINE_END}\n`).join('');
    if (text === this.#text) return;
    this.#screen.write(`${this.#toTop()}${text}${ERASE_BELOW}`);
    this.#text = text;
    this.#drawn = lines.map((line) => widthOf(stripVTControlCharacters(line)));
  }

  /** (P2) To the first cell of what was drawn. */
  #toTop(): string {
    const { width } = this.#size();
    const rows = this.#drawn.reduce((sum, cells) => sum + Math.max(1, Math.ceil(cells / width)), 0);
    return rows === 0 ? '\r' : `\r\u001b[${rows}A`;
  }

  #size(): Size {
    const { columns, rows } = this.#screen;
    return {
      width: columns !== undefined && columns > 0 ? columns : DEFAULT_SIZE.width,
      height: rows !== undefined && rows > 0 ? rows : DEFAULT_SIZE.height,
    };
  }
}
