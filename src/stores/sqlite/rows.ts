/** Rows of the tables as facts: the only place that knows columns by name on the way out. */
import type { RunFacts } from '../reading.ts';
import type { OwnerIdentity } from '../store.ts';
import { emptyTally, type MoveTotals, STATES_BY_NUMBER, type Tally } from '../totals.ts';
import type { SqlRow, SqlValue } from './driver.ts';
import type { PayloadFiles } from './payload-files.ts';

export const text = (value: SqlValue | undefined): string => String(value ?? '');
export const textOrNone = (value: SqlValue | undefined): string | undefined =>
  value === null || value === undefined ? undefined : String(value);
export const numberOrNone = (value: SqlValue | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);

/** Columns of `runs` that `runFacts` and `runTotals` read. */
export const RUN_COLUMNS = `r.key, r.id, r.name, r.style, r.version, r.definition, r.input, r.priority, r.children, r.after,
  r.parent_id, r.parent_task, r.at, r.closed_at, r.move, r.previous, r.seq, r.moved_at, r.started_at, r.next_seq,
  r.tally`;

export function runFacts(row: SqlRow): RunFacts {
  return {
    id: text(row['id']),
    name: text(row['name']),
    style: text(row['style']),
    version: textOrNone(row['version']),
    definition: textOrNone(row['definition']),
    input: textOrNone(row['input']),
    priority: Number(row['priority']),
    children: text(row['children']),
    after: idsOf(textOrNone(row['after'])),
    parentId: textOrNone(row['parent_id']),
    parentTask: numberOrNone(row['parent_task']),
    at: Number(row['at']),
  };
}

function idsOf(json: string | undefined): readonly string[] {
  return json === undefined ? [] : (JSON.parse(json) as readonly string[]);
}

/** Undefined before the first move of the run itself. */
export function runTotals(row: SqlRow): MoveTotals | undefined {
  const move = Number(row['move']);
  if (move === 0) return undefined;
  return {
    seq: Number(row['seq']),
    move,
    attempt: 0,
    at: Number(row['moved_at']),
    previous: STATES_BY_NUMBER[Number(row['previous'])],
    startedAt: numberOrNone(row['started_at']),
    failures: 0,
    lost: 0,
  };
}

export function tallyOf(row: SqlRow): Tally {
  const tally = emptyTally();
  for (const [at, count] of text(row['tally']).split(',').entries()) {
    const state = STATES_BY_NUMBER[at + 1];
    if (state !== undefined) tally[state] = Number(count);
  }
  return tally;
}

/** Columns of `owners`; NULL in all for a run that nobody holds. */
export const OWNER_COLUMNS =
  'o.session, o.boot_id, o.pid_namespace, o.pid, o.start_time, o.host, o.expires_at';

export function ownerOf(row: SqlRow): OwnerIdentity | undefined {
  if (row['session'] === null || row['session'] === undefined) return undefined;
  return {
    bootId: text(row['boot_id']),
    pidNamespace: text(row['pid_namespace']),
    pid: Number(row['pid']),
    startTime: text(row['start_time']),
    host: text(row['host']),
    session: text(row['session']),
  };
}

/** A stored move is ten times its number, plus the number of the state before it. */
export function splitMove(stored: number): Pick<MoveTotals, 'move' | 'previous'> {
  return { move: Math.trunc(stored / 10), previous: STATES_BY_NUMBER[stored % 10] };
}

/** The text of columns `payload` and `file`. */
export function payloadOf(row: SqlRow, files: PayloadFiles): string | undefined {
  const file = textOrNone(row['file']);
  return file === undefined ? textOrNone(row['payload']) : files.read(file);
}
