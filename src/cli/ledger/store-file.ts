/** The file with the runs: opened for writing with its folder, or for reading only when it is there. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SignalboxError } from '../../core/errors.ts';
import { sqliteStore } from '../../stores/sqlite/index.ts';
import type { Store } from '../../stores/store.ts';

export const DEFAULT_STORE = '.signalbox/runs.db';

/** Makes the folder when the first run is written, and not before: an invalid file leaves nothing behind. */
export function storeToWrite(file: string): Store {
  const store = sqliteStore(file);
  return {
    runs: store.runs,
    tasks: store.tasks,
    events: (runId, options) => store.events(runId, options),
    prune: (options) => store.prune(options),
    close: () => store.close(),
    open: (options) => {
      makeFolder(file);
      return store.open(options);
    },
  };
}

function makeFolder(file: string): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SignalboxError('STORE_UNAVAILABLE', `the folder ${folder} for the store cannot be made`, {
      hint: 'name another file with --store',
      cause,
    });
  }
}

/** Undefined when there is no such file, or nothing in it; never makes one. */
export function storeToRead(file: string): Store | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size === 0 ? undefined : sqliteStore(file);
}

/** @throws PERSISTENCE_NOT_FOUND where nothing was ever run */
export function existingStore(file: string): Store {
  const store = storeToRead(file);
  if (store !== undefined) return store;
  throw new SignalboxError('PERSISTENCE_NOT_FOUND', `no runs yet in ${file}`, {
    hint: 'run a file with `signalbox run FILE`, or name another store with --store',
    details: { store: file },
  });
}
