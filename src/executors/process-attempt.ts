/**
 * One child process and its group.
 *
 * Owns: the child from spawn to the end of its output, and what its exit means.
 * Invariants:
 * (C1) the end comes after the exit *and* after the last byte of output;
 * (C2) a group that was told to stop leaves nobody behind: when its attempt ends, what is left is killed;
 * (C3) a killed attempt ends even if a process outside the group (a daemon) keeps the pipes open;
 * (C4) what was prepared for an attempt is told that it is over, however it ended.
 */

import type { execa } from 'execa';
import { systemClock } from '../core/clock.ts';
import { RUN_ID_VARIABLE, TASK_ID_VARIABLE } from '../core/processes.ts';
import type {
  AttemptContext,
  AttemptReports,
  CommandWork,
  PreparedCommand,
  RunningAttempt,
} from './executor.ts';
import { forgetGroup, guardGroup, signalGroup } from './process-groups.ts';
import { ProcessOutput } from './process-output.ts';
import { type Exit, failed, notStarted, type ProcessResult, terminated } from './process-result.ts';

export type { ProcessResult } from './process-result.ts';

export type Execa = typeof execa;

type Asked = 'nothing' | 'stop' | 'kill';

type Child = ReturnType<typeof spawn>;

/** Turns of the event loop without output after which a killed child's pipes are given up (C3). */
const QUIET_TURNS = 3;

export class ProcessAttempt implements RunningAttempt {
  #work: CommandWork;
  #prepared: PreparedCommand | undefined = undefined;
  readonly #context: AttemptContext;
  readonly #reports: AttemptReports;
  readonly #stdout: ProcessOutput;
  readonly #stderr: ProcessOutput;
  #child: Child | undefined;
  #phase: 'waiting' | 'running' | 'exited' | 'ended' = 'waiting';
  #asked: Asked = 'nothing';
  /** What had been asked when the child exited: an exit before that was its own. */
  #askedBeforeExit: Asked = 'nothing';
  #chunks = 0;
  /** Tells whose process it is, to itself and to a recovery after a crash. */
  readonly #marks: Readonly<Record<string, string>>;

  constructor(work: CommandWork, context: AttemptContext, reports: AttemptReports, keepBytes: number) {
    this.#work = work;
    this.#context = context;
    this.#reports = reports;
    this.#marks = marksOf(context);
    this.#stdout = new ProcessOutput(keepBytes, (line) => context.emitOutput('stdout', line));
    this.#stderr = new ProcessOutput(keepBytes, (line) => context.emitOutput('stderr', line));
  }

