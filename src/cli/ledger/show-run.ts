/** `show`: everything a ledger tells of one run, on one page. */
import { writeFileSync } from 'node:fs';
import { systemClock } from '../../core/clock.ts';
import { invalidArgument } from '../../core/errors.ts';
import type { Store, StoredRun } from '../../stores/store.ts';
import type { ShowOptions } from '../commands/show.ts';
import { EXIT } from '../exit-codes.ts';
import { storeFile } from '../options/shared.ts';
import type { Output } from '../output.ts';
import { treeLines } from '../progress/frame.ts';
import { RunTree, type TreeEvent } from '../progress/run-tree.ts';
import { failuresOf } from '../progress/selection.ts';
import { failureText } from '../running/summary.ts';
import { clean } from '../terminal/safe-text.ts';
import { dateTime, duration } from '../terminal/times.ts';
import { barsOf } from '../timeline/bars.ts';
import { ganttLines } from '../timeline/gantt.ts';
import { ganttSvg } from '../timeline/svg.ts';
import { findRun } from './find-run.ts';
import { historyOf } from './history.ts';
import { stateCell } from './list-runs.ts';
import { existingStore } from './store-file.ts';

/** Cells of a line where nobody says how many there are. */
const DEFAULT_WIDTH = 100;
/** Lines of the tree and of the timeline, without --all. */
const TREE_LINES = 60;
const TIMELINE_LINES = 40;
const FAILURES = 20;

export async function showRun(id: string, options: ShowOptions, output: Output): Promise<number> {
  const store = existingStore(storeFile(options));
  try {
    const run = await findRun(store, id);
    const history = await historyOf(store, run.id);
    const tree = new RunTree(run.name);
    for (const event of history) tree.apply(event);
    const end = run.finishedAt ?? systemClock.now();
    const bars = barsOf(history, tree, end);
    if (options.svg !== undefined) writePicture(options.svg, ganttSvg(run, bars));
    if (options.json === true) output.json(await facts(store, run));
    else
      output.print(
        ...page({ run, tree, history, children: await childrenOf(store, run) }, bars, options, output),
      );
    if (options.svg !== undefined && options.json !== true)
      output.print('', `timeline written to ${options.svg}`);
    return EXIT.succeeded;
  } finally {
    await store.close();
  }
}

interface Page {
  readonly run: StoredRun;
  readonly tree: RunTree;
  readonly history: readonly TreeEvent[];
  readonly children: readonly StoredRun[];
}

function page(
  { run, tree, children }: Page,
  bars: ReturnType<typeof barsOf>,
  { all = false }: ShowOptions,
  { style, width: given }: Output,
): readonly string[] {
  const width = Number.isFinite(given) ? given : DEFAULT_WIDTH;
  const now = systemClock.now();
  const room = all ? Number.MAX_SAFE_INTEGER : TREE_LINES;
  const failures = failuresOf(tree.root, FAILURES);
  const drawn = { width, style, room: all ? Number.MAX_SAFE_INTEGER : TIMELINE_LINES };
  const title = (text: string): readonly string[] => ['', style.dim(text)];
  return [
    ...head(run, style),
    ...(tree.root.isLeaf
      ? []
      : [...title('tasks'), ...treeLines(tree.root, room, { width, height: 0, now, style })]),
    ...(failures.length === 0
      ? []
      : [...title('failures'), ...failures.flatMap((node) => failureText(node, style))]),
    ...(children.length === 0
      ? []
      : [...title('child runs'), ...children.map((child) => childLine(child, style))]),
    ...(bars.rows.length === 0 ? [] : [...title('timeline'), ...ganttLines(bars, drawn)]),
  ];
}

function head(run: StoredRun, style: Output['style']): readonly string[] {
  const { startedAt, finishedAt, createdAt } = run;
  const [state, paint = (text: string) => text] = stateCell(run, style);
  const took = startedAt === undefined ? '' : duration((finishedAt ?? systemClock.now()) - startedAt);
  const open = run.closed
    ? ''
    : style.dim(
        run.owner === undefined ? '  nobody runs it' : `  process ${run.owner.pid} on ${run.owner.host}`,
      );
  return [
    `${style.bold(clean(run.name))}  ${style.dim(run.id)}`,
    `${paint(state)}  ${style.dim(`${dateTime(startedAt ?? createdAt)}  ${took}`)}${open}`,
    ...(run.parentId === undefined ? [] : [style.dim(`child of ${run.parentId}`)]),
  ];
}

function childLine(run: StoredRun, style: Output['style']): string {
  const [state, paint = (text: string) => text] = stateCell(run, style);
  return `${paint(state)}  ${clean(run.name)}  ${style.dim(run.id)}`;
}

/** Runs that are looked through for children: those submitted since the run was. */
const LOOKED_THROUGH = 10_000;

async function childrenOf(store: Store, { id, createdAt }: StoredRun): Promise<readonly StoredRun[]> {
  const since = await store.runs.list({ since: createdAt, limit: LOOKED_THROUGH });
  return since.filter(({ parentId }) => parentId === id).reverse();
}

async function facts(store: Store, run: StoredRun) {
  return { ...run, tasks: await store.tasks.list(run.id), counts: run.tasks };
}

function writePicture(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw invalidArgument('--svg', file, 'a file that can be written', (cause as Error).message);
  }
}
