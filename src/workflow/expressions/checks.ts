/** What can be known of a text before anything runs. */
import { conditionOf, notBoolean } from './condition.ts';
import { evaluated, filterFault } from './evaluation.ts';
import { ExpressionError, type ExpressionFault, errorAt, faultOf } from './faults.ts';
import type { FilterSet } from './filter-set.ts';
import { didYouMean, listed } from './suggestion.ts';
import type { Operand, Pipe } from './syntax.ts';
import { hasTemplate, templateOf } from './template.ts';

export interface TextRules {
  /** Roots that exist where the text stands. */
  readonly roots: readonly string[];
  readonly filters: FilterSet;
  /** Whether `${VAR}` is expanded in this text. Which variables are set is known only when it is rendered. */
  readonly expandsEnv: boolean;
}

/** What is wrong with the placeholders of a text: syntax, unknown names, functions and filters, wrong arguments. */
export function checkTemplate(text: string, rules: TextRules): readonly ExpressionFault[] {
  if (!hasTemplate(text)) return [];
  return templateOf(text)
    .segments.flatMap((segment) => {
      if (segment.kind === 'text') return [];
      return segment.kind === 'broken' ? [segment.error] : faultsIn(segment.pipe, rules);
    })
    .map(faultOf);
}

/** The same for `if` and `until`, and whether it can come to a boolean at all. */
export function checkCondition(text: string, rules: TextRules): readonly ExpressionFault[] {
  if (text.trim() === '') return [];
  const parsed = conditionOf(text);
  if (parsed instanceof ExpressionError) return [faultOf(parsed)];
  const faults = faultsIn(parsed, rules);
  if (faults.length === 0 && isConstant(parsed) && parsed.filters.length === 0) {
    const value = evaluated(parsed, {}, { filters: rules.filters, env: {} });
    if (typeof value !== 'boolean') faults.push(notBoolean(text, value));
  }
  return faults.map(faultOf);
}

function faultsIn(pipe: Pipe, rules: TextRules): ExpressionError[] {
  const faults = operandsOf(pipe).flatMap((operand) => operandFaults(operand, rules));
  for (const [i, call] of pipe.filters.entries()) {
    const fault = filterFault(call, rules.filters);
    if (fault !== undefined) faults.push(fault);
    else if (call.name === 'raw' && i < pipe.filters.length - 1)
      faults.push(errorAt(call, 'the filter `raw` can only be the last one'));
  }
  if (faults.length === 0 && isConstant(pipe)) faults.push(...constantFaults(pipe, rules));
  return faults;
}

function operandsOf(pipe: Pipe): readonly Operand[] {
  return pipe.expression.kind === 'formula' ? pipe.expression.operands : [pipe.expression];
}

function operandFaults(operand: Operand, rules: TextRules): ExpressionError[] {
  switch (operand.kind) {
    case 'literal':
      return [];
    case 'pipe':
      return faultsIn(operand.pipe, rules);
    case 'template':
      return operand.segments.flatMap((segment) =>
        segment.kind === 'pipe' ? faultsIn(segment.pipe, rules) : [],
      );
    case 'name': {
      const [root] = operand.steps;
      const name = String(root?.key);
      if (root === undefined || root.optional || rules.roots.includes(name)) return [];
      return [unknownRoot(name, operand, rules.roots)];
    }
  }
}

function unknownRoot(name: string, operand: Operand, roots: readonly string[]): ExpressionError {
  const known = roots.length === 0 ? 'no names are known here' : `known here: ${listed(roots)}`;
  return errorAt(
    operand,
    `unknown name ${JSON.stringify(name)}; ${known}`,
    didYouMean(name, roots) ?? 'texts stand in quotes',
  );
}

/** Its expression depends on no value and no filter. */
function isConstant(pipe: Pipe): boolean {
  return operandsOf(pipe).every((operand) => {
    if (operand.kind === 'pipe') return operand.pipe.filters.length === 0 && isConstant(operand.pipe);
    return operand.kind === 'literal';
  });
}

/** An expression of constants that fails will always fail. Filters of the user are not called. */
function constantFaults(pipe: Pipe, rules: TextRules): ExpressionError[] {
  const withoutFilters: Pipe = { ...pipe, filters: [] };
  try {
    evaluated(withoutFilters, {}, { filters: rules.filters, env: {} });
    return [];
  } catch (error) {
    return error instanceof ExpressionError ? [error] : [];
  }
}
