/**
 * What a session remembers of a run that it writes to: the state of every subject, so that a move is written
 * with the state before it and the counts of tasks are kept without reading; and the numbers of its specs.
 * Read from the ledger when the run is first written to, dropped when it is closed, lost or a batch fails.
 */
import type { SpecRecord } from '../store.ts';
import { numberOfState, RunningTotals, STATES_BY_NUMBER, stateNumberOf } from '../totals.ts';
import type { Connection } from './connection.ts';

/** Different specs of one run that are told apart by their text; beyond it equal ones may be written again. */
const KEPT_SPECS = 1_000;
const QUEUED = numberOfState('queued');

export class TrackedRun {
  readonly key: number;
  nextSeq = 1;
  /** Moves of the run itself. */
  readonly totals = new RunningTotals();
  /** Something of the columns below is not written yet. */
  dirty = false;
  ownMoves = false;
  /** Tasks by number of state. */
  readonly #tally = new Array<number>(STATES_BY_NUMBER.length).fill(0);
  /** Numbers of states by position; 0 before the first move. */
  #tasks = new Uint8Array(64);
  readonly #stages = new Map<number, number>();
  #specs = new WeakMap<SpecRecord, number>();
  readonly #specTexts = new Map<string, number>();
  #lastSpec = 0;

  constructor(key: number) {
    this.key = key;
  }

  get tally(): string {
    return this.#tally.slice(1).join();
  }

  addTask(): void {
    this.dirty = true;
    this.#count(QUEUED, 1);
  }

  /** Gives the number of the state before the move. */
  addMove(seq: number, subject: number, move: number, attempt: number, at: number, events: number): number {
    this.dirty = true;
    this.nextSeq = seq + events;
    const next = stateNumberOf(move);
    if (subject > 0) return this.#moveTask(subject, next);
    if (subject < 0) {
      const before = this.#stages.get(subject) ?? 0;
      this.#stages.set(subject, next);
      return before;
    }
    this.ownMoves = true;
    this.totals.add(seq, move, attempt, at);
    return this.totals.previous === undefined ? 0 : numberOfState(this.totals.previous);
  }

  #moveTask(position: number, next: number): number {
    if (position >= this.#tasks.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(position + 1)));
      larger.set(this.#tasks);
      this.#tasks = larger;
    }
    const before = this.#tasks[position] ?? 0;
    this.#tasks[position] = next;
    this.#count(before === 0 ? QUEUED : before, -1);
    this.#count(next, 1);
    return before;
  }

  #count(state: number, change: 1 | -1): void {
    this.#tally[state] = (this.#tally[state] ?? 0) + change;
  }

  /** The number of a spec, and whether it is new: then it is to be written. */
  specNumber(spec: SpecRecord): { readonly number: number; readonly isNew: boolean } {
    const known = this.#specs.get(spec);
    if (known !== undefined) return { number: known, isNew: false };
    const text = JSON.stringify([spec.name, spec.kind, spec.executor, spec.options]);
    let number = this.#specTexts.get(text);
    const isNew = number === undefined;
    if (number === undefined) {
      this.#lastSpec += 1;
      number = this.#lastSpec;
      if (this.#specTexts.size >= KEPT_SPECS) this.#specTexts.clear();
      this.#specTexts.set(text, number);
    }
    this.#specs.set(spec, number);
    return { number, isNew };
  }

  /** The run as it stands in the ledger. */
  static load(connection: Connection, key: number): TrackedRun {
    const run = new TrackedRun(key);
    const { next_seq, tally, move, previous, seq, moved_at, started_at } =
      connection
        .statement(
          'SELECT next_seq, tally, move, previous, seq, moved_at, started_at FROM runs WHERE key = ?',
        )
        .get(key) ?? {};
    run.nextSeq = Number(next_seq ?? 1);
    for (const [at, count] of String(tally ?? '')
      .split(',')
      .entries())
      run.#tally[at + 1] = Number(count);
    Object.assign(run.totals, {
      move: Number(move ?? 0),
      previous: STATES_BY_NUMBER[Number(previous ?? 0)],
      seq: Number(seq ?? 0),
      at: Number(moved_at ?? 0),
      startedAt: started_at === null || started_at === undefined ? undefined : Number(started_at),
    });
    run.#loadSubjects(connection);
    const last = connection.statement('SELECT max(number) AS last FROM specs WHERE run = ?').get(key);
    run.#lastSpec = Number(last?.['last'] ?? 0);
    return run;
  }

  #loadSubjects(connection: Connection): void {
    const tally = [...this.#tally];
    const rows = connection
      .statement(
        'SELECT subject, max(seq), move / 10 AS move FROM moves WHERE run = ? AND subject <> 0 GROUP BY subject',
      )
      .all(this.key);
    for (const { subject, move } of rows) {
      const state = stateNumberOf(Number(move));
      if (Number(subject) > 0) this.#moveTask(Number(subject), state);
      else this.#stages.set(Number(subject), state);
    }
    // The counts were read; the moves above are those that made them.
    for (const [state, count] of tally.entries()) this.#tally[state] = count;
  }
}
