/**
 * The executor port: how an attempt's body is run.
 *
 * Promised by an executor: `start` never throws and reports exactly one end (`succeeded` or `failed`),
 * asynchronously (never from inside `start`), also after `stop` and `kill`. Output and progress come before
 * the end, in order.
 * Deliberately not in it: admission, retries, time-outs, states, timers. The runtime owns them; the grace
 * period between `stop` and `kill` is the runtime's timer.
 */
import type { SignalboxError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { ContainerResult } from './docker/container-result.ts';
import type { ProcessResult } from './process-result.ts';

export type { ContainerResult } from './docker/container-result.ts';

/** A function exported by a module, runnable on another thread. Made by `defineTask`. */
export interface ModuleWork {
  readonly kind: 'module';
  /** Absolute URL of the module (`file:`). */
  readonly module: string;
  readonly export: string;
}

/** A child process. `argv[0]` is looked up on PATH; with `shell` the one string goes to /bin/sh -c. */
export interface CommandWork {
  readonly kind: 'command';
  readonly argv: readonly string[];
  readonly shell: boolean;
  readonly cwd: string | undefined;
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** Where the command is only known when an attempt begins: it is this one, and `argv`, `cwd`, `env` only tell of it. */
  readonly begin?: (context: AttemptContext) => PreparedCommand | Promise<PreparedCommand>;
}

/** The command of one attempt, with what it needs made: files, for example. */
export interface PreparedCommand {
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What the attempt comes to when it ends with code 0. Default: the ProcessResult. What it throws fails it. */
  readonly succeeded?: (result: ProcessResult) => unknown;
  /** What it fails with instead of `error` when it ends by itself with another code, or by a signal. */
  readonly failed?: (error: SignalboxError, result: ProcessResult) => unknown;
  /** The attempt is over, however: what was made for it can go. Must not throw. */
  readonly over?: () => void;
}

/** What a container is made of. */
export interface ContainerPlan {
  /** With a tag or a digest, or without. */
  readonly image: string;
  /** Default: what `image` says, else `latest`. */
  readonly tag?: string | undefined;
  /**
   * An argv is handed to the image's entry point, or is the program and its arguments where it has none; a text is
   * a line for `/bin/sh -c`, instead of the entry point. Default: what the image runs by itself.
   */
  readonly command?: string | readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Path below `cwd` -> absolute path in the container; `:ro` at the end of that makes it read-only. */
  readonly volumes?: Readonly<Record<string, string>> | undefined;
  /** Who pulls the image. Default: nobody in particular. */
  readonly auth?: RegistryAuth | undefined;
  /** What volumes lie below of. Default: the working folder of this process. */
  readonly cwd?: string | undefined;
}

/** A user of a registry, with a password or the name of the environment variable that holds it. */
export interface RegistryAuth {
  readonly username: string;
  readonly password?: string | undefined;
  /** Read in this process, when an attempt begins. */
  readonly passwordEnv?: string | undefined;
  /** Host of the registry. Default: what the image's name says. */
  readonly registry?: string | undefined;
}

/** A container that runs to its end. */
export interface ContainerWork extends ContainerPlan {
  readonly kind: 'container';
  /** Where the container is only known when an attempt begins: it is this one, and the other fields only tell of it. */
  readonly begin?: (context: AttemptContext) => PreparedContainer | Promise<PreparedContainer>;
}

/** The container of one attempt. */
export interface PreparedContainer extends ContainerPlan {
  /** What the attempt comes to when it ends with code 0. Default: the ContainerResult. What it throws fails it. */
  readonly succeeded?: (result: ContainerResult) => unknown;
  /** What it fails with instead of `error` when the container ends by itself with another code. */
  readonly failed?: (error: SignalboxError, result: ContainerResult) => unknown;
  /** The attempt is over, however: what was made for it can go. Must not throw. */
  readonly over?: () => void;
}

/** A function of this process. */
export interface FunctionWork {
  readonly kind: 'function';
  readonly fn: (...args: readonly never[]) => unknown;
}

export type Work = FunctionWork | ModuleWork | CommandWork | ContainerWork;

/** What a body may know of its attempt besides its arguments; the runtime's TaskContext implements it. */
export interface AttemptContext {
  readonly id: string;
  readonly name: string;
  readonly runId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborted with a TerminatedError or TaskTimeoutError when the attempt is to stop. */
  readonly signal: AbortSignal;
  readonly terminateRequested: boolean;
  readonly logger: Logger;
  emitProgress(percent?: number, message?: string): void;
  emitOutput(stream: 'stdout' | 'stderr', chunk: string): void;
  throwIfCancelled(): void;
}

export interface AttemptRequest {
  readonly work: Work;
  readonly args: readonly unknown[];
  readonly context: AttemptContext;
}

/** Where an executor reports. Each end is reported once; what comes after the end is ignored. */
export interface AttemptReports {
  succeeded(value: unknown): void;
  failed(error: unknown): void;
  /** A process group was started for the attempt; `pid` is its leader's. */
  spawned?(pid: number): void;
  /** Inline generators only: the body waits for `on` and holds nothing until `resume` (rule 3). */
  suspended(on: PromiseLike<unknown>): void;
}

/** An attempt that runs. Both calls may come at any time, repeatedly, and after the end. */
export interface RunningAttempt {
  /** Ask politely: deliver `reason` to the body's signal; SIGTERM to a process group. */
  stop(reason: unknown): void;
  /** End it now: SIGKILL, thread termination. Absent where the body cannot be killed (inline). */
  readonly kill?: () => void;
  /** Goes on with a suspended body, handing it how the promise it waits for was settled. */
  readonly resume?: (settled: PromiseSettledResult<unknown>) => void;
}

export interface Executor {
  /** The name users put into a task's `executor` option. */
  readonly name: string;
  /** The kinds of work this executor runs. */
  readonly accepts: readonly Work['kind'][];
  /** True when `kill` ends a body for certain; false when a body that ignores its signal must be abandoned. */
  readonly canKill: boolean;
  start(request: AttemptRequest, reports: AttemptReports): RunningAttempt;
  /** Frees threads and children. Called once, when no attempt runs. */
  close(): Promise<void>;
}
