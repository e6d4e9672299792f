/** A run as its facts leave it, for a runtime that goes on with it. */
import { recordedRun, recordedTask, stagePath } from '../reading.ts';
import type { RecordedRun } from '../store.ts';
import { isAttemptOver } from '../totals.ts';
import type { Connection } from './connection.ts';
import { messagesOfRun } from './messages.ts';
import type { PayloadFiles } from './payload-files.ts';
import {
  numberOrNone,
  payloadOf,
  RUN_COLUMNS,
  runFacts,
  runTotals,
  splitMove,
  text,
  textOrNone,
} from './rows.ts';
import { type TaskRow, TaskRows } from './task-rows.ts';

const RUN = `SELECT ${RUN_COLUMNS}, p.text AS payload, p.file FROM runs r
  LEFT JOIN payloads p ON p.run = r.key AND p.seq = r.seq WHERE r.key = ?`;
const STAGES = `SELECT s.number, s.name,
  (SELECT move FROM (SELECT max(seq), move FROM moves WHERE run = s.run AND subject = -1 - s.number)) AS move
  FROM stages s WHERE s.run = ? ORDER BY s.number`;
const VALUES = 'SELECT ordinal, kind, value FROM recorded_values WHERE run = ? ORDER BY ordinal';
const GROUPS =
  'SELECT position, attempt, pid, start_time FROM process_groups WHERE run = ? ORDER BY position, attempt';
const CHILD_RUNS = 'SELECT id, name, parent_task FROM runs WHERE parent_id = ? ORDER BY key';

/** Reads in one transaction: all of it is of one moment. */
export function readRecorded(connection: Connection, files: PayloadFiles, run: number): RecordedRun {
  return connection.transaction('DEFERRED', () => {
    const row = connection.statement(RUN).get(run) ?? {};
    const facts = runFacts(row);
    const tasks = new TaskRows(connection, files).recorded(run);
    return recordedRun(facts, runTotals(row), payloadOf(row, files), {
      closed: row['closed_at'] !== null,
      nextSeq: Number(row['next_seq']),
      stages: readStages(connection, run),
      tasks: tasks.map(({ facts, totals, payload }) => recordedTask(facts, totals, payload)),
      values: readValues(connection, run),
      groups: readGroups(connection, run, tasks),
      messages: messagesOfRun(connection, run),
      childRuns: connection
        .statement(CHILD_RUNS)
        .all(facts.id)
        .map((child) => ({
          id: text(child['id']),
          name: text(child['name']),
          parentTask: numberOrNone(child['parent_task']),
        })),
    });
  });
}

function readStages(connection: Connection, run: number): RecordedRun['stages'] {
  return connection
    .statement(STAGES)
    .all(run)
    .map((row) => {
      const move = numberOrNone(row['move']);
      const path = stagePath(move === undefined ? undefined : splitMove(move));
      return { index: Number(row['number']), name: textOrNone(row['name']), path };
    });
}

function readValues(connection: Connection, run: number): RecordedRun['values'] {
  return connection
    .statement(VALUES)
    .all(run)
    .map(({ ordinal, kind, value }) => ({
      ordinal: Number(ordinal),
      kind: text(kind) as 'now' | 'random' | 'uuid',
      value: value ?? 0,
    }));
}

function readGroups(
  connection: Connection,
  run: number,
  taskRows: readonly TaskRow[],
): RecordedRun['groups'] {
  const rows = connection.statement(GROUPS).all(run);
  if (rows.length === 0) return [];
  const tasks = new Map(taskRows.map(({ facts, totals }) => [facts.position, totals]));
  return rows
    .filter((row) => !isAttemptOver(Number(row['attempt']), tasks.get(Number(row['position']))))
    .map((row) => ({
      position: Number(row['position']),
      attempt: Number(row['attempt']),
      pid: Number(row['pid']),
      startTime: text(row['start_time']),
    }));
}
