/** Writing to a terminal, or to what is not one: colours only where they are seen, lines no wider than it is. */
import { stripVTControlCharacters, styleText } from 'node:util';

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

const plain: Style = {
  bold: (text) => text,
  dim: (text) => text,
  accent: (text) => text,
  good: (text) => text,
  bad: (text) => text,
};

const coloured: Style = {
  bold: (text) => styleText('bold', text),
  dim: (text) => styleText('dim', text),
  accent: (text) => styleText('cyan', text),
  good: (text) => styleText('green', text),
  bad: (text) => styleText('red', text),
};

/** A terminal that can move its cursor; a file, a pipe and TERM=dumb cannot. */
export function isLive(stream: NodeJS.WriteStream): boolean {
  const { TERM } = process.env;
  return stream.isTTY === true && TERM !== 'dumb';
}

/** https://no-color.org: any value but the empty one means no colours. */
export function styleFor(stream: NodeJS.WriteStream): Style {
  const { NO_COLOR = '' } = process.env;
  return isLive(stream) && NO_COLOR === '' ? coloured : plain;
}

export function widthOf(stream: NodeJS.WriteStream): number {
  return Math.max(40, Math.min(stream.columns ?? 100, 120));
}

/** Terminals draw these as one cell each. */
export function bar(share: number, cells: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, share)) * cells);
  return '█'.repeat(filled) + '░'.repeat(cells - filled);
}

/**
 * What a file's name may contain is not for the terminal to obey: control characters become visible ones.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}');
}

/** Keeps the end of a path, which is what tells it apart. */
export function keepEnd(text: string, cells: number): string {
  const shown = [...printable(text)];
  return shown.length <= cells ? shown.join('') : `…${shown.slice(1 - cells).join('')}`;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Rows under titles, each column as wide as its widest cell. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
): readonly string[] {
  const widths = columns.map(({ title }, at) =>
    Math.max(...[title, ...rows.map((row) => row[at] ?? '')].map(cells)),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, at) => pad(row[at] ?? '', widths[at] ?? 0, align))
      .join('  ')
      .trimEnd();
  return [style.dim(line(columns.map((column) => column.title))), ...rows.map(line)];
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - cells(text)));
  return align === 'left' ? text + space : space + text;
}

function cells(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
