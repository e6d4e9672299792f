/**
 * What earlier lives of a run have recorded, given again to its code (rule 9). The code runs from its top; a task
 * it submits that is recorded is that task again, with its id, its place in the queue and its attempts.
 *
 * - Key: stage and name, then fingerprint, then ordinal. What is not found is new.
 * - Recorded ends are shown in the order in which they were recorded, one per turn, so that code which waits for
 *   the first of several decides as it did before; and not before the code has asked for what it had submitted by
 *   then, so that a wait that ran out of time does so again. `at once` for styles whose code decides nothing.
 * - What is new or unfinished waits until they are all shown: nothing may end between them.
 * - A code that does not ask for the next recorded task, and waits, is given the first of those it asked for.
 */
import { SignalboxError } from '../../core/errors.ts';
import type { RecordedRun, RecordedTask } from '../../stores/store.ts';
import type { PipelineRow, TaskRow } from '../rows.ts';
import { ANONYMOUS } from './identity.ts';

/** `recover`: every recorded end counts. `rerun`: successes only; the rest is done again. */
export type ReplayMode = 'recover' | 'rerun';

/** Turns that a run's code is given to ask for the next recorded task before others are shown. */
const PATIENCE = 3;

export interface ReplayHost {
  /** The recorded end of the row may be seen now. */
  show(row: TaskRow, recorded: RecordedTask): void;
  /** The row goes on where its earlier life left it. */
  goOn(row: TaskRow): void;
  /** Asks for a turn. */
  wake(): void;
}

interface Asked {
  readonly row: TaskRow;
  readonly recorded: RecordedTask;
  readonly place: number;
}

export class Replay {
  readonly mode: ReplayMode;
  readonly atOnce: boolean;
  readonly #host: ReplayHost;
  /** Not yet submitted again; the next one of each key is the last of its list. */
  readonly #byKey = new Map<string, RecordedTask[]>();
  /** In the order of submission; the first of them that the code has not submitted again. */
  readonly #tasks: readonly RecordedTask[];
  readonly #taken = new Set<number>();
  #firstOpen = 0;
  /** Place of each recorded end in the order of recording, by the position of its task. */
  readonly #places: ReadonlyMap<number, number>;
  /** The first place that was not shown. */
  #next = 0;
  /** Places that were shown. */
  readonly #given = new Set<number>();
  /** Asked for and not yet shown, by place. */
  readonly #asked = new Map<number, Asked>();
  /** Asked for, not final: they go on when every end was shown. */
  readonly #waiting: TaskRow[] = [];
  #idleTurns = 0;
  #waited = false;
  /** The code goes its own way: what it submits from now on waits for nothing. */
  #free = false;
  readonly #values: RecordedRun['values'];
  #value = 0;
  readonly #children = new Map<string, string[]>();

