/** What a parsed expression comes to. */
import { celFault } from './cel.ts';
import { expandEnvironment } from './environment.ts';
import { ExpressionError, errorAt, type Span } from './faults.ts';
import type { FilterSet } from './filter-set.ts';
import { resolve, type Scope } from './names.ts';
import { didYouMean, listed } from './suggestion.ts';
import type { FilterCall, Formula, Operand, Pipe, TextOperand } from './syntax.ts';
import { asText, kindOf } from './values.ts';

export interface RenderOptions {
  readonly filters: FilterSet;
  /** What `${VAR}` refers to. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws ExpressionError */
export function evaluated(pipe: Pipe, scope: Scope, options: RenderOptions): unknown {
  let value =
    pipe.expression.kind === 'formula'
      ? formulaValue(pipe.expression, scope, options)
      : operandValue(pipe.expression, scope, options);
  for (const call of pipe.filters) value = filtered(value, call, options.filters);
  return value;
}

/** Whether the value goes into code as it is. */
export function isRaw(pipe: Pipe): boolean {
  return pipe.filters.at(-1)?.name === 'raw';
}

/** As it stands in mixed text. @throws ExpressionError for what cannot be text */
export function textAt(value: unknown, span: Span): string {
  try {
    return asText(value);
  } catch (error) {
    throw errorAt(
      span,
      `${kindOf(value)} that cannot be written as text: ${reason(error)}`,
      undefined,
      error,
    );
  }
}

function operandValue(operand: Operand, scope: Scope, options: RenderOptions): unknown {
  switch (operand.kind) {
    case 'literal':
      return operand.value;
    case 'name':
      return resolve(operand, scope);
    case 'pipe':
      return evaluated(operand.pipe, scope, options);
    case 'template':
      return templateText(operand, scope, options);
  }
}

/** A quoted text in a condition: a YAML value as it was written, so `${VAR}` is expanded in what is not a value. */
function templateText(operand: TextOperand, scope: Scope, options: RenderOptions): string {
  return operand.segments
    .map((segment) => {
      if (segment.kind === 'text') return expandEnvironment(segment.text, options.env, segment);
      if (segment.kind === 'broken') throw segment.error;
      return textAt(evaluated(segment.pipe, scope, options), segment);
    })
    .join('');
}

/** Values of operands by their name in CEL, looked up when they are needed: `a or b` asks for b only if it matters. */
class Bindings extends Map<string, unknown> {
  readonly #read: (index: number) => unknown;

  constructor(read: (index: number) => unknown) {
    super();
    this.#read = read;
  }

  override get(name: string): unknown {
    return bindable(this.#read(Number(name.slice(1))));
  }
}

/** What the evaluator knows: no undefined, and one kind of number. */
function bindable(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'bigint' ? Number(value) : value;
}

function formulaValue(formula: Formula, scope: Scope, options: RenderOptions): unknown {
  const read = (index: number) => {
    const operand = formula.operands[index];
    return operand === undefined ? null : operandValue(operand, scope, options);
  };
  let value: unknown;
  try {
    value = formula.run(new Bindings(read));
  } catch (error) {
    throw explained(error, formula);
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw errorAt(formula, 'this does not come to a finite number', 'look for a division by zero');
  return value;
}

function explained(error: unknown, formula: Formula): Error {
  if (error instanceof ExpressionError) return error;
  const fault = celFault(error);
  if (fault === undefined) return errorAt(formula, reason(error), undefined, error);
  const hint = fault.message.includes('cannot take')
    ? 'convert one of them: `value | int`, `value | str`'
    : undefined;
  return errorAt(origin(formula, fault.start, fault.end), fault.message, hint);
}

/** From a part of the CEL text back to the part of the text it was made from. */
function origin(formula: Formula, start: number | undefined, end: number | undefined): Span {
  if (start === undefined || end === undefined) return formula;
  const spans = formula.origins
    .filter(({ celStart, celEnd }) => celStart < Math.max(end, start + 1) && celEnd > start)
    .map(({ span }) => span);
  if (spans.length === 0) return formula;
  return {
    start: Math.min(...spans.map((span) => span.start)),
    end: Math.max(...spans.map((span) => span.end)),
  };
}

function filtered(value: unknown, call: FilterCall, filters: FilterSet): unknown {
  const fault = filterFault(call, filters);
  if (fault !== undefined) throw fault;
  const filter = filters.find(call.name);
  let result: unknown;
  try {
    result = filter?.(value, call.args, call.named);
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    throw errorAt(call, `the filter \`${call.name}\` failed: ${reason(error)}`, undefined, error);
  }
  if (result instanceof Promise)
    throw errorAt(call, `the filter \`${call.name}\` gave a promise`, 'filters have to be synchronous');
  return result;
}

/** What can be known of a filter without a value. */
export function filterFault(call: FilterCall, filters: FilterSet): ExpressionError | undefined {
  if (filters.find(call.name) === undefined)
    return errorAt(
      call,
      `unknown filter \`${call.name}\``,
      didYouMean(call.name, filters.names) ?? `known: ${listed(filters.names)}`,
    );
  const misuse = filters.misuse(call.name, call.args, call.named);
  return misuse === undefined ? undefined : errorAt(call, `the filter \`${call.name}\` ${misuse}`);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
