/** What the end of a command means: the result of one that did well, and the errors of those that did not. */
import { SignalboxError, TerminatedError } from '../core/errors.ts';
import type { CommandWork } from './executor.ts';

/** How a command ended. */
export interface ProcessResult {
  /** Undefined when a signal ended the command. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** As it was written, line ends included; decoded as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  /** True when stdout or stderr holds less than was written, because it was more than is kept. */
  readonly truncated: boolean;
  readonly pid: number;
}

/** What of execa's result is used. */
export interface Exit {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
  readonly cause?: unknown;
}

/** The command could not be spawned: not found, not executable, no such directory. */
export function notStarted(work: CommandWork, { code, originalMessage, cause }: Exit): SignalboxError {
  const command = commandLine(work);
  const where = work.cwd === undefined ? '' : ` in ${work.cwd}`;
  return new SignalboxError(
    'TASK_FAILED',
    `${shorten(command)} cannot be started${where}: ${originalMessage}`,
    {
      hint: HINTS[code ?? ''] ?? 'look at errno',
      details: { command, cwd: work.cwd, errno: code },
      cause,
    },
  );
}

const HINTS: Record<string, string> = {
  ENOENT: 'the program is not on PATH, or the working directory does not exist',
  EACCES: 'the program is not executable, or the working directory may not be entered',
};

/** The command ended badly by itself. */
export function failed(work: CommandWork, result: ProcessResult, lastLine: string): SignalboxError {
  const command = commandLine(work);
  const said = lastLine === '' ? '' : `: ${shorten(lastLine)}`;
  return new SignalboxError('TASK_FAILED', `${shorten(command)} ${ending(result)}${said}`, {
    details: { ...result, command },
  });
}

/** The command was ended by us; `result` is undefined when it had not been started yet. */
export function terminated(
  work: CommandWork,
  result: ProcessResult | undefined,
  forced: boolean,
  cause?: unknown,
): TerminatedError {
  const command = commandLine(work);
  const how = result === undefined ? 'before it was started' : `and ${ending(result)}`;
  return new TerminatedError(`${shorten(command)} was asked to stop ${how}`, {
    details: { ...result, command, forced },
    cause,
  });
}

function ending({ exitCode, signal }: ProcessResult): string {
  return signal === undefined ? `exited with code ${exitCode}` : `was ended by ${signal}`;
}

/** For people to read: what a shell would want quoted is quoted, as JSON does it. */
function commandLine({ argv, shell }: CommandWork): string {
  const plain = (part: string): boolean => shell || /^[\w@%+=:,./-]+$/.test(part);
  return argv.map((part) => (plain(part) ? part : JSON.stringify(part))).join(' ');
}

const LONGEST_SHOWN = 300;

function shorten(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN - 3)}...`;
}
