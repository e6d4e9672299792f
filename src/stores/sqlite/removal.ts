/** Deleting runs with everything that belongs to them, child runs and payload files included. */
import { isAlive } from '../owner.ts';
import { isHeld, runLeased } from '../requests.ts';
import type { Connection } from './connection.ts';
import type { SqlRow } from './driver.ts';
import type { PayloadFiles } from './payload-files.ts';
import { OWNER_COLUMNS, ownerOf, text } from './rows.ts';
import { TABLES_OF_RUNS } from './schema.ts';
import { leaseOf } from './session.ts';

/** A run, those that it submitted, those that they submitted, ... */
const TREE = `WITH RECURSIVE tree (key, id) AS (
    SELECT key, id FROM runs WHERE id = ?
    UNION SELECT r.key, r.id FROM runs r JOIN tree ON r.parent_id = tree.id)
  SELECT r.key, r.id, r.closed_at, r.moved_at, r.at, ${OWNER_COLUMNS}
  FROM tree JOIN runs r ON r.key = tree.key LEFT JOIN owners o ON o.key = r.owner`;
/** What a run that stays has submitted stays with it: going on with it needs them. */
const CLOSED_ROOTS = `SELECT r.id FROM runs r
  WHERE r.closed_at IS NOT NULL AND coalesce(r.moved_at, r.at) < ?
    AND NOT EXISTS (SELECT 1 FROM runs p WHERE p.id = r.parent_id)`;

export class Removal {
  readonly #connection: Connection;
  readonly #files: PayloadFiles;

  constructor(connection: Connection, files: PayloadFiles) {
    this.#connection = connection;
    this.#files = files;
  }

  /** False for an unknown run. Throws RUN_LEASED while it, or a run below it, is being run. */
  delete(id: string, now: number): boolean {
    const gone: string[] = [];
    const known = this.#connection.transaction('IMMEDIATE', () => {
      const tree = this.#connection.statement(TREE).all(id);
      for (const run of tree) {
        const lease = leaseOf(run);
        if (isHeld(lease, now)) throw runLeased(text(run['id']), lease);
      }
      this.#deleteAll(tree, gone);
      return tree.length > 0;
    });
    this.#files.remove(gone);
    return known;
  }

  /** Gives how many runs were deleted. */
  prune(finishedBefore: number): number {
    const gone: string[] = [];
    const pruned = this.#connection.transaction('IMMEDIATE', () => {
      let count = 0;
      for (const { id } of this.#connection.statement(CLOSED_ROOTS).all(finishedBefore)) {
        const tree = this.#connection.statement(TREE).all(id ?? null);
        if (!tree.every((run) => isOver(run, finishedBefore))) continue;
        this.#deleteAll(tree, gone);
        count += tree.length;
      }
      this.#forgetOwners();
      // Files are written inside the transaction that names them, so what nothing names now is left from a crash.
      gone.push(...this.#orphans());
      return count;
    });
    this.#files.remove(gone);
    return pruned;
  }

  #deleteAll(runs: readonly SqlRow[], gone: string[]): void {
    const files = this.#connection.statement('SELECT file FROM payloads WHERE run = ? AND file IS NOT NULL');
    for (const { key = null } of runs) {
      gone.push(...files.all(key).map((row) => text(row['file'])));
      for (const table of TABLES_OF_RUNS)
        this.#connection.statement(`DELETE FROM ${table} WHERE run = ?`).run(key);
      this.#connection.statement('DELETE FROM runs WHERE key = ?').run(key);
    }
  }

  /** Owners that died without closing, once no run names them. */
  #forgetOwners(): void {
    const idle = this.#connection
      .statement(`SELECT o.key, ${OWNER_COLUMNS} FROM owners o
        WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.owner = o.key)`)
      .all();
    for (const row of idle) {
      const owner = ownerOf(row);
      if (owner !== undefined && isAlive(owner) === 'dead')
        this.#connection.statement('DELETE FROM owners WHERE key = ?').run(row['key'] ?? null);
    }
  }

  #orphans(): string[] {
    const named = this.#connection.statement('SELECT 1 FROM payloads WHERE file = ?');
    return this.#files.list().filter((name) => named.get(name) === undefined);
  }
}

function isOver(run: SqlRow, before: number): boolean {
  return run['closed_at'] !== null && Number(run['moved_at'] ?? run['at']) < before;
}
