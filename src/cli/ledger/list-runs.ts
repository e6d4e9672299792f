/** `runs`. */
import { systemClock } from '../../core/clock.ts';
import type { Store, StoredRun } from '../../stores/store.ts';
import type { RunsOptions } from '../commands/runs.ts';
import { EXIT } from '../exit-codes.ts';
import { storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';
import { nameColour, signOf } from '../progress/describe.ts';
import { verdictOf } from '../running/verdict.ts';
import type { Span } from '../terminal/cells.ts';
import { clean } from '../terminal/safe-text.ts';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import { dateTime, duration } from '../terminal/times.ts';
import { storeToRead } from './store-file.ts';
import { countTasks, type TaskCounts } from './task-counts.ts';

export async function listRuns(options: RunsOptions, output: Output): Promise<number> {
  const file = storeFile(options);
  const store = storeToRead(file);
  const { state, name, limit } = options;
  const filter = {
    ...(state === undefined ? {} : { state }),
    ...(name === undefined ? {} : { name }),
    ...(limit === undefined ? {} : { limit }),
  };
  const found = (await store?.runs.list(filter)) ?? [];
  const counts = store === undefined || options.json === true ? [] : await countsOf(store, found);
  await store?.close();
  if (options.json === true) for (const run of found) output.json(facts(run));
  else if (found.length > 0) output.print(...lines(found, counts, output));
  else
    output.print(
      store === undefined || Object.keys(filter).length === 0 ? `no runs yet in ${file}` : 'no such runs',
    );
  return EXIT.succeeded;
}

function facts({ id, name, state, startedAt, finishedAt }: StoredRun) {
  return { id, name, state, startedAt: startedAt ?? null, finishedAt: finishedAt ?? null };
}

/** Tasks that are looked at to be counted, over all runs. A thousand take some 20 ms. */
const LOOKED_AT = 20_000;

/** For each run; undefined for old ones after many tasks. */
async function countsOf(
  store: Store,
  runs: readonly StoredRun[],
): Promise<readonly (TaskCounts | undefined)[]> {
  const counts: (TaskCounts | undefined)[] = [];
  let looked = 0;
  for (const { id, tasks } of runs) {
    looked += Object.values(tasks).reduce((sum, count) => sum + count, 0);
    counts.push(looked > LOOKED_AT ? undefined : countTasks(await store.tasks.list(id)));
  }
  return counts;
}

const COLUMNS = [
  { title: 'id' },
  { title: 'name' },
  { title: 'state' },
  { title: 'started' },
  { title: 'duration', align: 'right' },
  { title: 'tasks' },
] as const;

function lines(
  runs: readonly StoredRun[],
  counts: readonly (TaskCounts | undefined)[],
  { style, width }: Output,
): readonly string[] {
  const now = systemClock.now();
  const rows = runs.map((run, at): readonly Span[] => {
    const { id, name, startedAt, finishedAt, createdAt } = run;
    return [
      [id, style.dim],
      [clean(name)],
      stateCell(run, style),
      [dateTime(startedAt ?? createdAt), style.dim],
      [startedAt === undefined ? '' : duration((finishedAt ?? now) - startedAt)],
      countsCell(counts[at], style),
    ];
  });
  return table(COLUMNS, rows, { style, width });
}

function countsCell(counts: TaskCounts | undefined, style: Style): Span {
  if (counts === undefined) return ['many', style.dim];
  const { all, succeeded, failed } = counts;
  return failed > 0
    ? [`${succeeded}/${all}, ${failed} failed`, style.bad]
    : [`${succeeded}/${all}`, style.dim];
}

/** As its result says where it says more than its state. */
export function stateCell({ state, outcome }: StoredRun, style: Style): Span {
  const shown = outcome === undefined ? state : verdictOf(outcome);
  const [sign, paint] = shown === 'running' ? [style.signs.running, style.accent] : signOf(shown, style, 0);
  const colour = shown === 'succeeded' ? paint : (nameColour(shown, style) ?? paint);
  return colour === undefined ? [`${sign} ${shown}`] : [`${sign} ${shown}`, colour];
}
