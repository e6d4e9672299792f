/**
 * The text of a JavaScript stage with its values: a placeholder is a value of JavaScript, and never code.
 *
 *   in code                              a name that is bound to the value: `const x = ${{ params.n }}`
 *   in a string, a regex or a comment    the text of the value, escaped: in a regex it matches itself
 *   in a template                        `${name}`, the name being bound to the text of the value
 *
 * What is written for a value consists of letters, digits and backslashes, so that one in a text that is misread
 * cannot be more than one harmless word of code.
 */
import { asText } from '../expressions/index.ts';
import { type Code, HOLE } from './code.ts';
import { type Token, tokensOf } from './javascript-tokens.ts';
import type { BoundCode } from './python-text.ts';

export function bindJavaScriptText({ text: source, values }: Code): BoundCode {
  const names: Record<string, unknown> = {};
  let hole = 0;
  const bind = (kind: Token['kind']): string => {
    const value = values[hole]?.value;
    hole += 1;
    const text = value === null || value === undefined ? '' : asText(value);
    if (kind !== 'hole' && kind !== 'template') return escaped(text);
    const name = kind === 'hole' ? `$signalboxValue${hole}` : `$signalboxText${hole}`;
    names[name] = kind === 'hole' ? value : text;
    return kind === 'hole' ? ` ${name} ` : `\${${name}}`;
  };
  const written = tokensOf(source).map(({ kind, text }) => {
    const parts = text.split(HOLE);
    return parts
      .map((part, index) => (index === parts.length - 1 ? part : before(part, kind) + bind(kind)))
      .join('');
  });
  return { text: written.join(''), names };
}

/** A backslash or a dollar sign directly before a placeholder stands for itself, and must not reach into ours. */
function before(part: string, kind: Token['kind']): string {
  if (kind === 'comment') return part;
  const backslashes = /\\*$/.exec(part)?.[0].length ?? 0;
  if (backslashes % 2 === 1) return `${part}\\`;
  return kind === 'template' && part.endsWith('$') ? `${part.slice(0, -1)}\\$` : part;
}

/** Everything but letters and digits as `\uXXXX`, by UTF-16 units. */
function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * The names that `const`, `let`, `var` and `function` bind at the top level of the code. It may name more than that
 * where a statement ends without a semicolon: who uses them asks whether they exist.
 */
export function topLevelNames(source: string): readonly string[] {
  const tokens = tokensOf(source).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const names = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    if (token.depth !== 0 || token.kind !== 'word' || isProperty(tokens, index)) continue;
    if (token.text === 'function') addFunction(tokens, index, names);
    else if (/^(?:const|let|var)$/.test(token.text)) addDeclaration(tokens, index + 1, names);
  }
  return [...names];
}

function isProperty(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.text === '.';
}

function addFunction(tokens: readonly Token[], index: number, names: Set<string>): void {
  const name = tokens[index + 1]?.text === '*' ? tokens[index + 2] : tokens[index + 1];
  if (name !== undefined) addName(name, names);
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const RESERVED = new Set(
  'await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield arguments eval'.split(
    ' ',
  ),
);

function addName({ kind, text }: Token, names: Set<string>): void {
  if (kind === 'word' && IDENTIFIER.test(text) && !RESERVED.has(text)) names.add(text);
}

/** `target = value, target = value`: every target is a name or a pattern. */
function addDeclaration(tokens: readonly Token[], start: number, names: Set<string>): void {
  let expectsTarget = true;
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || (token.depth === 0 && token.text === ';')) return;
    if (token.depth === 0 && /^(?:const|let|var|function|class)$/.test(token.text) && !expectsTarget) return;
    if (expectsTarget && token.depth === 0) {
      if (token.text === '{' || token.text === '[') addPattern(tokens, at, names);
      else addName(token, names);
      expectsTarget = false;
    } else if (token.depth === 0 && token.text === ',') expectsTarget = true;
  }
}

/** Words of a pattern that are targets: not keys before a colon, and not what stands behind `=`. */
function addPattern(tokens: readonly Token[], start: number, names: Set<string>): void {
  /** For every bracket that is open in it: whether a default value is being read there. */
  const defaults: boolean[] = [];
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) return;
    const inDefault = defaults.includes(true);
    if (token.kind === 'mark' && '{[('.includes(token.text)) defaults.push(false);
    else if (token.kind === 'mark' && '}])'.includes(token.text)) {
      defaults.pop();
      if (defaults.length === 0) return;
    } else if (token.text === '=' && !inDefault) defaults[defaults.length - 1] = true;
    else if (token.text === ',') defaults[defaults.length - 1] = false;
    else if (!inDefault && tokens[at + 1]?.text !== ':') addName(token, names);
  }
}
