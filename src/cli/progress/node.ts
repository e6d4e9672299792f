/**
 * One line of a run's tree: a run, a stage, a task, or a group that tasks share in their names. Owns: what is known
 * of the line, and the counts of everything below it.
 *
 * Invariants:
 * (N1) the tally of a node counts the tasks below it that have none below them, each under its present state;
 * (N2) `live` and `bad` hold exactly the children that run or failed, or have such leaves below them;
 * (N3) a change of one node costs as many steps as it has ancestors, however many nodes there are.
 */
import type { LifecycleState } from '../../index.ts';

/** A task that was left out did end well; here it is told apart. */
export type Shown = LifecycleState | 'skipped';

export type Tally = Record<Shown, number>;

const noTally = (): Tally => ({
  queued: 0,
  ready: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  blocked: 0,
  skipped: 0,
});

export class Node {
  readonly kind: 'run' | 'stage' | 'task';
  readonly label: string;
  readonly parent: Node | undefined;
  /** Place among its siblings. */
  readonly index: number;
  readonly children: Node[] = [];
  readonly byLabel = new Map<string, Node>();
  readonly tally = noTally();
  readonly live = new Set<Node>();
  readonly bad = new Set<Node>();
  /** Lines of the tree below it, itself not included. */
  size = 0;
  taskId: string | undefined = undefined;
  /** Undefined for a group that no task stands for: its leaves say what it is. */
  own: Shown | undefined;
  /** `backoff`, `held`, `terminating`, ... */
  phase: string | undefined = undefined;
  attempt = 0;
  /** It was begun and has not ended since. */
  begun = false;
  /** The last event said something that was not known. */
  news = false;
  startedAt: number | undefined = undefined;
  endedAt: number | undefined = undefined;
  percent: number | undefined = undefined;
  message: string | undefined = undefined;
  reason: string | undefined = undefined;
  error: unknown = undefined;
  /** Last lines of output, as they came; kept while it runs and when it failed. */
  readonly tail: string[] = [];

  constructor(kind: Node['kind'], label: string, parent: Node | undefined, own: Shown | undefined) {
    this.kind = kind;
    this.label = label;
    this.parent = parent;
    this.own = own;
    this.index = parent?.children.length ?? 0;
    if (parent === undefined) return;
    const wasLeaf = parent.children.length === 0;
    if (wasLeaf) parent.#count(parent.state, -1);
    parent.children.push(this);
    if (!parent.byLabel.has(label)) parent.byLabel.set(label, this);
    for (let up: Node | undefined = parent; up !== undefined; up = up.parent) up.size += 1;
    this.#count(this.state, 1);
    if (wasLeaf) parent.#mark();
  }

  get isLeaf(): boolean {
    return this.children.length === 0;
  }

  get state(): Shown {
    return this.own ?? stateOf(this.tally);
  }

  /** Tasks counted below it. */
  get leaves(): number {
    return Object.values(this.tally).reduce((sum, count) => sum + count, 0);
  }

  /** Those of them that are over. */
  get done(): number {
    const { succeeded, failed, cancelled, blocked, skipped } = this.tally;
    return succeeded + failed + cancelled + blocked + skipped;
  }

  become(state: Shown): void {
    const before = this.state;
    this.own = state;
    if (before === state) return;
    if (this.isLeaf) {
      this.#count(before, -1);
      this.#count(state, 1);
    } else this.#mark();
  }

  /** (N1), for a leaf. Only tasks count: a stage or run of which no task is known yet is not one. */
  #count(state: Shown, by: 1 | -1): void {
    if (this.kind === 'task')
      for (let up = this.parent; up !== undefined; up = up.parent) up.tally[state] += by;
    this.#mark();
  }

  /** (N2), from here to the top. */
  #mark(): void {
    for (let at: Node = this; at.parent !== undefined; at = at.parent) {
      const { state, tally, parent } = at;
      put(parent.live, at, tally.running > 0 || (at.isLeaf && state === 'running'));
      put(parent.bad, at, tally.failed > 0 || state === 'failed');
    }
  }
}

function put(set: Set<Node>, node: Node, isIn: boolean): void {
  if (isIn) set.add(node);
  else set.delete(node);
}

export const isOver = (state: Shown): boolean =>
  state !== 'queued' && state !== 'ready' && state !== 'running';

/** What a group is, by its leaves. */
function stateOf(tally: Tally): Shown {
  const { queued, ready, running, succeeded, failed, cancelled, blocked, skipped } = tally;
  const over = succeeded + failed + cancelled + blocked + skipped;
  const open = queued + ready + running;
  if (open > 0) return running > 0 || over > 0 ? 'running' : 'queued';
  if (failed > 0) return 'failed';
  if (cancelled > 0) return 'cancelled';
  if (succeeded > 0) return 'succeeded';
  if (blocked > 0) return 'blocked';
  return skipped > 0 ? 'skipped' : 'queued';
}
