/**
 * The tokens of a JavaScript text, as far as they matter for placeholders and top-level names: words, strings,
 * templates with code in them, regular expressions, comments (ECMA-262, clause 12).
 *
 * Whether a `/` divides or begins a regular expression is told by the token before it; after `)` it divides, after
 * `}` it does not. That is wrong for `if (x) /re/.test(y)`, which is then read as code.
 */
import { HOLE } from './code.ts';

export interface Token {
  /** `space` and `comment` mean nothing to the language; `quoted` is a string, a regular expression, or a comment. */
  readonly kind: 'space' | 'comment' | 'word' | 'string' | 'template' | 'regex' | 'hole' | 'mark';
  readonly text: string;
  /** Brackets that are open around it. */
  readonly depth: number;
}

const SPACE = /\s+/y;
const WORD = /[\w$\u0080-\uffff]+/y;
const LINE_COMMENT = /\/\/[^\n\r\u2028\u2029]*|^#![^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y;
const STRING = /"(?:[^"\\\n\r]|\\[\s\S])*(?:"|$|(?=[\n\r]))|'(?:[^'\\\n\r]|\\[\s\S])*(?:'|$|(?=[\n\r]))/y;
const REGEX = /\/(?![*/])(?:[^\\/[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+\/[A-Za-z]*/y;
/** From a backtick, or the `}` of a substitution, to the next `${` or the end. */
const TEMPLATE = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{|$)/y;
const BEFORE_REGEX = new Set(
  'return typeof case in of delete void throw new else do await yield instanceof'.split(' '),
);

export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  /** For every open bracket: whether it is the `${` of a template. */
  const open: boolean[] = [];
  let last: Token | undefined;
  for (let at = 0; at < source.length; ) {
    const { kind, text } = tokenAt(source, at, last, open.at(-1) === true);
    if (kind === 'template' && !text.startsWith('`')) open.pop();
    else if (kind === 'mark' && ')]}'.includes(text)) open.pop();
    const token = { kind, text, depth: open.length };
    if (kind === 'template' ? text.endsWith('${') : kind === 'mark' && '([{'.includes(text))
      open.push(kind === 'template');
    tokens.push(token);
    if (kind !== 'space' && kind !== 'comment') last = token;
    at += text.length;
  }
  return tokens;
}

function tokenAt(
  source: string,
  at: number,
  last: Token | undefined,
  inSubstitution: boolean,
): Pick<Token, 'kind' | 'text'> {
  const read = (form: RegExp): string | undefined => {
    form.lastIndex = at;
    return form.exec(source)?.[0];
  };
  const next = source[at] ?? '';
  if (next === HOLE) return { kind: 'hole', text: next };
  if (next === '`' || (next === '}' && inSubstitution))
    return { kind: 'template', text: read(TEMPLATE) ?? next };
  const forms: readonly (readonly [Token['kind'], RegExp])[] = [
    ['space', SPACE],
    ['comment', LINE_COMMENT],
    ['comment', BLOCK_COMMENT],
    ['string', STRING],
    ...(mayBeRegex(last) ? ([['regex', REGEX]] as const) : []),
    ['word', WORD],
  ];
  for (const [kind, form] of forms) {
    const text = read(form);
    if (text !== undefined && text !== '') return { kind, text };
  }
  return { kind: 'mark', text: next };
}

function mayBeRegex(last: Token | undefined): boolean {
  if (last === undefined) return true;
  if (last.kind === 'word') return BEFORE_REGEX.has(last.text);
  if (last.kind === 'template') return last.text.endsWith('${');
  return last.kind === 'mark' && last.text !== ')' && last.text !== ']';
}
