/**
 * One attempt in a container of its own.
 *
 * Owns: the order of what happens to the container, and what its end means.
 * Invariants:
 * (D1) one end is reported, never from inside start, after the last output;
 * (D2) it is reported when the container and its private folder are gone; what an engine does not remove in time
 *      is left behind with a warning that names it;
 * (D3) a killed attempt ends even if the engine no longer answers;
 * (D4) what was prepared for an attempt is told that it is over, however it ended.
 */
import { systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { CONTAINER_DRAIN_MS, CONTAINER_KILL_MS } from '../../core/limits.ts';
import type {
  AttemptContext,
  AttemptReports,
  ContainerWork,
  PreparedContainer,
  RunningAttempt,
} from '../executor.ts';
import { Container } from './container.ts';
import { ContainerOutput } from './container-output.ts';
import { type ContainerOwner, createBody, ownerOf, type ReadPlan, readPlan } from './container-plan.ts';
import {
  badOutputs,
  type ContainerFacts,
  type ContainerResult,
  failed,
  shorten,
  terminated,
} from './container-result.ts';
import type { Engine } from './engine.ts';
import { LogsFolder } from './logs-folder.ts';
import { ensureImage, type PullPolicy } from './pull.ts';

export interface AttemptSettings {
  readonly pull: PullPolicy;
  readonly init: boolean;
  /** Where private folders are made; undefined: the system's folder for temporary files. */
  readonly folder: string | undefined;
  readonly keepBytes: number;
}

type Asked = 'nothing' | 'stop' | 'kill';

/** What is reported in the end. */
type End = () => void;

export class ContainerAttempt implements RunningAttempt {
  readonly #work: ContainerWork;
  readonly #context: AttemptContext;
  readonly #reports: AttemptReports;
  readonly #settings: AttemptSettings;
  readonly #owner: ContainerOwner;
  readonly #output: ContainerOutput;
  /** Aborted when no request, and nothing of the caller's, is to be waited for any longer. */
  readonly #abort = new AbortController();
  #prepared: PreparedContainer | undefined;
  #container: Container | undefined;
  #folder: LogsFolder | undefined;
  #image: string;
  #phase: 'before' | 'running' | 'ended' | 'over' = 'before';
  #asked: Asked = 'nothing';
  /** What had been asked when the container ended: an end before that was its own. */
  #askedBeforeEnd: Asked = 'nothing';
  #reason: unknown = undefined;
  #killTimer: unknown = undefined;

  constructor(
    work: ContainerWork,
    context: AttemptContext,
    reports: AttemptReports,
    settings: AttemptSettings,
  ) {
    this.#work = work;
    this.#context = context;
    this.#reports = reports;
    this.#settings = settings;
    this.#owner = ownerOf(context);
    this.#image = shorten(String(work.image));
    this.#output = new ContainerOutput(context, settings.keepBytes);
  }

  stop(reason: unknown): void {
    if (this.#asked !== 'nothing') return;
    this.#asked = 'stop';
    this.#reason = reason;
    if (this.#phase === 'before') this.#abort.abort(reason);
    if (this.#phase === 'running') void this.#container?.send('SIGTERM');
  }

  kill(): void {
    if (this.#asked === 'kill' || this.#phase === 'over') return;
    this.#asked = 'kill';
    if (this.#phase !== 'running') return this.#abort.abort(this.#reason);
    void this.#container?.send('SIGKILL');
    this.#killTimer = systemClock.setTimeout(() => this.#abort.abort(), CONTAINER_KILL_MS); // (D3)
  }

  /** Runs to the end. Never rejects. */
  async run(connect: () => Promise<Engine>): Promise<void> {
    await undefined; // (D1)
    const end = await this.#end(connect);
    this.#phase = 'over';
    systemClock.clearTimeout(this.#killTimer);
    await this.#cleanUp();
    end();
  }

  async #end(connect: () => Promise<Engine>): Promise<End> {
    try {
      return await this.#live(connect);
    } catch (error) {
      this.#output.close();
      const isOurs = this.#asked !== 'nothing' && this.#phase !== 'ended';
      const told = isOurs ? this.#stopped(undefined) : this.#withOutput(error);
      return () => this.#reports.failed(told);
    }
  }

  async #live(connect: () => Promise<Engine>): Promise<End> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    const plan = await this.#orAborted(this.#prepare());
    this.#image = plan.image.text;
    const engine = await this.#orAborted(connect());
    const container = new Container(engine, this.#owner, this.#image, signal);
    await ensureImage({
      engine,
      image: plan.image,
      auth: plan.auth,
      policy: this.#settings.pull,
      signal,
      onProgress: (message) => this.#context.emitProgress(undefined, message),
    });
    this.#folder = await LogsFolder.make(this.#settings.folder);
    this.#container = container;
    const body = createBody(plan, this.#owner, this.#folder.mount, this.#settings.init);
    await container.create(body);
    const exitCode = await this.#run(engine, container);
    return this.#judge(container, exitCode);
  }

  async #prepare(): Promise<ReadPlan> {
    const begun = await this.#work.begin?.(this.#context);
    if (this.#phase === 'over')
      begun?.over?.(); // (D4) it was stopped meanwhile
    else this.#prepared = begun;
    return readPlan(begun ?? this.#work);
  }

  async #run(engine: Engine, container: Container): Promise<number | undefined> {
    const following = this.#output.follow(await container.attach());
    const broken = new Promise<never>((_resolve, reject) => {
      following.catch((error: unknown) => reject(engine.broken(this.#abort.signal, error)));
    });
    await Promise.race([container.start(), broken]);
    this.#abort.signal.throwIfAborted();
    this.#phase = 'running';
    const exitCode = await Promise.race([container.wait(), broken]);
    this.#askedBeforeEnd = this.#asked;
    this.#phase = 'ended';
    await this.#output.drain(following, CONTAINER_DRAIN_MS);
    return exitCode;
  }

  async #judge(container: Container, exitCode: number | undefined): Promise<End> {
    const result = this.#result(exitCode ?? UNKNOWN_CODE);
    if (exitCode === 0) return this.#judgeSuccess(result);
    if (this.#askedBeforeEnd !== 'nothing') {
      const error = this.#stopped(result);
      return () => this.#reports.failed(error);
    }
    const cause =
      exitCode === undefined ? ({ kind: 'removed', message: '' } as const) : await container.cause();
    const error = failed(result, cause, this.#output.lastWords);
    const told = this.#prepared?.failed?.(error, result) ?? error;
    return () => this.#reports.failed(told);
  }

  async #judgeSuccess(ended: ContainerResult): Promise<End> {
    const read = (await this.#folder?.readOutputs()) ?? { kind: 'none' };
    if (read.kind === 'unreadable') throw badOutputs(ended, read.why, read.hint);
    const result = read.kind === 'read' ? { ...ended, outputs: read.outputs } : ended;
    const value = this.#prepared?.succeeded === undefined ? result : this.#prepared.succeeded(result);
    return () => this.#reports.succeeded(value);
  }

  #result(exitCode: number): ContainerResult {
    const facts = { image: this.#image, container: this.#owner.name };
    return { exitCode, ...this.#output.kept, ...facts, outputs: undefined };
  }

  #stopped(result: ContainerResult | undefined): SignalboxError {
    const facts: ContainerFacts = result ?? this.#facts();
    const asked = result === undefined ? this.#asked : this.#askedBeforeEnd;
    return terminated(facts, asked === 'kill', this.#reason);
  }

  #facts(): ContainerFacts {
    const facts = { image: this.#image, container: this.#owner.name };
    return this.#container === undefined ? facts : { exitCode: undefined, ...this.#output.kept, ...facts };
  }

  /** An engine that went away in the middle takes nothing with it that had come before. */
  #withOutput(error: unknown): unknown {
    if (!(error instanceof SignalboxError) || this.#container === undefined || 'stdout' in error.details)
      return error;
    const { code, message, hint, retryable, details, cause } = error;
    return new SignalboxError(code, message, {
      retryable,
      details: { ...this.#facts(), ...details },
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** What is not ours to end is left alone when the attempt is stopped. */
  #orAborted<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      promise.then(resolve, reject);
    });
  }

  async #cleanUp(): Promise<void> {
    const { logger } = this.#context;
    const { name } = this.#owner;
    const left = await this.#container?.remove();
    if (left !== undefined)
      logger.warn(`the container ${name} may be left behind; to remove it: docker rm -f -v ${name}`, left);
    const kept = await this.#folder?.remove();
    if (kept !== undefined) logger.warn(`the folder ${this.#folder?.path} is left behind`, kept);
    this.#prepared?.over?.(); // (D4)
  }
}

/** Of a container that was taken away before its code could be asked for; also what SIGKILL gives. */
const UNKNOWN_CODE = 137;
