/** Many rows into one table with few calls: rows are collected and written 64, 8 or 1 at a time. */
import type { Connection } from './connection.ts';
import type { SqlValue } from './driver.ts';

/** Rows per statement, largest first. */
const CHUNKS = [64, 8, 1] as const;

export class Inserter {
  /** Values of whole rows, one after the other. Add a row to it, then call `added`. */
  readonly rows: SqlValue[] = [];
  readonly #connection: Connection;
  readonly #columns: number;
  readonly #statements: readonly (readonly [rows: number, sql: string])[];

  constructor(connection: Connection, table: string, columns: readonly string[]) {
    this.#connection = connection;
    this.#columns = columns.length;
    const row = `(${columns.map(() => '?').join()})`;
    this.#statements = CHUNKS.map((rows) => {
      const values = Array.from({ length: rows }, () => row).join();
      return [rows, `INSERT INTO ${table} (${columns.join()}) VALUES ${values}`] as const;
    });
  }

  /** Writes what is collected when it is enough for the largest statement. */
  added(): void {
    if (this.rows.length === CHUNKS[0] * this.#columns) this.flush();
  }

  /** Writes the rest. */
  flush(): void {
    let at = 0;
    for (const [rows, sql] of this.#statements) {
      const width = rows * this.#columns;
      while (this.rows.length - at >= width) {
        const whole = at === 0 && this.rows.length === width;
        this.#connection.statement(sql).run(...(whole ? this.rows : this.rows.slice(at, at + width)));
        at += width;
      }
    }
    this.rows.length = 0;
  }

  /** Forgets what was collected: the transaction is undone. */
  clear(): void {
    this.rows.length = 0;
  }
}
