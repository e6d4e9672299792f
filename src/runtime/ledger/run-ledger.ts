/** What the ledger knows of one run of this process: its number and fence there, and how far it is written. */
import type { SignalboxError } from '../../core/errors.ts';
import type { OwnedRun, SentMessage } from '../../stores/store.ts';
import type { PipelineRow } from '../rows.ts';
import type { Replay } from './replay.ts';

/**
 * `creating`: written down, not yet accepted. `claiming`: a run of an earlier life is being taken over.
 * `open`: ours, recorded. `answered`: nothing is recorded, since the ledger has the whole answer already.
 * `gone`: no longer ours; nothing more is written.
 */
export type RunLedgerState = 'creating' | 'claiming' | 'open' | 'answered' | 'gone';

export class RunLedger implements OwnedRun {
  readonly row: PipelineRow;
  key = 0;
  fence = 0;
  state: RunLedgerState;
  /** Number of the run's next event. */
  nextSeq = 1;
  /** Everything up to here is durable. */
  committedSeq = 0;
  /** The last message that it was given. */
  lastMessage = 0;
  /** What it was sent while its code, of which an earlier life had begun, is not entered again; else undefined. */
  waiting: SentMessage[] | undefined = undefined;
  /** Values given to the run's code so far. */
  values = 0;
  /** It was taken over at least once: starts are committed before their bodies from now on (rule 10). */
  recovered = false;
  /** What earlier lives of the run have recorded, until all of it was given again. */
  replay: Replay | undefined = undefined;
  /** Why the run is no longer ours: what its handles reject with. */
  lost: Error | undefined = undefined;
  /** Why nothing more of it is written while it goes on (relaxed durability). */
  unkept: SignalboxError | undefined = undefined;
  /** How far each stage was told of, by this life of the run or an earlier one. */
  readonly stages = new Map<number, string>();
  /** Stages that the store knows, from this life or an earlier one. */
  readonly knownStages = new Set<number>();
  #accepted: Promise<void> | undefined = undefined;
  #settle: ((error: Error | undefined) => void) | undefined = undefined;
  #answer: { readonly error: Error | undefined } | undefined = undefined;

  /** Strict durability: an end is shown when it is committed. */
  readonly hidesEnds: boolean;

  constructor(row: PipelineRow, state: RunLedgerState, hidesEnds: boolean) {
    this.row = row;
    this.hidesEnds = hidesEnds;
    this.state = state;
  }

  get id(): string {
    return this.row.id;
  }

  get recording(): boolean {
    return this.state === 'open' || this.state === 'creating';
  }

  /** Takes the next number, or two where a move tells of an attempt too. */
  take(count: number): number {
    const seq = this.nextSeq;
    this.nextSeq = seq + count;
    return seq;
  }

  /** A stage of a resumed run goes through its first states again; earlier lives have told of those. */
  isNews(index: number, path: string): boolean {
    const before = this.stages.get(index);
    if (before !== undefined && rank(path) <= rank(before)) return false;
    this.stages.set(index, path);
    return true;
  }

  /** Resolves when the store has the run; rejects when it does not take it. */
  get accepted(): Promise<void> {
    this.#accepted ??= new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
      if (this.#answer !== undefined) this.#settle(this.#answer.error);
    });
    return this.#accepted;
  }

  accept(error?: Error): void {
    if (this.#answer !== undefined) return;
    this.#answer = { error };
    this.#settle?.(error);
  }
}

const STAGE_ORDER: readonly string[] = ['queued', 'ready', 'running'];

/** How far a stage is; every end is the furthest. */
function rank(path: string): number {
  const at = STAGE_ORDER.indexOf(path);
  return at < 0 ? STAGE_ORDER.length : at;
}
