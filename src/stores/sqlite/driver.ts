/**
 * The SQLite binding: Node's own `node:sqlite` where this Node has it, else `@photostructure/sqlite`, which is the
 * same code for older ones. Loaded on first use.
 */
import { createRequire } from 'node:module';

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface Statement {
  run(...values: readonly SqlValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...values: readonly SqlValue[]): SqlRow | undefined;
  all(...values: readonly SqlValue[]): SqlRow[];
  /** Rows become arrays. Not in every Node that has `node:sqlite`. */
  setReturnArrays?(arrays: boolean): void;
}

export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface Binding {
  readonly DatabaseSync: new (path: string) => Database;
}

let binding: Binding | undefined;

export function openDatabase(path: string): Database {
  binding ??= loadBuiltIn() ?? (createRequire(import.meta.url)('@photostructure/sqlite') as Binding);
  return new binding.DatabaseSync(path);
}

/** Undefined on Node 20, and where `node:sqlite` needs a flag. */
function loadBuiltIn(): Binding | undefined {
  const { getBuiltinModule } = process as { getBuiltinModule?: (id: string) => unknown };
  if (getBuiltinModule === undefined) return undefined;
  return withoutWarning(() => getBuiltinModule('node:sqlite') as Binding | undefined);
}

/** Loading the module prints that it is experimental, once, to the standard error of every program that uses us. */
function withoutWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!/SQLite/.test(String(warning))) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
