/** `serve --list`: schedules, what ran last, what was missed. Writes nothing. */
import type { Store, StoredRun } from '../../stores/store.ts';
import { dueTimeOf, listSchedules, type ServedWorkflow } from '../../workflow/serve/index.ts';
import type { ServeCommandOptions } from '../commands/serve.ts';
import { EXIT } from '../exit-codes.ts';
import { stateCell } from '../ledger/list-runs.ts';
import { storeToRead } from '../ledger/store-file.ts';
import { storeFile } from '../options/shared.ts';
import { complaint, type Output } from '../output.ts';
import { newLaunch } from '../running/launch.ts';
import { clean } from '../terminal/safe-text.ts';
import { minute, scheduleFacts, scheduleTable } from './schedule-table.ts';

/** Releases of a workflow that are looked through, newest first. */
const RUNS_READ = 200;
const MISSED_SHOWN = 5;

interface Past {
  readonly workflow: ServedWorkflow;
  /** The newest release that was not missed. */
  readonly last: StoredRun | undefined;
  /** Newest first. */
  readonly missed: readonly StoredRun[];
}

export async function listFolder(
  folder: string,
  options: ServeCommandOptions,
  output: Output,
): Promise<number> {
  const { imports } = newLaunch(folder, options);
  const { workflows, refused } = await listSchedules(folder, { imports });
  const store = storeToRead(storeFile(options));
  const pasts = await Promise.all(workflows.map((workflow) => pastOf(workflow, store)));
  await store?.close();
  if (options.json === true) for (const past of pasts) output.json(facts(past));
  else output.print(...lines(pasts, output));
  for (const [file, error] of refused)
    output.note(complaint(error).replace(/^signalbox: /, `${clean(file)}: `));
  return EXIT.succeeded;
}

async function pastOf(workflow: ServedWorkflow, store: Store | undefined): Promise<Past> {
  const { name } = workflow;
  const runs = (await store?.runs.list({ name, limit: RUNS_READ })) ?? [];
  const releases = runs
    .filter(({ id }) => dueTimeOf(id, name) !== undefined)
    .sort((a, b) => dueOf(b) - dueOf(a));
  return {
    workflow,
    last: releases.find((run) => !isMissed(run)),
    missed: releases.filter(isMissed),
  };
}

const dueOf = ({ id, name }: StoredRun): number => dueTimeOf(id, name) ?? 0;

const isMissed = ({ outcome }: StoredRun): boolean =>
  outcome?.kind === 'cancelled' && (outcome.reason === 'missed' || outcome.reason === 'overlap');

function facts({ workflow, last, missed }: Past) {
  return {
    ...scheduleFacts(workflow),
    last: last === undefined ? null : { runId: last.id, state: last.state },
    missed: missed.map(({ id, outcome }) => ({ runId: id, reason: outcome?.reason })),
  };
}

function lines(pasts: readonly Past[], output: Output): readonly string[] {
  if (pasts.length === 0) return ['no workflow here has a schedule'];
  const { style } = output;
  return [
    ...scheduleTable(
      pasts.map(({ workflow }) => workflow),
      output,
    ),
    '',
    ...pasts.flatMap(({ last }) => {
      if (last === undefined) return [];
      const [text, paint = plain] = stateCell(last, style);
      return [`${style.dim('last')}    ${clean(last.name)} ${minute(dueOf(last))} ${paint(text)}`];
    }),
    ...pasts.flatMap(({ missed }) => [
      ...missed.slice(0, MISSED_SHOWN).map((run) => missedLine(run, output)),
      ...(missed.length > MISSED_SHOWN
        ? [style.dim(`        and ${missed.length - MISSED_SHOWN} more`)]
        : []),
    ]),
  ];
}

const plain = (text: string): string => text;

function missedLine(run: StoredRun, { style }: Output): string {
  const what = `${clean(run.name)} ${minute(dueOf(run))} ${run.outcome?.reason}`;
  return `${style.warn('missed')}  ${what}  ${style.dim(`signalbox resume ${clean(run.id)}`)}`;
}
