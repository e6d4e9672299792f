/** A text with placeholders as its parts; also for the quoted texts of conditions. */
import { EXPRESSION_FAULTS } from '../../core/limits.ts';
import { ExpressionError } from './faults.ts';
import { tokensOf } from './lexer.ts';
import { ParsedCache } from './parsed-cache.ts';
import { endOfClosing, endOfPlaceholder, OPENING } from './scanner.ts';
import type { PipeOperand, Segment } from './syntax.ts';
import { pipeOf } from './translation.ts';

export interface Template {
  readonly segments: readonly Segment[];
  /** The only placeholder, when nothing but blanks is around it. */
  readonly lone: Segment | undefined;
}

const templates = new ParsedCache<Template>((text) => {
  const segments = segmentsOf(text, 0, text.length);
  const written = segments.filter((segment) => segment.kind !== 'text' || segment.text.trim() !== '');
  const [first] = written;
  return { segments, lone: written.length === 1 && first?.kind !== 'text' ? first : undefined };
});

export function hasTemplate(text: string): boolean {
  return text.includes(OPENING);
}

export function templateOf(text: string): Template {
  return templates.get(text);
}

/** After a placeholder that is not closed, and after many broken ones, nothing more is read. */
export function segmentsOf(text: string, from: number, to: number): readonly Segment[] {
  const segments: Segment[] = [];
  let broken = 0;
  for (let at = from; at < to && broken < EXPRESSION_FAULTS; ) {
    const found = text.indexOf(OPENING, at);
    const start = found < 0 || found >= to ? to : found;
    if (start > at) segments.push({ kind: 'text', text: text.slice(at, start), start: at, end: start });
    if (start === to) break;
    const segment = placeholderSegment(text, start, to);
    segments.push(segment);
    if (segment.kind === 'broken') broken += 1;
    at = segment.end;
  }
  return segments;
}

/** The placeholder that begins at `start`. @throws ExpressionError */
export function placeholderAt(text: string, start: number, end: number): PipeOperand {
  const close = endOfPlaceholder(text, start, end);
  const span = { start, end: endOfClosing(close) };
  return { kind: 'pipe', pipe: pipeOf(tokensOf(text, start + OPENING.length, close), span), ...span };
}

function placeholderSegment(text: string, start: number, to: number): Segment {
  try {
    return placeholderAt(text, start, to);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { kind: 'broken', error, start, end: endOrRest(text, start, to) };
  }
}

function endOrRest(text: string, start: number, to: number): number {
  try {
    return endOfClosing(endOfPlaceholder(text, start, to));
  } catch {
    return to;
  }
}
