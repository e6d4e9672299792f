/**
 * The output of one container, followed from before its start: cut into lines for those who watch, kept for the
 * result. An engine that ends the stream early without an error is believed: a program may close its output and
 * go on; whether the engine still lives is asked by the request that waits for the container.
 */
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { systemClock } from '../../core/clock.ts';
import type { AttemptContext } from '../executor.ts';
import { ProcessOutput } from '../process-output.ts';
import { Frames } from './frames.ts';

export interface KeptOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

export class ContainerOutput {
  readonly #stdout: ProcessOutput;
  readonly #stderr: ProcessOutput;
  readonly #frames: Frames;
  #response: IncomingMessage | undefined;
  #chunks = 0;
  #isCut = false;

  constructor(context: AttemptContext, keepBytes: number) {
    this.#stdout = new ProcessOutput(keepBytes, (line) => context.emitOutput('stdout', line));
    this.#stderr = new ProcessOutput(keepBytes, (line) => context.emitOutput('stderr', line));
    this.#frames = new Frames((stream, bytes) =>
      (stream === 'stdout' ? this.#stdout : this.#stderr).write(bytes),
    );
  }

  /** Resolves with the end of the stream, and rejects when it breaks. */
  follow(response: IncomingMessage): Promise<void> {
    this.#response = response;
    return new Promise((resolve, reject) => {
      response.on('data', (chunk: Buffer) => {
        this.#chunks += 1;
        try {
          this.#frames.write(chunk);
        } catch (error) {
          response.destroy(error instanceof Error ? error : undefined);
        }
      });
      finished(response, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Once the container has ended: what is still under way, unless nothing comes for `quietMs`. */
  async drain(following: Promise<void>, quietMs: number): Promise<void> {
    let timer: unknown;
    const quiet = new Promise<'quiet'>((resolve) => {
      const look = (before: number): void => {
        if (before === this.#chunks) resolve('quiet');
        else wait();
      };
      const wait = (): void => {
        const before = this.#chunks;
        timer = systemClock.setTimeout(() => look(before), quietMs);
      };
      wait();
    });
    const followed = following.then(
      () => 'end',
      () => 'broken',
    );
    if ((await Promise.race([followed, quiet])) !== 'end') this.#isCut = true;
    systemClock.clearTimeout(timer);
    this.close();
  }

  /** Nothing is emitted after this. Idempotent. */
  close(): void {
    if (this.#response === undefined) return;
    if (!this.#frames.isBetween) this.#isCut = true;
    this.#response.removeAllListeners('data');
    this.#response.destroy();
    this.#response = undefined;
    this.#stdout.end();
    this.#stderr.end();
  }

  get kept(): KeptOutput {
    const truncated = this.#stdout.truncated || this.#stderr.truncated || this.#isCut;
    return { stdout: this.#stdout.text, stderr: this.#stderr.text, truncated };
  }

  get lastWords(): string {
    return this.#stderr.lastLine;
  }
}
