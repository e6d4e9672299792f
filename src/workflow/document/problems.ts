/** What is wrong with a file, collected: each thing once, in the order of the text. */
import type { Path } from '../model.ts';
import type { Problem } from './source.ts';
import type { Span, YamlSource } from './yaml-source.ts';

/** A problem, and the part of the text that is marked for it. */
export interface MarkedProblem {
  readonly problem: Problem;
  readonly span: Span;
}

export interface Mark {
  /** Default: the value. */
  readonly part?: 'key' | 'value';
  readonly hint?: string | undefined;
}

export class Problems {
  readonly #source: YamlSource;
  readonly #marked = new Map<string, MarkedProblem>();

  constructor(source: YamlSource) {
    this.#source = source;
  }

  get isEmpty(): boolean {
    return this.#marked.size === 0;
  }

  /** In the order of the text. */
  get all(): readonly MarkedProblem[] {
    return [...this.#marked.values()].sort((a, b) => a.span.start - b.span.start);
  }

  add(path: Path, message: string, { part = 'value', hint }: Mark = {}): void {
    this.addAt(this.#source.spanOf(path, part), path, message, hint);
  }

  /** Of characters inside a text. */
  addInside(
    path: Path,
    place: { readonly offset: number; readonly length: number },
    message: string,
    hint?: string,
  ): void {
    this.addAt(this.#source.spanInside(path, place.offset, place.length), path, message, hint);
  }

  /** What stands under an anchor is read once for each alias, and told once. */
  addAt(span: Span, path: Path, message: string, hint: string | undefined): void {
    const { line, column } = this.#source.positionOf(span.start);
    const key = `${span.start} ${message}`;
    if (this.#marked.has(key)) return;
    this.#marked.set(key, { problem: { file: this.#source.file, line, column, path, message, hint }, span });
  }
}
