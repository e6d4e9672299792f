/**
 * Runs commands as child processes, each in a process group of its own.
 *
 * Owns: which library starts the child (execa, imported with the first attempt). What happens to a started
 * child is in process-attempt.ts; what its exit means in process-result.ts; its output in process-output.ts; its group in
 * process-groups.ts.
 */
import { invalidArgument, SignalboxError } from '../core/errors.ts';
import { KEEP_OUTPUT_BYTES } from '../core/limits.ts';
import type { AttemptReports, AttemptRequest, Executor, RunningAttempt } from './executor.ts';
import { type Execa, ProcessAttempt } from './process-attempt.ts';

export class ProcessExecutor implements Executor {
  readonly name = 'process';
  readonly accepts = ['command'] as const;
  readonly canKill = true;
  readonly #keepBytes: number;
  readonly #attempts = new Set<ProcessAttempt>();
  #execa: Execa | undefined;

  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  start({ work, context }: AttemptRequest, reports: AttemptReports): RunningAttempt {
    if (work.kind !== 'command') {
      return refuse(invalidArgument('the work of the process executor', work.kind, 'command'), reports);
    }
    if (work.argv.length === 0) {
      return refuse(invalidArgument('the argv of a command', work.argv, 'at least the program'), reports);
    }
    const attempt = new ProcessAttempt(work, context, reports, this.#keepBytes);
    this.#attempts.add(attempt);
    void this.#run(attempt).then(() => this.#attempts.delete(attempt));
    return attempt;
  }

  async close(): Promise<void> {
    for (const attempt of this.#attempts) attempt.kill();
  }

  async #run(attempt: ProcessAttempt): Promise<void> {
    try {
      this.#execa ??= (await import('execa')).execa;
    } catch (cause) {
      attempt.refuse(new SignalboxError('EXECUTOR_UNAVAILABLE', 'execa cannot be loaded', { cause }));
      return;
    }
    await attempt.run(this.#execa);
  }
}

function refuse(error: SignalboxError, reports: AttemptReports): RunningAttempt {
  queueMicrotask(() => reports.failed(error));
  return { stop: () => {}, kill: () => {} };
}

/**
 * An executor for commands. Output is streamed line by line and kept, up to `KEEP_OUTPUT_BYTES` of each stream,
 * for the result, a `ProcessResult`. `stop` sends SIGTERM to the command's process group, `kill` SIGKILL.
 *
 * A command that ends with another code than 0, or by a signal, fails with TASK_FAILED, or with a
 * TerminatedError when it was asked to stop before. A command that is asked to stop and exits with 0 succeeded.
 */
export function processExecutor(): Executor {
  return new ProcessExecutor(KEEP_OUTPUT_BYTES);
}
