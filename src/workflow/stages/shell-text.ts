/**
 * The text of a bash stage with its values: a placeholder becomes a reference to a generated variable, so that no
 * value is ever read as shell syntax.
 *
 * What follows from that: a value is one word, unless the author splits it himself; `*`, `~` and `{1..3}` in it
 * are characters; as a pattern (`case`, `[[ x == ... ]]`, `${x#...}`) it matches itself. `| raw` pastes a value into
 * the script as it is, and then all of that is the author's concern.
 * What cannot be seen from here: a script that assigns a value to a variable and has bash evaluate that variable
 * (`n=${{ x }}; echo $((n))`, `eval "$n"`), and programs other than shells that are given code with a value in it
 * (`python3 -c`, `awk`, `sed`): those are warned of where an option like `-c` tells.
 */
import { StageError } from '../../core/errors.ts';
import { asText } from '../expressions/index.ts';
import { type Code, type CodeValue, HOLE } from './code.ts';
import { ShellReader } from './shell-reader.ts';

export interface ShellText {
  readonly script: string;
  /** For the environment of the script. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that are too long for an environment. */
  readonly long: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Linux takes no more than 128 KiB for one variable. In UTF-16 units, of at most three bytes. */
const LONGEST_IN_ENV = 16 * 1024;
/** All of the environment together has to fit into what the system gives, 2 MiB on Linux. */
const MOST_IN_ENV = 256 * 1024;

const variable = (index: number): string => `SIGNALBOX_VALUE_${index + 1}`;

/**
 * @throws StageError for a value that bash would evaluate where its placeholder stands, for a value with a NUL, and
 * for a placeholder where no value can be.
 */
export function bindShellText({ text, values }: Code): ShellText {
  const texts = values.map(textOf);
  const {
    text: script,
    demands,
    warnings,
  } = new ShellReader(text, (index) => `\${${variable(index)}}`).read();
  const refused = demands.refuse(texts);
  if (refused !== undefined) {
    const { where, allowed, index } = refused;
    throw new StageError(
      `${placeOf(values[index])}: a value ${where} must be ${allowed}, because bash evaluates it`,
      {
        hint: 'check or convert the value before; `| raw` pastes any text as a part of the script',
        details: { line: values[index]?.line, where },
      },
    );
  }
  return { script, ...variablesOf(texts), warnings };
}

/** What stands in for the value: text as it is, maps and lists as JSON, nothing for null. */
export function textOf({ value, line }: CodeValue): string {
  const text = value === null || value === undefined ? '' : asText(value);
  if (!text.includes(HOLE)) return text;
  throw new StageError(`${placeOf({ line })}: the value has a NUL character, which no variable can hold`);
}

function placeOf(value: { readonly line: number } | undefined): string {
  return `line ${value?.line ?? '?'} of the script`;
}

function variablesOf(texts: readonly string[]): Pick<ShellText, 'env' | 'long'> {
  const env: Record<string, string> = {};
  const long: Record<string, string> = {};
  let room = MOST_IN_ENV;
  for (const [index, text] of texts.entries()) {
    const fits = text.length <= Math.min(LONGEST_IN_ENV, room);
    (fits ? env : long)[variable(index)] = text;
    if (fits) room -= text.length;
  }
  return { env, long };
}
