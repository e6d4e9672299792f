/** As much of a terminal as the progress display uses: what is on it after everything that was written to it. */
import type { Screen } from '../../../../src/cli/progress/picture.ts';
import { widthOf } from '../../../../src/cli/terminal/cells.ts';

/** A command of the terminal, or one character. */
const COMMANDS = new RegExp(`${String.fromCharCode(27)}\\[(\\??)(\\d*)([A-Za-z])|[\\s\\S]`, 'gu');

export class FakeScreen implements Screen {
  columns: number;
  rows: number;
  writes = 0;
  cursorHidden = false;
  /** All lines, those that have scrolled away too. */
  lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  get text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** As terminals do that break lines anew: the cursor stays where it was in the text. */
  resize(columns: number): void {
    const broken = this.lines.map((line) => chunks(line.trimEnd(), columns));
    this.#row = broken.slice(0, this.#row).reduce((sum, parts) => sum + parts.length, 0);
    this.lines = broken.flat();
    this.columns = columns;
  }

  write(text: string): void {
    this.writes += 1;
    for (const [all, question, amount, letter] of text.matchAll(COMMANDS)) {
      if (letter === undefined) this.#put(all);
      else if (question === '?') this.cursorHidden = letter === 'l';
      else this.#command(letter, amount === '' ? 1 : Number(amount));
    }
  }

  #command(letter: string, amount: number): void {
    switch (letter) {
      case 'A':
        this.#row = Math.max(Math.max(0, this.lines.length - this.rows), this.#row - amount);
        return;
      case 'K':
        this.lines[this.#row] = (this.lines[this.#row] ?? '').slice(0, this.#column);
        return;
      case 'J':
        this.#command('K', 1);
        this.lines.length = this.#row + 1;
        return;
      case 'm':
        return;
      default:
        throw new Error(`the screen does not know ESC[${amount}${letter}`);
    }
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') {
      this.#row += 1;
      this.#column = 0;
      this.lines[this.#row] ??= '';
    } else {
      if (this.#column + widthOf(character) > this.columns)
        throw new Error('a line is wider than the screen');
      const line = (this.lines[this.#row] ?? '').padEnd(this.#column);
      this.lines[this.#row] =
        line.slice(0, this.#column) + character + line.slice(this.#column + character.length);
      this.#column += character.length;
    }
  }
}

function chunks(line: string, size: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < line.length; at += size) parts.push(line.slice(at, at + size));
  return parts.length === 0 ? [''] : parts;
}
