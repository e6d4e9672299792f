/**
 * Writes batches: one transaction each. The fence of every run is checked once in it; facts of a run that is no
 * longer the caller's are left out, everything else commits (L3). An error undoes the whole batch.
 */
import { eventsOf } from '../moves.ts';
import type { Batch, OwnedRun, Refusal, RunRecord, TaskRecord } from '../store.ts';
import { numberOfState } from '../totals.ts';
import type { Connection } from './connection.ts';
import { Inserter } from './inserter.ts';
import type { PayloadFiles } from './payload-files.ts';
import { TrackedRun } from './tracked-run.ts';

export interface WriterOptions {
  readonly connection: Connection;
  readonly files: PayloadFiles;
  /** Row of the session in `owners`. */
  readonly owner: number;
  /** Names payload files; unique among sessions. */
  readonly session: string;
  readonly now: () => number;
}

const INSERT_RUN = `INSERT INTO runs (id, name, style, version, priority, children, parent_id, parent_task, at,
  owner, fence, state, after, definition, input)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ${numberOfState('queued')}, ?, ?, ?)
  ON CONFLICT (id) DO NOTHING`;
const UPDATE_PROGRESS = 'UPDATE runs SET next_seq = ?, tally = ? WHERE key = ?';
const UPDATE_STATE = `UPDATE runs SET next_seq = ?, tally = ?, state = ?, move = ?, previous = ?, seq = ?,
  moved_at = ?, started_at = ? WHERE key = ?`;
const TAKE = 'UPDATE messages SET taken = ? WHERE run = ? AND ordinal = ? AND taken IS NULL';
const DROP = 'DELETE FROM messages WHERE run = ? AND taken IS NULL';
const CLOSE = 'UPDATE runs SET closed_at = ?, owner = NULL WHERE key = ?';
const FENCE = 1;

