/** A folder of one attempt that no other user of the machine can look into: code and values may be secret. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Scratch {
  /** Absolute; only this user may enter it (mode 0700). */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'signalbox-stage-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file that only this user may read, and gives its path. */
  write(name: string, text: string): string {
    const path = this.path(name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Undefined when there is no such file. */
  read(name: string): string | undefined {
    try {
      return readFileSync(this.path(name), 'utf8');
    } catch {
      return undefined;
    }
  }

  /** Never throws: what cannot be removed is left to the system's own cleaning of temporary folders. */
  readonly remove = (): void => {
    try {
      rmSync(this.folder, { recursive: true, force: true });
    } catch {
      // A file that is still held open, on Windows.
    }
  };
}

/** What `make` prepares in a new folder; the folder goes at once when that fails. */
export function inScratch<T>(make: (scratch: Scratch) => T): T {
  const scratch = new Scratch();
  try {
    return make(scratch);
  } catch (error) {
    scratch.remove();
    throw error;
  }
}
