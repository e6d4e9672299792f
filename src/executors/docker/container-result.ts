/** What the end of a container means: the result of one that did well, and the errors of those that did not. */
import { SignalboxError, TerminatedError } from '../../core/errors.ts';

/** How a container ended. */
export interface ContainerResult {
  /** Above 128 when a signal ended it: 137 for SIGKILL, 143 for SIGTERM. */
  readonly exitCode: number;
  /** As it was written, line ends included; decoded as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  /** True when stdout or stderr holds less than was written. */
  readonly truncated: boolean;
  /** With its tag or digest. */
  readonly image: string;
  /** The name of the container; it is removed when its attempt has ended. */
  readonly container: string;
  /** The object in /logs/outputs.json; undefined where it left none, or failed. */
  readonly outputs: Readonly<Record<string, unknown>> | undefined;
}

/** What is known of a container that may not have ended yet. */
export interface ContainerFacts {
  readonly image: string;
  readonly container: string;
  readonly exitCode?: number | undefined;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly truncated?: boolean;
}

/** Why a container ended, beyond its code. */
export interface ContainerCause {
  readonly kind: 'itself' | 'out of memory' | 'removed';
  /** What the engine says of it; '' for nothing. */
  readonly message: string;
}

const LONGEST_SHOWN = 300;

/** The container ended badly by itself. */
export function failed(result: ContainerResult, cause: ContainerCause, lastLine: string): SignalboxError {
  const said = [cause.message, lastLine].find((text) => text !== '');
  return new SignalboxError(
    'TASK_FAILED',
    `the container of ${result.image} ${ending(result.exitCode, cause)}${said === undefined ? '' : `: ${shorten(said)}`}`,
    {
      ...(cause.kind === 'itself' ? {} : { hint: HINTS[cause.kind] }),
      details: { ...result },
    },
  );
}

function ending(exitCode: number, { kind }: ContainerCause): string {
  if (kind === 'removed') return `was removed by somebody else while it ran (code ${exitCode})`;
  if (kind === 'out of memory') return `ran out of memory and was ended with code ${exitCode}`;
  return `exited with code ${exitCode}`;
}

const HINTS = {
  'out of memory': 'give the engine or the container more memory, or the work less to do',
  removed: 'look for what removes containers on this engine: a clean-up job, another person',
} as const;

/** The container was ended by us, or not even begun. */
export function terminated(facts: ContainerFacts, forced: boolean, cause?: unknown): TerminatedError {
  return new TerminatedError(`the container of ${facts.image} was asked to stop ${stopOf(facts)}`, {
    details: { ...facts, forced },
    cause,
  });
}

function stopOf({ exitCode, stdout }: ContainerFacts): string {
  if (exitCode !== undefined) return `and exited with code ${exitCode}`;
  return stdout === undefined ? 'before it was started' : 'and was removed';
}

/** The container ended well, but what it left cannot be read. */
export function badOutputs(result: ContainerResult, why: string, hint: string): SignalboxError {
  return new SignalboxError('TASK_FAILED', `/logs/outputs.json of the container of ${result.image} ${why}`, {
    hint,
    details: { ...result },
  });
}

export function shorten(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN - 3)}...`;
}
