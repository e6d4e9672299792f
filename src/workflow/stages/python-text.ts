/**
 * The text of a Python stage with its values: a placeholder is a value of Python, and never code.
 *
 *   in code                     a name that is bound to the value: `x = ${{ params.n }}`
 *   in a string or a comment    the text of the value, escaped
 *   in a raw string             the same, in a string of its own beside it (Python joins neighbours)
 *   in the text of an f-string  `{name}`, the name being bound to the text of the value
 *
 * Owns: where strings, f-strings and comments begin and end (the Python Language Reference, chapter 2). What is
 * written for a value consists of letters, digits and backslashes, so that one in a text that is misread here still
 * cannot be more than one harmless word of code.
 */
import { asText } from '../expressions/index.ts';
import { type Code, type CodeValue, HOLE } from './code.ts';

/** Code without placeholders, and what its new names are bound to. */
export interface BoundCode {
  readonly text: string;
  readonly names: Readonly<Record<string, unknown>>;
}

interface StringStart {
  readonly prefix: string;
  readonly quote: string;
}

const START = /(?<![A-Za-z0-9_])([A-Za-z]{0,3})("""|'''|"|')/y;

export function bindPythonText(code: Code): BoundCode {
  return new PythonReader(code).read();
}

class PythonReader {
  readonly #source: string;
  readonly #values: readonly CodeValue[];
  readonly #names: Record<string, unknown> = {};
  #out = '';
  #at = 0;
  #holes = 0;

  constructor({ text, values }: Code) {
    this.#source = text;
    this.#values = values;
  }

  read(): BoundCode {
    while (this.#next !== '') this.#code();
    return { text: this.#out, names: this.#names };
  }

  get #next(): string {
    return this.#source[this.#at] ?? '';
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #copy(length = 1): void {
    this.#out += this.#source.slice(this.#at, this.#at + length);
    this.#at += length;
  }

  #value(): { readonly value: unknown; readonly text: string; readonly number: number } {
    const value = this.#values[this.#holes]?.value;
    this.#at += 1;
    this.#holes += 1;
    return { value, text: value === null || value === undefined ? '' : asText(value), number: this.#holes };
  }

  #code(): void {
    const start = this.#stringStart();
    if (this.#next === HOLE) this.#name();
    else if (this.#next === '#') this.#comment();
    else if (start !== undefined) this.#string(start);
    else this.#copy(/^\w+/.exec(this.#source.slice(this.#at, this.#at + 64))?.[0].length ?? 1);
  }

  #name(): void {
    const { value, number } = this.#value();
    const name = `_signalbox_value_${number}`;
    this.#names[name] = value;
    this.#out += name;
  }

  #comment(): void {
    while (this.#next !== '' && this.#next !== '\n') {
      if (this.#next === HOLE) this.#out += escaped(this.#value().text);
      else this.#copy();
    }
  }

  #stringStart(): StringStart | undefined {
    START.lastIndex = this.#at;
    const [, prefix, quote] = START.exec(this.#source) ?? [];
    return prefix === undefined || quote === undefined ? undefined : { prefix: prefix.toLowerCase(), quote };
  }

  #string(start: StringStart): void {
    const { prefix, quote } = start;
    this.#copy(prefix.length + quote.length);
    while (this.#next !== '' && !this.#sees(quote)) {
      if (this.#next === '\n' && quote.length === 1) return; // Python calls it an error, too.
      this.#character(start);
    }
    this.#copy(quote.length);
  }

  #character(start: StringStart): void {
    const { prefix } = start;
    const isFormatted = /[ft]/.test(prefix);
    if (this.#next === HOLE) this.#inString(start, '');
    else if (this.#next === '\\') this.#backslash(start);
    else if (isFormatted && (this.#sees('{{') || this.#sees('}}'))) this.#copy(2);
    else if (isFormatted && this.#next === '{') this.#field(start);
    else this.#copy();
  }

  /** One directly before a placeholder is a backslash: it must not reach into what is written for the value. */
  #backslash(start: StringStart): void {
    if (this.#source[this.#at + 1] !== HOLE) {
      this.#copy(start.prefix.includes('f') && /[{}]/.test(this.#source[this.#at + 1] ?? '') ? 1 : 2);
      return;
    }
    this.#at += 1;
    this.#inString(start, '\\\\');
  }

  #inString({ prefix, quote }: StringStart, before: string): void {
    const { text, number } = this.#value();
    const isRaw = prefix.includes('r');
    if (/[ft]/.test(prefix)) {
      const name = `_signalbox_text_${number}`;
      this.#names[name] = text;
      this.#out += `${isRaw ? before.slice(1) : before}{${name}}`;
      return;
    }
    const inner = before + (prefix.includes('b') ? escapedBytes(text) : escaped(text));
    const own = prefix.includes('b') ? 'b' : '';
    this.#out += isRaw ? `${quote} ${own}"${inner}" ${prefix}${quote}` : inner;
  }

  /** `{expression!r:format}`: code, up to the colon of the format or the bracket that closes it. */
  #field(start: StringStart): void {
    this.#copy();
    for (let depth = 0; this.#next !== ''; ) {
      if (this.#next === '\n' && start.quote.length === 1 && depth === 0) return;
      if (depth === 0 && this.#next === '}') break;
      if (depth === 0 && this.#next === ':') {
        this.#format(start);
        break;
      }
      if ('([{'.includes(this.#next)) depth += 1;
      else if (')]}'.includes(this.#next)) depth -= 1;
      this.#code();
    }
    this.#copy();
  }

  #format(start: StringStart): void {
    while (this.#next !== '' && this.#next !== '}' && !this.#sees(start.quote)) {
      if (this.#next === '{') this.#field(start);
      else this.#character(start);
    }
  }
}

/** Everything but letters and digits as `\uXXXX`. */
function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return point > 0xffff ? `\\U${hex(point, 8)}` : `\\u${hex(point, 4)}`;
  });
}

function escapedBytes(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\x${hex(byte, 2)}`).join('');
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
