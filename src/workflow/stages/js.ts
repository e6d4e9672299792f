/**
 * The stage that runs JavaScript on a worker thread of its own, with limits of time and memory.
 *
 * Outputs are the top-level `const`, `let`, `var` and `function` bindings after the code has run, or what it puts
 * into `outputs` (a global object) or returns. A function becomes its name; classes and imported modules are left out,
 * and so is, with a warning in the log, what cannot be cloned to another thread.
 * A thread keeps faults apart: an endless loop or a full heap ends the stage, not the process. It is no border of
 * security: the code can do everything that this process can.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../core/clock.ts';
import { StageError, TaskTimeoutError } from '../../core/errors.ts';
import { JS_STAGE_MEMORY_MB, JS_STAGE_TIMEOUT_MS } from '../../core/limits.ts';
import type { AttemptContext } from '../../executors/executor.ts';
import type { JsStage } from '../model.ts';
import { checkAllowed, readCode } from './code.ts';
import { type FromWorker, type JavaScriptJob, WORKER } from './javascript-program.ts';
import { bindJavaScriptText, topLevelNames } from './javascript-text.ts';
import type { LeafHost, MakeLeaf, Outputs } from './leaf.ts';

export const jsStage: MakeLeaf<JsStage> = (stage, host) => ({
  kind: 'function',
  fn: async (context: AttemptContext) => {
    checkAllowed(stage, stage.code, host);
    const job = jobOf(stage, host, context);
    context.signal.throwIfAborted();
    return new JavaScriptRun(stage, host, context).outputs(job);
  },
});

function jobOf(stage: JsStage, host: LeafHost, context: AttemptContext): JavaScriptJob {
  const { text, names } = bindJavaScriptText(readCode(stage.code, ['js'], host, context));
  const vars = host.render(stage.vars, ['vars'], context) as Outputs;
  const bindings = topLevelNames(text).map(
    (name) => `${JSON.stringify(name)}: typeof ${name} === 'undefined' ? undefined : ${name}`,
  );
  return {
    script: `${text}\n;return { ${bindings.join(', ')} };`,
    file: join(host.surroundings.workingFolder, `${stage.name.replace(/[^\w -]/g, '_')}.stage.js`),
    globals: { ...vars, ...names },
  };
}

type End = Exclude<FromWorker, { kind: 'output' }>;

/** One worker, from its start until it is gone. */
class JavaScriptRun {
  readonly #stage: JsStage;
  readonly #context: AttemptContext;
  readonly #host: LeafHost;
  #end: End | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(stage: JsStage, host: LeafHost, context: AttemptContext) {
    this.#stage = stage;
    this.#host = host;
    this.#context = context;
  }

  /** Settles when the thread is gone. */
  async outputs(job: JavaScriptJob): Promise<Outputs> {
    const worker = this.#start(job);
    const { signal } = this.#context;
    const stop = (error: unknown): void => {
      this.#fault ??= { error };
      void worker.terminate();
    };
    const onAbort = (): void => stop(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const release = this.#limitTime(stop);
    const exitCode = await this.#follow(worker, stop);
    release();
    signal.removeEventListener('abort', onAbort);
    return this.#outcome(exitCode);
  }

  #start(job: JavaScriptJob): Worker {
    try {
      return new Worker(WORKER, {
        eval: true,
        workerData: job,
        execArgv: [],
        stdout: true,
        stderr: true,
        resourceLimits: { maxOldGenerationSizeMb: JS_STAGE_MEMORY_MB },
      });
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new StageError(`a value of the stage cannot be handed to its thread: ${problem}`, { cause });
    }
  }

  /** A stage with a `timeout` of its own has that one, from the runtime. */
  #limitTime(stop: (error: unknown) => void): () => void {
    if (this.#stage.timeoutMs !== undefined) return () => {};
    const clock = this.#host.surroundings.clock ?? systemClock;
    const seconds = JS_STAGE_TIMEOUT_MS / 1_000;
    const late = (): void =>
      stop(
        new TaskTimeoutError(`the code ran longer than ${seconds} s`, { hint: 'give the stage a `timeout`' }),
      );
    const timer = clock.setTimeout(late, JS_STAGE_TIMEOUT_MS);
    return () => clock.clearTimeout(timer);
  }

  async #follow(worker: Worker, stop: (error: unknown) => void): Promise<number> {
    return new Promise((resolve) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'output') {
          if (this.#fault === undefined) this.#context.emitOutput(message.stream, message.chunk);
        } else {
          this.#end ??= message;
          // What the code leaves running ends with it.
          void worker.terminate();
        }
      });
      worker.on('messageerror', (error) => stop(error));
      worker.on('error', (error) => {
        this.#fault ??= { error: faultOf(error) };
      });
      worker.on('exit', resolve);
    });
  }

  #outcome(exitCode: number): Outputs {
    const { logger } = this.#context;
    if (this.#end === undefined) throw this.#fault?.error ?? unfinished(exitCode);
    if (this.#end.kind === 'error') {
      const { name, message, stack } = this.#end;
      if (stack !== '') this.#context.emitOutput('stderr', `${stack}\n`);
      throw new StageError(message, { details: { errorName: name } });
    }
    const { outputs, dropped } = this.#end;
    if (dropped.length > 0)
      logger.warn(
        `stage ${this.#stage.name}: no outputs, because they cannot be cloned: ${dropped.join(', ')}`,
      );
    return outputs;
  }
}

/** What ended the thread from within, outside the code's own promise: a callback that threw, a full heap. */
function faultOf(error: unknown): StageError {
  const { name, message, code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new StageError(
      `the code needed more memory than the ${JS_STAGE_MEMORY_MB} MB that a stage may have`,
      {
        details: { errorName: 'RangeError' },
      },
    );
  return error instanceof Error
    ? new StageError(message, { details: { errorName: name }, cause: error })
    : new StageError(String(error));
}

function unfinished(exitCode: number): StageError {
  return exitCode === 0
    ? new StageError(
        'the code ended before it was done: it waits for something that cannot happen any more',
        {
          hint: 'a promise that it awaits is never settled, or it ended the process',
        },
      )
    : new StageError(`the code ended its process with code ${exitCode}`);
}
