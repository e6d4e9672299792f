/** How an attempt on a thread fails when the failure is not the body's own. */
import { SignalboxError, TerminatedError } from '../core/errors.ts';
import type { ModuleWork } from './executor.ts';

export function uncloneable(what: string, why: string): SignalboxError {
  return new SignalboxError('INVALID_ARGUMENT', `${what} cannot be cloned to another thread: ${why}`, {
    hint: 'allowed is what structured clone takes: plain data, no functions, no symbols, no proxies',
    details: { argument: what },
  });
}

export function killed(label: string): TerminatedError {
  return new TerminatedError(`${label} was ended with its thread`, { details: { forced: true } });
}

export function threadDied(label: string, cause: unknown): SignalboxError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SignalboxError('TASK_FAILED', `the thread of ${label} died before the task ended: ${why}`, {
    hint: 'an exit of the process, an exception in a timer or callback, or memory beyond the limit end a thread',
    cause,
  });
}

export function noModule(work: ModuleWork, cause: unknown): SignalboxError {
  return new SignalboxError(
    'INVALID_ARGUMENT',
    `the module ${work.module} cannot be imported: ${String(cause)}`,
    {
      hint: 'the URL must name a file that Node can import as it is; compile TypeScript first',
      details: { module: work.module, export: work.export },
      cause,
    },
  );
}

export function noExport(work: ModuleWork, found: readonly string[]): SignalboxError {
  const has = found.length === 0 ? 'nothing' : found.join(', ');
  const message = `${work.module} has no function exported as ${JSON.stringify(work.export)}; it exports ${has}`;
  return new SignalboxError('INVALID_ARGUMENT', message, {
    hint: 'export the function, or correct the name in defineTask',
    details: { module: work.module, export: work.export, found },
  });
}
