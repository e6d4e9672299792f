/**
 * Runs of one Task (`runTask`) that earlier lives of the calling run submitted. A new run takes their place, and
 * takes over what they came to: a Task that had ended is not done again (L2), one that was cut off counts as lost.
 */

import type { Outcome } from '../../../machines/protocol.ts';
import { MAX_LOST } from '../../../machines/task-context.ts';
import { encode } from '../../core/codec.ts';
import { SignalboxError } from '../../core/errors.ts';
import { eventsOf, moveCode } from '../../stores/moves.ts';
import type { Claim, RecordedTask, StoreSession } from '../../stores/store.ts';
import { LedgerBatch } from './batch.ts';
import { isEnd, type Replay } from './replay.ts';
import { recordedOutcome } from './restore.ts';

const SUPERSEDED = 'superseded';

/** How the task ended in an earlier life; undefined when it has to be done (again). */
export async function earlierEnd(
  session: StoreSession,
  replay: Replay,
  name: string,
  parentTask: number | undefined,
  now: number,
): Promise<Outcome | undefined> {
  let lost = 0;
  for (;;) {
    const runId = replay.takeChild(name, parentTask, undefined);
    if (runId === undefined) return undefined;
    const claim = await session.claim(runId);
    if (claim.kind !== 'claimed' && claim.kind !== 'closed') continue;
    const task = claim.recorded.tasks[0];
    const end = task === undefined ? undefined : countedEnd(task, replay);
    if (claim.kind === 'claimed') await close(session, claim, task, now);
    if (end !== undefined) return end;
    if (task !== undefined) lost += task.lost + (isCutOff(claim, task) ? 1 : 0);
    if (lost >= MAX_LOST) return { kind: 'failed', reason: 'lost', error: lostTooOften(name, lost) };
  }
}

/** Its attempt is not yet marked as lost. */
function isCutOff({ kind }: Claim, { path }: RecordedTask): boolean {
  return kind === 'claimed' && path.startsWith('running');
}

function countedEnd(task: RecordedTask, replay: Replay): Outcome | undefined {
  if (!replay.counts(task)) return undefined;
  const outcome = recordedOutcome(task.path, task.payload);
  return outcome.reason === SUPERSEDED || isCopy(task, outcome) ? undefined : outcome;
}

/** It never began: an earlier life gave it the end of the run before it, which was counted already. */
function isCopy({ attempt }: RecordedTask, { kind, reason }: Outcome): boolean {
  return attempt === 0 && (kind === 'failed' || (kind === 'succeeded' && reason === 'cached'));
}

/** Its task ends, if it has not, and the run with it: the new run goes on in its place. */
async function close(
  session: StoreSession,
  { run, recorded }: Extract<Claim, { kind: 'claimed' }>,
  task: RecordedTask | undefined,
  now: number,
): Promise<void> {
  const batch = new LedgerBatch();
  const text = encode({ reason: SUPERSEDED });
  let seq = recorded.nextSeq;
  const cancel = (subject: number, lost: boolean, attempt: number) => {
    const code = moveCode('cancelled', lost ? 'lost' : 'none');
    batch.move(run, seq, subject, code, attempt, now);
    batch.payloads.push({ run, seq, text });
    seq += eventsOf(code);
  };
  if (task !== undefined && !isEnd(task.path)) {
    cancel(task.position, task.path.startsWith('running'), task.attempt);
  }
  if (!isEnd(recorded.path)) cancel(0, false, 0);
  batch.closed.push(run);
  await session.commit(batch);
}

function lostTooOften(name: string, lost: number): SignalboxError {
  return new SignalboxError(
    'ATTEMPT_LOST',
    `the task ${JSON.stringify(name)} was cut off ${lost} times when its process ended`,
    { hint: 'look for what ends the process: memory, a native crash, a kill from outside' },
  );
}
