/**
 * A screen as an SVG: a rounded window, text that can be selected, each piece held to its cells whatever font is
 * there, colours by `prefers-color-scheme`. A function of the lines, nothing else.
 */
import type { Cell, Line, Look } from './terminal-screen.ts';

export interface Window {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly columns: number;
}

/** In user units, which are pixels where the picture is shown at its own size. */
const FONT = 14;
const CELL = 8.4;
const LINE = 20;
const SIDE = 20;
const BAR = 38;
const BOTTOM = 18;
const BASELINE = 14.5;

const FONTS =
  'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

const STYLE = `
  .window { fill: #ffffff; stroke: #d0d7de }
  .knob { fill: #d0d7de }
  .title { fill: #656d76; font: 12px system-ui, -apple-system, "Segoe UI", sans-serif }
  .screen { font: ${FONT}px ${FONTS}; fill: #24292f; white-space: pre }
  .bold { font-weight: 600 }
  .dim { fill: #6e7781 }
  .red { fill: #cf222e }
  .green { fill: #1a7f37 }
  .yellow { fill: #9a6700 }
  .blue { fill: #0969da }
  .magenta { fill: #8250df }
  .cyan { fill: #0a6c8a }
  .grey { fill: #6e7781 }
  @media (prefers-color-scheme: dark) {
    .window { fill: #0d1117; stroke: #30363d }
    .knob { fill: #30363d }
    .title { fill: #8b949e }
    .screen { fill: #e6edf3 }
    .dim { fill: #8b949e }
    .red { fill: #ff7b72 }
    .green { fill: #56d364 }
    .yellow { fill: #e3b341 }
    .blue { fill: #79c0ff }
    .magenta { fill: #d2a8ff }
    .cyan { fill: #56d4dd }
    .grey { fill: #8b949e }
  }
`;

export function terminalSvg({ title, lines, columns }: Window): string {
  const width = Math.round(columns * CELL + 2 * SIDE);
  const height = BAR + lines.length * LINE + BOTTOM;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9"/>`,
    ...[0, 1, 2].map((at) => `<circle class="knob" cx="${SIDE + 2 + at * 18}" cy="19" r="5.5"/>`),
    `<text class="title" x="${width / 2}" y="23" text-anchor="middle">${escaped(title)}</text>`,
    '<g class="screen">',
    ...lines.flatMap((line, row) => lineText(line, BAR + row * LINE + BASELINE)),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** One text element a line, so that selecting goes line by line; one span for each piece of the same look. */
function lineText(line: Line, y: number): readonly string[] {
  if (line.length === 0) return [];
  const spans = piecesOf(line).map(({ text, cells, column, look }) => {
    const x = number(SIDE + column * CELL);
    const fixed = cells > 1 ? ` textLength="${number(cells * CELL)}" lengthAdjust="spacingAndGlyphs"` : '';
    const names = namesOf(look);
    return `<tspan x="${x}"${fixed}${names === '' ? '' : ` class="${names}"`}>${escaped(text)}</tspan>`;
  });
  return [`<text y="${number(y)}" xml:space="preserve">${spans.join('')}</text>`];
}

interface Piece {
  readonly text: string;
  readonly cells: number;
  readonly column: number;
  readonly look: Look;
}

/** Neighbours of the same look. Signs stand alone, since the font that has them may have them wider. */
function piecesOf(line: Line): readonly Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (let at = 1; at <= line.length; at += 1) {
    const [first, next] = [line[start], line[at]];
    if (first === undefined || (next !== undefined && belongsTo(first, next))) continue;
    const text = line
      .slice(start, at)
      .map((cell) => cell.text)
      .join('');
    if (text.trim() !== '') pieces.push({ text, cells: at - start, column: start, look: first });
    start = at;
  }
  return pieces;
}

function belongsTo(first: Cell, next: Cell): boolean {
  if (next.text === '') return true;
  const isLike = isPlain(first) && isPlain(next) ? true : first.text === next.text;
  return isLike && namesOf(first) === namesOf(next);
}

const isPlain = ({ text }: Cell): boolean => /^[ -~\u00a1-\u024f]$/.test(text);

function namesOf({ bold, dim, colour }: Look): string {
  return [bold ? 'bold' : '', colour ?? (dim ? 'dim' : '')].filter((name) => name !== '').join(' ');
}

const number = (amount: number): string => String(Math.round(amount * 100) / 100);

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
