/**
 * Long payloads, as files in a folder beside the database: one file each, written and synchronised before the
 * transaction that names it commits. A crash in between leaves a file that nothing names; `prune` removes it.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { unavailable } from './failures.ts';

export class PayloadFiles {
  readonly folder: string;
  readonly #inlineBytes: number;

  constructor(databasePath: string, inlineBytes: number) {
    this.folder = `${databasePath}-payloads`;
    this.#inlineBytes = inlineBytes;
  }

  /** Whether a text is too long for the database. */
  takes(text: string): boolean {
    // A character has three bytes at most: the bytes of short texts need not be counted.
    return text.length * 3 > this.#inlineBytes && Buffer.byteLength(text) > this.#inlineBytes;
  }

  /** Durable when it returns, name included. */
  write(name: string, text: string): void {
    if (mkdirSync(this.folder, { recursive: true }) !== undefined) syncFolder(dirname(this.folder));
    const file = openSync(join(this.folder, name), 'wx');
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncFolder(this.folder);
  }

  read(name: string): string {
    try {
      return readFileSync(join(this.folder, name), 'utf8');
    } catch (problem) {
      throw unavailable(join(this.folder, name), problem);
    }
  }

  remove(names: Iterable<string>): void {
    for (const name of names) rmSync(join(this.folder, name), { force: true });
  }

  list(): string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }
}

/** The name of a new file is only durable once its folder is. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Windows opens no folders; its file systems keep names without.
  }
}
