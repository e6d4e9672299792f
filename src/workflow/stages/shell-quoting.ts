/** Quotes, substitutions and expansions of bash, nested in each other: the parts of words. */
import { StageError } from '../../core/errors.ts';
import { HOLE } from './code.ts';
import { ShellCursor } from './shell-cursor.ts';

/** After `$`: a parameter of one character. */
const SPECIAL = /[#$?!*@\-\w]/;

export abstract class ShellQuoting extends ShellCursor {
  /** Reads a list of commands up to its end, and not the end itself. */
  protected abstract commands(end: '' | ')' | '`'): void;

  /** One part of a word that is not quoted; what a builtin would see of it. */
  protected part(): string {
    switch (this.next) {
      case HOLE:
        return this.hole('"', '"');
      case "'":
        return this.#single();
      case '"':
        return this.#double('"');
      case '\\':
        return this.#escape();
      case '`':
        return this.#backtick('plain');
      case '$':
        return this.#dollar('unquoted');
      default:
        return this.copy();
    }
  }

  /** One part of a text in which variables are expanded: in double quotes, and of here-documents. */
  protected expandedPart(): string {
    switch (this.next) {
      case HOLE:
        return this.hole('', '');
      case '\\':
        return this.#escapeInText();
      case '`':
        return this.#backtick('in double quotes');
      case '$':
        return this.#dollar('quoted');
      default:
        return this.copy();
    }
  }

  #single(): string {
    this.copy();
    let text = '';
    while (!this.isOver && this.next !== "'")
      text += this.next === HOLE ? this.hole(`'"`, `"'`) : this.copy();
    this.#close("'");
    return text;
  }

  /** `$'...'` */
  #ansi(): string {
    this.copy(2);
    let text = '';
    while (!this.isOver && this.next !== "'") {
      if (this.next === HOLE) text += this.hole(`'"`, `"$'`);
      else if (this.next === '\\' && this.second === HOLE) this.#doubleBackslash();
      else text += this.copy(this.next === '\\' ? 2 : 1);
    }
    this.#close("'");
    return text;
  }

  #double(quote: '"' | '\\"'): string {
    this.copy(quote.length);
    let text = '';
    while (!this.isOver && !this.sees(quote)) text += this.expandedPart();
    this.#close(quote);
    return text;
  }

  #close(end: string): void {
    if (this.sees(end)) this.copy(end.length);
  }

  #escape(): string {
    if (this.backticks === 'in double quotes' && this.second === '"') return this.#double('\\"');
    if (this.backticks !== 'none' && this.second === '`') return this.#nestedBacktick();
    if (this.second !== HOLE) return this.copy(2).slice(1).replace('\n', '');
    if (this.backticks !== 'none') throw inBackticks('a backslash directly before a placeholder');
    this.at += 1; // The value stands for itself without it.
    return this.hole('"', '"');
  }

  #escapeInText(): string {
    if (this.backticks === 'in double quotes' && this.second === '"') return this.copy(2);
    if (this.second !== HOLE) return this.copy(2).replace(/^\\([$`"\\\n])/, '$1');
    if (this.backticks !== 'none') throw inBackticks('a backslash directly before a placeholder');
    this.#doubleBackslash();
    return '\\';
  }

  /** A backslash before a value is a backslash, and must not take away the meaning of our `$`. */
  #doubleBackslash(): void {
    this.at += 1;
    this.out.push('\\\\');
  }

  #backtick(place: 'plain' | 'in double quotes'): string {
    this.copy();
    const outer = this.backticks;
    this.backticks = place;
    this.#deeper('`');
    this.backticks = outer;
    this.#close('`');
    return '`';
  }

  /** Backticks in backticks: what they hold is read as if it stood in the outer ones. */
  #nestedBacktick(): string {
    return this.copy(2);
  }

  #deeper(end: ')' | '`'): void {
    this.depth += 1;
    this.commands(end);
    this.depth -= 1;
  }

  /** `$(...)`, `<(...)`, `>(...)`, from the bracket. */
  protected substitution(): void {
    this.copy();
    this.#deeper(')');
    this.#close(')');
  }

  #dollar(place: 'unquoted' | 'quoted'): string {
    if (place === 'unquoted' && this.second === "'") return this.#ansi();
    if (this.sees('$((')) return this.#arithmeticExpansion();
    if (this.second === '(') {
      this.copy();
      this.substitution();
      return '$';
    }
    if (this.second === '[') {
      this.copy();
      this.arithmetic('[', ']');
      return '$';
    }
    if (this.second === '{') return this.#parameter(place);
    if (this.second === HOLE) return this.#dollarSign();
    return this.copy(SPECIAL.test(this.second) ? 2 : 1);
  }

  /** A `$` before a value is a dollar sign, and must not become a part of our reference. */
  #dollarSign(): string {
    if (this.backticks !== 'none') throw inBackticks('a dollar sign directly before a placeholder');
    this.at += 1;
    this.out.push('\\$');
    return '$';
  }

  #arithmeticExpansion(): string {
    this.copy();
    this.arithmetic('(', ')');
    return '$';
  }

  /** From its bracket to the one that closes it. Bash evaluates the text of variables in it: only numbers may stand. */
  protected arithmetic(open: '(' | '[' | '{', close: ')' | ']' | '}'): void {
    const from = this.demands.count;
    let brackets = 0;
    do {
      if (this.isOver) break;
      if (this.next === open) brackets += 1;
      else if (this.next === close) brackets -= 1;
      this.#arithmeticPart();
    } while (brackets > 0);
    this.demands.direct(from, this.demands.count, this.depth, 'number', 'in arithmetic');
    this.demands.nested(from, this.demands.count, this.depth, 'in arithmetic');
  }

  #arithmeticPart(): void {
    if (this.next === HOLE) this.hole('', '');
    else if (this.next === '$' && this.second === HOLE)
      throw new StageError('a dollar sign cannot stand directly before a placeholder in arithmetic');
    else this.part();
  }

  /** `${name}`, `${name:-word}`, `${name#pattern}`, `${name:offset}`, `${name[index]}` */
  #parameter(place: 'unquoted' | 'quoted'): string {
    this.copy(2);
    if (this.next === '!' || (this.next === '#' && this.second !== '}')) this.copy();
    if (SPECIAL.test(this.next)) this.copy();
    while (/\w/.test(this.next)) this.copy();
    if (this.next === HOLE)
      throw new StageError('a placeholder cannot stand for the name of a variable in braces', {
        hint: 'assign the value to a variable, and use that one',
      });
    if (this.next === '[') this.arithmetic('[', ']');
    this.#operation(place);
    this.#close('}');
    return '$';
  }

  #operation(place: 'unquoted' | 'quoted'): void {
    if (this.next === ':' && !/[-=?+]/.test(this.second)) this.#offset();
    // Quotes mean something again in patterns, also in double quotes.
    else if (place === 'unquoted' || /[#%/^,@]/.test(this.next)) this.#until('}', () => this.part());
    else this.#until('}', () => this.#quotedWordPart());
  }

  #quotedWordPart(): void {
    if (this.next === '"') this.#double('"');
    else this.expandedPart();
  }

  #offset(): void {
    const from = this.demands.count;
    this.#until('}', () => this.#arithmeticPart());
    this.demands.direct(from, this.demands.count, this.depth, 'number', 'in arithmetic');
    this.demands.nested(from, this.demands.count, this.depth, 'in arithmetic');
  }

  #until(end: string, read: () => void): void {
    while (!this.isOver && this.next !== end) read();
  }
}

/** Backticks take backslashes away once more than everything around them. */
export function inBackticks(what: string): StageError {
  return new StageError(`${what} cannot stand inside backticks`, {
    hint: 'write $(...) instead of backticks',
  });
}
