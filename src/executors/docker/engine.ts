/**
 * The Docker Engine API over dockerode, an optional peer that is imported by the first container.
 *
 * dockerode finds the engine (DOCKER_HOST, the usual sockets, TLS, ssh) and opens requests. Answers are read here:
 * its own reading never settles when a connection breaks between the head and the end of an answer, and there is
 * no time to wait for a container longer than that.
 * Invariants:
 * (E1) a request settles when its connection breaks or its signal is aborted, wherever it is;
 * (E2) no connection is kept for later: none goes stale, and none outlives the attempts.
 */
import type { Agent, IncomingMessage } from 'node:http';
import { addAbortSignal } from 'node:stream';
import { SignalboxError } from '../../core/errors.ts';

/** Where the engine is. Handed to dockerode as it is. */
export interface DockerConnection {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly protocol?: 'http' | 'https' | 'ssh';
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Of ssh. */
  readonly username?: string;
  readonly sshOptions?: Readonly<Record<string, unknown>>;
  readonly headers?: { readonly [name: string]: string };
  /** Of the API, for example `v1.43`. Default: the engine's own. */
  readonly version?: string;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Goes into a header, never into an address or a message. */
  readonly auth?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** JSON; the text where it is none; undefined where there is nothing. */
  readonly body: unknown;
}

/** What of docker-modem is used. Its types know less of it. */
interface Modem {
  readonly protocol: string;
  readonly host?: string;
  readonly port?: string | number;
  agent?: Agent;
  getSocketPath(): Promise<string> | undefined;
  dial(
    options: Readonly<Record<string, unknown>>,
    callback: (error: Error | null, response: IncomingMessage) => void,
  ): void;
}

type Dockerode = new (connection?: object) => { readonly modem: unknown };

/** Longest answer that is no stream, in bytes. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

/** Every status is an answer: it is judged here, where the body can be read safely. */
const ANY_STATUS = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [at + 100, true]));

/** The import itself; a test has another. */
export type LoadDockerode = () => Promise<Dockerode>;

export const loadDockerode: LoadDockerode = async () => {
  const { default: Docker } = await import('dockerode');
  return Docker as Dockerode;
};

/** @throws EXECUTOR_UNAVAILABLE when dockerode is not installed, or DOCKER_HOST makes no sense */
export async function connect(connection: DockerConnection, load: LoadDockerode): Promise<Engine> {
  const Docker = await load().catch((cause: unknown) => {
    throw notInstalled(cause);
  });
  try {
    const modem = new Docker({ ...connection }).modem as Modem;
    modem.agent ??= await newAgent(modem.protocol);
    return new Engine(modem, await addressOf(modem));
  } catch (cause) {
    throw unavailable(`the Docker engine cannot be addressed: ${textOf(cause)}`, addressedBy(), cause);
  }
}

/** (E2) */
async function newAgent(protocol: string): Promise<Agent> {
  const { Agent } = protocol === 'https' ? await import('node:https') : await import('node:http');
  return new Agent();
}

export class Engine {
  readonly #modem: Modem;
  /** For people. */
  readonly address: string;

  constructor(modem: Modem, address: string) {
    this.#modem = modem;
    this.address = address;
  }

  /** @throws EXECUTOR_UNAVAILABLE when the engine is not there or goes away; the signal's reason */
  async request(call: Call): Promise<Answer> {
    return this.read(call, await this.open(call));
  }

  /** The whole of an answer that was opened as a stream. */
  async read({ signal }: Pick<Call, 'signal'>, response: IncomingMessage): Promise<Answer> {
    try {
      return { status: response.statusCode ?? 0, body: parse(await readAll(response)) };
    } catch (error) {
      throw this.broken(signal, error);
    }
  }

  /** The answer as a stream, of any status. It is destroyed when the signal is aborted. */
  async open(call: Call): Promise<IncomingMessage> {
    try {
      // The signal of a request ends its answer too in Node 20; docker-modem has met versions where it does not.
      return addAbortSignal(call.signal, await this.#dial(call));
    } catch (error) {
      throw this.broken(call.signal, error);
    }
  }

  /** What a broken connection is reported as. */
  broken(signal: AbortSignal, cause: unknown): unknown {
    if (signal.aborted) return signal.reason;
    if (cause instanceof SignalboxError) return cause;
    const code = (cause as { readonly code?: unknown } | null)?.code;
    if (code === 'EACCES' || code === 'EPERM')
      return unavailable(`the Docker engine at ${this.address} may not be used by this user`, GROUP, cause);
    if (typeof code === 'string' && NOT_THERE.has(code))
      return unavailable(`no Docker engine answers at ${this.address} (${code})`, addressedBy(), cause);
    return unavailable(
      `the Docker engine at ${this.address} broke the connection: ${textOf(cause)}`,
      'look whether the engine was restarted or ran out of something, then run the task again',
      cause,
    );
  }

  #dial({ method, path, query = {}, body = {}, auth, signal }: Call): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      this.#modem.dial(
        {
          method,
          path: `${path}?`,
          options: { _query: query, _body: body },
          ...(auth === undefined ? {} : { authconfig: auth }),
          abortSignal: signal,
          isStream: true,
          statusCodes: ANY_STATUS,
        },
        (error, response) => (error === null ? resolve(response) : reject(error)),
      );
    });
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > LONGEST_ANSWER) throw new Error(`an answer of more than ${LONGEST_ANSWER} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

/** What an engine says with a refusal. */
export function messageOf({ status, body }: Answer): string {
  const message = (body as { readonly message?: unknown } | undefined)?.message;
  if (typeof message === 'string' && message !== '') return message;
  return typeof body === 'string' && body !== '' ? body : `status ${status}`;
}

async function addressOf(modem: Modem): Promise<string> {
  if (modem.host !== undefined)
    return `${modem.protocol}://${modem.host}${modem.port === undefined ? '' : `:${modem.port}`}`;
  return `unix://${await modem.getSocketPath()}`;
}

const NOT_THERE = new Set(
  'ENOENT ECONNREFUSED ENOTFOUND EAI_AGAIN ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTSOCK'.split(' '),
);

const GROUP =
  'add the user to the group of the socket, usually docker, or set DOCKER_HOST to an engine of its own';

function addressedBy(): string {
  const host = process.env['DOCKER_HOST'];
  const set = host === undefined || host === '' ? 'is not set' : `is ${JSON.stringify(host)}`;
  return `start the engine, or say where it is: DOCKER_HOST ${set}; or dockerExecutor({ connection }) of signalbox/executors/docker`;
}

function notInstalled(cause: unknown): SignalboxError {
  return new SignalboxError(
    'EXECUTOR_UNAVAILABLE',
    `the package "dockerode", which talks to Docker engines, cannot be loaded: ${textOf(cause)}`,
    { hint: 'npm install dockerode', cause },
  );
}

function unavailable(message: string, hint: string, cause: unknown): SignalboxError {
  return new SignalboxError('EXECUTOR_UNAVAILABLE', message, { hint, retryable: true, cause });
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
