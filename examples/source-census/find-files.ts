/**
 * Finding the files. These functions run on a worker thread: asking the file system about thousands of files,
 * one by one, would hold up this process's event loop, and with it the progress display and Ctrl-C.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptContext } from '../../src/index.ts';
import { type Problem, whyUnreadable } from './problem.ts';

export interface FoundFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly bytes: number;
}

export interface Found {
  readonly files: readonly FoundFile[];
  readonly problems: readonly Problem[];
  /** Symbolic links, sockets, deleted files that git still lists: neither measured nor an error. */
  readonly skipped: number;
}

/** Never descended into: not the author's own files. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['.git', 'node_modules']);

interface Draft {
  readonly files: FoundFile[];
  readonly problems: Problem[];
  skipped: number;
}

/** Every file below `root`. */
export function walkFolder(root: string, context: AttemptContext): Found {
  const found: Draft = { files: [], problems: [], skipped: 0 };
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    context.throwIfCancelled();
    for (const entry of entriesOf(root, folder, found)) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) look(root, path, found);
      else if (!SKIPPED_FOLDERS.has(entry.name)) folders.push(path);
    }
  }
  found.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return found;
}

/** The files among `paths`, as git lists them. */
export function lookAtFiles(root: string, paths: readonly string[], context: AttemptContext): Found {
  const found: Draft = { files: [], problems: [], skipped: 0 };
  for (const path of paths) {
    context.throwIfCancelled();
    look(root, path, found);
  }
  return found;
}

function entriesOf(root: string, folder: string, found: Draft) {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    found.problems.push({ path: folder === '' ? '.' : folder, why: whyUnreadable(error) });
    return [];
  }
}

function look(root: string, path: string, found: Draft): void {
  try {
    const stats = lstatSync(join(root, path));
    if (stats.isFile()) found.files.push({ path, bytes: stats.size });
    else found.skipped += 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') found.skipped += 1;
    else found.problems.push({ path, why: whyUnreadable(error) });
  }
}
