/**
 * A provider on loopback: an HTTP server that speaks the chat completions protocol of OpenAI, with streaming, and
 * answers as the test has scripted it. Each request takes the next script; one more than there are scripts is a 500
 * that says so.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string } }[];
  readonly tool_call_id?: string;
}

export interface ChatRequest {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: {
    readonly model: string;
    readonly stream: boolean;
    readonly messages: readonly ChatMessage[];
    readonly tools?: readonly { readonly function: { readonly name: string } }[];
    readonly temperature?: number;
  };
  /** Resolves when the client has gone before the answer was complete. */
  readonly aborted: Promise<void>;
}

export type Script = (reply: Reply, request: ChatRequest) => void | Promise<void>;

/** One answer, written piece by piece. */
export class Reply {
  readonly #response: ServerResponse;
  #calls = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** A whole answer that is no stream. */
  status(code: number, body: unknown, type = 'application/json'): void {
    this.#response.writeHead(code, { 'content-type': type });
    this.#response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  text(content: string): this {
    return this.delta({ content });
  }

  tool(name: string, input: unknown): this {
    const index = this.#calls;
    this.#calls += 1;
    const call = { index, id: `call-${name}-${index}`, type: 'function' };
    return this.delta({ tool_calls: [{ ...call, function: { name, arguments: JSON.stringify(input) } }] });
  }

  delta(delta: unknown): this {
    return this.#chunk({ choices: [{ index: 0, delta, finish_reason: null }] });
  }

  finish(reason = 'stop'): void {
    this.#chunk({
      choices: [{ index: 0, delta: {}, finish_reason: reason }],
      usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
    });
    this.raw('data: [DONE]\n\n');
    this.end();
  }

  #chunk(part: object): this {
    return this.raw(`data: ${JSON.stringify({ id: 'answer-1', model: 'served-model', ...part })}\n\n`);
  }

  /** Whatever bytes, inside of an event stream. */
  raw(text: string): this {
    if (!this.#response.headersSent) this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#response.write(text);
    return this;
  }

  end(): void {
    this.#response.end();
  }

  hangUp(): void {
    this.#response.destroy();
  }
}

/** A script for a complete answer. */
export const says =
  (...pieces: readonly string[]): Script =>
  (reply) => {
    for (const piece of pieces) reply.text(piece);
    reply.finish();
  };

export const refuses =
  (code: number, message: string): Script =>
  (reply) =>
    reply.status(code, { error: { message, type: 'test', code: null } });

export class OpenAiServer {
  readonly #server: Server;
  readonly #scripts: Script[] = [];
  readonly requests: ChatRequest[] = [];

  private constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(): Promise<OpenAiServer> {
    const server = new OpenAiServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get baseURL(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Scripts for the requests to come, in their order. */
  answers(...scripts: readonly Script[]): void {
    this.#scripts.push(...scripts);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      response.on('close', () => {
        if (!response.writableFinished) resolve();
      });
    });
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest['body'];
    const request = { headers: incoming.headers, body, aborted };
    this.requests.push(request);
    const script = this.#scripts.shift() ?? refuses(500, 'the test has no script for this request');
    const isChat = incoming.method === 'POST' && incoming.url === '/v1/chat/completions';
    await (isChat ? script : refuses(404, `nothing at ${incoming.url}`))(new Reply(response), request);
  }
}
