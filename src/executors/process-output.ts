/**
 * One output stream of a child: cut into lines, each with its line end, for those who watch; kept byte for byte for
 * the result. The lines put together are the text of the result.
 *
 * Invariants:
 * (O1) a character is never cut, wherever the pipe cuts its chunks and wherever the kept bytes end;
 * (O2) memory is bounded: kept bytes by the limit, a line without an end by `LONGEST_LINE_CHARS`.
 */
import { StringDecoder } from 'node:string_decoder';

/** A longer line is emitted in pieces of at least this many UTF-16 units. */
export const LONGEST_LINE_CHARS = 1024 * 1024;

export class ProcessOutput {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #truncated = false;
  #line = '';
  #lastLine = '';

  constructor(limitBytes: number, onLine: (line: string) => void) {
    this.#limit = limitBytes;
    this.#onLine = onLine;
  }

  /** True when more came than was kept. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** The last line that was not blank; '' when there was none. */
  get lastLine(): string {
    return this.#lastLine;
  }

  /** What was kept, undecodable bytes replaced. A character cut by the limit is left out. */
  get text(): string {
    const decoder = new StringDecoder('utf8');
    const text = decoder.write(Buffer.concat(this.#kept));
    return this.#truncated ? text : text + decoder.end();
  }

  write(chunk: Buffer): void {
    this.#keep(chunk);
    this.#split(this.#decoder.write(chunk));
  }

  /** Emits a last line without a line end. */
  end(): void {
    this.#split(this.#decoder.end());
    if (this.#line !== '') this.#emit(this.#line);
    this.#line = '';
  }

  #keep(chunk: Buffer): void {
    const room = this.#limit - this.#keptBytes;
    if (chunk.length > room) this.#truncated = true;
    const taken = chunk.subarray(0, room);
    if (taken.length > 0) this.#kept.push(taken);
    this.#keptBytes += taken.length;
  }

  #split(text: string): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      this.#emit(this.#line + text.slice(from, at + 1));
      this.#line = '';
      from = at + 1;
    }
    this.#line += text.slice(from);
    if (this.#line.length < LONGEST_LINE_CHARS) return;
    this.#emit(this.#line);
    this.#line = '';
  }

  #emit(line: string): void {
    if (line.trim() !== '') this.#lastLine = line.replace(/\r?\n$/, '');
    this.#onLine(line);
  }
}
