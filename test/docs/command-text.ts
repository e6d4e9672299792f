/** What a command prints, compared with what a page says: without what is different each time. */

const RUN_ID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** In this order. Blanks and bars line things up that are masked, so their number means nothing. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [RUN_ID, '<run>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g, '<date>'],
  [/\b\d\d:\d\d:\d\d\b/g, '<time>'],
  [/\b\d+(?:\.\d+)?(?:ms|s)\b/g, '<duration>'],
  [/^.*line \d+: +\d+ Killed.*$/gm, 'Killed'],
  [/\b1[789]\d{11}\b/g, '<ms>'],
  [/ *[█▉▊▋▌▍▎▏]+ */g, ' █ '],
  [/(?<=\S) {2,}/g, '  '],
  [/^ {9,}/gm, '        '],
  [/ +$/gm, ''],
];

export class CommandText {
  /** From an id that the page shows to the one that was printed in its place. */
  readonly #realIds = new Map<string, string>();

  masked(text: string): string {
    return MASKS.reduce((masked, [pattern, mask]) => masked.replaceAll(pattern, mask), text);
  }

  learn(said: string, printed: string): void {
    const real = printed.match(RUN_ID) ?? [];
    for (const [i, shown] of (said.match(RUN_ID) ?? []).entries())
      if (real[i] !== undefined && !this.#realIds.has(shown)) this.#realIds.set(shown, real[i]);
  }

  withRealIds(script: string): string {
    return script.replaceAll(RUN_ID, (shown) => this.#realIds.get(shown) ?? shown);
  }
}
