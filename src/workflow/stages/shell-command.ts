/**
 * One simple command as it is read, word by word: which builtins and programs evaluate the text of their words
 * again. Every rule here was found by running bash with a value like `a[$(touch canary)]`.
 */
import type { ShellDemands } from './shell-demands.ts';

/** A word with its quotes taken away. Placeholders are NULs in its text. */
export interface Word {
  readonly text: string;
  /** Placeholders of the word, those in its command substitutions included. */
  readonly from: number;
  readonly to: number;
}

/** Commands joined by `|`. */
export interface Pipeline {
  /** Goes back to where a group began, when the group is over. */
  from: number;
  /** A shell reads what the commands before it print. */
  feedsShell: boolean;
}

const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '!', '{', 'time', 'coproc']);
/** Commands of commands; what they print goes on together. */
const OPENING = new Set(['{', 'if', 'while', 'until', 'for', 'select', 'case']);
const CLOSING = new Set(['}', 'fi', 'done', 'esac']);
const WRAPPERS = new Set(['builtin', 'command', 'exec', 'env', 'sudo', 'nohup', 'nice']);
const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'mksh', 'zsh', 'fish', 'rbash']);
/** They run `-c`, too, but have operands before it. */
const LOOSE_SHELLS = new Set(['su', 'runuser', 'flock', 'script']);
/** All their words are a script. */
const EVALUATORS = new Set([
  'eval',
  'trap',
  'alias',
  'complete',
  'compgen',
  'bind',
  'fc',
  'ssh',
  'watch',
  'parallel',
]);
const DECLARERS = new Set(['declare', 'typeset', 'local', 'readonly', 'export']);
/** Their words are names of variables; a subscript in one is evaluated. */
const NAMERS = new Set(['unset', 'read', 'mapfile', 'readarray', 'getopts']);
/** Options of those whose argument is no name. */
const OPTION_WITH_ARGUMENT = /^-\w*[pdtnNuiOsc]$/;
const ARITHMETIC_TEST = /^-(?:eq|ne|lt|le|gt|ge)$/;
/** Special variables that are integers, or whose text bash runs. */
const INTEGERS = ['RANDOM', 'SRANDOM', 'OPTIND', 'HISTCMD', 'SECONDS', 'LINENO'];
const SCRIPTS = new Set(['PS0', 'PS1', 'PS2', 'PS4', 'PROMPT_COMMAND', 'BASH_ENV', 'ENV']);
const ASSIGNMENT = /^([A-Za-z_]\w*)(?:\[.*\])?\+?=/s;
/** Programs other than shells that are given code in an argument. */
const CODE_OPTION = /^(?:-\w*[ce]|--eval|--command|--expression)$/;

/** What is remembered from command to command. */
export interface ShellMemory {
  /** Names that `declare -i` made integers. */
  readonly integers: Set<string>;
  /** Where the groups that are open began. */
  readonly groups: number[];
}

export class ShellCommand {
  readonly from: number;
  readonly pipeline: Pipeline;
  readonly #demands: ShellDemands;
  readonly #depth: number;
  readonly #memory: ShellMemory;
  #name: string | undefined;
  #arguments: Word[] = [];
  #isEmpty = true;
  #flags = '';
  #inputs: { readonly from: number; readonly to: number }[] = [];
  /** `bash -s`: a script from its input, whatever its operands. */
  #readsAnyway = false;
  #shell: 'none' | 'options' | 'loose' | 'code' | 'done' = 'none';
  /** A placeholder stands in what another program may read as code. */
  warning: string | undefined;

  constructor(demands: ShellDemands, depth: number, memory: ShellMemory, pipeline: Pipeline) {
    this.#demands = demands;
    this.#depth = depth;
    this.#memory = memory;
    this.from = demands.count;
    this.pipeline = pipeline;
  }

  /** The command's word; undefined before it is known. */
  get name(): string | undefined {
    return this.#name;
  }

  get arguments(): number {
    return this.#arguments.length;
  }

  /** True before the first word. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** True when the next word may be the command's. */
  get isAtStart(): boolean {
    return this.#name === undefined;
  }

  /** A shell runs what it reads: here-documents, here-strings, and what a pipe brings. */
  get runsInput(): boolean {
    return this.#readsScript || this.pipeline.feedsShell || this.#name === 'ssh';
  }

