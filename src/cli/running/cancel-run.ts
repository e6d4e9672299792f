/** `cancel`: asks whoever runs the run to stop it; where nobody does, ends it here. */
import { systemClock } from '../../core/clock.ts';
import { isAlive } from '../../stores/owner.ts';
import type { Store, StoredRun } from '../../stores/store.ts';
import type { CancelOptions } from '../commands/cancel.ts';
import { EXIT } from '../exit-codes.ts';
import { findRun } from '../ledger/find-run.ts';
import { existingStore } from '../ledger/store-file.ts';
import { storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';

/** Longest wait for the run to end, and between two looks, in milliseconds. */
const WAIT_MS = 10_000;
const LOOK_MS = 50;

export async function cancelRun(id: string, options: CancelOptions, output: Output): Promise<number> {
  const store = existingStore(storeFile(options));
  try {
    const run = await findRun(store, id);
    const { reason } = options;
    const sent = await store.runs.send(run.id, {
      kind: 'terminate',
      ...(reason === undefined ? {} : { reason }),
    });
    if (!sent) return tell(run, `is over already: ${run.state}`, options, output);
    const isRun = run.owner !== undefined && isAlive(run.owner) !== 'dead';
    if (!isRun) await endHere(store, run, output);
    return await wait(store, run, options, output);
  } finally {
    await store.close();
  }
}

/** Resumed, it gets what it was sent before anything of it starts. */
async function endHere(store: Store, run: StoredRun, output: Output): Promise<void> {
  output.note(`nobody runs ${run.id}: it is resumed here to be ended`);
  const [{ Scheduler }, { resumption }] = await Promise.all([
    import('../../scheduler.ts'),
    import('./resume-run.ts'),
  ]);
  const { start, resources = {}, parallel = 1 } = await resumption(run, (launch) => launch);
  const scheduler = new Scheduler({ store, resources, taskParallelism: parallel });
  try {
    const handle = start(scheduler);
    await handle.accepted;
    await handle.outcome();
  } finally {
    await scheduler.close();
  }
}

async function wait(
  store: Store,
  { id }: StoredRun,
  options: CancelOptions,
  output: Output,
): Promise<number> {
  const began = systemClock.now();
  for (;;) {
    const run = await store.runs.get(id);
    if (run === undefined) return EXIT.succeeded; // Somebody deleted it meanwhile.
    const waited = systemClock.now() - began;
    if (run.closed)
      return tell(run, run.state === 'cancelled' ? 'is cancelled' : `has ${run.state}`, options, output);
    if (waited >= WAIT_MS) {
      tell(run, `was asked to stop, and is still ${run.state} after ${WAIT_MS / 1000}s`, options, output);
      output.note('hint: finally jobs may be running; cancel it again to stop those too');
      return EXIT.failed;
    }
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(resolve, LOOK_MS);
    });
  }
}

function tell({ id, name, state }: StoredRun, what: string, { json }: CancelOptions, output: Output): number {
  if (json === true) output.json({ id, name, state });
  else output.print(`${name} ${id} ${what}`);
  return EXIT.succeeded;
}
