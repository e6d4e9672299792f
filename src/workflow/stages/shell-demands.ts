/**
 * What bash would do with the *text of a variable*, where it does more than put it in: arithmetic, names of
 * variables, and texts that are read as a script again. A value that stands there has to be of a harmless form.
 *
 * Owns: the forms, and for every placeholder the ones that its value must have. Does not own: where placeholders
 * stand (shell-reader.ts, shell-command.ts).
 */

/** The form that a value must have. */
export type Demand = 'number' | 'name' | 'inert' | 'operand' | 'no-list';

const FORMS: Readonly<Record<Demand, { readonly form: RegExp; readonly says: string }>> = {
  number: { form: /^[+-]?(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?)$/, says: 'a number' },
  name: { form: /^[A-Za-z_]\w*$/, says: 'the name of a variable' },
  inert: { form: /^[\w@%+=:,./-]*$/, says: 'letters, digits and any of _ @ % + = : , . / - only' },
  operand: { form: /^(?!-)/, says: 'not beginning with "-"' },
  'no-list': { form: /^(?!\s*\()/, says: 'not beginning with "("' },
};

interface Place {
  /** How many command substitutions it stands in: the text of a deeper one is not what is evaluated. */
  readonly depth: number;
  readonly demands: { readonly demand: Demand; readonly where: string }[];
}

/** A value that bash would evaluate, and why it may not. */
export interface Refusal {
  readonly index: number;
  /** For example `in arithmetic`. */
  readonly where: string;
  readonly allowed: string;
}

export class ShellDemands {
  readonly #places: Place[] = [];

  get count(): number {
    return this.#places.length;
  }

  /** The next placeholder; its index. */
  add(depth: number): number {
    this.#places.push({ depth, demands: [] });
    return this.#places.length - 1;
  }

  /** For all placeholders from `from` to before `to`, however deep. */
  all(from: number, to: number, demand: Demand, where: string): void {
    for (const place of this.#places.slice(from, to)) place.demands.push({ demand, where });
  }

  /** For those whose own text is what is evaluated. */
  direct(from: number, to: number, depth: number, demand: Demand, where: string): void {
    for (const place of this.#places.slice(from, to))
      if (place.depth === depth) place.demands.push({ demand, where });
  }

  /** For those in command substitutions: what their commands print is evaluated. */
  nested(from: number, to: number, depth: number, where: string): void {
    for (const place of this.#places.slice(from, to))
      if (place.depth > depth) place.demands.push({ demand: 'inert', where });
  }

  /** The first value that does not have the form its place demands. */
  refuse(texts: readonly string[]): Refusal | undefined {
    for (const [index, { demands }] of this.#places.entries()) {
      const failed = demands.find(({ demand }) => !FORMS[demand].form.test(texts[index] ?? ''));
      if (failed !== undefined) return { index, where: failed.where, allowed: FORMS[failed.demand].says };
    }
    return undefined;
  }
}
