/** Names of what is in a plan, in the words of the file, each of them once. */

export class Names {
  readonly #taken = new Set<string>();

  /** `job > stage > [item] > stage`; a second one of the same name gets a number. */
  take(...parts: readonly string[]): string {
    const name = parts.join(' > ');
    let free = name;
    for (let number = 2; this.#taken.has(free); number += 1) free = `${name} (${number})`;
    this.#taken.add(free);
    return free;
  }
}

const LONGEST = 40;

/** A value in a name or a message; long ones are cut. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}
