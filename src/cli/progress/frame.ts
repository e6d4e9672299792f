/**
 * The picture of a run at one moment: a function of the tree, the size of the terminal and the time. Never more
 * lines than `height`, never a line wider than `width`.
 */

import { compose, padEnd, padStart, type Span, widthOf } from '../terminal/cells.ts';
import { clean } from '../terminal/safe-text.ts';
import type { Style } from '../terminal/style.ts';
import { detailOf, elapsed, labelOf, nameColour, signOf } from './describe.ts';
import { isOver, type Node } from './node.ts';
import type { RunTree } from './run-tree.ts';
import { childrenOf, type Line, select } from './selection.ts';

export interface FrameOptions {
  /** Cells of a line. */
  readonly width: number;
  readonly height: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly style: Style;
}

const INDENT = 2;
const DURATION_CELLS = 7;
/** Below this, a line has room for a name and a time only. */
const NARROW_CELLS = 34;
/** Share of the line that names may take. */
const NAME_SHARE = 0.5;
const METER_CELLS = 10;
/** Below this height, only the total is left. */
const LOWEST_TREE = 4;

export function frame(tree: RunTree, options: FrameOptions): readonly string[] {
  const { width, height, style } = options;
  // How it ended is said below the last picture.
  const isEnd = isOver(tree.root.state) && tree.root.tally.running === 0;
  const foot = isEnd ? [] : [...meters(tree, options), total(tree, options)];
  if (height < LOWEST_TREE + foot.length) return [total(tree, options)];
  const lines = treeLines(tree.root, height - foot.length - 1, options);
  const head = compose([[clean(tree.root.label), style.bold], ['  '], [tree.runId ?? '', style.dim]], width);
  return [head, ...lines, ...foot];
}

/** Jobs, stages and tasks alone. */
export function treeLines(root: Node, room: number, options: FrameOptions): readonly string[] {
  return texts(select(root, room), options);
}

/** Above this, the lines below a run are too many to be listed at its end. */
const MOST_TOP_LINES = 40;

/** The lines right below a run, with counts of what is in them; none where they are too many. */
export function topLines(root: Node, options: FrameOptions): readonly string[] {
  const top = childrenOf(root);
  if (top.length > MOST_TOP_LINES) return [];
  return texts(
    top.map((node) => ({ node, depth: 0, hidden: node.children.length })),
    options,
  );
}

function texts(lines: readonly Line[], options: FrameOptions): readonly string[] {
  const nameCells = Math.min(
    Math.max(...lines.map(({ node, depth }) => depth * INDENT + 2 + widthOf(labelOf(node, options.style)))),
    Math.floor(options.width * (options.width < NARROW_CELLS ? 1 : NAME_SHARE)) -
      (options.width < NARROW_CELLS ? DURATION_CELLS + 1 : 0),
  );
  return lines.map((line) => textOf(line, nameCells, options));
}

function textOf(line: Line, nameCells: number, { width, style, now }: FrameOptions): string {
  const { node, depth } = line;
  const { state } = node;
  const indent = ' '.repeat(Math.min(depth * INDENT, Math.max(0, nameCells - 4)));
  const room = Math.max(1, nameCells - indent.length - 2);
  const name = padEnd(compose([[labelOf(node, style)]], room, style.signs.ellipsis), room);
  const colour = nameColour(state, style);
  const spans: Span[] = [
    [indent],
    signOf(state, style, now),
    [' '],
    colour === undefined ? [name] : [name, colour],
    [padStart(elapsed(node, now), DURATION_CELLS + 1), style.dim],
  ];
  if (width >= NARROW_CELLS) spans.push(['  '], ...detailOf(line, style));
  return compose(spans, width, style.signs.ellipsis).trimEnd();
}

/** How much of each label is in use; as many as fit into one line. */
function meters({ resources, root }: RunTree, { width, style }: FrameOptions): readonly string[] {
  if (resources.size === 0 || width < NARROW_CELLS || isOver(root.state)) return [];
  const { full, empty } = style.signs;
  const spans = [...resources].flatMap(([label, { inUse, capacity }], at): Span[] => {
    const filled = capacity <= 0 ? 0 : Math.min(METER_CELLS, Math.round((inUse / capacity) * METER_CELLS));
    return [
      [`${at === 0 ? '' : '   '}${clean(label)} `, style.dim],
      [full.repeat(filled), style.accent],
      [empty.repeat(METER_CELLS - filled), style.dim],
      [` ${number(inUse)}/${number(capacity)}`, style.dim],
    ];
  });
  return [compose(spans, width, style.signs.ellipsis)];
}

const number = (amount: number): string => String(Math.round(amount * 100) / 100);

function total({ root }: RunTree, { width, style, now }: FrameOptions): string {
  const { tally } = root;
  const waiting = tally.queued + tally.ready;
  const counts: readonly (readonly [number, string, Span[1]])[] = [
    [tally.failed, 'failed', style.bad],
    [tally.running, 'running', style.accent],
    [waiting, 'waiting', style.dim],
    [tally.cancelled, 'cancelled', style.warn],
    [tally.blocked, 'blocked', style.dim],
    [tally.skipped, 'skipped', style.dim],
  ];
  const shown = counts.filter(([count]) => count > 0);
  const spans: Span[] = [
    signOf(root.state, style, now),
    [` ${elapsed(root, now) || '0ms'}`, style.bold],
    [` ${style.signs.dot} ${root.done}/${root.leaves} done`, style.dim],
    ...shown.flatMap(([count, word, paint]): Span[] => [
      [` ${style.signs.dot} `, style.dim],
      paint === undefined ? [`${count} ${word}`] : [`${count} ${word}`, paint],
    ]),
  ];
  return compose(spans, width, style.signs.ellipsis);
}
