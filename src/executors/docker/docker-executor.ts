/** Runs containers on a Docker engine. What happens to one is in container-attempt.ts. */
import { checkKeys } from '../../core/arguments.ts';
import { invalidArgument, type SignalboxError } from '../../core/errors.ts';
import { KEEP_OUTPUT_BYTES } from '../../core/limits.ts';
import type { AttemptReports, AttemptRequest, Executor, RunningAttempt } from '../executor.ts';
import { type AttemptSettings, ContainerAttempt } from './container-attempt.ts';
import { connect, type DockerConnection, type Engine, type LoadDockerode, loadDockerode } from './engine.ts';
import type { PullPolicy } from './pull.ts';

export interface DockerExecutorOptions {
  /** Where the engine is. Default: as DOCKER_HOST says, else the usual socket. Handed to dockerode as it is. */
  readonly connection?: DockerConnection;
  /**
   * `missing`, the default: an image that the engine does not have is pulled; `always`: also one that it has;
   * `never`: a missing one fails the task.
   */
  readonly pull?: PullPolicy;
  /**
   * Whether the engine puts a small init process before the program, which passes signals on. Without it, a
   * program that has no handler for SIGTERM ignores it, as process 1 does, and is ended by force after its grace
   * period. Default false, as the engine has it.
   */
  readonly init?: boolean;
  /**
   * Where the private folders of containers are made; the engine must see it under the same path. Default: the
   * system's folder for temporary files.
   */
  readonly folder?: string;
}

export class DockerExecutor implements Executor {
  readonly name = 'docker';
  readonly accepts = ['container'] as const;
  readonly canKill = true;
  readonly #settings: AttemptSettings;
  readonly #connection: DockerConnection;
  readonly #load: LoadDockerode;
  readonly #attempts = new Map<ContainerAttempt, Promise<void>>();
  #engine: Engine | undefined;

  constructor(
    { connection = {}, pull = 'missing', init = false, folder }: DockerExecutorOptions,
    load: LoadDockerode,
  ) {
    this.#settings = { pull, init, folder, keepBytes: KEEP_OUTPUT_BYTES };
    this.#connection = connection;
    this.#load = load;
  }

  start({ work, context }: AttemptRequest, reports: AttemptReports): RunningAttempt {
    if (work.kind !== 'container')
      return refuse(invalidArgument('the work of the docker executor', work.kind, 'container'), reports);
    const attempt = new ContainerAttempt(work, context, reports, this.#settings);
    const running = attempt.run(() => this.#connect()).then(() => void this.#attempts.delete(attempt));
    this.#attempts.set(attempt, running);
    return attempt;
  }

  async close(): Promise<void> {
    for (const attempt of this.#attempts.keys()) attempt.kill();
    await Promise.all(this.#attempts.values());
  }

  async #connect(): Promise<Engine> {
    this.#engine ??= await connect(this.#connection, this.#load);
    return this.#engine;
  }
}

function refuse(error: SignalboxError, reports: AttemptReports): RunningAttempt {
  queueMicrotask(() => reports.failed(error));
  return { stop: () => {}, kill: () => {} };
}

const NAMES = ['connection', 'pull', 'init', 'folder'];

/**
 * An executor for containers, called `docker`: a scheduler has one with the defaults; pass your own as
 * `executors: { docker: dockerExecutor({ ... }) }` for other options. It needs the package `dockerode`, which is
 * loaded by the first container.
 *
 * A container gets a private folder as /logs, and of this machine's folders only those below the working folder
 * that its volumes name. Output is streamed line by line and kept, up to `KEEP_OUTPUT_BYTES` of each stream, for
 * the result, a `ContainerResult`. `stop` sends SIGTERM to the program of the container, `kill` SIGKILL; the
 * container is removed however it ends. What was left by an attempt that a crash cut off is removed by the next
 * attempt of its task; the labels `signalbox.run-id`, `signalbox.task-id` and `signalbox.attempt` say whose a
 * container is.
 *
 * A container that ends with another code than 0 fails with TASK_FAILED, or with a TerminatedError when it was
 * asked to stop before. EXECUTOR_UNAVAILABLE: dockerode is not installed, no engine answers, or it went away.
 * @throws INVALID_ARGUMENT for an option that does not exist, or a value that cannot be
 */
export function dockerExecutor(options: DockerExecutorOptions = {}): Executor {
  checkOptions(options);
  return new DockerExecutor(options, loadDockerode);
}

function checkOptions(options: DockerExecutorOptions): void {
  if (typeof options !== 'object' || options === null)
    throw invalidArgument('the options of dockerExecutor', options, 'an object');
  checkKeys('option of dockerExecutor', options, NAMES);
  const { pull = 'missing', init = false, folder = '.', connection = {} } = options;
  if (!['missing', 'always', 'never'].includes(pull))
    throw invalidArgument('pull', pull, "'missing', 'always' or 'never'");
  if (typeof init !== 'boolean') throw invalidArgument('init', init, 'true or false');
  if (typeof folder !== 'string' || folder === '')
    throw invalidArgument('folder', folder, 'the path of a folder');
  if (typeof connection !== 'object' || connection === null)
    throw invalidArgument('connection', connection, 'an object such as { socketPath } or { host, port }');
}
