/** The AI SDK: an optional peer, loaded by the first task that needs it. */
import { SignalboxError } from '../core/errors.ts';

export type Sdk = typeof import('ai');

const INSTALL = 'npm install ai@^6';

/**
 * `load` is the import itself. @throws EXECUTOR_UNAVAILABLE when the package is not there; what is wrong with one
 * that is there is thrown as it is
 */
export async function loadSdk(load: () => Promise<Sdk> = () => import('ai')): Promise<Sdk> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new SignalboxError(
      'EXECUTOR_UNAVAILABLE',
      'the package "ai", which talks to language models, is missing',
      {
        hint: `${INSTALL}, and the package of your provider, for example @ai-sdk/openai-compatible@^2`,
        cause: error,
      },
    );
  }
}

/** A package of the SDK's own that is missing counts: the same command mends it. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
