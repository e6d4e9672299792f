/**
 * What went wrong with a provider, as an error of ours. Errors of the SDK are not passed on, not even as a cause:
 * they carry the whole request, its address and the headers of the answer.
 */
import { SignalboxError } from '../core/errors.ts';
import type { Sdk } from './sdk.ts';
import type { Secrets } from './secrets.ts';

export interface FailureFacts {
  readonly sdk: Sdk;
  /** As it was asked for. */
  readonly model: string;
  readonly secrets: Secrets;
  /** The model had said something that could be read. */
  readonly hasBegun: boolean;
}

/** What is read out of an error, before keys are cut out of its texts. */
interface Reading {
  readonly what: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly statusCode?: number | undefined;
  readonly endpoint?: string | undefined;
  readonly responseBody?: string | undefined;
}

/** Longest text of a provider that is passed on. */
const LONGEST = 1_000;

/** TASK_FAILED for whatever the SDK throws or reports; errors of ours as they are. */
export async function failureOf(error: unknown, facts: FailureFacts): Promise<unknown> {
  if (error instanceof SignalboxError) return error;
  const { model, secrets } = facts;
  const { what, message, retryable, statusCode = null, endpoint, responseBody } = read(error, facts);
  const providerMessage = await secrets.cut(short(message));
  const hint = hintOf(statusCode);
  return new SignalboxError('TASK_FAILED', `${what}: ${providerMessage}`, {
    retryable,
    ...(hint === undefined ? {} : { hint }),
    details: {
      model,
      statusCode,
      providerMessage,
      ...(endpoint === undefined ? {} : { endpoint: await secrets.cut(endpoint) }),
      ...(responseBody === undefined ? {} : { responseBody: await secrets.cut(short(responseBody)) }),
    },
  });
}

function read(error: unknown, facts: FailureFacts): Reading {
  const { sdk, model, hasBegun } = facts;
  const message = textOf(error);
  if (sdk.APICallError.isInstance(error) && !isGoodStatus(error.statusCode)) return readRefusal(error, model);
  const networkCode = networkCodeOf(error);
  if (networkCode !== undefined) {
    const what = `the connection to the provider of ${model} broke off`;
    return { what, message: `${message} (${networkCode})`, retryable: true };
  }
  if (isMalformed(error, sdk)) {
    // What never became an answer is more likely a wrong address than a bad moment.
    return { what: `the answer of ${model} could not be read`, message, retryable: hasBegun };
  }
  if (!(error instanceof Error)) return readReport(error, message, model);
  return { what: `${model} failed`, message, retryable: false };
}

function readRefusal(error: InstanceType<Sdk['APICallError']>, model: string): Reading {
  const { statusCode, url, responseBody, isRetryable, cause } = error;
  const head = { endpoint: addressOf(url), statusCode };
  if (statusCode === undefined) {
    const code = networkCodeOf(cause);
    const message = error.message + (code === undefined || error.message.includes(code) ? '' : ` (${code})`);
    return { ...head, what: `no connection to the provider of ${model}`, message, retryable: isRetryable };
  }
  const retryable = isRetryable || isPassing(statusCode);
  return {
    ...head,
    what: `${model} answered ${statusCode}`,
    message: error.message,
    retryable,
    responseBody,
  };
}

/** An error that the provider wrote into a stream which had begun well: `{ message, type, code }`, or a text. */
function readReport(error: unknown, message: string, model: string): Reading {
  const { type, code } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly type?: unknown;
    readonly code?: unknown;
  };
  const status = Number(code);
  const statusCode = Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined;
  const isOverload = /rate.?limit|overload|server.?error|unavailable|timeout/i.test(`${type} ${code}`);
  const retryable = isOverload || (statusCode !== undefined && isPassing(statusCode));
  return { what: `${model} reported an error`, message, retryable, statusCode };
}

function isPassing(statusCode: number): boolean {
  return statusCode === 408 || statusCode === 409 || statusCode === 429 || statusCode >= 500;
}

function isGoodStatus(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode < 400;
}

function isMalformed(error: unknown, sdk: Sdk): boolean {
  return [
    sdk.APICallError,
    sdk.JSONParseError,
    sdk.TypeValidationError,
    sdk.InvalidResponseDataError,
    sdk.EmptyResponseBodyError,
    sdk.NoOutputGeneratedError,
  ].some((one) => one.isInstance(error));
}

/** The code of Node's network layer, wherever in the chain of causes. */
function networkCodeOf(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 10; one = one.cause, depth += 1) {
    const code: unknown = 'code' in one ? one.code : undefined;
    if (typeof code === 'string' && /^(?:E[A-Z]{3,}|EAI_\w+|UND_ERR_\w+)$/.test(code)) return code;
  }
  return undefined;
}

/** Origin and path: a query may hold a key. */
function addressOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function textOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const message: unknown =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : '';
  if (typeof message === 'string' && message !== '') return message;
  return error instanceof Error ? error.name : (JSON.stringify(error) ?? 'no message');
}

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}

function hintOf(statusCode: number | null): string | undefined {
  switch (statusCode) {
    case 401:
    case 403:
      return 'check the API key that the provider was made with';
    case 404:
      return 'check the name of the model, and the baseURL of the provider';
    case 429:
      return 'give the Task a retry with a backoffMs, and a label with a rateLimit';
    default:
      return undefined;
  }
}
