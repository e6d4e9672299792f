/**
 * What texts were parsed into, the least recently used dropped first. A loop over 1,000 items renders the same few
 * texts 1,000 times. Parsed forms hold no values, so one cache serves all workflows of a process.
 */
import { PARSED_CHARACTERS, PARSED_TEXTS } from '../../core/limits.ts';

export class ParsedCache<Parsed> {
  readonly #entries = new Map<string, Parsed>();
  readonly #parse: (text: string) => Parsed;
  #characters = 0;

  constructor(parse: (text: string) => Parsed) {
    this.#parse = parse;
  }

  get(text: string): Parsed {
    const known = this.#entries.get(text);
    if (known !== undefined) {
      this.#entries.delete(text);
      this.#entries.set(text, known);
      return known;
    }
    const parsed = this.#parse(text);
    if (text.length > PARSED_CHARACTERS / 4) return parsed;
    this.#entries.set(text, parsed);
    this.#characters += text.length;
    this.#shrink();
    return parsed;
  }

  #shrink(): void {
    for (const text of this.#entries.keys()) {
      if (this.#entries.size <= PARSED_TEXTS && this.#characters <= PARSED_CHARACTERS) return;
      this.#entries.delete(text);
      this.#characters -= text.length;
    }
  }
}
