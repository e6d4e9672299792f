/** `${VAR}`, `${ VAR }`, `${VAR:default}` and `$$` in text as it was written. */
import { errorAt, type Span } from './faults.ts';
import { didYouMean } from './suggestion.ts';

/** The default may be empty and cannot hold braces. */
const VARIABLE = /\$\$|\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?::([^{}]*))?\}/g;
const ONE_VARIABLE = /\$\{\s*[A-Za-z_][A-Za-z0-9_]*\s*(?::[^{}]*)?\}/y;

/**
 * The text with its variables replaced, once: what comes in is not looked at again. `$NAME` and `$1` stay.
 *
 * @throws ExpressionError for a variable that is not set and has no default
 */
export function expandEnvironment(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  span: Span,
): string {
  if (!text.includes('$')) return text;
  return text.replace(VARIABLE, (whole: string, name?: string, fallback?: string, at?: number) => {
    if (name === undefined) return '$';
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) return value;
    if (fallback !== undefined) return fallback;
    const start = span.start + Number(at);
    throw errorAt(
      { start, end: start + whole.length },
      `the environment variable ${name} is not set`,
      didYouMean(name, Object.keys(env)) ?? `set it, or give it a default: \${${name}:value}`,
    );
  });
}

/** After the variable that begins at `start`; undefined if none does. */
export function endOfVariable(text: string, start: number, end: number): number | undefined {
  ONE_VARIABLE.lastIndex = start;
  const match = ONE_VARIABLE.exec(text);
  return match === null || start + match[0].length > end ? undefined : start + match[0].length;
}
