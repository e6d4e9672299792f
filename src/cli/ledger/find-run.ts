/** A run by its id, or by the beginning of it where that says which. */
import { SignalboxError } from '../../core/errors.ts';
import type { Store, StoredRun } from '../../stores/store.ts';

/** Runs that a beginning is looked for in; the newest. */
const LOOKED_THROUGH = 100_000;
const SHOWN = 5;

/** @throws PERSISTENCE_NOT_FOUND for no run, or several */
export async function findRun(store: Store, id: string): Promise<StoredRun> {
  const exact = await store.runs.get(id);
  if (exact !== undefined) return exact;
  const all = await store.runs.list({ limit: LOOKED_THROUGH });
  const found = all.filter((run) => run.id.startsWith(id));
  const [run] = found;
  if (run !== undefined && found.length === 1) return run;
  throw run === undefined ? unknown(id) : ambiguous(id, found);
}

function unknown(id: string): SignalboxError {
  return new SignalboxError('PERSISTENCE_NOT_FOUND', `there is no run ${JSON.stringify(id)}`, {
    hint: '`signalbox runs` lists them',
    details: { runId: id },
  });
}

function ambiguous(id: string, found: readonly StoredRun[]): SignalboxError {
  const more = found.length > SHOWN ? [`and ${found.length - SHOWN} more`] : [];
  const list = [...found.slice(0, SHOWN).map((run) => `${run.id} (${run.name})`), ...more].join(', ');
  return new SignalboxError(
    'PERSISTENCE_NOT_FOUND',
    `${JSON.stringify(id)} begins the ids of ${found.length} runs: ${list}`,
    { hint: 'give more of the id', details: { runId: id } },
  );
}
