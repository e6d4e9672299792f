/**
 * Which lines of a tree are shown when there is room for only some of them. What is left out of a node is told by
 * its counts.
 *
 * Order: the top lines, if they take no more than half of the room; failures; what runs; then, from the top on,
 * each node whose missing children all fit. So a small tree is shown whole, and of a thousand finished items only
 * the count is left.
 */
import { isOver, type Node } from './node.ts';

export interface Line {
  readonly node: Node;
  readonly depth: number;
  /** Children that are not shown. */
  readonly hidden: number;
}

/** Share of the room that failures leave to what runs. */
const ROOM_FOR_RUNNING = 0.4;

/** At most `room` lines, in the order of the tree. Looks at no more nodes than it needs to fill the room. */
export function select(root: Node, room: number): readonly Line[] {
  const chosen = new Chosen(root, room);
  const top = childrenOf(root);
  if (top.length <= room / 2) for (const node of top) chosen.take(node);
  const forRunning = root.tally.running > 0 ? Math.floor(room * ROOM_FOR_RUNNING) : 0;
  walk(root, 'bad', (leaf) => chosen.left > forRunning && chosen.take(leaf));
  walk(root, 'live', (leaf) => chosen.take(leaf));
  fill(chosen, top);
  return chosen.lines();
}

/**
 * The lines directly below a run. The only stage of a run is left out when it has no name: it says nothing.
 */
export function childrenOf(node: Node): readonly Node[] {
  const [only] = node.children;
  if (node.kind !== 'run' || node.children.length !== 1 || only?.kind !== 'stage') return node.children;
  return /^\d+$/.test(only.label) ? only.children : node.children;
}

/** The deepest nodes that failed; at most so many. */
export function failuresOf(root: Node, limit: number): readonly Node[] {
  const found: Node[] = [];
  walk(root, 'bad', (leaf) => found.push(leaf) < limit);
  return found;
}

/** The deepest nodes that failed, or run, until `visit` gives false. */
function walk(node: Node, which: 'bad' | 'live', visit: (leaf: Node) => boolean): boolean {
  for (const child of node[which]) {
    const goOn = child[which].size > 0 ? walk(child, which, visit) : visit(child);
    if (!goOn) return false;
  }
  return true;
}

function fill(chosen: Chosen, top: readonly Node[]): void {
  const queue: (readonly Node[])[] = [top];
  for (let list = queue.shift(); list !== undefined; list = queue.shift()) {
    if (chosen.left === 0) return;
    if (list !== top && chosen.missing(list) > chosen.left) continue;
    for (const node of list) {
      if (!chosen.take(node)) return;
      if (!node.isLeaf) queue.push(childrenOf(node));
    }
    // What is still open is opened first.
    queue.sort((a, b) => Number(a.every(over)) - Number(b.every(over)));
  }
}

const over = (node: Node): boolean => isOver(node.state);

class Chosen {
  readonly #root: Node;
  /** Parent as shown -> its children that are shown. */
  readonly #below = new Map<Node, Node[]>();
  readonly #all = new Set<Node>();
  left: number;

  constructor(root: Node, room: number) {
    this.#root = root;
    this.left = Math.max(0, room);
  }

  missing(list: readonly Node[]): number {
    const [first] = list;
    return first === undefined ? 0 : list.length - (this.#below.get(this.#parentOf(first))?.length ?? 0);
  }

  /** With all that it lies in; false when there is no room for that. */
  take(node: Node): boolean {
    const path: Node[] = [];
    for (let at = node; at !== this.#root && !this.#all.has(at); at = this.#parentOf(at)) path.push(at);
    if (path.length > this.left) return false;
    this.left -= path.length;
    for (const one of path) {
      this.#all.add(one);
      const parent = this.#parentOf(one);
      const siblings = this.#below.get(parent);
      if (siblings === undefined) this.#below.set(parent, [one]);
      else siblings.push(one);
    }
    return true;
  }

  lines(): readonly Line[] {
    const lines: Line[] = [];
    const add = (node: Node, depth: number): void => {
      const shown = this.#below.get(node)?.sort((a, b) => a.index - b.index) ?? [];
      if (node !== this.#root) lines.push({ node, depth, hidden: childrenOf(node).length - shown.length });
      for (const child of shown) add(child, node === this.#root ? 0 : depth + 1);
    };
    add(this.#root, 0);
    return lines;
  }

  #parentOf({ parent }: Node): Node {
    if (parent === undefined || parent === this.#root) return this.#root;
    const above = parent.parent;
    return above !== undefined && childrenOf(above) === parent.children ? above : parent;
  }
}
