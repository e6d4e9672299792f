/**
 * A run and all that belongs to it as a tree, built from events: live ones of a scheduler, or stored ones of a
 * ledger. Owns: which event changes which line. Reads no clock and draws nothing.
 */
import type { LifecycleState } from '../../index.ts';
import { isOver, Node, type Shown } from './node.ts';

/** What the tree reads of an event; RuntimeEvent and StoredEvent both fit. */
export interface TreeEvent {
  readonly type: string;
  readonly at: number;
  readonly runId?: string;
  readonly parentRunId?: string;
  readonly name?: string;
  readonly stage?: number;
  readonly taskId?: string;
  readonly attempt?: number;
  readonly previous?: LifecycleState | undefined;
  readonly state?: LifecycleState;
  readonly phase?: string | undefined;
  readonly error?: unknown;
  readonly reason?: string;
  readonly percent?: number;
  readonly message?: string;
  readonly chunk?: string;
  readonly label?: string;
  readonly capacity?: number;
  readonly inUse?: number;
}

export interface Use {
  inUse: number;
  capacity: number;
}

export interface RunTreeOptions {
  /** Labels of the scheduler and their capacities; only these are shown. */
  readonly resources?: Readonly<Record<string, number>>;
  /** Stages that are known before anything says so. */
  readonly stages?: readonly string[];
}

/** What is known of a run when it begins, or goes on. */
export interface RunStart extends Required<RunTreeOptions> {
  readonly name: string;
  readonly runId: string;
  /** What an earlier life of the run has told. */
  readonly history: readonly TreeEvent[];
}

/** Between the parts of a task's name. */
export const PATH = ' > ';
const TAIL_LINES = 8;
const LONGEST_LINE_CHARS = 2_000;
/** Phases that have an event of their own; elsewhere `task:queued` says them. */
const PHASES: Readonly<Record<string, string>> = { 'task:retrying': 'backoff', 'task:held': 'held' };

export function treeOf(run: RunStart): RunTree {
  const tree = new RunTree(run.name, run);
  for (const event of run.history) tree.apply(event);
  tree.runId ??= run.runId;
  return tree;
}

export class RunTree {
  readonly resources = new Map<string, Use>();
  /** Id of the run that the tree is of: the first one heard of. */
  runId: string | undefined = undefined;
  readonly root: Node;
  readonly #runs = new Map<string, Node>();
  readonly #stages = new Map<string, Node>();
  readonly #tasks = new Map<string, Node>();

  constructor(name: string, { resources = {}, stages = [] }: RunTreeOptions = {}) {
    this.root = new Node('run', name, undefined, 'queued');
    for (const [label, capacity] of Object.entries(resources))
      this.resources.set(label, { inUse: 0, capacity });
    for (const stage of stages) new Node('stage', stage, this.root, 'queued');
  }

  /** The line of a task, once an event has told of it. */
  task(taskId: string): Node | undefined {
    return this.#tasks.get(taskId);
  }

  /** The line of the run that the event is of, and of its stage. */
  run({ runId = '' }: TreeEvent): Node | undefined {
    return this.#runs.get(runId);
  }
  stage({ runId, stage = 0 }: TreeEvent): Node | undefined {
    return this.#stages.get(`${runId} ${stage}`);
  }

  apply(event: TreeEvent): void {
    const [subject, what] = event.type.split(':') as [string, string];
    if (subject === 'resource') return this.#resource(event);
    if (event.runId === undefined) return;
    const run = this.#runOf(event.runId, event);
    switch (subject) {
      case 'pipeline':
        return move(run, event);
      case 'stage':
        if (event.state !== undefined && this.#isWorthALine(event)) move(this.#stageOf(run, event), event);
        return;
      case 'attempt':
        // What began is told by the task's own event; here it is only known of.
        this.#task(run, event);
        return;
      case 'task':
        return this.#taskEvent(this.#task(run, event), what, event);
    }
  }

  /** A stage without a name is a line once it has a task. */
  #isWorthALine(event: TreeEvent): boolean {
    return (event.name ?? String(event.stage)) !== String(event.stage) || this.stage(event) !== undefined;
  }

