/**
 * From the text of an expression to its tokens: names with their steps, literals, operators. What a condition may
 * have beyond that (placeholders, quoted texts with placeholders in them) is read by the `Inside` it is given.
 */

import { EXPRESSION_CHARACTERS } from '../../core/limits.ts';
import { errorAt, type Span } from './faults.ts';
import { endOfQuoted, unescaped } from './scanner.ts';
import type { Operand, Step, Token } from './syntax.ts';

/** Reads what a condition may hold; undefined where there is nothing of its own. */
export interface Inside {
  /** Something that begins with `$`. */
  operand(start: number, end: number): Operand;
  /** Where something in quotes that begins with `$` ends; the same offset if it is only a character. */
  skip(at: number, end: number): number;
  /** What stands between quotes; undefined if it is only text. */
  quoted(start: number, end: number): Operand | undefined;
}

const ROOT = /[\p{L}_][\p{L}\p{N}_]*(?:-+[\p{L}\p{N}_]+)*/uy;
const KEY = /[\p{L}\p{N}_]+(?:-+[\p{L}\p{N}_]+)*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const INDEX = /\[\s*(-?\d+)\s*\]/y;
const BLANK = /\s*/y;
const SYMBOL = /==|!=|<=|>=|&&|\|\||[<>=!+\-*/%?:,()[\]{}|]/y;
const WORDS = new Set(['and', 'or', 'not', 'in', 'if', 'else']);
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
  ['true', true],
  ['false', false],
  ['null', null],
]);

export function tokensOf(text: string, start: number, end: number, inside?: Inside): readonly Token[] {
  if (end - start > EXPRESSION_CHARACTERS)
    throw errorAt(
      { start, end: start + 1 },
      `this expression is ${end - start} characters long; allowed: up to ${EXPRESSION_CHARACTERS}`,
    );
  return new Lexer(text, start, end, inside).read();
}

class Lexer {
  readonly #text: string;
  readonly #end: number;
  readonly #inside: Inside | undefined;
  readonly #tokens: Token[] = [];
  #at: number;

  constructor(text: string, start: number, end: number, inside: Inside | undefined) {
    this.#text = text;
    this.#at = start;
    this.#end = end;
    this.#inside = inside;
  }

