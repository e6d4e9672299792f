/** What a task body sees of its attempt. One small object per attempt; the signal is made when asked for. */
import { CancelledError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { checkProgress } from '../core/progress.ts';
import type { AttemptContext } from '../executors/executor.ts';

/** What the context asks of its attempt. */
export interface ContextSource {
  readonly taskId: string;
  readonly taskName: string;
  readonly runId: string;
  readonly number: number;
  readonly upstream: ReadonlyMap<string, unknown>;
  readonly logger: Logger;
  readonly stopping: boolean;
  readonly stopReason: unknown;
  signal(): AbortSignal;
  progress(percent: number | undefined, message: string | undefined): void;
  output(stream: 'stdout' | 'stderr', chunk: string): void;
}

/** Given to every body as its last argument. Its members can be destructured. */
export class TaskContext implements AttemptContext {
  readonly #source: ContextSource;

  constructor(source: ContextSource) {
    this.#source = source;
  }

  get id(): string {
    return this.#source.taskId;
  }
  get name(): string {
    return this.#source.taskName;
  }
  get runId(): string {
    return this.#source.runId;
  }
  /** 1 for the first attempt. */
  get attempt(): number {
    return this.#source.number;
  }
  /** The Tasks it directly comes after in a graph, by id; empty in a pipeline written as code. */
  get upstream(): ReadonlyMap<string, unknown> {
    return this.#source.upstream;
  }
  /** Aborted when the attempt is to stop: pass it to fetch, timers, child processes. */
  get signal(): AbortSignal {
    return this.#source.signal();
  }
  /** The same as `signal.aborted`, without making a signal. */
  get terminateRequested(): boolean {
    return this.#source.stopping;
  }
  get logger(): Logger {
    return this.#source.logger;
  }
  /**
   * Tells `task:progress`: a percentage from 0 to 100, a message, or both. Throws INVALID_ARGUMENT for anything
   * else; harmless once the attempt is to stop (see `throwIfCancelled`).
   */
  get emitProgress(): (percent?: number, message?: string) => void {
    const source = this.#source;
    return (percent, message) => {
      checkProgress(percent, message);
      source.progress(percent, message);
    };
  }
  /** Tells `task:output`. */
  get emitOutput(): (stream: 'stdout' | 'stderr', chunk: string) => void {
    const source = this.#source;
    return (stream, chunk) => source.output(stream, chunk);
  }
  /** Throws the signal's reason when the attempt is to stop; a convenient checkpoint in loops. */
  get throwIfCancelled(): () => void {
    const source = this.#source;
    return () => {
      if (source.stopping) throw source.stopReason ?? new CancelledError();
    };
  }
}
