/**
 * How an image comes to the engine before a container is made of it.
 *
 * An engine says that a pull went wrong inside of an answer that began well: the last words count, not the status.
 */
import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { SignalboxError } from '../../core/errors.ts';
import type { ImageReference } from '../../core/image-reference.ts';
import { shorten } from './container-result.ts';
import { type Call, type Engine, messageOf } from './engine.ts';
import { PullProgress } from './pull-progress.ts';

/** `missing`: unless the engine has the image; `always`: also then; `never`: it has it, or the task fails. */
export type PullPolicy = 'missing' | 'always' | 'never';

export interface ImageRequest {
  readonly engine: Engine;
  readonly image: ImageReference;
  /** The header of the pull; undefined for nobody in particular. */
  readonly auth: Call['auth'];
  readonly policy: PullPolicy;
  /** Aborting it ends the pull, on the engine too. */
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/** Longest line of a pull's answer, in characters. */
const LONGEST_LINE = 1024 * 1024;

/** @throws TASK_FAILED when the image cannot be had, EXECUTOR_UNAVAILABLE, the signal's reason */
export async function ensureImage(request: ImageRequest): Promise<void> {
  const { policy, image } = request;
  if (policy !== 'always' && (await isThere(request))) return;
  if (policy === 'never') {
    throw new SignalboxError('TASK_FAILED', `the engine does not have the image ${image.text}`, {
      hint: `docker pull ${image.text}, or let the executor pull: dockerExecutor({ pull: 'missing' })`,
      details: { image: image.text },
    });
  }
  await pull(request);
}

async function isThere({ engine, image, signal }: ImageRequest): Promise<boolean> {
  const answer = await engine.request({ method: 'GET', path: `/images/${image.text}/json`, signal });
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  throw refused(image, 'cannot be looked up', messageOf(answer));
}

async function pull(request: ImageRequest): Promise<void> {
  const { engine, image, auth, signal } = request;
  const { name, tag, digest } = image;
  const query = { fromImage: name, tag: digest ?? tag ?? 'latest' };
  const call: Call = { method: 'POST', path: '/images/create', query, auth, signal };
  const response = await engine.open(call);
  if (response.statusCode !== 200)
    throw refused(image, 'cannot be pulled', messageOf(await engine.read(call, response)));
  await followPull(request, response);
}

async function followPull(request: ImageRequest, response: IncomingMessage): Promise<void> {
  const progress = new PullProgress(request.image.text, request.onProgress);
  let error: string | undefined;
  await readLines(request, response, (line) => {
    const said = parseLine(line);
    if (said === undefined) return;
    error ??= errorOf(said);
    progress.add(said);
  });
  if (error !== undefined) throw refused(request.image, 'cannot be pulled', error);
}

async function readLines(
  { engine, signal }: ImageRequest,
  response: IncomingMessage,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const chunk of response) {
      const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new Error('it sends a line without end');
      for (const line of lines) onLine(line);
    }
  } catch (error) {
    throw engine.broken(signal, error);
  }
  if (rest.trim() !== '') onLine(rest);
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === 'object' && said !== null ? { ...said } : undefined;
  } catch {
    return undefined;
  }
}

function errorOf({ error, errorDetail }: Readonly<Record<string, unknown>>): string | undefined {
  const detail = (errorDetail as { readonly message?: unknown } | undefined)?.message;
  return [error, detail].find((one): one is string => typeof one === 'string' && one !== '');
}

function refused({ text }: ImageReference, what: string, why: string): SignalboxError {
  const isAboutAuth = /denied|unauthori[sz]ed|authentication|no basic auth/i.test(why);
  return new SignalboxError('TASK_FAILED', `the image ${text} ${what}: ${shorten(why)}`, {
    hint: isAboutAuth
      ? 'the name may be wrong, or the registry wants to know who pulls: say so with auth'
      : 'look at the name and the tag of the image, and at whether the engine reaches its registry',
    details: { image: text, reason: why },
  });
}
