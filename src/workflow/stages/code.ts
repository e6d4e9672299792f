/** What all stages with code share: whether it may run, its indentation, and the values of its placeholders. */
import { StageError } from '../../core/errors.ts';
import type { AttemptContext } from '../../executors/executor.ts';
import { asText, ExpressionError, type Piece, renderPieces } from '../expressions/index.ts';
import type { LeafStage, Path } from '../model.ts';
import type { LeafHost } from './leaf.ts';

/** A placeholder of a code, with the value it has in this attempt. */
export interface CodeValue {
  readonly value: unknown;
  /** Of the line in the code that it stands in, from 1. */
  readonly line: number;
}

/** A code whose placeholders have values, but no text yet. */
export interface Code {
  /** `HOLE` stands where a placeholder stood. Placeholders with `| raw` are text already. */
  readonly text: string;
  /** As many as there are holes in the text. */
  readonly values: readonly CodeValue[];
}

/** No code can hold it: neither bash nor Python nor JavaScript reads a NUL, and YAML refuses it. */
export const HOLE = '\0';

/**
 * Refuses code where the application that loaded the workflow does.
 *
 * @throws StageError
 */
export function checkAllowed(stage: LeafStage, code: string, { surroundings }: LeafHost): void {
  const { allowCode } = surroundings;
  // Only a plain true is a yes: what an async function returns is not.
  const allowed: unknown = typeof allowCode === 'function' ? allowCode(code, stage) : allowCode;
  if (allowed === true) return;
  throw new StageError(
    `the ${stage.kind} code of stage ${JSON.stringify(stage.name)} was refused by the host`,
    {
      hint: 'the application that loads the workflow decides about code, with its option allowCode',
      details: { stage: stage.name, kind: stage.kind },
    },
  );
}

/**
 * The code with the values of this attempt. Nothing but placeholders is touched: `$$`, `${VAR}` and `$1` stay.
 *
 * @throws EXPRESSION_INVALID with the place in the file; StageError for a NUL in the code itself.
 */
export function readCode(source: string, at: Path, host: LeafHost, context: AttemptContext): Code {
  const pieces = piecesOf(dedent(source), at, source, host, context);
  const values: CodeValue[] = [];
  let text = '';
  for (const piece of pieces) {
    const pasted = piece.kind === 'text' ? piece.text : piece.raw ? plainText(piece.value) : undefined;
    if (pasted?.includes(HOLE))
      throw new StageError('the code has a NUL character, which no program may have');
    if (piece.kind === 'value' && !piece.raw) values.push({ value: piece.value, line: lineCount(text) });
    text += pasted ?? HOLE;
  }
  return { text, values };
}

function piecesOf(
  text: string,
  at: Path,
  source: string,
  host: LeafHost,
  context: AttemptContext,
): readonly Piece[] {
  try {
    return renderPieces(text, host.scope(context), host.renderOptions);
  } catch (error) {
    // The host knows where in the file the text stands, and says so when it meets the same error.
    if (error instanceof ExpressionError) host.render(source, at, context);
    throw error;
  }
}

function plainText(value: unknown): string {
  return asText(value).replaceAll('\r\n', '\n');
}

function lineCount(text: string): number {
  return text.split('\n').length;
}

/** Line ends as `\n`, and without the blanks that all lines begin with. Blank lines do not count. */
export function dedent(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const margins = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)?.[0] ?? '');
  const margin = margins.reduce(commonStart, margins[0] ?? '');
  return lines.map((line) => (line.trim() === '' ? '' : line.slice(margin.length))).join('\n');
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}
