/**
 * Templates and conditions of workflow files.
 *
 * `${{ expression | filter }}` in texts, expressions with or without it in conditions. What the language is, and
 * why: docs/decisions/0009-workflow-expressions.md.
 */
export { BUILT_IN_FILTERS } from './built-ins.ts';
export { checkCondition, checkTemplate, type TextRules } from './checks.ts';
export { decide } from './condition.ts';
export type { RenderOptions } from './evaluation.ts';
export { ExpressionError, type ExpressionFault } from './faults.ts';
export { type Filter, FilterSet } from './filter-set.ts';
export type { Scope } from './names.ts';
export { type Piece, render, renderPieces, type ValueOptions } from './rendering.ts';
export { hasTemplate } from './template.ts';
export { asText } from './values.ts';
