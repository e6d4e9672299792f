/** One transaction's worth of facts while it is collected. What a turn writes down goes to the store in one piece. */
import type {
  Batch,
  GroupRecord,
  MoveColumns,
  OwnedRun,
  PayloadRecord,
  RunRecord,
  StageRecord,
  TakenRecord,
  TaskRecord,
  ValueRecord,
} from '../../stores/store.ts';
import type { TaskRow } from '../rows.ts';

class MoveLog implements MoveColumns {
  run: OwnedRun[] = [];
  seq: number[] = [];
  subject: number[] = [];
  move: number[] = [];
  attempt: number[] = [];
  at: number[] = [];

  get size(): number {
    return this.run.length;
  }

  keep(wanted: (run: OwnedRun) => boolean): void {
    const kept = this.run.map(wanted);
    const only = <T>(column: readonly T[]): T[] => column.filter((_, i) => kept[i]);
    this.seq = only(this.seq);
    this.subject = only(this.subject);
    this.move = only(this.move);
    this.attempt = only(this.attempt);
    this.at = only(this.at);
    this.run = only(this.run);
  }
}

export class LedgerBatch implements Batch {
  runs: RunRecord[] = [];
  stages: StageRecord[] = [];
  tasks: TaskRecord[] = [];
  readonly moves = new MoveLog();
  payloads: PayloadRecord[] = [];
  values: ValueRecord[] = [];
  groups: GroupRecord[] = [];
  taken: TakenRecord[] = [];
  closed: OwnedRun[] = [];
  /** Tasks whose end is among the moves; kept where somebody has to be told that it could not be written. */
  ended: TaskRow[] = [];
  /** Called once the batch is durable. */
  readonly committed: (() => void)[] = [];

  /** There is something to write. */
  get writes(): boolean {
    const { moves, values, groups, taken, closed } = this;
    const lists = [closed, values, groups, taken];
    return moves.size > 0 || lists.some((list) => list.length > 0);
  }

  /** Nothing to write, nobody to tell. */
  get empty(): boolean {
    return !this.writes && this.committed.length === 0;
  }

  /** Every run that something is written of. */
  get owners(): Set<OwnedRun> {
    const { runs, moves, values, groups, taken, closed } = this;
    const named = [...runs, ...values, ...groups, ...taken].map(({ run }) => run);
    return new Set([...named, ...moves.run, ...closed]);
  }

  /** Takes out all that is to be written of these runs. */
  drop(runs: ReadonlySet<OwnedRun>): void {
    const isKept = (run: OwnedRun) => !runs.has(run);
    const keep = ({ run }: { readonly run: OwnedRun }) => isKept(run);
    this.runs = this.runs.filter(keep);
    this.stages = this.stages.filter(keep);
    this.tasks = this.tasks.filter(keep);
    this.moves.keep(isKept);
    this.payloads = this.payloads.filter(keep);
    this.values = this.values.filter(keep);
    this.groups = this.groups.filter(keep);
    this.taken = this.taken.filter(keep);
    this.closed = this.closed.filter(isKept);
    this.ended = this.ended.filter(({ run: { ledger } }) => ledger === undefined || isKept(ledger));
  }

  move(run: OwnedRun, seq: number, subject: number, move: number, attempt: number, at: number): void {
    const { moves } = this;
    moves.run.push(run);
    moves.seq.push(seq);
    moves.subject.push(subject);
    moves.move.push(move);
    moves.attempt.push(attempt);
    moves.at.push(at);
  }
}
