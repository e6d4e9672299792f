/** When each task ran, from events: one bar for each attempt, in the order of the tree. */
import { pathParts } from '../progress/event-lines.ts';
import type { Node, Shown } from '../progress/node.ts';
import type { RunTree, TreeEvent } from '../progress/run-tree.ts';

export interface Bar {
  readonly from: number;
  readonly to: number;
  /** How the attempt ended; `running` for one that has not. */
  readonly end: Extract<Shown, 'running' | 'succeeded' | 'failed' | 'cancelled'>;
}

export interface Row {
  /** Stage first. */
  readonly path: readonly string[];
  readonly node: Node;
  readonly bars: readonly Bar[];
}

export interface Bars {
  readonly rows: readonly Row[];
  readonly from: number;
  readonly to: number;
}

const ENDS: Readonly<Record<string, Bar['end']>> = {
  'attempt:succeeded': 'succeeded',
  'attempt:failed': 'failed',
  'attempt:cancelled': 'cancelled',
  'attempt:lost': 'failed',
};

/** `end`: until when what has not ended is drawn, epoch milliseconds. */
export function barsOf(events: readonly TreeEvent[], tree: RunTree, end: number): Bars {
  const open = new Map<string, number>();
  const found = new Map<string, Bar[]>();
  const add = (taskId: string, bar: Bar): void => {
    const bars = found.get(taskId);
    if (bars === undefined) found.set(taskId, [bar]);
    else bars.push(bar);
  };
  for (const { type, taskId, at } of events) {
    if (taskId === undefined) continue;
    const from = open.get(taskId);
    if (type === 'attempt:started') open.set(taskId, at);
    const ended = ENDS[type];
    if (ended === undefined || from === undefined) continue;
    open.delete(taskId);
    add(taskId, { from, to: at, end: ended });
  }
  for (const [taskId, from] of open) add(taskId, { from, to: Math.max(from, end), end: 'running' });
  const rows = rowsOf(tree.root, found);
  const all = rows.flatMap(({ bars }) => bars);
  return {
    rows,
    from: all.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY),
    to: all.reduce((most, { to }) => Math.max(most, to), Number.NEGATIVE_INFINITY),
  };
}

function rowsOf(node: Node, found: ReadonlyMap<string, readonly Bar[]>): Row[] {
  const bars = node.taskId === undefined ? undefined : found.get(node.taskId);
  const own = bars === undefined ? [] : [{ path: pathParts(node), node, bars }];
  return [...own, ...node.children.flatMap((child) => rowsOf(child, found))];
}
