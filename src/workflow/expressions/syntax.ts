/** The parts that texts are read into. Offsets are those of the whole text. */
import type { ExpressionError, Span } from './faults.ts';

export interface Step extends Span {
  /** A number only from `[0]`; `.0` is text, and is an index where it meets a list. */
  readonly key: string | number;
  readonly optional: boolean;
}

/** `params.a?.b[0]`. The first step is the root. */
export interface NameOperand extends Span {
  readonly kind: 'name';
  readonly steps: readonly Step[];
  readonly text: string;
}

export interface LiteralOperand extends Span {
  readonly kind: 'literal';
  readonly value: unknown;
}

/** A placeholder inside a condition, or brackets with filters in them. */
export interface PipeOperand extends Span {
  readonly kind: 'pipe';
  readonly pipe: Pipe;
}

/** A quoted text in a condition that has placeholders or `${VAR}` in it; always comes to text. */
export interface TextOperand extends Span {
  readonly kind: 'template';
  readonly segments: readonly Segment[];
}

export type Operand = NameOperand | LiteralOperand | PipeOperand | TextOperand;

export interface FilterCall extends Span {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

/** An expression with operators or calls, as CEL: its operands are bound as `v0`, `v1`, ... */
export interface Formula extends Span {
  readonly kind: 'formula';
  readonly cel: string;
  readonly origins: readonly Origin[];
  readonly operands: readonly Operand[];
  readonly run: (bindings: ReadonlyMap<string, unknown>) => unknown;
}

/** Which part of the text a part of the CEL text was made from. */
export interface Origin {
  readonly celStart: number;
  readonly celEnd: number;
  readonly span: Span;
}

/** `expression | filter | filter(...)`. */
export interface Pipe extends Span {
  readonly expression: Operand | Formula;
  readonly filters: readonly FilterCall[];
}

export type Segment =
  | ({ readonly kind: 'text'; readonly text: string } & Span)
  | ({ readonly kind: 'pipe'; readonly pipe: Pipe } & Span)
  | ({ readonly kind: 'broken'; readonly error: ExpressionError } & Span);

export type Token =
  | ({ readonly kind: 'operand'; readonly operand: Operand } & Span)
  | ({ readonly kind: 'symbol'; readonly text: string } & Span)
  /** A name right before `(`. */
  | ({ readonly kind: 'function'; readonly name: string } & Span)
  /** `.key` after something that is not a plain name: before `(` it is a method. */
  | ({ readonly kind: 'member'; readonly step: Step } & Span);

export interface Group extends Span {
  readonly kind: 'group';
  readonly open: '(' | '[' | '{';
  readonly nodes: readonly Node[];
}

export type Node = Token | Group;
