/** The error of a file that cannot be used: every problem with its line, readable in a terminal. */
import { WorkflowError } from '../../core/errors.ts';
import { WORKFLOW_PROBLEMS_SHOWN } from '../../core/limits.ts';
import type { MarkedProblem } from './problems.ts';
import type { Problem } from './source.ts';

/** Lines shown before the one that is marked. */
const LINES_BEFORE = 2;
/** Longest part of a line that is shown. */
const WIDTH = 100;
/** Characters of a line before the marked one that are kept, where the line is too long. */
const LEAD = 40;

/** @param text where the lines are taken from; undefined for a file that could not be read */
export function invalidFile(marked: readonly MarkedProblem[], text: string | undefined): WorkflowError {
  const lines = text?.split(/\r?\n/) ?? [];
  const shown = marked.slice(0, WORKFLOW_PROBLEMS_SHOWN).map((one) => entry(one, lines));
  const more = marked.length - shown.length;
  if (more > 0) shown.push(`... and ${more} more problem${more === 1 ? '' : 's'}`);
  const problems = marked.map(({ problem }): Problem => ({ ...problem, message: safe(problem.message) }));
  return new WorkflowError('WORKFLOW_INVALID', shown.join('\n\n'), { details: { problems } });
}

function entry({ problem, span }: MarkedProblem, lines: readonly string[]): string {
  const { file, line, column, message, hint } = problem;
  const frame = line <= lines.length ? frameOf(lines, line, column, span.end - span.start) : [];
  const advice = hint === undefined ? [] : [`  hint: ${safe(hint)}`];
  return [`${safe(file)}:${line}:${column}: ${safe(message)}`, ...frame, ...advice].join('\n');
}

function frameOf(lines: readonly string[], line: number, column: number, length: number): string[] {
  const first = Math.max(1, line - LINES_BEFORE);
  const digits = String(line).length;
  const marked = lines[line - 1] ?? '';
  const cut = marked.length > WIDTH ? Math.max(0, column - 1 - LEAD) : 0;
  const frame: string[] = [];
  for (let number = first; number <= line; number += 1) {
    const shown = safe((lines[number - 1] ?? '').slice(cut, cut + WIDTH));
    frame.push(`${number === line ? '>' : ' '} ${String(number).padStart(digits)} | ${shown}`.trimEnd());
  }
  const before = cells(safe(marked.slice(cut, column - 1)));
  const rest = cells(safe(marked.slice(column - 1, Math.min(column - 1 + length, cut + WIDTH))));
  frame.push(`  ${' '.repeat(digits)} | ${' '.repeat(before)}${'^'.repeat(Math.max(1, rest))}`);
  return frame;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text of a file must not steer the terminal, nor turn the order of what is read. */
function safe(text: string): string {
  return text.replace(/\t/g, ' ').replace(UNSAFE, '\u{fffd}');
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;

/** Columns that a text takes in a terminal, near enough to put a mark below it. */
function cells(text: string): number {
  let sum = 0;
  for (const character of text) if (!/\p{M}/u.test(character)) sum += WIDE.test(character) ? 2 : 1;
  return sum;
}
