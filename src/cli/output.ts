/**
 * Where the program writes. Owns: that a reader who stops reading (`| head`) ends the output and nothing else, and
 * that errors are told in words.
 */
import { SignalboxError } from '../core/errors.ts';
import { jsonLine } from './json-lines.ts';
import { makeStyle, type Style, styleFor } from './terminal/style.ts';

export interface Output {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Of stdout. */
  readonly style: Style;
  /** Cells of a line on stdout; Infinity where nobody counts them. */
  readonly width: number;
  print(...lines: readonly string[]): void;
  /** One object, one line. */
  json(value: unknown): void;
  /** A line beside the output. */
  note(line: string): void;
  /** Tells an error: what is wrong, and what to do. */
  complain(error: unknown): void;
}

export function openOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
  let open = true;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    open = false;
  });
  stderr.on('error', () => {}); // There is nobody left to tell.
  const write = (text: string): void => {
    if (open) stdout.write(text);
  };
  const note = (line: string): void => void stderr.write(`${line}\n`);
  return {
    stdout,
    stderr,
    style: styleFor(stdout),
    width: stdout.isTTY === true && stdout.columns > 0 ? stdout.columns : Number.POSITIVE_INFINITY,
    print: (...lines) => write(lines.map((line) => `${line}\n`).join('')),
    json: (value) => write(`${jsonLine(value)}\n`),
    note,
    complain: (error) => note(complaint(error, styleFor(stderr))),
  };
}

/** What an error says: message, hint; its stack only for those who look for a fault in this program. */
export function complaint(error: unknown, style: Style = makeStyle({ color: false, unicode: true })): string {
  const debug = (process.env['SIGNALBOX_DEBUG'] ?? '') !== '';
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const lines = [`${style.bad('signalbox:')} ${message}`];
  if (error instanceof SignalboxError && error.hint !== undefined)
    lines.push(`${style.dim('hint:')} ${error.hint}`);
  if (!(error instanceof SignalboxError) && !debug)
    lines.push(`${style.dim('hint:')} set SIGNALBOX_DEBUG=1 to see where this comes from`);
  if (debug && stack !== undefined) lines.push(style.dim(stack));
  return lines.join('\n');
}
