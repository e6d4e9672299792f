/** Batches for tests of stores, written fact by fact. */

import { encode } from '../core/codec.ts';
import type { AttemptMark } from '../stores/moves.ts';
import { moveCode } from '../stores/moves.ts';
import type {
  Batch,
  MovePayload,
  OwnedRun,
  RunRecord,
  SpecRecord,
  StoreSession,
  TaskRecord,
} from '../stores/store.ts';

/** When the facts of drafts happen, epoch milliseconds: `TIME + seq` unless they say otherwise. */
export const TIME = 1_700_000_000_000;

const SPEC: SpecRecord = {
  name: 'work',
  kind: 'function',
  executor: 'inline',
  options: '{"resources":{"cpu":1}}',
};

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] };
export type WritableBatch = Omit<Writable<Batch>, 'moves'> & { readonly moves: Writable<Batch['moves']> };

export class BatchDraft {
  readonly batch: WritableBatch = {
    runs: [],
    stages: [],
    tasks: [],
    moves: { size: 0, run: [], seq: [], subject: [], move: [], attempt: [], at: [] },
    payloads: [],
    values: [],
    groups: [],
    taken: [],
    closed: [],
  };

  /** Creates a run. */
  run(id: string, more: Partial<Omit<RunRecord, 'run'>> = {}): OwnedRun {
    const run: OwnedRun = { id, key: 0, fence: 0 };
    this.batch.runs.push({
      run,
      name: 'example',
      style: 'code',
      version: undefined,
      definition: undefined,
      input: undefined,
      priority: 0,
      children: 'continue',
      after: [],
      parentId: undefined,
      parentTask: undefined,
      at: TIME,
      ...more,
    });
    return run;
  }

  /** Submits a task; its id is `<run>-<position>`. */
  task(run: OwnedRun, position: number, more: Partial<Omit<TaskRecord, 'run' | 'position'>> = {}): this {
    this.batch.tasks.push({
      run,
      position,
      id: `${run.id}-${position}`,
      stage: 0,
      spec: SPEC,
      fingerprint: 'f',
      parents: [],
      isFinally: false,
      at: TIME,
      ...more,
    });
    return this;
  }

  /** Moves a subject: `running.executing`, or `running.executing started` with the mark of an attempt. */
  move(run: OwnedRun, seq: number, subject: number, what: string, attempt = 0, payload?: MovePayload): this {
    const [path = '', mark = 'none'] = what.split(' ');
    const { moves, payloads } = this.batch;
    moves.size += 1;
    moves.run.push(run);
    moves.seq.push(seq);
    moves.subject.push(subject);
    moves.move.push(moveCode(path, mark as AttemptMark));
    moves.attempt.push(attempt);
    moves.at.push(TIME + seq);
    if (payload !== undefined) payloads.push({ run, seq, text: encode(payload) });
    return this;
  }

  /** Commits and empties the draft; gives the refusals as `<id> <reason>`. */
  async commit(session: StoreSession): Promise<string[]> {
    const refused = await session.commit(this.batch);
    const { moves, ...lists } = this.batch;
    for (const list of Object.values(lists)) list.length = 0;
    for (const column of Object.values(moves)) if (Array.isArray(column)) column.length = 0;
    moves.size = 0;
    return (refused ?? []).map(({ run, reason }) => `${run.id} ${reason}`);
  }
}

/** What was claimed; throws when it was not. */
export async function claimed(session: StoreSession, runId: string, options?: { readonly reopen: boolean }) {
  const claim = await session.claim(runId, options);
  if (claim.kind !== 'claimed') throw new Error(`the claim of ${runId} gave ${claim.kind}`);
  return claim;
}
