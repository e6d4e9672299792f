/**
 * Reads the text of a bash script once, and writes it again with a reference to a variable in place of every
 * placeholder (a NUL), quoted as the place asks for:
 *
 *   unquoted            "${V}"        here-documents      ${V}, the delimiter unquoted
 *   in "..." and $"..." ${V}          arithmetic          ${V}, and the value has to be a number
 *   in '...'            '"${V}"'      comments            ${V}, never expanded
 *   in $'...'           '"${V}"$'
 *
 * Owns: quoting, substitutions, expansions, here-documents, nested in each other (bash(1), "QUOTING" and
 * "EXPANSION"). Does not own: what commands do with their words (shell-command.ts), nor the values.
 * Invariants:
 * (R1) what is written for a placeholder is a reference, wherever it was taken to stand: a text that is misread may
 *      come out wrong, but no value ever becomes a part of the script;
 * (R2) everything else is written as it was read, except the delimiter and the backslashes of a quoted
 *      here-document that has placeholders.
 */
import { StageError } from '../../core/errors.ts';
import { HOLE } from './code.ts';
import { type Pipeline, ShellCommand, type ShellMemory } from './shell-command.ts';
import type { ShellDemands } from './shell-demands.ts';
import { inBackticks, ShellQuoting } from './shell-quoting.ts';

/** The script again, what it demands of its values, and where code of other languages takes them in. */
export interface ShellScript {
  readonly text: string;
  readonly demands: ShellDemands;
  readonly warnings: readonly string[];
}

interface HereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripsTabs: boolean;
  /** Where the delimiter stands in what is written, for another one. */
  readonly chunk: number;
  readonly command: ShellCommand;
}

/** In place of a quoted delimiter, which cannot stand unquoted if it holds blanks, for example. */
const DELIMITER = 'SIGNALBOX_END_OF_TEXT';

/** Ends a list of commands: the end of the text, a bracket, or a backtick. */
type End = '' | ')' | '`';

/** What is being read of one list of commands. */
interface List {
  readonly end: End;
  command: ShellCommand;
  /** The word so far, its quotes taken away; undefined between words. */
  word: string | undefined;
  wordFrom: number;
  /** The next word is a file, or a here-string, and no word of the command. */
  redirect: 'none' | 'file' | 'text';
  /** `case` commands that are open, and whether a pattern comes. */
  cases: number;
  inPattern: boolean;
}

export class ShellReader extends ShellQuoting {
  readonly #warnings: string[] = [];
  readonly #memory: ShellMemory = { integers: new Set(), groups: [] };
  #hereDocuments: HereDocument[] = [];

  read(): ShellScript {
    this.commands('');
    return { text: this.out.join(''), demands: this.demands, warnings: this.#warnings };
  }

  // Lists of commands

  protected commands(end: End): void {
    const list = this.#newList(end);
    while (!this.isOver) {
      if (this.next === ')' && end === ')' && !list.inPattern) break;
      this.#step(list);
    }
    this.#endCommand(list);
  }

  #newList(end: End): List {
    const command = this.#newCommand({ from: this.demands.count, feedsShell: false });
    return { end, command, word: undefined, wordFrom: 0, redirect: 'none', cases: 0, inPattern: false };
  }

  #newCommand(pipeline: Pipeline): ShellCommand {
    return new ShellCommand(this.demands, this.depth, this.#memory, pipeline);
  }