export class BatchWriter {
  readonly #options: WriterOptions;
  readonly #tasks: Inserter;
  readonly #moves: Inserter;
  /** Runs that this session writes to, by key. */
  readonly #tracked = new Map<number, TrackedRun>();
  /** Of the batch that is being written. */
  readonly #targets = new Map<OwnedRun, TrackedRun>();
  readonly #refused = new Map<OwnedRun, Refusal['reason']>();
  readonly #created: OwnedRun[] = [];
  readonly #files: string[] = [];
  #fileNumber = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    const { connection } = options;
    const taskColumns = [
      'run',
      'position',
      'id',
      'stage',
      'spec',
      'fingerprint',
      'parents',
      'is_finally',
      'at',
    ];
    this.#tasks = new Inserter(connection, 'tasks', taskColumns);
    this.#moves = new Inserter(connection, 'moves', ['run', 'seq', 'subject', 'move', 'attempt', 'at']);
  }

  write(batch: Batch): readonly Refusal[] | undefined {
    try {
      this.#options.connection.transaction('IMMEDIATE', () => this.#writeAll(batch));
      for (const run of batch.closed) if (!this.#refused.has(run)) this.#tracked.delete(run.key);
      if (this.#refused.size === 0) return undefined;
      return [...this.#refused].map(([run, reason]) => ({ run, reason }));
    } catch (problem) {
      this.#undo();
      throw problem;
    } finally {
      this.#targets.clear();
      this.#refused.clear();
      this.#created.length = 0;
      this.#files.length = 0;
    }
  }

  /** What is remembered of a run is no longer true: it was claimed, or given up. */
  forget(key: number): void {
    this.#tracked.delete(key);
  }

  /** The transaction is undone; so is what was remembered with it. */
  #undo(): void {
    for (const target of this.#targets.values()) this.#tracked.delete(target.key);
    for (const run of this.#created) Object.assign(run, { key: 0, fence: 0 });
    this.#tasks.clear();
    this.#moves.clear();
    this.#options.files.remove(this.#files);
  }

  #writeAll(batch: Batch): void {
    const { connection } = this.#options;
    for (const record of batch.runs) this.#create(record);
    for (const { run, index, name } of batch.stages) {
      const target = this.#target(run);
      if (target === undefined) continue;
      connection
        .statement('INSERT INTO stages (run, number, name) VALUES (?, ?, ?)')
        .run(target.key, index, name ?? null);
    }
    for (const task of batch.tasks) this.#addTask(task);
    this.#tasks.flush();
    this.#addMoves(batch.moves);
    this.#moves.flush();
    for (const { run, seq, text } of batch.payloads) this.#addPayload(run, seq, text);
    this.#addRare(batch);
    for (const target of this.#targets.values()) this.#updateRun(target);
    for (const run of batch.closed) {
      const target = this.#target(run);
      if (target === undefined) continue;
      connection.statement(CLOSE).run(this.#options.now(), target.key);
      connection.statement(DROP).run(target.key);
    }
  }

  #create({ run, ...record }: RunRecord): void {
    const { changes, lastInsertRowid } = this.#options.connection
      .statement(INSERT_RUN)
      .run(
        run.id,
        record.name,
        record.style,
        record.version ?? null,
        record.priority,
        record.children,
        record.parentId ?? null,
        record.parentTask ?? null,
        record.at,
        this.#options.owner,
        record.after.length === 0 ? null : JSON.stringify(record.after),
        record.definition ?? null,
        record.input ?? null,
      );
    if (Number(changes) === 0) {
      this.#refused.set(run, 'exists');
      return;
    }
    run.key = Number(lastInsertRowid);
    run.fence = FENCE;
    this.#created.push(run);
    const target = new TrackedRun(run.key);
    this.#tracked.set(run.key, target);
    this.#targets.set(run, target);
  }

  /** The run if it is the caller's, looked up once per batch. */
  #target(run: OwnedRun): TrackedRun | undefined {
    const known = this.#targets.get(run);
    if (known !== undefined) return known;
    if (this.#refused.has(run)) return undefined;
    const { connection, owner } = this.#options;
    const found = connection.statement('SELECT fence, owner FROM runs WHERE key = ?').get(run.key);
    if (found === undefined || found['fence'] !== run.fence || found['owner'] !== owner) {
      this.#refused.set(run, 'fence');
      this.#tracked.delete(run.key);
      return undefined;
    }
    const target = this.#tracked.get(run.key) ?? TrackedRun.load(connection, run.key);
    this.#tracked.set(run.key, target);
    this.#targets.set(run, target);
    return target;
  }

  #addTask(task: TaskRecord): void {
    const target = this.#target(task.run);
    if (target === undefined) return;
    const { number, isNew } = target.specNumber(task.spec);
    if (isNew) {
      const { name, kind, executor, options } = task.spec;
      this.#options.connection
        .statement('INSERT INTO specs (run, number, name, kind, executor, options) VALUES (?, ?, ?, ?, ?, ?)')
        .run(target.key, number, name, kind, executor, options);
    }
    target.addTask();
    const parents = task.parents.length === 0 ? null : JSON.stringify(task.parents);
    this.#tasks.rows.push(target.key, task.position, task.id, task.stage, number);
    this.#tasks.rows.push(task.fingerprint, parents, task.isFinally ? 1 : 0, task.at);
    this.#tasks.added();
  }

  #addMoves({
    size,
    run: runs,
    seq: seqs,
    subject: subjects,
    move: moves,
    attempt: attempts,
    at: ats,
  }: Batch['moves']): void {
    let last: OwnedRun | undefined;
    let target: TrackedRun | undefined;
    for (let i = 0; i < size; i += 1) {
      const run = runs[i];
      if (run === undefined) break;
      if (run !== last) target = this.#target(run);
      last = run;
      if (target === undefined) continue;
      const seq = seqs[i] ?? 0;
      const subject = subjects[i] ?? 0;
      const move = moves[i] ?? 0;
      const attempt = attempts[i] ?? 0;
      const at = ats[i] ?? 0;
      const previous = target.addMove(seq, subject, move, attempt, at, eventsOf(move));
      this.#moves.rows.push(target.key, seq, subject, move * 10 + previous, attempt, at);
      this.#moves.added();
    }
  }

  #addPayload(run: OwnedRun, seq: number, text: string): void {
    const target = this.#target(run);
    if (target === undefined) return;
    const { connection, files, session } = this.#options;
    let file: string | null = null;
    if (files.takes(text)) {
      this.#fileNumber += 1;
      file = `${session}-${this.#fileNumber}`;
      this.#files.push(file);
      files.write(file, text);
    }
    connection
      .statement('INSERT INTO payloads (run, seq, text, file) VALUES (?, ?, ?, ?)')
      .run(target.key, seq, file === null ? text : null, file);
  }

  #addRare({ values, groups, taken }: Batch): void {
    const { connection } = this.#options;
    for (const { run, ordinal, kind, value } of values) {
      const key = this.#target(run)?.key;
      if (key === undefined) continue;
      connection
        .statement('INSERT INTO recorded_values (run, ordinal, kind, value) VALUES (?, ?, ?, ?)')
        .run(key, ordinal, kind, value);
    }
    for (const { run, position, attempt, pid, startTime } of groups) {
      const key = this.#target(run)?.key;
      if (key === undefined) continue;
      connection
        .statement(
          'INSERT INTO process_groups (run, position, attempt, pid, start_time) VALUES (?, ?, ?, ?, ?)',
        )
        .run(key, position, attempt, pid, startTime);
    }
    for (const { run, ordinal } of taken) {
      const key = this.#target(run)?.key;
      if (key !== undefined) connection.statement(TAKE).run(run.fence, key, ordinal);
    }
  }

  #updateRun(run: TrackedRun): void {
    if (!run.dirty) return;
    const { connection } = this.#options;
    const { totals } = run;
    if (run.ownMoves) {
      const { state, previous, move, seq, at, startedAt } = totals;
      connection
        .statement(UPDATE_STATE)
        .run(
          run.nextSeq,
          run.tally,
          numberOfState(state ?? 'queued'),
          move,
          previous === undefined ? 0 : numberOfState(previous),
          seq,
          at,
          startedAt ?? null,
          run.key,
        );
    } else connection.statement(UPDATE_PROGRESS).run(run.nextSeq, run.tally, run.key);
    run.dirty = false;
    run.ownMoves = false;
  }
}
