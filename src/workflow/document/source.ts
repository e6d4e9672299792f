/** The text of a workflow file, and where in it something stands. */
import type { Path } from '../model.ts';

/** Line and column count from 1; the offset, in characters, from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

export interface SourceText {
  /** As it was given; `<text>` for a text without a file. */
  readonly file: string;
  readonly text: string;
  /** Where the key or the value at a path begins; the nearest parent that exists, if it does not. */
  locate(path: Path, part?: 'key' | 'value'): Position;
}

/** One thing that is wrong with a file. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: Path;
  /** What was given, and what is allowed. */
  readonly message: string;
  /** What to do; a key that was probably meant. */
  readonly hint: string | undefined;
}