  stop(reason: unknown): void {
    if (this.#asked !== 'nothing') return;
    this.#ask('stop', 'SIGTERM', reason);
  }

  kill(): void {
    if (this.#asked === 'kill') return;
    this.#ask('kill', 'SIGKILL', undefined);
    if (this.#phase === 'exited') this.#giveUpPipes();
  }

  /** Ends an attempt whose command cannot be started. */
  refuse(error: unknown): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#reports.failed(error);
  }

  /** Runs to the end. Never rejects. */
  async run(library: Execa): Promise<void> {
    // Never from inside start, nor from the call that stopped it before it began.
    await undefined;
    if (this.#phase === 'waiting' && this.#work.begin !== undefined) await this.#prepare(this.#work);
    if (this.#phase === 'waiting') {
      this.#phase = 'running';
      const child = this.#spawn(library);
      if (child !== undefined) await this.#follow(child);
    }
    this.#prepared?.over?.(); // (C4)
  }

  async #prepare(work: CommandWork): Promise<void> {
    try {
      const prepared = await work.begin?.(this.#context);
      if (prepared === undefined) return;
      this.#prepared = prepared;
      const { argv, cwd, env } = prepared;
      this.#work = { kind: 'command', argv, shell: false, cwd, env };
    } catch (error) {
      this.refuse(error);
    }
  }

  #spawn(library: Execa): Child | undefined {
    try {
      return spawn(library, this.#work, this.#marks);
    } catch (cause) {
      this.refuse(notStarted(this.#work, { originalMessage: String(cause), cause }));
      return undefined;
    }
  }

  async #follow(child: Child): Promise<void> {
    this.#child = child;
    if (child.pid !== undefined) {
      guardGroup(child.pid);
      this.#reports.spawned?.(child.pid);
    }
    this.#read(child.stdout, this.#stdout);
    this.#read(child.stderr, this.#stderr);
    child.once('exit', () => this.#onExit());
    const exit: Exit = await child;
    this.#stdout.end();
    this.#stderr.end();
    this.#end(exit, child.pid);
  }

  #ask(asked: 'stop' | 'kill', signal: NodeJS.Signals, reason: unknown): void {
    if (this.#phase === 'ended') return;
    this.#asked = asked;
    if (this.#phase === 'waiting') {
      this.#phase = 'ended';
      queueMicrotask(() => this.#reports.failed(terminated(this.#work, undefined, asked === 'kill', reason)));
      return;
    }
    const pid = this.#child?.pid;
    if (pid !== undefined) signalGroup(pid, signal);
  }

  #read(stream: NodeJS.ReadableStream, output: ProcessOutput): void {
    stream.on('data', (chunk: Buffer) => {
      this.#chunks += 1;
      output.write(chunk);
    });
  }

  #onExit(): void {
    this.#phase = 'exited';
    this.#askedBeforeExit = this.#asked;
    if (this.#asked === 'kill') this.#giveUpPipes();
  }

  /** Reads what is in the pipes; who holds them open is not in the group, and is not waited for (C3). */
  #giveUpPipes(quiet = 0, chunks = this.#chunks): void {
    if (this.#phase === 'ended') return;
    if (quiet === QUIET_TURNS) {
      this.#child?.stdout.destroy();
      this.#child?.stderr.destroy();
      return;
    }
    systemClock.setImmediate(() => this.#giveUpPipes(chunks === this.#chunks ? quiet + 1 : 0, this.#chunks));
  }

  #end(exit: Exit, pid: number | undefined): void {
    this.#phase = 'ended';
    if (pid === undefined) {
      this.#reports.failed(notStarted(this.#work, exit));
      return;
    }
    if (this.#asked !== 'nothing') signalGroup(pid, 'SIGKILL'); // (C2)
    forgetGroup(pid);
    const result = this.#result(exit, pid);
    if (result.exitCode === 0) this.#succeeded(result);
    else if (this.#askedBeforeExit !== 'nothing')
      this.#reports.failed(terminated(this.#work, result, this.#askedBeforeExit === 'kill'));
    else this.#failed(result);
  }

  #succeeded(result: ProcessResult): void {
    try {
      const read = this.#prepared?.succeeded;
      this.#reports.succeeded(read === undefined ? result : read(result));
    } catch (error) {
      this.#reports.failed(error);
    }
  }

  #failed(result: ProcessResult): void {
    const error = failed(this.#work, result, this.#stderr.lastLine);
    this.#reports.failed(this.#prepared?.failed?.(error, result) ?? error);
  }

  #result({ exitCode, signal }: Exit, pid: number): ProcessResult {
    const truncated = this.#stdout.truncated || this.#stderr.truncated;
    return { exitCode, signal, stdout: this.#stdout.text, stderr: this.#stderr.text, truncated, pid };
  }
}

function marksOf({ id, runId, attempt }: AttemptContext): Readonly<Record<string, string>> {
  return { [RUN_ID_VARIABLE]: runId, [TASK_ID_VARIABLE]: id, SIGNALBOX_ATTEMPT: String(attempt) };
}

function spawn(
  library: Execa,
  { argv, shell, cwd, env }: CommandWork,
  marks: Readonly<Record<string, string>>,
) {
  return library(argv[0] ?? '', argv.slice(1), {
    shell,
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...env, ...marks },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    cleanup: false, // process-groups.ts sees to the whole group
    detached: process.platform !== 'win32',
  });
}