  #taskEvent(node: Node, what: string, event: TreeEvent): void {
    if (what === 'output') return hear(node, event.chunk ?? '');
    if (what === 'progress') {
      node.percent = event.percent ?? node.percent;
      node.message = event.message ?? node.message;
    } else if (event.state !== undefined) move(node, event);
  }

  #resource({ label = '', capacity = 0, inUse = 0 }: TreeEvent): void {
    const use = this.resources.get(label);
    if (use !== undefined) Object.assign(use, { capacity, inUse });
  }

  #runOf(runId: string, { parentRunId, name }: TreeEvent): Node {
    const known = this.#runs.get(runId);
    if (known !== undefined) return known;
    this.runId ??= runId;
    const parent = parentRunId === undefined ? undefined : this.#runs.get(parentRunId);
    const node =
      runId === this.runId ? this.root : new Node('run', name ?? runId, parent ?? this.root, 'queued');
    this.#runs.set(runId, node);
    return node;
  }

  /** A stage without a name is known by its index. */
  #stageOf(run: Node, { runId, stage = 0, type, name }: TreeEvent): Node {
    const key = `${runId} ${stage}`;
    const known = this.#stages.get(key);
    if (known !== undefined) return known;
    const label = type.startsWith('stage:') ? (name ?? String(stage)) : String(stage);
    const expected = run.byLabel.get(label);
    const node = expected?.kind === 'stage' ? expected : new Node('stage', label, run, undefined);
    this.#stages.set(key, node);
    return node;
  }

  #task(run: Node, event: TreeEvent): Node {
    const { taskId = '', name = taskId } = event;
    const known = this.#tasks.get(taskId);
    if (known !== undefined) return known;
    let node = this.#stageOf(run, event);
    const parts = name.split(PATH);
    const label = parts.pop() ?? name;
    for (const part of parts) node = node.byLabel.get(part) ?? new Node('task', part, node, undefined);
    const group = node.byLabel.get(label);
    // A group of that name was made before the task that stands for it was heard of.
    const task =
      group !== undefined && group.taskId === undefined ? group : new Node('task', label, node, 'queued');
    if (task.own === undefined) task.become('queued');
    task.taskId = taskId;
    this.#tasks.set(taskId, task);
    return task;
  }
}

/**
 * A run that goes on in a later process tells its first states again, and a task that waited for others runs again
 * in the same attempt: neither is news, and neither begins anew.
 */
function move(node: Node, event: TreeEvent): void {
  const { type, state = 'queued', phase, at, reason, error, attempt = 0 } = event;
  const shown: Shown = state === 'succeeded' && reason === 'skipped' ? 'skipped' : state;
  const isNew = node.state !== shown;
  node.news = isOver(shown) ? isNew || node.begun : isNew;
  node.phase = phase ?? PHASES[type];
  node.reason = reason;
  node.error = error;
  if (state === 'queued' && event.previous === undefined && !isOver(node.state)) node.begun = false;
  if (state === 'running' && isNew) {
    node.news = !(node.begun && node.attempt === attempt);
    if (node.news) begin(node, event);
  }
  if (isOver(shown)) end(node, shown, at);
  if (event.attempt !== undefined) node.attempt = event.attempt;
  node.become(shown);
  for (let up = node.parent; up !== undefined && up.own === undefined; up = up.parent) {
    if (state === 'running') up.startedAt ??= at;
    up.endedAt = isOver(up.state) ? at : undefined;
  }
}

function begin(node: Node, { at, attempt }: TreeEvent): void {
  node.begun = true;
  node.startedAt = at;
  node.endedAt = undefined;
  node.percent = undefined;
  node.message = undefined;
  if (attempt !== undefined) node.attempt = attempt;
  node.tail.length = 0;
}

function end(node: Node, shown: Shown, at: number): void {
  if (node.begun || node.endedAt === undefined) node.endedAt = at;
  node.begun = false;
  if (shown !== 'failed') node.tail.length = 0;
}

function hear(node: Node, chunk: string): void {
  for (const line of chunk.split('\n')) {
    if (line.trim() === '') continue;
    node.tail.push(line.slice(0, LONGEST_LINE_CHARS));
    if (node.tail.length > TAIL_LINES) node.tail.shift();
  }
}