  read(): readonly Token[] {
    for (this.#skipBlank(); this.#at < this.#end; this.#skipBlank()) this.#next();
    return this.#tokens;
  }

  #next(): void {
    const character = this.#text[this.#at] ?? '';
    if (character === '"' || character === "'") this.#quoted();
    else if (character === '$') this.#dollar();
    else if (character === '.') this.#member();
    else if (character >= '0' && character <= '9') this.#number();
    else if (!this.#name() && !this.#symbol())
      throw errorAt(this.#one(), `${JSON.stringify(this.#character())} cannot stand here`);
  }

  /** The match at the present place, which is then passed; undefined for none. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null || match.index + match[0].length > this.#end) return undefined;
    this.#at += match[0].length;
    return match;
  }

  #skipBlank(): void {
    if (this.#take(BLANK) === undefined) this.#at = this.#end;
  }

  #character(): string {
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
  }

  #one(): Span {
    return { start: this.#at, end: this.#at + this.#character().length };
  }

  #push(operand: Operand): void {
    this.#tokens.push({ kind: 'operand', operand, start: operand.start, end: operand.end });
  }

  #quoted(): void {
    const start = this.#at;
    const inside = this.#inside;
    const skip = inside === undefined ? undefined : (at: number) => inside.skip(at, this.#end);
    const end = endOfQuoted(this.#text, start, this.#end, skip);
    this.#at = end;
    const value = unescaped(this.#text.slice(start + 1, end - 1));
    this.#push(inside?.quoted(start, end) ?? { kind: 'literal', value, start, end });
  }

  #dollar(): void {
    const operand = this.#inside?.operand(this.#at, this.#end);
    if (operand === undefined)
      throw errorAt(
        this.#one(),
        '"$" cannot stand here',
        `inside \${{ }} names are written as they are: params.x`,
      );
    this.#at = operand.end;
    this.#push(operand);
  }

  #number(): void {
    const start = this.#at;
    const digits = this.#take(NUMBER)?.[0] ?? '';
    const end = this.#at;
    if (this.#take(KEY) !== undefined)
      throw errorAt(
        { start, end: this.#at },
        `${JSON.stringify(this.#text.slice(start, this.#at))} is no number`,
      );
    this.#push({ kind: 'literal', value: Number(digits), start, end });
  }

  #symbol(): boolean {
    const start = this.#at;
    const text = this.#take(SYMBOL)?.[0];
    if (text === undefined) return false;
    this.#tokens.push({ kind: 'symbol', text, start, end: this.#at });
    return true;
  }

  #name(): boolean {
    const start = this.#at;
    const word = this.#take(ROOT)?.[0];
    if (word === undefined) return false;
    const end = this.#at;
    if (WORDS.has(word)) this.#tokens.push({ kind: 'symbol', text: word, start, end });
    else if (CONSTANTS.has(word)) this.#push({ kind: 'literal', value: CONSTANTS.get(word), start, end });
    else if (this.#text[end] === '(' && end < this.#end)
      this.#tokens.push({ kind: 'function', name: word, start, end });
    else this.#steps({ key: word, optional: this.#isOptional(), start, end: this.#at });
    return true;
  }

  /** The steps after a root; a last one before `(` is a method and stands for itself. */
  #steps(root: Step): void {
    const steps = [root];
    for (let step = this.#step(); step !== undefined; step = this.#step()) {
      if (this.#isCall(step)) {
        this.#pushName(steps);
        this.#tokens.push({ kind: 'member', step, start: step.start, end: step.end });
        return;
      }
      steps.push(step);
    }
    this.#pushName(steps);
  }

  #isCall(step: Step): boolean {
    return this.#text[step.end] === '(' && step.end < this.#end && this.#text[step.start] === '.';
  }

  #pushName(steps: readonly Step[]): void {
    const start = steps[0]?.start ?? this.#at;
    const end = steps.at(-1)?.end ?? this.#at;
    this.#push({ kind: 'name', steps, text: this.#text.slice(start, end), start, end });
  }

  #step(): Step | undefined {
    const start = this.#at;
    const key = this.#text[start] === '.' ? this.#dotted() : this.#bracketed();
    return key === undefined ? undefined : { key, optional: this.#isOptional(), start, end: this.#at };
  }

  #dotted(): string {
    this.#at += 1;
    const key = this.#take(KEY)?.[0];
    if (key === undefined)
      throw errorAt({ start: this.#at - 1, end: this.#at }, 'a name is missing after "."');
    return key;
  }

  /** `[0]` and `['key']`; anything else in brackets is an expression. */
  #bracketed(): string | number | undefined {
    if (this.#text[this.#at] !== '[') return undefined;
    const index = this.#take(INDEX)?.[1];
    if (index !== undefined) return Number(index);
    const start = this.#at;
    this.#at += 1;
    this.#skipBlank();
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") {
      const end = endOfQuoted(this.#text, this.#at, this.#end);
      const key = unescaped(this.#text.slice(this.#at + 1, end - 1));
      this.#at = end;
      this.#skipBlank();
      if (this.#text[this.#at] === ']' && this.#at < this.#end) {
        this.#at += 1;
        return key;
      }
    }
    this.#at = start;
    return undefined;
  }

  #isOptional(): boolean {
    if (this.#text[this.#at] !== '?' || this.#at >= this.#end) return false;
    this.#at += 1;
    return true;
  }

  /** `.key` after brackets or a quoted text. */
  #member(): void {
    const step = this.#step();
    if (step !== undefined) this.#tokens.push({ kind: 'member', step, start: step.start, end: step.end });
  }
}
