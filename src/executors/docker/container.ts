/**
 * One container on an engine: the requests of its life.
 *
 * Invariants:
 * (D5) once it was asked for, it is removed, by name if the engine never said its id; never another one that has
 *      taken the name since;
 * (D6) what an earlier attempt of the same task has left, after a crash, is removed before this one is made.
 */
import type { IncomingMessage } from 'node:http';
import { systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { CONTAINER_REMOVAL_MS } from '../../core/limits.ts';
import { ATTEMPT_LABEL, type ContainerOwner, TASK_LABEL } from './container-plan.ts';
import type { ContainerCause } from './container-result.ts';
import { type Answer, type Call, type Engine, messageOf } from './engine.ts';

export class Container {
  readonly #engine: Engine;
  readonly #owner: ContainerOwner;
  readonly #signal: AbortSignal;
  readonly #image: string;
  #wasAskedFor = false;
  /** Its id, as soon as that is known; until then its name. */
  #handle: string;

  /** `signal` ends every request but the removal. */
  constructor(engine: Engine, owner: ContainerOwner, image: string, signal: AbortSignal) {
    this.#engine = engine;
    this.#owner = owner;
    this.#handle = owner.name;
    this.#image = image;
    this.#signal = signal;
  }

  async create(body: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#owner.attempt > 1) await this.#removeEarlier(); // (D6)
    const call = {
      method: 'POST',
      path: '/containers/create',
      query: { name: this.#owner.name },
      body,
    } as const;
    this.#wasAskedFor = true; // (D5)
    const first = await this.#ask(call);
    const answer = first.status === 409 && (await this.#isOurs()) ? await this.#createAgain(call) : first;
    if (answer.status !== 201) throw this.#refused('cannot be made', answer);
    const id = (answer.body as { readonly Id?: unknown } | undefined)?.Id;
    if (typeof id === 'string' && id !== '') this.#handle = id;
  }

  /** The stream of its output, from before its start. */
  async attach(): Promise<IncomingMessage> {
    const call = { ...this.#call('POST', '/attach'), query: { stream: 1, stdout: 1, stderr: 1 } };
    const response = await this.#engine.open(call);
    if (response.statusCode === 200) return response;
    throw this.#refused('cannot be listened to', await this.#engine.read(call, response));
  }

  async start(): Promise<void> {
    const answer = await this.#ask(this.#call('POST', '/start'));
    if (answer.status !== 204 && answer.status !== 304) throw this.#refused('cannot be started', answer);
  }

  /** Resolves with its exit code when it has ended; undefined where it is gone and nobody knows. */
  async wait(): Promise<number | undefined> {
    const answer = await this.#ask(this.#call('POST', '/wait'));
    if (answer.status === 404) return undefined;
    const code = (answer.body as { readonly StatusCode?: unknown } | undefined)?.StatusCode;
    if (answer.status !== 200 || typeof code !== 'number')
      throw this.#refused('cannot be waited for', answer);
    return code;
  }

  /** Why it has ended. What cannot be learned is no reason to fail. */
  async cause(): Promise<ContainerCause> {
    const answer = await this.#ask(this.#call('GET', '/json')).catch(() => undefined);
    if (answer?.status === 404) return { kind: 'removed', message: '' };
    const state = (answer?.body as { readonly State?: Readonly<Record<string, unknown>> } | undefined)?.State;
    const message = typeof state?.['Error'] === 'string' ? state['Error'] : '';
    return { kind: state?.['OOMKilled'] === true ? 'out of memory' : 'itself', message };
  }

  /** Asks the main process; one that has ended meanwhile, or an engine that is gone, shows itself elsewhere. */
  async send(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#ask({ ...this.#call('POST', '/kill'), query: { signal } }).catch(() => undefined);
  }

  /** Resolves with what kept it from being removed, undefined when it is gone. Waits no longer than CONTAINER_REMOVAL_MS. */
  async remove(): Promise<unknown> {
    if (!this.#wasAskedFor) return undefined;
    const limit = new AbortController();
    const timer = systemClock.setTimeout(
      () => limit.abort(new Error(`no answer within ${CONTAINER_REMOVAL_MS} ms`)),
      CONTAINER_REMOVAL_MS,
    );
    try {
      return await this.#remove(this.#handle, limit.signal);
    } catch (error) {
      return error;
    } finally {
      systemClock.clearTimeout(timer);
    }
  }

  /** Its anonymous volumes too. */
  async #remove(nameOrId: string, signal: AbortSignal): Promise<SignalboxError | undefined> {
    const path = `/containers/${encodeURIComponent(nameOrId)}`;
    const answer = await this.#engine.request({ method: 'DELETE', path, query: { force: 1, v: 1 }, signal });
    // 404: it is gone. 409: somebody is removing it.
    return [200, 204, 404, 409].includes(answer.status)
      ? undefined
      : this.#refused('cannot be removed', answer);
  }

  async #createAgain(call: Omit<Call, 'signal'>): Promise<Answer> {
    await this.#remove(this.#owner.name, this.#signal);
    return this.#ask(call);
  }

  /** Whether the container of this name was left by this very attempt, in an earlier life of its run. */
  async #isOurs(): Promise<boolean> {
    const { body } = await this.#ask(this.#call('GET', '/json'));
    const labels = labelsOf((body as { readonly Config?: unknown } | undefined)?.Config);
    const isOurs =
      labels[TASK_LABEL] === this.#owner.taskId && labels[ATTEMPT_LABEL] === String(this.#owner.attempt);
    if (!isOurs) this.#wasAskedFor = false;
    return isOurs;
  }

  async #removeEarlier(): Promise<void> {
    const filters = JSON.stringify({ label: [`${TASK_LABEL}=${this.#owner.taskId}`] });
    const { status, body } = await this.#ask({
      method: 'GET',
      path: '/containers/json',
      query: { all: 1, filters },
    });
    if (status !== 200 || !Array.isArray(body)) return;
    for (const one of body as readonly { readonly Id?: unknown }[]) {
      const attempt = Number(labelsOf(one)[ATTEMPT_LABEL]);
      if (typeof one.Id === 'string' && attempt < this.#owner.attempt)
        await this.#remove(one.Id, this.#signal);
    }
  }

  #call(method: 'GET' | 'POST', what: string): Call {
    return { method, path: `/containers/${encodeURIComponent(this.#handle)}${what}`, signal: this.#signal };
  }

  #ask(call: Omit<Call, 'signal'>): Promise<Answer> {
    return this.#engine.request({ ...call, signal: this.#signal });
  }

  #refused(what: string, answer: Answer): SignalboxError {
    const { name } = this.#owner;
    return new SignalboxError(
      'TASK_FAILED',
      `the container of ${this.#image} ${what}: ${messageOf(answer)}`,
      {
        hint: 'the engine refused it: its message says why',
        details: { image: this.#image, container: name, status: answer.status },
      },
    );
  }
}

function labelsOf(given: unknown): Readonly<Record<string, unknown>> {
  const labels = (given as { readonly Labels?: unknown } | undefined)?.Labels;
  return typeof labels === 'object' && labels !== null ? { ...labels } : {};
}
