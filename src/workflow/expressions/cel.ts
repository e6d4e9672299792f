/** The evaluator, and what it may do: CEL with numbers as JavaScript has them, and functions on text and lists. */
import { Environment, EvaluationError, ParseError, TypeError as TypeFault } from '@marcbachmann/cel-js';
import { element } from './names.ts';
import { kindOf, sizeOf } from './values.ts';

/** Functions and methods by the name that authors use, with the name in CEL and the number of arguments. */
export const FUNCTIONS: ReadonlyMap<string, { readonly cel: string; readonly arguments: number }> = new Map([
  ['size', { cel: 'sizeOf', arguments: 1 }],
  ['len', { cel: 'sizeOf', arguments: 1 }],
  ['startsWith', { cel: 'beginsWith', arguments: 2 }],
  ['startswith', { cel: 'beginsWith', arguments: 2 }],
  ['endsWith', { cel: 'endsIn', arguments: 2 }],
  ['endswith', { cel: 'endsIn', arguments: 2 }],
  ['contains', { cel: 'holds', arguments: 2 }],
]);

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  limits: { maxDepth: 500, maxAstNodes: 10_000, maxListElements: 1_000 },
})
  .registerOperator('double % double', (a: number, b: number) => a - b * Math.floor(a / b))
  .registerOperator('string in string', (part: string, whole: string) => whole.includes(part))
  .registerFunction('sizeOf(dyn): double', sizeOrRefusal)
  .registerFunction('beginsWith(dyn, dyn): bool', (a: unknown, b: unknown) =>
    textOf(a, 'startsWith').startsWith(textOf(b, 'startsWith')),
  )
  .registerFunction('endsIn(dyn, dyn): bool', (a: unknown, b: unknown) =>
    textOf(a, 'endsWith').endsWith(textOf(b, 'endsWith')),
  )
  .registerFunction('holds(dyn, dyn): bool', (a: unknown, b: unknown) =>
    Array.isArray(a) ? a.includes(b) : textOf(a, 'contains').includes(textOf(b, 'contains')),
  )
  .registerFunction('elementOf(dyn, dyn, bool): dyn', elementOrRefusal);

function refusal(message: string): EvaluationError {
  return new EvaluationError({ code: 'refused', message });
}

function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw refusal(`\`${name}\` takes texts, this is ${kindOf(value)}`);
}

function sizeOrRefusal(value: unknown): number {
  const size = sizeOf(value);
  if (size === undefined) throw refusal(`\`size\` takes a text, list or map, this is ${kindOf(value)}`);
  return size;
}

function elementOrRefusal(container: unknown, key: unknown, optional: boolean): unknown {
  const found = element(container, key, optional);
  if (typeof found === 'string') throw refusal(found);
  return found.value;
}

/** Bindings of a formula: called by name when, and only if, the value is needed. Never undefined. */
export type CelProgram = (bindings: ReadonlyMap<string, unknown>) => unknown;

/** @throws what `celFault` explains */
export function celProgram(text: string): CelProgram {
  return environment.parse(text);
}

export interface CelFault {
  readonly message: string;
  /** Of the CEL text; undefined: all of it. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** What the evaluator complains of, in the words of authors; undefined for an error that is not its own. */
export function celFault(error: unknown): CelFault | undefined {
  if (error instanceof RangeError)
    return { message: 'this expression is too deep', start: undefined, end: undefined };
  if (!(error instanceof EvaluationError || error instanceof ParseError || error instanceof TypeFault))
    return undefined;
  return { message: inWords(error.code, error.summary), start: error.range?.start, end: error.range?.end };
}

function inWords(code: string, summary: string): string {
  const type = /got '(.*)'$/.exec(summary)?.[1];
  if ((code === 'invalid_condition_type' || code === 'invalid_logical_operand') && type !== undefined)
    return `a boolean is needed here, this is ${kindOfType(type)}`;
  const overload = /^no such overload: (?:(\S.*?) )?([!=<>+*/%-]+|in) ?(\S.*)$/.exec(summary);
  if (overload === null) return summary.charAt(0).toLowerCase() + summary.slice(1);
  const [, left, operator, right] = overload;
  const operands = [left, right].flatMap((each) => (each === undefined ? [] : [kindOfType(each)]));
  return `\`${operator}\` cannot take ${operands.join(' and ')}`;
}

function kindOfType(type: string): string {
  const name = type.replace(/^dyn<(.*)>$/, '$1');
  if (name.startsWith('list')) return 'a list';
  if (name.startsWith('map')) return 'a map';
  if (name === 'null') return 'null';
  return NAMES[name] ?? name;
}

const NAMES: Readonly<Record<string, string>> = {
  double: 'a number',
  int: 'a number',
  string: 'a text',
  bool: 'a boolean',
  'google.protobuf.Timestamp': 'a date',
};
