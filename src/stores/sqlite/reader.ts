/** The reading side: runs, tasks and events as users get them, from committed facts only. */
import { eventsOfMove, storedRun, storedTask } from '../reading.ts';
import type { EventRequest } from '../requests.ts';
import type { RunFilter, StoredEvent, StoredRun, StoredTask } from '../store.ts';
import { numberOfState } from '../totals.ts';
import type { Connection } from './connection.ts';
import type { SqlRow, SqlValue } from './driver.ts';
import type { PayloadFiles } from './payload-files.ts';
import {
  OWNER_COLUMNS,
  ownerOf,
  payloadOf,
  RUN_COLUMNS,
  runFacts,
  runTotals,
  splitMove,
  tallyOf,
  text,
  textOrNone,
} from './rows.ts';
import { type TaskRow, TaskRows } from './task-rows.ts';

const RUNS = `SELECT ${RUN_COLUMNS}, ${OWNER_COLUMNS}, p.text AS payload, p.file FROM runs r
  LEFT JOIN owners o ON o.key = r.owner LEFT JOIN payloads p ON p.run = r.key AND p.seq = r.seq`;
const EVENTS = `SELECT m.seq, m.subject, m.move, m.attempt, m.at, p.text AS payload, p.file,
  t.id AS task_id, t.stage AS task_stage, c.name AS task_name, s.name AS stage_name
  FROM moves m
  LEFT JOIN payloads p ON p.run = m.run AND p.seq = m.seq
  LEFT JOIN tasks t ON t.run = m.run AND t.position = m.subject
  LEFT JOIN specs c ON c.run = t.run AND c.number = t.spec
  LEFT JOIN stages s ON s.run = m.run AND s.number = -1 - m.subject
  WHERE m.run = ? AND m.seq >= ? ORDER BY m.seq LIMIT ?`;
/** SQLite's word for no limit. */
const NO_LIMIT = -1;

export class Reader {
  readonly #connection: Connection;
  readonly #files: PayloadFiles;

  constructor(connection: Connection, files: PayloadFiles) {
    this.#connection = connection;
    this.#files = files;
  }

  list({ state, name, since, limit }: RunFilter & { readonly limit: number }): StoredRun[] {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    const where = (condition: string, value: SqlValue): void => {
      conditions.push(condition);
      values.push(value);
    };
    if (state !== undefined) where('r.state = ?', numberOfState(state));
    if (name !== undefined) where('r.name = ?', name);
    if (since !== undefined) where('r.at >= ?', since);
    const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const sql = `${RUNS} ${filter} ORDER BY r.key DESC LIMIT ?`;
    return this.#read((connection) =>
      connection
        .statement(sql)
        .all(...values, limit)
        .map((row) => this.#run(row)),
    );
  }

  run(id: string): StoredRun | undefined {
    return this.#read((connection) => {
      const row = connection.statement(`${RUNS} WHERE r.id = ?`).get(id);
      return row && this.#run(row);
    });
  }

  tasks(runId: string): StoredTask[] {
    return this.#read((connection) => {
      const key = this.#keyOf(runId);
      if (key === undefined) return [];
      const rows = new TaskRows(connection, this.#files).stored(key);
      const ids = new Map(rows.map(({ facts }) => [facts.position, facts.id]));
      return rows.map((row) => toStored(runId, row, (position) => ids.get(position)));
    });
  }

  task(id: string): StoredTask | undefined {
    return this.#read((connection) => {
      const found = connection
        .statement('SELECT r.id, t.run, t.position FROM tasks t JOIN runs r ON r.key = t.run WHERE t.id = ?')
        .get(id);
      if (found === undefined) return undefined;
      const [run, position] = [Number(found['run']), Number(found['position'])];
      const row = new TaskRows(connection, this.#files).storedOne(run, position);
      const idAt = connection.statement('SELECT id FROM tasks WHERE run = ? AND position = ?');
      return row && toStored(text(found['id']), row, (parent) => textOrNone(idAt.get(run, parent)?.['id']));
    });
  }

  events(runId: string, { after, limit }: EventRequest): StoredEvent[] {
    return this.#read((connection) => {
      const run = connection.statement('SELECT key, name FROM runs WHERE id = ?').get(runId);
      if (run === undefined) return [];
      // The move before the first one asked for may have a second event; each other one has at least one.
      const moves = Number.isFinite(limit) ? limit + 1 : NO_LIMIT;
      const rows = connection.statement(EVENTS).all(run['key'] ?? null, after, moves);
      const told = rows.flatMap((row) => this.#events(runId, text(run['name']), row));
      return told.filter((event) => event.runSeq > after).slice(0, limit);
    });
  }

  #run(row: SqlRow): StoredRun {
    return storedRun(runFacts(row), runTotals(row), payloadOf(row, this.#files), {
      tasks: tallyOf(row),
      closed: row['closed_at'] !== null,
      owner: ownerOf(row),
    });
  }

  #events(runId: string, runName: string, row: SqlRow): StoredEvent[] {
    const task = textOrNone(row['task_id']);
    return eventsOfMove({
      runId,
      runName,
      seq: Number(row['seq']),
      subject: Number(row['subject']),
      ...splitMove(Number(row['move'])),
      attempt: Number(row['attempt']),
      at: Number(row['at']),
      payload: payloadOf(row, this.#files),
      task:
        task === undefined
          ? undefined
          : { id: task, name: text(row['task_name']), stage: Number(row['task_stage']) },
      stageName: textOrNone(row['stage_name']),
    });
  }

  #keyOf(runId: string): number | undefined {
    const row = this.#connection.statement('SELECT key FROM runs WHERE id = ?').get(runId);
    return row && Number(row['key']);
  }

  /** One moment of the file, whatever is written meanwhile. */
  #read<T>(body: (connection: Connection) => T): T {
    return this.#connection.transaction('DEFERRED', () => body(this.#connection));
  }
}

function toStored(runId: string, row: TaskRow, idOf: (position: number) => string | undefined): StoredTask {
  const { facts, totals, payload, options } = row;
  const dependsOn = facts.parents.flatMap((position) => idOf(position) ?? []);
  return storedTask(runId, facts, totals, payload, { dependsOn, options });
}
