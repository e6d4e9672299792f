/**
 * A store in one SQLite file: write-ahead log, any number of readers, one writer at a time. Of the files beside it,
 * `-wal` and `-shm` are SQLite's, and the folder `-payloads` holds long payloads.
 *
 * Owns: one connection for reading and removal, one for each open session. Opened on first use, synchronously.
 */
import { resolve } from 'node:path';
import { checkKeys } from '../../core/arguments.ts';
import { systemClock } from '../../core/clock.ts';
import { invalidArgument } from '../../core/errors.ts';
import { IdSource } from '../../core/ids.ts';
import { thisOwner } from '../owner.ts';
import { readEventRequest, readFilter, readFinishedBefore, readId, readMessage } from '../requests.ts';
import type { OpenOptions, Store, StoreSession } from '../store.ts';
import { Connection } from './connection.ts';
import { sendMessage } from './messages.ts';
import { PayloadFiles } from './payload-files.ts';
import { Reader } from './reader.ts';
import { Removal } from './removal.ts';
import { SqliteSession } from './session.ts';

export interface SqliteStoreOptions {
  /** How long a run stays its owner's without a sign of life, in milliseconds. Default 30,000. */
  readonly leaseMs?: number;
  /** Longest wait for another process that writes, in milliseconds; this process stands still. Default 30,000. */
  readonly busyTimeoutMs?: number;
  /** Payloads of more bytes go to files of their own. Default 262,144. */
  readonly inlineBytes?: number;
}

const DEFAULTS = { leaseMs: 30_000, busyTimeoutMs: 30_000, inlineBytes: 256 * 1024 } as const;
/** SQLite takes the busy time-out as a signed 32-bit number. */
const LARGEST = 2_147_483_647;

/**
 * A store in the file at `path`, which is made when it is first used; its folder must exist. Several processes may
 * have it open. Throws INVALID_ARGUMENT here; using it throws or rejects STORE_UNAVAILABLE (no database of ours,
 * damaged, not writable, disk full) or STORE_SCHEMA (written by a newer version), and then the file is as it was.
 */
export function sqliteStore(path: string, options: SqliteStoreOptions = {}): Store {
  return new SqliteStore(readPath(path), readOptions(options));
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #options: Required<SqliteStoreOptions>;
  readonly #files: PayloadFiles;
  readonly #ids = new IdSource(systemClock.now);
  readonly #sessions = new Set<SqliteSession>();
  #connection: Connection | undefined;

  constructor(path: string, options: Required<SqliteStoreOptions>) {
    this.#path = path;
    this.#options = options;
    this.#files = new PayloadFiles(path, options.inlineBytes);
  }

  open(options: OpenOptions): StoreSession {
    const session = new SqliteSession({
      ...options,
      path: this.#path,
      files: this.#files,
      owner: thisOwner(this.#ids.next()),
      leaseMs: this.#options.leaseMs,
      busyTimeoutMs: this.#options.busyTimeoutMs,
      onClose: (closed) => this.#sessions.delete(closed),
    });
    this.#sessions.add(session);
    return session;
  }

  readonly runs: Store['runs'] = {
    list: async (filter) => {
      const request = readFilter(filter);
      return this.#reader().list(request);
    },
    get: async (id) => {
      readId('the id of a run', id);
      return this.#reader().run(id);
    },
    delete: async (id) => {
      readId('the id of a run', id);
      return this.#removal().delete(id, this.#now());
    },
    send: async (id, message) => {
      readId('the id of a run', id);
      const read = readMessage(message);
      return sendMessage(this.#base(), id, read, this.#now());
    },
  };

  readonly tasks: Store['tasks'] = {
    list: async (runId) => {
      readId('the id of a run', runId);
      return this.#reader().tasks(runId);
    },
    get: async (id) => {
      readId('the id of a task', id);
      return this.#reader().task(id);
    },
  };

  async events(
    runId: string,
    options?: { readonly afterRunSeq?: number; readonly limit?: number },
  ): ReturnType<Store['events']> {
    readId('the id of a run', runId);
    const request = readEventRequest(options);
    return this.#reader().events(runId, request);
  }

  async prune(options: { readonly finishedBefore: number }): Promise<number> {
    const before = readFinishedBefore(options);
    return this.#removal().prune(before);
  }

  async close(): Promise<void> {
    const problems: unknown[] = [];
    for (const session of [...this.#sessions]) {
      try {
        session.close();
      } catch (problem) {
        problems.push(problem);
      }
    }
    this.#connection?.close();
    this.#connection = undefined;
    if (problems.length > 0) throw problems[0];
  }

  #reader(): Reader {
    return new Reader(this.#base(), this.#files);
  }

  #removal(): Removal {
    return new Removal(this.#base(), this.#files);
  }

  #base(): Connection {
    const { busyTimeoutMs } = this.#options;
    this.#connection ??= new Connection(this.#path, { busyTimeoutMs, strict: true });
    return this.#connection;
  }

  /** Leases are counted in the time of those who hold them. */
  #now(): number {
    const [session] = this.#sessions;
    return (session?.now ?? systemClock.now)();
  }
}

function readPath(path: unknown): string {
  if (path === ':memory:') {
    const hint = 'memoryStore() keeps everything in memory';
    throw invalidArgument('the path of the store', path, 'the path of a file', hint);
  }
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return resolve(path);
  throw invalidArgument('the path of the store', path, 'the path of a file, a non-empty string');
}

function readOptions(options: unknown): Required<SqliteStoreOptions> {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidArgument('the options of sqliteStore', options, 'an object');
  checkKeys('option of sqliteStore', options, Object.keys(DEFAULTS));
  const given = options as SqliteStoreOptions;
  return {
    leaseMs: readWhole('leaseMs', given.leaseMs, 1),
    busyTimeoutMs: readWhole('busyTimeoutMs', given.busyTimeoutMs, 0),
    inlineBytes: readWhole('inlineBytes', given.inlineBytes, 0),
  };
}

function readWhole(what: keyof typeof DEFAULTS, value: unknown, least: number): number {
  if (value === undefined) return DEFAULTS[what];
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= LARGEST) return Number(value);
  throw invalidArgument(what, value, `a whole number from ${least} to ${LARGEST}`);
}
