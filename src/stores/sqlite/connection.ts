/**
 * One connection to the file: opened, checked, migrated, with its prepared statements and transactions. Whatever
 * goes wrong in it is told as STORE_UNAVAILABLE or STORE_SCHEMA, and then the file is as it was.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { systemClock } from '../../core/clock.ts';
import { type Database, openDatabase, type SqlValue, type Statement } from './driver.ts';
import { foreignFile, isBusy, unavailable } from './failures.ts';
import { bringUpToDate } from './schema.ts';

export interface ConnectionOptions {
  readonly busyTimeoutMs: number;
  /** Whether a commit is on the disk when it returns: `synchronous` FULL, else NORMAL. */
  readonly strict: boolean;
}

/**
 * Pages of the write-ahead log after which a commit moves them into the database: a commit that does is a pause of
 * up to 200 ms, so it is made rare (every 64 MB), and `renew` does most of the work before.
 */
const AUTOCHECKPOINT_PAGES = 16_000;
const BUSY_PAUSE_MS = 10;
const MAGIC = 'SQLite format 3\0';

export class Connection {
  readonly path: string;
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(path: string, options: ConnectionOptions) {
    this.path = path;
    try {
      checkHeader(path);
      this.#database = open(path, options);
    } catch (problem) {
      throw unavailable(path, problem);
    }
  }

  /** Prepared once per text. */
  statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** All rows as arrays of columns, where there may be many: less than half of what objects cost. */
  columns(sql: string, ...values: readonly SqlValue[]): readonly (readonly SqlValue[])[] {
    const statement = this.statement(sql);
    if (statement.setReturnArrays === undefined) return statement.all(...values).map(Object.values);
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as readonly (readonly SqlValue[])[];
  }

  /** `body` sees and writes one state of the file. An error in it undoes everything. */
  transaction<T>(kind: 'IMMEDIATE' | 'DEFERRED', body: () => T): T {
    try {
      this.statement(`BEGIN ${kind}`).run();
      try {
        const result = body();
        this.statement('COMMIT').run();
        return result;
      } catch (problem) {
        this.#rollback();
        throw problem;
      }
    } catch (problem) {
      throw unavailable(this.path, problem);
    }
  }

  /** Moves what can be moved from the write-ahead log into the database, without waiting for anybody. */
  checkpoint(): void {
    this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /**
   * Empties the log where nobody else uses it. With `@photostructure/sqlite`, which keeps statements until they are
   * collected, the empty log stays beside the file until then, or until the process ends.
   */
  close(): void {
    try {
      this.#database.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Somebody reads or writes: the last to close does it.
    }
    this.#statements.clear();
    this.#database.close();
  }

  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // After some errors (a full disk) SQLite has rolled back by itself.
    }
  }
}

function open(path: string, { busyTimeoutMs, strict }: ConnectionOptions): Database {
  const database = openDatabase(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA foreign_keys = ON`);
    bringUpToDate(database, path);
    useWriteAheadLog(database, busyTimeoutMs);
    database.exec(
      `PRAGMA synchronous = ${strict ? 'FULL' : 'NORMAL'}; PRAGMA wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`,
    );
    return database;
  } catch (problem) {
    database.close();
    throw problem;
  }
}

/** Changing the journal needs the file alone for a moment, and does not wait for that by itself. */
function useWriteAheadLog(database: Database, busyTimeoutMs: number): void {
  const until = systemClock.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (problem) {
      if (!isBusy(problem) || systemClock.now() >= until) throw problem;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
    }
  }
}

/** A file that is no database at all is refused before SQLite touches it. */
function checkHeader(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw problem;
  }
  try {
    const header = Buffer.alloc(MAGIC.length);
    const length = readSync(file, header, 0, header.length, 0);
    if (length > 0 && header.toString('latin1') !== MAGIC) throw foreignFile(path, 'some other file');
  } finally {
    closeSync(file);
  }
}
