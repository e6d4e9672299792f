/** Whether a program is there before it is started: what a child process would find on PATH. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that were found, by PATH and name; one that is missing may be installed any moment. */
const found = new Set<string>();

/** `env` is added to the environment of this process. A name with a slash is a path, and not looked at. */
export function isOnPath(program: string, env: Readonly<Record<string, string>> = {}): boolean {
  if (/[/\\]/.test(program)) return true;
  const path = env['PATH'] ?? process.env['PATH'] ?? '';
  const key = `${path}\n${program}`;
  if (found.has(key)) return true;
  const isThere = path
    .split(delimiter)
    .some((folder) => namesOf(program).some((name) => isProgram(folder, name)));
  if (isThere) found.add(key);
  return isThere;
}

function namesOf(program: string): readonly string[] {
  /* v8 ignore next -- Windows adds what a program's name may end with */
  if (process.platform === 'win32') return ['', '.exe', '.cmd', '.bat', '.com'].map((end) => program + end);
  return [program];
}

function isProgram(folder: string, name: string): boolean {
  const file = join(folder === '' ? '.' : folder, name);
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
