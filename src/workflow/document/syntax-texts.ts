/** What syntax errors of YAML are called, for people who did not read its specification. */
interface Raw {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

interface Told {
  readonly message: string;
  readonly hint: string | undefined;
  readonly start: number;
  readonly end: number;
}

/** Blanks that are passed over to find the text of a line. */
const WIDEST = 1_000;
const QUOTE = 'put the text in quotes';
const QUOTE_TEMPLATE = "a text with ${{ }} needs quotes here: '${{ ... }}'";

/** Code of the library -> message and hint. */
const TEXTS: Readonly<Record<string, (raw: Raw, text: string) => readonly [string, (string | undefined)?]>> =
  {
    BAD_ALIAS: ({ message }) => [lowered(message), 'an anchor is written &name, its alias *name'],
    BAD_COLLECTION_TYPE: ({ message }) => [lowered(message), 'leave the tag out'],
    BAD_DIRECTIVE: () => [
      'a line that begins with % says something to YAML itself; this one is not known',
      'leave it out',
    ],
    BAD_DQ_ESCAPE: ({ start }, text) => [
      `${text.slice(start, start + 2)} means nothing in double quotes`,
      'write \\\\ for a backslash, or use single quotes',
    ],
    BAD_INDENT: ({ message }) =>
      /sufficiently indented/.test(message)
        ? ['this [ or { is not closed', 'write the closing ] or }, indented further than its key']
        : [
            'the indentation does not fit what is above',
            'keys of one map, and entries of one list, begin in the same column',
          ],
    BAD_PROP_ORDER: ({ message }) => [lowered(message)],
    BAD_SCALAR_START: ({ start }, text) => [`a text cannot begin with ${JSON.stringify(text[start])}`, QUOTE],
    BLOCK_AS_IMPLICIT_KEY: () => [
      'a second ": " on one line, or a line that is indented too far',
      'put the text in quotes, or on the next line after a |',
    ],
    BLOCK_IN_FLOW: () => [
      'lists with - and indented maps cannot stand inside [ ] or { }',
      'use one of both forms',
    ],
    DUPLICATE_KEY: ({ message }) => [lowered(message)],
    IMPOSSIBLE: ({ message }) => [lowered(message)],
    KEY_OVER_1024_CHARS: () => ['a key is longer than 1,024 characters', 'is a line break missing?'],
    MISSING_CHAR: ({ message }) => missing(message),
    MULTILINE_IMPLICIT_KEY: () => [
      'a key stands on one line, with ": " after it',
      'a ":" is missing at the end of a line, or an indentation is wrong',
    ],
    MULTIPLE_ANCHORS: () => ['a value has one anchor at most'],
    MULTIPLE_TAGS: () => ['a value has one tag at most'],
    NON_STRING_KEY: () => ['a key has to be text', QUOTE],
    TAB_AS_INDENT: () => ['tabs cannot indent', 'use spaces'],
    TAG_RESOLVE_FAILED: ({ start, end }, text) => [
      `the tag ${text.slice(start, end)} is not known`,
      'workflow files have plain values without tags',
    ],
    UNEXPECTED_TOKEN: ({ message, start }, text) => [
      unexpected(message, text, start),
      templateHint(text, start),
    ],
  };

export function explained(raw: Raw, text: string): Told {
  const [message, hint] = TEXTS[raw.code]?.(raw, text) ?? [lowered(raw.message)];
  // A line whose indentation is wrong is marked where its text begins.
  const blanks =
    raw.code === 'BAD_INDENT' ? (/^ */.exec(text.slice(raw.start, raw.end + WIDEST))?.[0].length ?? 0) : 0;
  return { message, hint, start: raw.start + blanks, end: Math.max(raw.end, raw.start + blanks + 1) };
}

function missing(message: string): readonly [string, (string | undefined)?] {
  if (message.includes('quote'))
    return ['this quote is not closed', 'write the same quote where the text ends'];
  if (/must end with a/.test(message)) return ['this [ or { is not closed', 'write the closing ] or }'];
  if (message.includes('map values'))
    return ['a key needs ": " after it', 'is this a text? Then its line is indented too little'];
  return [lowered(message)];
}

function unexpected(message: string, text: string, start: number): string {
  if (message.includes('block-seq-ind on same line')) return 'a list cannot begin on the line of its key';
  const rest = text.slice(start, start + 40).split(/[\s,[\]{}]/)[0];
  const shown = rest === undefined || rest === '' ? text[start] : rest;
  return shown === undefined ? 'the file ends too early' : `${JSON.stringify(shown)} cannot stand here`;
}

function templateHint(text: string, at: number): string | undefined {
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return text.slice(from, end < 0 ? undefined : end).includes('{{') ? QUOTE_TEMPLATE : undefined;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
