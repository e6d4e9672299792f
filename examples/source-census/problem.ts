/** A file that could not be measured: said in the report, and no reason to stop. */
export interface Problem {
  readonly path: string;
  readonly why: string;
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'it is gone',
  EISDIR: 'it has become a folder',
  EIO: 'the disk reported an error',
  EMFILE: 'too many open files',
};

/** True for what the file system says about one file, as opposed to a mistake in our code. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

export function whyUnreadable(error: unknown): string {
  const code = isFileError(error) ? (error.code ?? '') : '';
  return WORDS[code] ?? (error instanceof Error ? error.message : String(error));
}
