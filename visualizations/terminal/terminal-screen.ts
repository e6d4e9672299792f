/**
 * As much of a terminal as the progress display uses: cells with colours, the cursor going up, erasing. What scrolls
 * away stays, so that the picture of the end has everything.
 */
import stringWidth from 'string-width';

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'grey';

export interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly colour: Colour | undefined;
}

/** What stands in a cell; the second cell of a wide character holds an empty text. */
export interface Cell extends Look {
  readonly text: string;
}

export type Line = readonly Cell[];

const PLAIN: Look = { bold: false, dim: false, colour: undefined };
const BLANK: Cell = { ...PLAIN, text: ' ' };

/** Of `ESC [ 3x m`; 90 is grey. */
const COLOURS: Readonly<Record<number, Colour>> = {
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  35: 'magenta',
  36: 'cyan',
  90: 'grey',
};

const ESCAPE = String.fromCharCode(27);
const COMMAND = new RegExp(`^${ESCAPE}\\[(\\??)([\\d;]*)([A-Za-z])`);
/** The beginning of a command whose end has not been written yet. */
const UNFINISHED = new RegExp(`^${ESCAPE}(?:\\[\\??[\\d;]*)?$`);
const graphemes = new Intl.Segmenter();

export class TerminalScreen {
  readonly #columns: number;
  readonly #lines: Cell[][] = [[]];
  #row = 0;
  #column = 0;
  #look = PLAIN;
  #rest = '';

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** All lines so far, without blanks at their ends. */
  lines(): readonly Line[] {
    const trimmed = this.#lines.map((line) => {
      const end = line.findLastIndex(({ text }) => text !== ' ');
      return line.slice(0, end + 1);
    });
    const end = trimmed.findLastIndex((line) => line.length > 0);
    return trimmed.slice(0, end + 1);
  }

  write(text: string): void {
    let rest = this.#rest + text;
    this.#rest = '';
    while (rest !== '') {
      const [all, question, numbers = '', letter = ''] = COMMAND.exec(rest) ?? [];
      if (all !== undefined) {
        if (question === '') this.#command(letter, numbers);
        rest = rest.slice(all.length);
      } else if (UNFINISHED.test(rest)) {
        this.#rest = rest;
        return;
      } else {
        const next = rest.indexOf(ESCAPE, 1);
        this.#print(next < 0 ? rest : rest.slice(0, next));
        rest = next < 0 ? '' : rest.slice(next);
      }
    }
  }

  #print(text: string): void {
    for (const { segment } of graphemes.segment(text)) {
      if (segment.includes('\n')) this.#moveTo(this.#row + 1, 0);
      else if (segment === '\r') this.#column = 0;
      else if (segment >= ' ') this.#put(segment);
    }
  }

  #put(text: string): void {
    const width = stringWidth(text);
    if (this.#column + width > this.#columns) this.#moveTo(this.#row + 1, 0);
    const line = this.#lines[this.#row] ?? [];
    while (line.length < this.#column) line.push(BLANK);
    const cells = Array.from({ length: width }, (_, at) => ({ ...this.#look, text: at === 0 ? text : '' }));
    line.splice(this.#column, width, ...cells);
    this.#column += width;
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, row);
    this.#column = column;
    while (this.#lines.length <= this.#row) this.#lines.push([]);
  }

  #command(letter: string, numbers: string): void {
    const amount = Number(numbers === '' ? 1 : numbers);
    switch (letter) {
      case 'A':
        return this.#moveTo(this.#row - amount, this.#column);
      case 'K':
        this.#lines[this.#row]?.splice(this.#column);
        return;
      case 'J':
        this.#lines[this.#row]?.splice(this.#column);
        this.#lines.length = this.#row + 1;
        return;
      case 'm':
        for (const number of numbers.split(';')) this.#look = lookAfter(this.#look, Number(number));
        return;
      default:
        throw new Error(`this terminal does not know ESC [ ${numbers} ${letter}`);
    }
  }
}

function lookAfter(look: Look, number: number): Look {
  if (number === 0) return PLAIN;
  if (number === 1) return { ...look, bold: true };
  if (number === 2) return { ...look, dim: true };
  if (number === 22) return { ...look, bold: false, dim: false };
  return { ...look, colour: COLOURS[number] };
}
