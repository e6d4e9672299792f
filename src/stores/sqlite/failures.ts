/** What SQLite and the file system report, as errors that say what to do. */
import { SignalboxError } from '../../core/errors.ts';

/** Primary result codes (sqlite.org/rescode.html). */
const CODES = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
};

/** The primary result code of an error of the binding; 0 for another error. */
export function resultCode(error: unknown): number {
  const code = (error as { readonly errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code & 0xff : 0;
}

export const isBusy = (error: unknown): boolean => [CODES.BUSY, CODES.LOCKED].includes(resultCode(error));

export function unavailable(path: string, problem: unknown): SignalboxError {
  if (problem instanceof SignalboxError) return problem;
  const words = problem instanceof Error ? problem.message : String(problem);
  const [hint, retryable] = adviceOn(path, problem);
  return new SignalboxError('STORE_UNAVAILABLE', `the store ${path} cannot be used: ${words}`, {
    hint,
    retryable,
    details: { path },
    cause: problem,
  });
}

/** What to do, and whether the same call may succeed later by itself. */
function adviceOn(path: string, problem: unknown): readonly [hint: string, retryable: boolean] {
  switch (resultCode(problem)) {
    case CODES.BUSY:
    case CODES.LOCKED:
      return [`another process writes to ${path} for longer than busyTimeoutMs`, true];
    case CODES.FULL:
      return [`free some space on the disk of ${path}`, true];
    case CODES.IOERR:
      return [`look at the disk of ${path}: reading or writing failed`, true];
    case CODES.READONLY:
    case CODES.PERM:
      return [`make ${path} and its folder writable for this user`, false];
    case CODES.CANTOPEN:
      return [
        `make sure that the folder of ${path} exists and is writable, and that ${path} is a file`,
        false,
      ];
    case CODES.CORRUPT:
      return [`${path} is damaged: restore it from a backup, or name another file`, false];
    case CODES.NOTADB:
      return [`${path} is no SQLite database: name another file`, false];
    default:
      return [`look at ${path}, its folder and its disk`, isFileProblem(problem)];
  }
}

function isFileProblem(problem: unknown): boolean {
  const code = (problem as { readonly code?: unknown } | undefined)?.code;
  return code === 'ENOSPC' || code === 'EIO' || code === 'EMFILE' || code === 'ENFILE';
}

export function foreignFile(path: string, what: string): SignalboxError {
  return new SignalboxError('STORE_UNAVAILABLE', `${path} is ${what}, not a store; it was left as it is`, {
    hint: `name another file than ${path}`,
    details: { path },
  });
}

export function newerSchema(path: string, found: number, known: number): SignalboxError {
  return new SignalboxError(
    'STORE_SCHEMA',
    `the store ${path} has schema ${found}, newer than ${known}, the newest this version knows; it was left as it is`,
    { hint: 'use the version of signalbox that wrote it, or a newer one', details: { path, found, known } },
  );
}
