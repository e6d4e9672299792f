/**
 * From text to YAML nodes. Owns: the limits that keep a hostile file from costing more than its size, and what syntax
 * errors are called. The text is read once; nothing here recurses before the depth is known to be bounded.
 */
import {
  Composer,
  type Document,
  isCollection,
  isScalar,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  visit,
} from 'yaml';
import { WORKFLOW_DEPTH, WORKFLOW_FILE_BYTES, WORKFLOW_SYNTAX_FAULTS } from '../../core/limits.ts';
import { explained } from './syntax-texts.ts';

/** One thing that is wrong with the YAML; offsets in characters of the text. */
export interface SyntaxFault {
  readonly message: string;
  readonly hint: string | undefined;
  readonly start: number;
  readonly end: number;
}

export interface Syntax {
  /** Null for a file without content. */
  readonly root: ParsedNode | null;
  readonly lines: LineCounter;
  /** In the order of the text, one for each line: what follows on the same line is a consequence. */
  readonly faults: readonly SyntaxFault[];
}

interface RawFault {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

type Token = Parameters<Composer['next']>[0];

/** `uniqueKeys` is checked by values.ts: here it would take time by the square of the keys. */
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
} as const;

export function readYaml(text: string): Syntax {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const refused = tooLarge(text) ?? unreadable(text);
  if (refused !== undefined) return { root: null, lines, faults: [refused] };
  const { tokens, faults } = tokensOf(text, lines);
  if (tokens === undefined) return { root: null, lines, faults };
  const { documents, faults: raw } = composed(tokens, text.length);
  const [first, second] = documents;
  const more = second === undefined ? [] : [severalDocuments(second, text)];
  const told = raw.map((fault) => explained({ ...fault, ...opening(first, fault) }, text));
  return { root: first?.contents ?? null, lines, faults: firstOfLines([...told, ...more], lines) };
}

function tooLarge(text: string): SyntaxFault | undefined {
  if (text.length <= WORKFLOW_FILE_BYTES && Buffer.byteLength(text) <= WORKFLOW_FILE_BYTES) return undefined;
  const message = `the file has more than ${WORKFLOW_FILE_BYTES} bytes, which no workflow needs`;
  return { message, hint: 'keep data in files of its own, and read them in a stage', start: 0, end: 0 };
}

/** YAML knows no control characters besides tabs and line ends. */
function unreadable(text: string): SyntaxFault | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const start = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
  if (start < 0) return undefined;
  const code = text.charCodeAt(start).toString(16).padStart(4, '0');
  const message = `the file has the control character U+${code.toUpperCase()}, which YAML does not know`;
  return {
    message,
    hint: 'is this a text file? In double quotes it is written \\x..',
    start,
    end: start + 1,
  };
}

interface Tokens {
  /** Undefined where the nesting is too deep for what follows. */
  readonly tokens: readonly Token[] | undefined;
  readonly faults: readonly SyntaxFault[];
}

/** The parser keeps what is open on a stack of its own, so that depth is known while it reads. */
function tokensOf(text: string, lines: LineCounter): Tokens {
  const parser = new Parser(lines.addNewLine);
  const tokens: Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    const start = parser.offset;
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The document and the value that is being read are on the stack as well.
    if (parser.stack.length > WORKFLOW_DEPTH + 2) return { tokens: undefined, faults: [tooDeep(start)] };
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, faults: [] };
}

export function tooDeep(start: number): SyntaxFault {
  const message = `maps and lists are nested more than ${WORKFLOW_DEPTH} deep`;
  return {
    message,
    hint: 'move the inner stages into a workflow of their own, and trigger it',
    start,
    end: start + 1,
  };
}

function composed(tokens: readonly Token[], length: number) {
  const faults: RawFault[] = [];
  const documents: Document.Parsed[] = [];
  const composer = listening(faults);
  for (const token of tokens) {
    if (token.type === 'error')
      tell(faults, 'UNEXPECTED_TOKEN', token.message, token.offset, token.source.length);
    else for (const document of composer.next(token)) documents.push(document);
    if (documents.length > 1) break;
  }
  for (const document of composer.end(true, length)) documents.push(document);
  for (const { errors, warnings } of documents)
    for (const { code, message, pos } of [...errors, ...warnings])
      if (faults.length < WORKFLOW_SYNTAX_FAULTS) faults.push({ code, message, start: pos[0], end: pos[1] });
  return { documents, faults };
}

/**
 * A composer that tells faults as it finds them, until there are enough: by itself it makes an Error with a stack for
 * each of a million.
 */
function listening(faults: RawFault[]): Composer {
  const composer = new Composer(OPTIONS);
  const onError = (source: unknown, code: string, message: string): void => {
    const [start, end] = rangeOf(source);
    tell(faults, code, message, start, end - start);
  };
  Reflect.set(composer, 'onError', onError);
  return composer;
}

function tell(faults: RawFault[], code: string, message: string, start: number, length: number): void {
  if (faults.length < WORKFLOW_SYNTAX_FAULTS) faults.push({ code, message, start, end: start + length });
}

function rangeOf(source: unknown): readonly [number, number] {
  if (typeof source === 'number') return [source, source + 1];
  if (Array.isArray(source)) return [Number(source[0]), Number(source[1])];
  const { offset, source: text } = source as { readonly offset: number; readonly source?: string };
  return [offset, offset + (text?.length ?? 1)];
}

/** What is not closed is told of where it was opened, not where the file ends. */
function opening(document: Document.Parsed | undefined, { code, message, start }: RawFault) {
  const isUnclosed = /^Missing closing|must end with a|end with a [\]}]/.test(message);
  if (document === undefined || !isUnclosed || !['MISSING_CHAR', 'BAD_INDENT'].includes(code)) return {};
  let at: number | undefined;
  visit(document, {
    Node: (_key, node) => {
      const closes = (isScalar(node) && /^QUOTE/.test(node.type ?? '')) || (isCollection(node) && node.flow);
      const [from = start, to] = node.range ?? [];
      if (closes && from < start && to !== undefined && to >= start) at = from;
    },
  });
  return at === undefined ? {} : { start: at, end: at + 1 };
}

function severalDocuments(second: Document.Parsed, text: string): SyntaxFault {
  const before = text.lastIndexOf('\n---', second.range[0] + 1);
  const start = before < 0 ? second.range[0] : before + 1;
  const message = 'the file has several documents; a file is one workflow';
  return { message, hint: 'put each workflow into a file of its own, without ---', start, end: start + 3 };
}

function firstOfLines(faults: readonly SyntaxFault[], lines: LineCounter): readonly SyntaxFault[] {
  const seen = new Set<number>();
  return [...faults]
    .sort((a, b) => a.start - b.start)
    .filter(({ start }) => {
      const { line } = lines.linePos(start);
      return !seen.has(line) && seen.add(line) !== undefined;
    });
}
