/**
 * The tables, as numbered migrations over `user_version`; a migration that was published is never changed.
 *
 * The ledger is append-only facts (tasks, moves, payloads, recorded values, groups), clustered by run so that one
 * run is read in one sweep; `runs` also has the current state, written from the facts with them. The tables of
 * the hot path carry no foreign keys: the fence of their run is checked in the same transaction.
 */
import type { Database } from './driver.ts';
import { foreignFile, newerSchema } from './failures.ts';

/** `SIGB` in the file's header says whose file it is (sqlite.org/fileformat.html, offset 68). */
const APPLICATION_ID = 0x53494742;

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE owners (
     key INTEGER PRIMARY KEY AUTOINCREMENT,
     session TEXT NOT NULL UNIQUE,
     boot_id TEXT NOT NULL,
     pid_namespace TEXT NOT NULL,
     pid INTEGER NOT NULL,
     start_time TEXT NOT NULL,
     host TEXT NOT NULL,
     expires_at INTEGER NOT NULL
   );
   -- AUTOINCREMENT: the key of a deleted run is never given out again, or an old owner could write to a new run.
   CREATE TABLE runs (
     key INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     style TEXT NOT NULL,
     version TEXT,
     priority INTEGER NOT NULL,
     children TEXT NOT NULL,
     -- JSON array of run ids; NULL for none.
     after TEXT,
     parent_id TEXT,
     parent_task INTEGER,
     at INTEGER NOT NULL,
     owner INTEGER REFERENCES owners (key),
     fence INTEGER NOT NULL,
     closed_at INTEGER,
     -- The current state: numbers of states and moves as in totals.ts and moves.ts; seq is that of the last own move.
     state INTEGER NOT NULL,
     move INTEGER NOT NULL DEFAULT 0,
     previous INTEGER NOT NULL DEFAULT 0,
     seq INTEGER NOT NULL DEFAULT 0,
     moved_at INTEGER,
     started_at INTEGER,
     next_seq INTEGER NOT NULL DEFAULT 1,
     -- Tasks by state, in the order of the states' numbers.
     tally TEXT NOT NULL DEFAULT '0,0,0,0,0,0,0',
     -- Long columns last: reading the others need not pass them.
     definition TEXT,
     input TEXT
   );
   CREATE INDEX runs_open ON runs (key) WHERE closed_at IS NULL;
   CREATE INDEX runs_owned ON runs (owner) WHERE owner IS NOT NULL;
   CREATE INDEX runs_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;
   CREATE TABLE stages (
     run INTEGER NOT NULL REFERENCES runs (key),
     number INTEGER NOT NULL,
     name TEXT,
     PRIMARY KEY (run, number)
   ) WITHOUT ROWID;
   CREATE TABLE specs (
     run INTEGER NOT NULL REFERENCES runs (key),
     number INTEGER NOT NULL,
     name TEXT NOT NULL,
     kind TEXT NOT NULL,
     executor TEXT NOT NULL,
     options TEXT NOT NULL,
     PRIMARY KEY (run, number)
   ) WITHOUT ROWID;
   CREATE TABLE tasks (
     run INTEGER NOT NULL,
     position INTEGER NOT NULL,
     id TEXT NOT NULL,
     stage INTEGER NOT NULL,
     spec INTEGER NOT NULL,
     fingerprint TEXT NOT NULL,
     -- A JSON array of positions; NULL for none.
     parents TEXT,
     is_finally INTEGER NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (run, position)
   ) WITHOUT ROWID;
   CREATE INDEX tasks_id ON tasks (id);
   -- move: ten times the number of moves.ts, plus the number of the state before it (0 for none).
   CREATE TABLE moves (
     run INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     subject INTEGER NOT NULL,
     move INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (run, seq)
   ) WITHOUT ROWID;
   -- Either text, or the name of a file in the folder of payloads.
   CREATE TABLE payloads (
     run INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     text TEXT,
     file TEXT,
     PRIMARY KEY (run, seq)
   ) WITHOUT ROWID;
   CREATE INDEX payloads_file ON payloads (file) WHERE file IS NOT NULL;
   CREATE TABLE recorded_values (
     run INTEGER NOT NULL REFERENCES runs (key),
     ordinal INTEGER NOT NULL,
     kind TEXT NOT NULL,
     value NOT NULL,
     PRIMARY KEY (run, ordinal)
   ) WITHOUT ROWID;
   CREATE TABLE process_groups (
     run INTEGER NOT NULL REFERENCES runs (key),
     position INTEGER NOT NULL,
     attempt INTEGER NOT NULL,
     pid INTEGER NOT NULL,
     start_time TEXT NOT NULL,
     PRIMARY KEY (run, position, attempt)
   ) WITHOUT ROWID;`,
  `CREATE TABLE messages (
     run INTEGER NOT NULL REFERENCES runs (key),
     ordinal INTEGER NOT NULL,
     kind TEXT NOT NULL,
     -- Codec text of what the message says beyond its kind; NULL for nothing.
     payload TEXT,
     at INTEGER NOT NULL,
     -- The fence of the owner that took it; NULL until then.
     taken INTEGER,
     PRIMARY KEY (run, ordinal)
   ) WITHOUT ROWID;
   CREATE INDEX messages_waiting ON messages (run, ordinal) WHERE taken IS NULL;`,
];

/** Tables whose rows belong to a run by their column `run`. */
export const TABLES_OF_RUNS = [
  'stages',
  'specs',
  'tasks',
  'moves',
  'payloads',
  'recorded_values',
  'process_groups',
  'messages',
] as const;

const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the file up to today's schema; of several processes one does, the others wait. Throws STORE_SCHEMA or
 * STORE_UNAVAILABLE for a file that is not ours to use, which then is as it was.
 */
export function bringUpToDate(database: Database, path: string): void {
  if (inTransaction(database, 'DEFERRED', () => isCurrent(database, path))) return;
  inTransaction(database, 'IMMEDIATE', () => {
    if (isCurrent(database, path)) return;
    const from = numberOf(database, 'PRAGMA user_version');
    for (const sql of MIGRATIONS.slice(from)) database.exec(sql);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Looks at the file more than once, so only inside a transaction: another process may be making it right now. */
function isCurrent(database: Database, path: string): boolean {
  const version = numberOf(database, 'PRAGMA user_version');
  const application = numberOf(database, 'PRAGMA application_id');
  if (application !== APPLICATION_ID) {
    const objects = numberOf(database, 'SELECT count(*) FROM sqlite_schema');
    if (application !== 0 || version !== 0 || objects > 0)
      throw foreignFile(path, 'a database of another application');
    return false;
  }
  if (version > SCHEMA_VERSION) throw newerSchema(path, version, SCHEMA_VERSION);
  return version === SCHEMA_VERSION;
}

function inTransaction<T>(database: Database, kind: 'DEFERRED' | 'IMMEDIATE', body: () => T): T {
  database.exec(`BEGIN ${kind}`);
  try {
    const result = body();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function numberOf(database: Database, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}
