/**
 * The key of a world: two worlds with the same key have the same future and look the same to the invariants.
 * It is written as whole numbers and folded to 64 bits, so that a state costs no text. Two different states of
 * a space of n share a key with a probability of about n^2 / 2^65: one in three million for ten million states.
 *
 * Not in the key: ids, error and result values, and the submission number of child runs, which nothing reads.
 */
import type { PipelineRow, StageRow, TaskLinks, TaskRow } from '../../runtime/rows.ts';
import type { World } from './world.ts';

/** A buffer that grows; one for all keys, since keys are made one after the other. */
let words = new Int32Array(1_024);
let used = 0;

function put(value: number): void {
  if (used === words.length) {
    const larger = new Int32Array(words.length * 2);
    larger.set(words);
    words = larger;
  }
  words[used] = value;
  used += 1;
}

/** For amounts, which may pass 32 bits. */
function putLarge(value: number): void {
  put(value | 0);
  put((value / 2 ** 32) | 0);
}

const bit = (value: boolean, place: number): number => (value ? 1 << place : 0);

export interface Key {
  readonly low: number;
  readonly high: number;
}

export function keyOf(world: World): Key {
  used = 0;
  const { supervisor, n } = world;
  const { admission } = supervisor;
  put((supervisor.mode.leaf.index << 16) | (world.events << 8) | bit(world.due, 0));
  put((supervisor.slotsInUse << 16) | (supervisor.abandoned << 8) | admission.admittedCount);
  for (let label = 0; label < world.program.labels.length; label += 1) {
    putLarge(admission.inUseUnits(label));
    putLarge(admission.capacityUnits(label));
  }
  for (let i = 0; i < world.tasks.length; i += 1) putTask(world, world.tasks[i]);
  for (let i = 0; i < world.runs.length; i += 1) putRun(world, world.runs[i]);
  for (let i = 0; i < n.values.length; i += 1) put(n.values[i] ?? 0);
  for (const thread of world.threads) put(thread);
  put(admission.queuedCount);
  for (const index of world.waits) put(index + 1);
  put(-1);
  for (const place of world.unseen) put(place);
  put(-1);
  for (const row of supervisor.slotless) put(world.indexOfRun(row));
  put(-1);
  for (const row of supervisor.readyRuns) put(world.indexOfRun(row));
  put(supervisor.pipelineQueue.size);
  return fold();
}

function putTask({ supervisor }: World, row: TaskRow | undefined): void {
  if (row === undefined) return put(-1);
  const { leaf, context: c } = row.snapshot;
  put(
    leaf.index |
      bit(row.holding, 6) |
      bit(row.abandoned, 7) |
      bit(c.released, 8) |
      bit(c.suspended, 9) |
      bit(c.timeoutAt !== null, 10) |
      bit(c.backoffUntil !== null, 11) |
      bit(c.heldUntil !== null, 12) |
      bit(supervisor.readyTasks.includes(row), 13) |
      bit(row.place === 'queued', 14) |
      bit(row.place === 'admitted', 15) |
      bit(row.visible, 18) |
      (c.ending === null
        ? 0
        : c.ending.kind === 'timeout'
          ? 1 << 16
          : c.ending.kind === 'deadline'
            ? 2 << 16
            : 3 << 16),
  );
  put((c.attempt << 24) | (c.failures << 16) | (c.lost << 8) | row.position);
  put(row.passedBy);
  if (row.links !== undefined) putLinks(row, row.links);
}

/** What a final row waits for counts no more. */
function putLinks({ snapshot }: TaskRow, { open, dependents, parents }: TaskLinks): void {
  const { leaf, context } = snapshot;
  const by = context.outcome?.reason;
  const blockedBy = leaf.state === 'blocked' ? parents.findIndex(({ taskId }) => taskId === by) : -1;
  put(((leaf.final ? 0 : open + 1) << 16) | (dependents.length << 8) | (blockedBy + 1));
}

function putRun({ supervisor }: World, row: PipelineRow | undefined): void {
  if (row === undefined) return put(-1);
  const { leaf, context } = row.snapshot;
  put(
    leaf.index |
      bit(row.holding, 6) |
      bit(row.abandoned, 7) |
      bit(row.bodyOver, 8) |
      bit(context.suspended, 9) |
      bit(context.ending !== null, 10) |
      bit(supervisor.runs.has(row), 11) |
      bit(row.heapIndex >= 0, 12) |
      bit(row.visible, 13) |
      (row.openFinally << 14) |
      (endCode(row) << 24),
  );
  put((row.openTasks << 16) | (row.upstreamOpen << 8) | row.nextPosition);
  put((row.childRuns.size << 16) | (row.dependents.length << 8) | row.stages.length);
  for (const stage of row.stages) putStage(stage);
  const { outcome } = context;
  if (outcome?.reason !== undefined) for (const letter of outcome.reason) put(letter.charCodeAt(0));
}

function putStage(stage: StageRow): void {
  const { tally } = stage;
  put(stage.snapshot.leaf.index | (stage.open << 4) | bit(stage.passed, 12));
  put((tally.succeeded << 24) | (tally.failed << 16) | (tally.cancelled << 8) | tally.blocked);
}

/** What the end of the body was, while the run waits for its tasks. */
function endCode({ pendingEnd }: PipelineRow): number {
  if (pendingEnd === undefined) return 0;
  return pendingEnd.type === 'SUCCEED' ? 1 : pendingEnd.type === 'FAIL' ? 2 : 3;
}

/** Two 32-bit multiply-and-shift folds with different constants (after MurmurHash3's finaliser). */
function fold(): Key {
  let low = 0x9e3779b9 ^ used;
  let high = 0x85ebca6b ^ used;
  for (let i = 0; i < used; i += 1) {
    const word = words[i] ?? 0;
    low = Math.imul(low ^ word, 0xcc9e2d51);
    low = (low << 13) | (low >>> 19);
    high = Math.imul(high ^ word, 0x1b873593);
    high = (high << 17) | (high >>> 15);
    high = (high + Math.imul(low, 5)) | 0;
  }
  return { low: mix(low ^ high), high: mix(high) };
}

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