  get #readsScript(): boolean {
    return this.#shell === 'options' || this.#shell === 'loose' || this.#readsAnyway;
  }

  /** A here-string: from there on to before `to`. */
  input(from: number, to: number): void {
    this.#inputs.push({ from, to });
  }

  /** A group ends with this word. */
  closeGroup(): void {
    this.pipeline.from = Math.min(this.pipeline.from, this.#memory.groups.pop() ?? this.pipeline.from);
  }

  word(word: Word): void {
    this.#isEmpty = false;
    if (OPENING.has(word.text) && (this.isAtStart || word.text === '{'))
      this.#memory.groups.push(this.pipeline.from);
    if (CLOSING.has(word.text) && this.isAtStart) this.closeGroup();
    if (word.text === '{') this.#restart();
    else if (this.#name === undefined) this.#first(word);
    else this.#argument(this.#name, word);
  }

  /** The command is complete. */
  end(): void {
    const end = this.#demands.count;
    if (this.#readsScript || (this.#name === 'ssh' && this.arguments === 1)) {
      this.pipeline.feedsShell = true;
      this.#demands.all(this.pipeline.from, this.from, 'inert', 'in what is piped into a shell');
    }
    for (const { from, to } of this.runsInput ? this.#inputs : [])
      this.#demands.all(from, to, 'inert', 'in what a shell reads');
    if (this.#shell !== 'none' || this.#name === 'source' || this.#name === '.')
      this.#demands.nested(this.from, end, this.#depth, `in a substitution that ${this.#name} runs`);
  }

  #restart(): void {
    this.#name = undefined;
    this.#arguments = [];
    this.#shell = 'none';
  }

  #first(word: Word): void {
    if (ASSIGNMENT.test(word.text)) this.#assignment(word);
    else if (KEYWORDS.has(word.text) || WRAPPERS.has(word.text) || word.text.startsWith('-')) return;
    else {
      this.#name = word.text;
      this.#noticeShell(word);
    }
  }

  #assignment(word: Word): void {
    const name = ASSIGNMENT.exec(word.text)?.[1] ?? '';
    if (this.#memory.integers.has(name) || INTEGERS.includes(name))
      this.#number(word, `in an assignment to the integer ${name}`);
    if (SCRIPTS.has(name)) this.#all(word, 'inert', `in an assignment to ${name}, which bash runs`);
  }

  #argument(name: string, word: Word): void {
    const previous = this.#arguments.at(-1);
    this.#arguments.push(word);
    if (name === 'let') this.#number(word, 'in let');
    else if (name === '[[') this.#condition(word, previous);
    else if (EVALUATORS.has(name)) this.#all(word, 'inert', `in the words of ${name}`);
    else if (DECLARERS.has(name)) this.#declaration(name, word);
    else if (NAMERS.has(name)) this.#named(name, word, previous);
    else if (this.#takesName(name, previous)) this.#variable(name, word);
    this.#shellWord(word);
    if (this.#shell === 'none' && CODE_OPTION.test(previous?.text ?? '') && word.from < word.to)
      this.warning = `${name} ${previous?.text}`;
  }

  /** `bash -c`, `sudo sh -c`, `find -exec sh -c`: wherever the shell stands among the words. */
  #shellWord(word: Word): void {
    if (this.#shell === 'none' || this.#shell === 'done') {
      this.#noticeShell(word);
    } else if (this.#shell === 'code') {
      if (/^[-+]/.test(word.text)) return;
      this.#all(word, 'inert', 'in the code of a shell');
      this.#shell = 'done';
    } else if (/^-[A-Za-z]*c[A-Za-z]*$/.test(word.text)) this.#shell = 'code';
    else if (/^-[A-Za-z]*s[A-Za-z]*$/.test(word.text)) this.#readsAnyway = true;
    else if (this.#shell === 'loose') return;
    else if (word.text.startsWith('\0')) {
      this.#direct(word, 'operand', 'in the first operand of a shell');
      this.#shell = 'done';
    } else if (!/^[-+]/.test(word.text)) this.#shell = 'done';
  }

  #noticeShell({ text }: Word): void {
    const program = text.slice(text.lastIndexOf('/') + 1);
    if (SHELLS.has(program)) this.#shell = 'options';
    else if (LOOSE_SHELLS.has(program)) this.#shell = 'loose';
  }

  #condition(word: Word, previous: Word | undefined): void {
    const where = 'in an arithmetic comparison of [[';
    if (ARITHMETIC_TEST.test(word.text) && previous !== undefined) this.#number(previous, where);
    else if (ARITHMETIC_TEST.test(previous?.text ?? '')) this.#number(word, where);
    else if (/^-[vR]$/.test(previous?.text ?? '')) this.#variable('[[', word);
  }

  #declaration(name: string, word: Word): void {
    if (/^[-+]/.test(word.text)) this.#flags += word.text;
    const equals = word.text.search(/\+?=/);
    if (equals === -1 || word.text.slice(0, equals).includes('\0')) this.#variable(name, word);
    else if (this.#flags.includes('n')) this.#direct(word, 'name', `in a name reference of ${name}`);
    else if (this.#flags.includes('i')) this.#number(word, `in an integer of ${name}`);
    else if (/[aA]/.test(this.#flags) || /=\s*\(/.test(word.text))
      this.#all(word, 'inert', `in an array of ${name}`);
    else if (/=\s*\0/.test(word.text)) this.#direct(word, 'no-list', `in ${name}`);
    this.#assignment(word);
    if (this.#flags.includes('i')) this.#memory.integers.add(/^\w*/.exec(word.text)?.[0] ?? '');
  }

  #named(name: string, word: Word, previous: Word | undefined): void {
    if (!OPTION_WITH_ARGUMENT.test(previous?.text ?? '') && !(name === 'getopts' && previous === undefined))
      this.#variable(name, word);
  }

  #takesName(name: string, previous: Word | undefined): boolean {
    const option = previous?.text ?? '';
    if (name === 'printf') return option.endsWith('v') && option.startsWith('-');
    if (name === 'wait') return option.endsWith('p') && option.startsWith('-');
    return (name === 'test' || name === '[') && /^-[vR]$/.test(option);
  }

  #variable(name: string, word: Word): void {
    const where = `in the name of a variable for ${name}`;
    this.#direct(word, word.text.includes('[') ? 'number' : 'name', where);
    this.#demands.nested(word.from, word.to, this.#depth, where);
  }

  #number(word: Word, where: string): void {
    this.#direct(word, 'number', where);
    this.#demands.nested(word.from, word.to, this.#depth, where);
  }

  #direct({ from, to }: Word, demand: 'number' | 'name' | 'operand' | 'no-list', where: string): void {
    this.#demands.direct(from, to, this.#depth, demand, where);
  }

  #all({ from, to }: Word, demand: 'inert', where: string): void {
    this.#demands.all(from, to, demand, where);
  }
}
