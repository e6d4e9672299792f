/** `if` and `until`: one expression, with `${{ }}` around all of it, around parts, or nowhere. */
import { endOfVariable } from './environment.ts';
import { evaluated, type RenderOptions } from './evaluation.ts';
import { ExpressionError, errorAt } from './faults.ts';
import { type Inside, tokensOf } from './lexer.ts';
import type { Scope } from './names.ts';
import { ParsedCache } from './parsed-cache.ts';
import { endOfClosing, endOfPlaceholder, OPENING, unescaped } from './scanner.ts';
import type { Operand, Pipe, Segment } from './syntax.ts';
import { placeholderAt, segmentsOf } from './template.ts';
import { pipeOf } from './translation.ts';
import { kindOf } from './values.ts';

const conditions = new ParsedCache<Pipe | ExpressionError>((text) => {
  try {
    const span = { start: 0, end: text.length };
    return pipeOf(tokensOf(text, 0, text.length, insideOf(text)), span);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
});

/** The parsed condition, or what is wrong with it. */
export function conditionOf(text: string): Pipe | ExpressionError {
  return conditions.get(text);
}

/**
 * Whether a condition holds. None at all, and an empty one, holds. Values are bound to the expression, never
 * pasted into it: a text that looks like an expression stays a text.
 *
 * @throws ExpressionError for a condition that cannot be read, fails, or does not come to a boolean
 */
export function decide(condition: string | boolean | null, scope: Scope, options: RenderOptions): boolean {
  if (typeof condition === 'boolean') return condition;
  if (condition === null || condition.trim() === '') return true;
  const parsed = conditionOf(condition);
  if (parsed instanceof ExpressionError) throw parsed.below([]);
  const value = evaluated(parsed, scope, options);
  if (typeof value === 'boolean') return value;
  throw notBoolean(condition, value);
}

export function notBoolean(condition: string, value: unknown): ExpressionError {
  const written = condition.trim();
  const shown = written.length > 80 ? `${written.slice(0, 77)}...` : written;
  const at = condition.indexOf(written);
  return errorAt(
    { start: at, end: at + written.length },
    `the condition \`${shown}\` does not evaluate to a boolean, it is ${kindOf(value)}`,
    typeof value === 'string' ? "compare it: `... == 'text'`" : 'compare it with something',
  );
}

function insideOf(text: string): Inside {
  return {
    operand: (start, end) => dollarOperand(text, start, end),
    skip: (at, end) => (text.startsWith(OPENING, at) ? endOfClosing(endOfPlaceholder(text, at, end)) : at),
    quoted: (start, end) => quotedOperand(text, start, end),
  };
}

function dollarOperand(text: string, start: number, end: number): Operand {
  if (text.startsWith(OPENING, start)) return placeholderAt(text, start, end);
  const variableEnd = endOfVariable(text, start, end);
  if (variableEnd === undefined)
    throw errorAt({ start, end: start + 1 }, '"$" cannot stand here', `write \${{ name }} or \${VARIABLE}`);
  const span = { start, end: variableEnd };
  return {
    kind: 'template',
    segments: [{ kind: 'text', text: text.slice(start, variableEnd), ...span }],
    ...span,
  };
}

function quotedOperand(text: string, start: number, end: number): Operand | undefined {
  if (!text.slice(start, end).includes('$')) return undefined;
  const segments = segmentsOf(text, start + 1, end - 1).map((segment): Segment => {
    if (segment.kind === 'broken') throw segment.error;
    return segment.kind === 'text' ? { ...segment, text: unescaped(segment.text) } : segment;
  });
  return { kind: 'template', segments, start, end };
}