  #step(list: List): void {
    switch (this.next) {
      case ' ':
      case '\t':
        this.#endWord(list);
        this.copy();
        break;
      case '\n':
        this.#newline(list);
        break;
      case '#':
        if (list.word === undefined) this.#comment();
        else this.#add(list, this.copy());
        break;
      case ';':
      case '&':
      case '|':
        this.#operator(list);
        break;
      case '<':
      case '>':
        this.#redirection(list);
        break;
      case '(':
        this.#bracket(list);
        break;
      case ')':
        this.#closingBracket(list);
        break;
      case '[':
        this.#subscript(list);
        break;
      default:
        this.#part(list);
    }
  }

  /** A part of a word, which may hold placeholders. */
  #part(list: List): void {
    if (list.word === undefined) list.wordFrom = this.demands.count;
    list.word = (list.word ?? '') + this.part();
  }

  #add(list: List, text: string): void {
    if (list.word === undefined) list.wordFrom = this.demands.count;
    list.word = (list.word ?? '') + text;
  }

  #endWord(list: List): void {
    const { word, redirect, wordFrom, command } = list;
    list.word = undefined;
    if (word === undefined) return;
    list.redirect = 'none';
    const to = this.demands.count;
    if (redirect === 'text') command.input(wordFrom, to);
    if (redirect !== 'none' || this.#caseWord(list, word)) return;
    command.word({ text: word, from: wordFrom, to });
    if (command.warning !== undefined) this.#warnings.push(command.warning);
    command.warning = undefined;
  }

  /** Whether the word belongs to the form of `case`. */
  #caseWord(list: List, word: string): boolean {
    if (word === 'esac' && (list.inPattern || list.command.isAtStart) && list.cases > 0) {
      list.cases -= 1;
      list.inPattern = false;
      list.command.closeGroup();
      return true;
    }
    if (list.command.name === 'case' && list.command.arguments === 1 && word === 'in') {
      list.cases += 1;
      this.#startPattern(list);
      return true;
    }
    return list.inPattern;
  }

  #startPattern(list: List): void {
    list.inPattern = true;
    list.command = this.#newCommand({ from: this.demands.count, feedsShell: false });
  }

  #endCommand(list: List, isPiped = false): void {
    this.#endWord(list);
    list.command.end();
    const pipeline = isPiped ? list.command.pipeline : { from: this.demands.count, feedsShell: false };
    list.command = this.#newCommand(pipeline);
  }

  #newline(list: List): void {
    this.#endWord(list);
    // A pipeline goes on in the next line when it ends with `|`.
    if (list.command.name !== '[[') this.#endCommand(list, list.command.isEmpty);
    this.copy();
    const documents = this.#hereDocuments;
    this.#hereDocuments = [];
    for (const document of documents) this.#hereBody(document);
  }

  #operator(list: List): void {
    if (this.sees('&>')) {
      this.#endWord(list);
      list.redirect = 'file';
      this.copy(this.sees('&>>') ? 3 : 2);
      return;
    }
    this.#endWord(list);
    if (list.inPattern || list.command.name === '[[') {
      this.copy();
      return;
    }
    const operator = [';;&', ';;', ';&', '&&', '||', '|&', ';', '&', '|'].find((one) => this.sees(one)) ?? '';
    this.#endCommand(list, operator === '|' || operator === '|&');
    this.copy(operator.length);
    if (list.cases > 0 && operator.startsWith(';') && operator !== ';') this.#startPattern(list);
  }

  #comment(): void {
    while (!this.isOver && this.next !== '\n') {
      if (this.next === HOLE) this.hole('', '');
      else this.copy();
    }
  }

  // Brackets

  #bracket(list: List): void {
    if (list.inPattern && list.word === undefined) {
      this.copy();
      return;
    }
    const { name } = list.command;
    if (this.sees('((') && list.word === undefined && (name === undefined || name === 'for')) {
      this.arithmetic('(', ')');
      return;
    }
    const isFunction = list.word !== undefined && /^\(\s*\)/.test(this.source.slice(this.at));
    if (list.word?.endsWith('=')) this.#array(list);
    else this.#group();
    if (!isFunction) return;
    list.word = undefined;
    this.#endCommand(list);
  }

  /** `( ... )`: no command substitution, what it holds is as deep as what is around it. */
  #group(): void {
    this.copy();
    this.commands(')');
    if (this.next === ')') this.copy();
  }

  /** `a=( x [1]=y )`: words, none of them a command. */
  #array(list: List): void {
    this.copy();
    const words: List = { ...this.#newList(')'), inPattern: true };
    while (!this.isOver && this.next !== ')') {
      if (this.next === '[' && words.word === undefined) this.arithmetic('[', ']');
      else if (this.next === '\n') {
        this.#endWord(words);
        this.copy();
      } else this.#step(words);
    }
    if (this.next === ')') this.copy();
    this.#add(list, '(');
  }

  #closingBracket(list: List): void {
    this.#endWord(list);
    if (list.inPattern) {
      list.inPattern = false;
      this.#endCommand(list);
    }
    this.copy();
  }

  /** `name[index]=value`, where a command could begin; elsewhere a bracket is an ordinary character. */
  #subscript(list: List): void {
    const isName = list.word !== undefined && /^[A-Za-z_]\w*$/.test(list.word);
    if (!isName || !list.command.isAtStart || list.inPattern || list.redirect !== 'none') {
      this.#add(list, this.copy());
      return;
    }
    this.arithmetic('[', ']');
    this.#add(list, '[]');
  }

  // Redirections

  #redirection(list: List): void {
    if (this.sees('<(') || this.sees('>(')) {
      this.#add(list, this.copy());
      this.substitution();
      return;
    }
    if (list.word !== undefined && /^(?:\d+|\{\w+\})$/.test(list.word)) list.word = undefined;
    this.#endWord(list);
    if (this.sees('<<') && !this.sees('<<<') && list.command.name !== '[[') {
      this.#hereDocument(list);
      return;
    }
    list.redirect = list.command.name === '[[' ? 'none' : this.sees('<<<') ? 'text' : 'file';
    const operator = ['<<<', '>>', '>&', '>|', '<&', '<>', '<', '>'].find((one) => this.sees(one)) ?? '';
    this.copy(operator.length);
  }

  #hereDocument(list: List): void {
    const stripsTabs = this.sees('<<-');
    this.copy(stripsTabs ? 3 : 2);
    while (this.next === ' ' || this.next === '\t') this.copy();
    const written = /^(?:\\.|'[^'\n]*'|"[^"\n]*"|[^\s;&|<>()'"\\])+/s.exec(
      this.source.slice(this.at, this.limit),
    );
    const text = written?.[0] ?? '';
    if (text.includes(HOLE)) throw new StageError('a placeholder cannot be the delimiter of a here-document');
    const delimiter = text.replace(/\\(.)|'([^']*)'|"([^"]*)"/gs, (_, a = '', b = '', c = '') => a + b + c);
    const { command } = list;
    this.#hereDocuments.push({
      delimiter,
      quoted: delimiter !== text,
      stripsTabs,
      chunk: this.out.length,
      command,
    });
    this.copy(text.length);
  }

  #hereBody(document: HereDocument): void {
    const from = this.demands.count;
    const outer = this.limit;
    const { end, lineEnd } = this.#endOfHereBody(document);
    const hasHoles = this.source.slice(this.at, end).includes(HOLE);
    if (hasHoles && this.backticks !== 'none') throw inBackticks('a here-document with a placeholder');
    this.limit = end;
    if (!document.quoted) this.#hereText();
    else if (hasHoles) this.#quotedHereText(document);
    else this.copy(end - this.at);
    this.limit = outer;
    const line = this.source.slice(end, lineEnd);
    this.out.push(document.quoted && hasHoles ? line.replace(document.delimiter, () => DELIMITER) : line);
    this.at = lineEnd;
    if (document.command.runsInput)
      this.demands.all(from, this.demands.count, 'inert', 'in a here-document that a shell runs');
  }

  #hereText(): void {
    while (this.next !== '') this.expandedPart();
  }

  /** The text of a quoted one, so written that it comes out the same where variables are expanded (R2). */
  #quotedHereText({ chunk }: HereDocument): void {
    this.out[chunk] = DELIMITER;
    while (this.next !== '') {
      if (this.next === HOLE) this.hole('', '');
      else {
        if (/[\\$`]/.test(this.next)) this.out.push('\\');
        this.copy();
      }
    }
  }

  /** Where the line with the delimiter begins and ends; the end of what can be read, if there is none. */
  #endOfHereBody({ delimiter, quoted, stripsTabs }: HereDocument): { end: number; lineEnd: number } {
    let continues = false;
    for (let start = this.at; start < this.limit; ) {
      const newline = this.source.indexOf('\n', start);
      const lineEnd = newline === -1 || newline > this.limit ? this.limit : newline;
      const line = this.source.slice(start, lineEnd);
      if (!continues && (stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter)
        return { end: start, lineEnd };
      continues = !quoted && /(?<!\\)(?:\\\\)*\\$/.test(line);
      start = lineEnd + 1;
    }
    return { end: this.limit, lineEnd: this.limit };
  }
}
