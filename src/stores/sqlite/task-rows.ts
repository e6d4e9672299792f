/** Tasks of a run with what their moves add up to, aggregated by SQLite. */
import { moveCode } from '../moves.ts';
import type { TaskFacts } from '../reading.ts';
import type { MoveTotals } from '../totals.ts';
import type { Connection } from './connection.ts';
import type { SqlValue } from './driver.ts';
import type { PayloadFiles } from './payload-files.ts';
import { numberOrNone, splitMove, text } from './rows.ts';

export interface TaskRow {
  readonly facts: TaskFacts;
  /** Undefined for a task that never moved. */
  readonly totals: MoveTotals | undefined;
  readonly payload: string | undefined;
  /** JSON. */
  readonly options: string;
}

const BACKOFF = moveCode('queued.backoff', 'failed');
/** How the last digit of a move says that an attempt began or was lost. */
const STARTED = 1;
const LOST = 5;

/** Columns that stand beside a single max() are those of its row (sqlite.org/lang_select.html#bareagg). */
const LAST_MOVES = `SELECT subject, max(seq) AS seq, move, attempt, at AS moved_at,
  sum(move / 10 = ${BACKOFF}) AS failures, sum(move / 10 % 10 = ${LOST}) AS lost
  FROM moves WHERE run = ?1 AND subject > 0 GROUP BY subject`;

/** Times of the last starts: a max() of its own, so a query of its own. */
const LAST_STARTS = `SELECT subject, max(seq), at AS started_at
  FROM moves WHERE run = ?1 AND subject > 0 AND move / 10 % 10 = ${STARTED} GROUP BY subject`;

const ONE = (sql: string): string => sql.replace('subject > 0', 'subject = ?2');

/** The columns in the order in which `toRow` takes them. */
function query(moves: string, starts: string | undefined, where: string): string {
  return `WITH moved AS (${moves})${starts === undefined ? '' : `, started AS (${starts})`}
    SELECT t.position, t.id, t.stage, t.spec, t.fingerprint, t.parents, t.is_finally, t.at,
      m.seq, m.move, m.attempt, m.moved_at, m.failures, m.lost,
      ${starts === undefined ? 'NULL' : 'b.started_at'} AS started_at, p.text, p.file
    FROM tasks t
    LEFT JOIN moved m ON m.subject = t.position
    ${starts === undefined ? '' : 'LEFT JOIN started b ON b.subject = t.position'}
    LEFT JOIN payloads p ON p.run = t.run AND p.seq = m.seq
    WHERE ${where} ORDER BY t.position`;
}

const RECORDED = query(LAST_MOVES, undefined, 't.run = ?1');
const STORED = query(LAST_MOVES, LAST_STARTS, 't.run = ?1');
const STORED_ONE = query(ONE(LAST_MOVES), ONE(LAST_STARTS), 't.run = ?1 AND t.position = ?2');

export class TaskRows {
  readonly #connection: Connection;
  readonly #files: PayloadFiles;

  constructor(connection: Connection, files: PayloadFiles) {
    this.#connection = connection;
    this.#files = files;
  }

  /** All tasks of a run, without the times of their starts. */
  recorded(run: number): TaskRow[] {
    return this.#read(run, RECORDED, run);
  }

  stored(run: number): TaskRow[] {
    return this.#read(run, STORED, run);
  }

  storedOne(run: number, position: number): TaskRow | undefined {
    return this.#read(run, STORED_ONE, run, position)[0];
  }

  #read(run: number, sql: string, ...values: readonly number[]): TaskRow[] {
    const specs = this.#specs(run);
    return this.#connection.columns(sql, ...values).map((row) => this.#toRow(row, specs));
  }

  #specs(run: number): Specs {
    const rows = this.#connection
      .statement('SELECT number, name, kind, executor, options FROM specs WHERE run = ?')
      .all(run);
    return new Map(
      rows.map(({ number, name, kind, executor, options }) => [
        number,
        { name: text(name), kind: text(kind), executor: text(executor), options: text(options) },
      ]),
    );
  }

  #toRow(row: readonly SqlValue[], specs: Specs): TaskRow {
    const [position, id, stage, number, fingerprint, parents, isFinally, at] = row;
    const { name, kind, executor, options } = specs.get(number) ?? NO_SPEC;
    const facts: TaskFacts = {
      position: Number(position),
      id: text(id),
      stage: Number(stage),
      name,
      kind,
      executor,
      fingerprint: text(fingerprint),
      parents: typeof parents === 'string' ? (JSON.parse(parents) as readonly number[]) : NO_PARENTS,
      isFinally: isFinally === 1,
      at: Number(at),
    };
    const file = row[FILE];
    const payload = typeof file === 'string' ? this.#files.read(file) : row[FILE - 1];
    return {
      facts,
      totals: totalsOf(row),
      payload: typeof payload === 'string' ? payload : undefined,
      options,
    };
  }
}

type Specs = ReadonlyMap<
  SqlValue | undefined,
  { readonly name: string; readonly kind: string; readonly executor: string; readonly options: string }
>;
const NO_SPEC = { name: '', kind: '', executor: '', options: '{}' };
const NO_PARENTS: readonly number[] = Object.freeze([]);

/** Columns by place in the query. */
const [SEQ, MOVE, ATTEMPT, MOVED_AT, FAILURES, LOST_COUNT, STARTED_AT, FILE] = [
  8, 9, 10, 11, 12, 13, 14, 16,
] as const;

function totalsOf(row: readonly SqlValue[]): MoveTotals | undefined {
  const stored = row[MOVE];
  if (typeof stored !== 'number') return undefined;
  const { move, previous } = splitMove(stored);
  return {
    seq: Number(row[SEQ]),
    move,
    attempt: Number(row[ATTEMPT]),
    at: Number(row[MOVED_AT]),
    previous,
    startedAt: numberOrNone(row[STARTED_AT]),
    failures: Number(row[FAILURES]),
    lost: Number(row[LOST_COUNT]),
  };
}
