/**
 * Where reading a script has come to, and what has been written of it. (R1) of shell-reader.ts holds here: `hole`
 * is the only place that writes for a placeholder.
 */
import { HOLE } from './code.ts';
import { ShellDemands } from './shell-demands.ts';

export class ShellCursor {
  protected readonly source: string;
  protected readonly demands = new ShellDemands();
  /** What is written, in pieces. */
  protected readonly out: string[] = [];
  protected at = 0;
  /** Nothing is read from here on: a here-document ends before the script does. */
  protected limit: number;
  /** Command substitutions that are open. */
  protected depth = 0;
  /** In backticks: a backtick then ends everything that was opened inside them. */
  protected backticks: 'none' | 'plain' | 'in double quotes' = 'none';
  readonly #reference: (index: number) => string;

  /** `reference`: what is written for a placeholder, `${V}`. */
  constructor(source: string, reference: (index: number) => string) {
    this.source = source;
    this.#reference = reference;
    this.limit = source.length;
  }

  /** The next character; empty at the end. */
  protected get next(): string {
    return this.at < this.limit ? (this.source[this.at] ?? '') : '';
  }

  /** The character after the next one. */
  protected get second(): string {
    return this.at + 1 < this.limit ? (this.source[this.at + 1] ?? '') : '';
  }

  /** True at the end of what can be read, and where a backtick ends what is around. */
  protected get isOver(): boolean {
    return this.next === '' || (this.backticks !== 'none' && this.next === '`');
  }

  protected sees(text: string): boolean {
    return this.at + text.length <= this.limit && this.source.startsWith(text, this.at);
  }

  protected copy(length = 1): string {
    const text = this.source.slice(this.at, Math.min(this.at + length, this.limit));
    this.out.push(text);
    this.at += text.length;
    return text;
  }

  /** Writes a reference for the placeholder that comes next. */
  protected hole(before: string, after: string): string {
    this.at += 1;
    this.out.push(before, this.#reference(this.demands.add(this.depth)), after);
    return HOLE;
  }
}