  constructor(recorded: RecordedRun, mode: ReplayMode, atOnce: boolean, host: ReplayHost) {
    this.mode = mode;
    this.atOnce = atOnce;
    this.#host = host;
    this.#values = recorded.values;
    this.#tasks = recorded.tasks;
    for (const task of recorded.tasks.toReversed())
      push(this.#byKey, keyOf(task.stage, task.name, task.fingerprint), task);
    for (const child of recorded.childRuns)
      push(this.#children, childKey(child.name, child.parentTask), child.id);
    const ends = recorded.tasks.filter((task) => this.counts(task));
    this.#places = new Map(ends.sort((a, b) => a.seq - b.seq).map((task, i) => [task.position, i]));
  }

  /** The recorded end of the task is given again, instead of doing the task again. */
  counts({ path }: RecordedTask): boolean {
    return path === 'succeeded' || (this.mode === 'recover' && isEnd(path));
  }

  /** The recorded task that is submitted again, taken out; undefined for a new one. */
  take(stage: number, name: string, fingerprint: string): RecordedTask | undefined {
    const task = this.#byKey.get(keyOf(stage, name, fingerprint))?.pop();
    if (task !== undefined) this.#taken.add(task.position);
    return task;
  }

  /** Id of the recorded child run that is submitted again. */
  takeChild(name: string, parentTask: number | undefined, runId: string | undefined): string | undefined {
    const known = this.#children.get(childKey(name, parentTask));
    if (runId === undefined) return known?.shift();
    const at = known?.indexOf(runId) ?? -1;
    return at < 0 ? undefined : known?.splice(at, 1)[0];
  }

  /** The value that the code was given at this point; undefined when it has not got that far before. */
  takeValue(kind: string): number | string | undefined {
    const value = this.#values[this.#value];
    if (value === undefined) return undefined;
    if (value.kind !== kind) {
      throw new SignalboxError(
        'REPLAY_MISMATCH',
        `the run asked for ${kind}() where it had asked for ${value.kind}() before`,
        { hint: 'go on with the code that began the run', details: { ordinal: value.ordinal } },
      );
    }
    this.#value += 1;
    return value.value;
  }

  /** A task with a recorded end was submitted again. */
  ended(row: TaskRow, recorded: RecordedTask): void {
    this.#idleTurns = 0;
    const asked = { row, recorded, place: this.#places.get(row.position) ?? 0 };
    this.#asked.set(asked.place, asked);
    if (!this.atOnce) this.#host.wake();
  }

  /** The submission is over, and its handle made. */
  submitted(): void {
    if (this.atOnce) for (const asked of [...this.#asked.values()]) this.#show(asked);
  }

  /** A new or unfinished task was submitted. */
  unfinished(row: TaskRow): void {
    this.#idleTurns = 0;
    if (!this.holds) this.#host.goOn(row);
    else this.#waiting.push(row);
    this.#host.wake();
  }

  /** Whether what is submitted now waits until recorded ends were given again. */
  get holds(): boolean {
    return !this.atOnce && !this.#free && !this.over;
  }

  /** Recorded tasks that the code has not asked for. */
  get leftOver(): RecordedTask[] {
    return [...this.#byKey.values()].flat();
  }

  get over(): boolean {
    return this.#allShown && this.#waiting.length === 0;
  }

  /**
   * One turn: shows one end, or lets the rest go on when there are none left. `onlyWaits`: nothing else makes the
   * code go on. Gives whether another turn is needed.
   */
  step(onlyWaits: boolean): boolean {
    // What is done again may come to another end, so what the code asks for next may be another task.
    const waits = onlyWaits || this.mode === 'rerun';
    if (waits !== this.#waited) this.#idleTurns = 0;
    this.#waited = waits;
    const next = this.#nextShown(waits);
    if (next !== undefined) {
      this.#idleTurns = 0;
      this.#show(next);
      return true;
    }
    const stuck = this.#asked.size === 0 && waits && this.#idleTurns >= PATIENCE;
    if (this.#allShown || stuck) {
      this.#free = true;
      for (const waiting of this.#waiting.splice(0)) this.#host.goOn(waiting);
    }
    this.#idleTurns += 1;
    return this.#idleTurns <= PATIENCE + 1 && !this.over;
  }

  get #allShown(): boolean {
    return this.#given.size === this.#places.size;
  }

  #show({ place, row, recorded }: Asked): void {
    this.#asked.delete(place);
    this.#given.add(place);
    this.#host.show(row, recorded);
  }

  /** Recorded ends wait to be shown, or tasks for them. */
  get busy(): boolean {
    return this.#asked.size > 0 || this.#waiting.length > 0;
  }

  /** The next end as recorded, if it was asked for; for a code that waits without asking for it, the first that was. */
  #nextShown(waits: boolean): Asked | undefined {
    if (this.#asked.size === 0) return undefined;
    while (this.#given.has(this.#next)) this.#next += 1;
    const next = this.#asked.get(this.#next);
    if (next !== undefined && this.#submittedBefore(next.recorded.movedAt)) return next;
    if (!waits || this.#idleTurns < PATIENCE) return undefined;
    const first = next ?? this.#firstAsked();
    // The code goes another way than before: what it has left out by now is waited for no longer.
    if (first !== undefined) this.#giveUpBefore(first.recorded.movedAt);
    return first;
  }

  /** Whether the code has submitted again all that it had submitted before that time. */
  #submittedBefore(at: number): boolean {
    for (; ; this.#firstOpen += 1) {
      const task = this.#tasks[this.#firstOpen];
      if (task === undefined || (task.at >= at && !this.#taken.has(task.position))) return true;
      if (!this.#taken.has(task.position)) return false;
    }
  }

  #giveUpBefore(at: number): void {
    for (; ; this.#firstOpen += 1) {
      const task = this.#tasks[this.#firstOpen];
      if (task === undefined || (task.at >= at && !this.#taken.has(task.position))) return;
    }
  }

  #firstAsked(): Asked | undefined {
    let first: Asked | undefined;
    for (const asked of this.#asked.values())
      if (first === undefined || asked.place < first.place) first = asked;
    return first;
  }
}

/** Nothing but a recorded end, or what waits for one, makes the code of this run go on. */
export function onlyWaits(run: PipelineRow): boolean {
  return isWaiting(run) && ![...run.childRuns].some(movesByItself);
}

function isWaiting({ bodyOver, bodyWaits }: PipelineRow): boolean {
  return bodyOver || bodyWaits > 0;
}

function movesByItself(run: PipelineRow): boolean {
  const { final, state } = run.snapshot.leaf;
  if (!final && (state !== 'running' || !isWaiting(run))) return true;
  if (run.ledger?.replay?.busy === true) return true;
  if (run.tasks.some((task) => !task.snapshot.leaf.final && task.links?.held !== true)) return true;
  return [...run.childRuns].some(movesByItself);
}

export function isEnd(path: string): boolean {
  return path === 'succeeded' || path === 'failed' || path === 'cancelled' || path === 'blocked';
}

/** @throws REPLAY_MISMATCH for functions without a name that cannot be told apart */
export function checkNames(recorded: RecordedRun): void {
  const seen = new Set<string>();
  for (const task of recorded.tasks) {
    if (task.name !== ANONYMOUS || !task.fingerprint.startsWith('function')) continue;
    const key = keyOf(task.stage, task.name, task.fingerprint);
    if (seen.has(key)) {
      throw new SignalboxError(
        'REPLAY_MISMATCH',
        `the run ${recorded.id} has several functions without a name in stage ${task.stage}, which cannot be told apart`,
        {
          hint: 'give each of them a name, for example task(fn, { name: "..." }), and start a new run',
          details: { runId: recorded.id, stage: task.stage },
        },
      );
    }
    seen.add(key);
  }
}

function keyOf(stage: number, name: string, fingerprint: string): string {
  return `${stage}\0${name}\0${fingerprint}`;
}

function childKey(name: string, parentTask: number | undefined): string {
  return `${parentTask ?? ''}\0${name}`;
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
