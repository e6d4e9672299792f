/** `runs`. */
import { systemClock } from '../../core/clock.ts';
import type { StoredRun } from '../../stores/store.ts';
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
  await store?.close();
  if (options.json === true) for (const run of found) output.json(facts(run));
  else if (found.length > 0) output.print(...lines(found, output));
  else
    output.print(
      store === undefined || Object.keys(filter).length === 0 ? `no runs yet in ${file}` : 'no such runs',
    );
  return EXIT.succeeded;
}

function facts({ id, name, state, startedAt, finishedAt }: StoredRun) {
  return { id, name, state, startedAt: startedAt ?? null, finishedAt: finishedAt ?? null };
}

const COLUMNS = [
  { title: 'id' },
  { title: 'name' },
  { title: 'state' },
  { title: 'started' },
  { title: 'duration', align: 'right' },
  { title: 'tasks' },
] as const;

function lines(runs: readonly StoredRun[], { style, width }: Output): readonly string[] {
  const now = systemClock.now();
  const rows = runs.map((run): readonly Span[] => {
    const { id, name, startedAt, finishedAt, createdAt, tasks } = run;
    const total = Object.values(tasks).reduce((sum, count) => sum + count, 0);
    return [
      [id, style.dim],
      [clean(name)],
      stateCell(run, style),
      [dateTime(startedAt ?? createdAt), style.dim],
      [startedAt === undefined ? '' : duration((finishedAt ?? now) - startedAt)],
      tasks.failed > 0
        ? [`${tasks.succeeded}/${total}, ${tasks.failed} failed`, style.bad]
        : [`${tasks.succeeded}/${total}`, style.dim],
    ];
  });
  return table(COLUMNS, rows, { style, width });
}

/** As its result says where it says more than its state. */
export function stateCell({ state, outcome }: StoredRun, style: Style): Span {
  const shown = outcome === undefined ? state : verdictOf(outcome);
  const [sign, paint] = shown === 'running' ? [style.signs.running, style.accent] : signOf(shown, style, 0);
  const colour = shown === 'succeeded' ? paint : (nameColour(shown, style) ?? paint);
  return colour === undefined ? [`${sign} ${shown}`] : [`${sign} ${shown}`, colour];
}
