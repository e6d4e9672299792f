/** Messages to runs: sending them, by any process, and reading what their runs did not take. */
import { decode, encode } from '../../core/codec.ts';
import type { RunMessage, SentMessage } from '../store.ts';
import type { Connection } from './connection.ts';
import type { SqlRow } from './driver.ts';
import { text, textOrNone } from './rows.ts';

const SEND = `INSERT INTO messages (run, ordinal, kind, payload, at)
  SELECT key, 1 + coalesce((SELECT max(ordinal) FROM messages WHERE run = runs.key), 0), ?, ?, ?
  FROM runs WHERE id = ? AND closed_at IS NULL`;
const COLUMNS = 'r.id, m.ordinal, m.kind, m.payload, m.at';
// CROSS JOIN: from the few messages to their runs, however many runs the session owns.
const OF_OWNER = `SELECT ${COLUMNS} FROM messages m CROSS JOIN runs r ON r.key = m.run
  WHERE m.taken IS NULL AND r.owner = ? ORDER BY m.run, m.ordinal`;
const OF_RUN = `SELECT ${COLUMNS} FROM messages m CROSS JOIN runs r ON r.key = m.run
  WHERE m.taken IS NULL AND m.run = ? ORDER BY m.ordinal`;

/** False for a run that is unknown or closed. */
export function sendMessage(connection: Connection, runId: string, message: RunMessage, at: number): boolean {
  const { kind, ...rest } = message;
  const payload = Object.keys(rest).length === 0 ? null : encode(rest);
  return connection.transaction('IMMEDIATE', () => {
    const { changes } = connection.statement(SEND).run(kind, payload, at, runId);
    return Number(changes) > 0;
  });
}

/** Of every run of an owner. */
export function messagesOfOwner(connection: Connection, owner: number): readonly SentMessage[] {
  return connection.transaction('DEFERRED', () => connection.statement(OF_OWNER).all(owner)).flatMap(toSent);
}

/** Inside a transaction. */
export function messagesOfRun(connection: Connection, run: number): readonly SentMessage[] {
  return connection.statement(OF_RUN).all(run).flatMap(toSent);
}

/** A kind that this version does not know is left for one that does. */
function toSent(row: SqlRow): SentMessage[] {
  const message = messageOf(text(row['kind']), textOrNone(row['payload']));
  if (message === undefined) return [];
  return [{ runId: text(row['id']), ordinal: Number(row['ordinal']), message, at: Number(row['at']) }];
}

function messageOf(kind: string, payload: string | undefined): RunMessage | undefined {
  if (kind !== 'terminate') return undefined;
  return { kind, ...((payload === undefined ? {} : decode(payload)) as { readonly reason?: string }) };
}
