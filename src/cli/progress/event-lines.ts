/** Events as lines that stay: one for each change of state, with its time and where it happened. */
import { clean } from '../terminal/safe-text.ts';
import type { Paint, Style } from '../terminal/style.ts';
import { clockTime } from '../terminal/times.ts';
import { elapsed, errorLine, labelOf, signOf } from './describe.ts';
import { isOver, type Node, type Shown } from './node.ts';
import type { RunTree, TreeEvent } from './run-tree.ts';
import { childrenOf } from './selection.ts';

export interface EventLineOptions {
  readonly style: Style;
  /** Leave out all but failures. Default false. */
  readonly failuresOnly?: boolean;
}

/** Wide enough for `succeeded` and `cancelled`. */
const WORD_CELLS = 9;

/** The line of an event that the tree has been told of; undefined where there is nothing to say. */
export function eventLine(tree: RunTree, event: TreeEvent, options: EventLineOptions): string | undefined {
  const { style, failuresOnly = false } = options;
  const node = nodeOf(tree, event);
  const word = node === undefined ? undefined : wordOf(event, node);
  if (node === undefined || word === undefined || (failuresOnly && word !== 'failed')) return undefined;
  const [sign, paint = plain] =
    word === 'running' ? ([style.signs.running, style.accent] as const) : signOf(signState(node), style, 0);
  const parts = [
    style.dim(clockTime(event.at)),
    `${paint(sign)} ${paint(word.padEnd(WORD_CELLS))}`,
    pathOf(node, style),
    ...detail(node, event, word, style),
  ];
  return parts.join('  ');
}

/** What a task prints, as it comes: on a machine that only keeps a log, nobody sees it anywhere else. */
export function outputLines(tree: RunTree, event: TreeEvent, style: Style): readonly string[] {
  const node = tree.task(event.taskId ?? '');
  const lines = (event.chunk ?? '').replace(/\n$/, '').split('\n');
  const before = node === undefined ? '' : `${style.dim('|')} ${pathOf(node, style)}${style.dim(':')} `;
  return lines.map((line) => `${style.dim(clockTime(event.at))}  ${before}${clean(line)}`);
}

const plain: Paint = (text) => text;
const signState = ({ state }: Node): Shown => (state === 'running' ? 'queued' : state);

function nodeOf(tree: RunTree, event: TreeEvent): Node | undefined {
  const { type, state, taskId } = event;
  if (state === undefined) return undefined;
  if (type.startsWith('task:')) return taskId === undefined ? undefined : tree.task(taskId);
  if (type.startsWith('stage:')) return tree.stage(event);
  return type.startsWith('pipeline:') ? tree.run(event) : undefined;
}

/** Undefined for what nobody waits to hear: being queued, and being ready. */
function wordOf({ type, phase, previous }: TreeEvent, node: Node): string | undefined {
  if (type === 'task:retrying') return 'retrying';
  if (type === 'task:held') return 'held';
  if (phase === 'terminating' && previous === 'running') return 'stopping';
  if (phase === 'suspended' || (node.state === 'running' && previous === 'running')) return undefined;
  // A stage of which nothing else is known has nothing to say.
  if (node.kind === 'stage' && node.parent !== undefined && childrenOf(node.parent) !== node.parent.children)
    return undefined;
  if (!node.news) return undefined;
  return isOver(node.state) || node.state === 'running' ? node.state : undefined;
}

/** Where it is, from the run on; the run's own name for the run. */
export function pathOf(node: Node, style: Style): string {
  const parts = pathParts(node, style);
  return parts.length === 0 ? style.bold(labelOf(node, style)) : parts.join(' > ');
}

/** The labels on the way from the run to the node; none for the run. */
export function pathParts(node: Node, style?: Style): readonly string[] {
  const labels: string[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) {
    const silent = at.kind === 'stage' && childrenOf(at.parent) !== at.parent.children;
    if (!silent) labels.unshift(style === undefined ? at.label : labelOf(at, style));
  }
  return labels;
}

function detail(node: Node, event: TreeEvent, word: string, style: Style): readonly string[] {
  const time = isOver(node.state) ? elapsed(node, event.at) : '';
  const again = node.attempt > 1 && node.kind === 'task' ? [style.dim(`attempt ${node.attempt}`)] : [];
  const wrong = event.error !== undefined && (word === 'failed' || word === 'retrying');
  return [
    ...(time === '' ? [] : [style.dim(time)]),
    ...again,
    ...(wrong ? [style.bad(errorLine(event.error))] : []),
    ...(word === 'held' && event.reason !== undefined ? [style.dim(event.reason)] : []),
  ];
}
