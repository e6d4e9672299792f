/** One transaction's worth of facts while it is collected. What a turn writes down goes to the store in one piece. */
import type {
  Batch,
  GroupRecord,
  MoveColumns,
  OwnedRun,
  PayloadRecord,
  RunRecord,
  StageRecord,
  TaskRecord,
  ValueRecord,
} from '../../stores/store.ts';

class MoveLog implements MoveColumns {
  readonly run: OwnedRun[] = [];
  readonly seq: number[] = [];
  readonly subject: number[] = [];
  readonly move: number[] = [];
  readonly attempt: number[] = [];
  readonly at: number[] = [];

  get size(): number {
    return this.run.length;
  }
}

export class LedgerBatch implements Batch {
  readonly runs: RunRecord[] = [];
  readonly stages: StageRecord[] = [];
  readonly tasks: TaskRecord[] = [];
  readonly moves = new MoveLog();
  readonly payloads: PayloadRecord[] = [];
  readonly values: ValueRecord[] = [];
  readonly groups: GroupRecord[] = [];
  readonly closed: OwnedRun[] = [];
  /** Called once the batch is durable. */
  readonly committed: (() => void)[] = [];

  /** There is something to write. */
  get writes(): boolean {
    const { moves, values, groups, closed } = this;
    return moves.size > 0 || closed.length > 0 || values.length > 0 || groups.length > 0;
  }

  /** Nothing to write, nobody to tell. */
  get empty(): boolean {
    return !this.writes && this.committed.length === 0;
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
