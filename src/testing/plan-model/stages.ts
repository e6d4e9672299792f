/**
 * Stages as threads and tasks of an explored plan: which tasks there are, what may come after what, how each may
 * end. What their code does is not in it: a stage succeeds or fails.
 */

import type {
  CaseStage,
  Condition,
  ForEachStage,
  JobPlan,
  ParallelStage,
  Path,
  StagePlan,
  TriggerStage,
  UntilStage,
} from '../../workflow/model.ts';
import { combinations, isFilled, readMaxParallel } from '../../workflow/strategy.ts';
import type { PlannedGroup, PlannedTask, PlannedThread, PlannedWay, ThreadStep } from '../explore/index.ts';
import type { Fits } from './fits.ts';
import { Names, shown } from './names.ts';
import { isHarmless } from './outcomes.ts';
import { isPlain, type Values } from './values.ts';

/** What was left out or made smaller. */
export interface PlanNote {
  readonly message: string;
  /** Where in the file; undefined for what holds everywhere. */
  readonly path: Path | undefined;
}

/** Attempts of one task that are tried out. */
const ATTEMPTS = 2;
/** Loops of an until that are tried out. */
const LOOPS = 2;

interface Place {
  readonly names: readonly string[];
  readonly values: Values;
  /** How deep inside stages that hold others. */
  readonly depth: number;
}

export interface BuilderOptions {
  readonly fits: Fits;
  readonly values: Values;
  readonly maxItems: number;
}

export class StageBuilder {
  readonly notes: PlanNote[] = [];
  /** Where in the file each task is from. */
  readonly places = new Map<string, Path>();
  readonly names = new Names();
  readonly #tasks = new Map<StagePlan, string>();
  readonly #options: BuilderOptions;

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  /** The first task that a stage is. */
  taskOf(stage: StagePlan): string | undefined {
    return this.#tasks.get(stage);
  }

  job(job: JobPlan): readonly ThreadStep[] {
    const { values } = this.#options;
    if (job.retry !== undefined && job.retry.retries > 0)
      this.note('tried once; trying a job again does the same again', [...job.path, 'retry']);
    const steps = this.#combinations(job, { names: [job.id], values, depth: 0 });
    return this.#conditioned(job.condition, values, `the job ${job.id}`, job.path, steps);
  }

  note(message: string, path: Path | undefined): void {
    if (!this.notes.some((note) => note.message === message && String(note.path) === String(path)))
      this.notes.push({ message, path });
  }

  /** Steps that run, or do not, as a condition says. */
  #conditioned(
    condition: Condition,
    values: Values,
    what: string,
    path: Path,
    steps: readonly ThreadStep[],
  ): readonly ThreadStep[] {
    const runs = values.decide(condition);
    if (runs === true) return steps;
    if (runs === false) {
      this.note(`${what} is switched off by its if`, [...path, 'if']);
      return [];
    }
    const runsWay = { way: this.names.take(`${what} is to run`), steps };
    return [{ either: [runsWay, { way: this.names.take(`${what} is skipped`), steps: [] }] }];
  }

  #combinations(job: JobPlan, place: Place): readonly ThreadStep[] {
    const { strategy, stages } = job;
    const hasMatrix = Object.keys(strategy.matrix).length > 0 || strategy.include.length > 0;
    if (!hasMatrix) return this.#list(stages, place);
    const { path } = strategy;
    const atOnce = this.#maxParallel(strategy.maxParallel, place.values, path);
    const read = place.values.readWithDefaults(strategy)?.value as typeof strategy | undefined;
    const values = read !== undefined && isFilled(read) ? read : undefined;
    if (values === undefined) this.note('its combinations are not known before the run: two are tried', path);
    const all =
      values === undefined ? [{}, {}] : combinations({ ...strategy, ...values, maxParallel: atOnce });
    const some = this.#some(all, atOnce, place, path, 'combinations');
    const inside = some.map((matrix, index): PlannedThread => {
      const label = Object.entries(matrix).map(([name, value]) => `${name}=${shown(value)}`);
      const name = values === undefined ? `[combination ${index + 1}]` : `[${label.join(', ')}]`;
      const known = values === undefined ? place.values : place.values.with({ matrix });
      const names = [...place.names, name];
      return {
        thread: this.names.take(...names, 'all of it'),
        steps: this.#list(stages, { ...place, names, values: known }),
      };
    });
    return [{ inside, atOnce, failFast: strategy.failFast }];
  }

  /** How many are enough to see one wait for another: the rest is like them. */
  #some<T>(all: readonly T[], atOnce: number, { depth }: Place, path: Path, what: string): readonly T[] {
    const most = Math.max(1, Math.min(atOnce + 1, this.#options.maxItems - depth));
    if (all.length > most) this.note(`${most} of its ${all.length} ${what} are tried`, path);
    return all.slice(0, most);
  }

  #maxParallel(given: unknown, values: Values, path: Path): number {
    const known = values.readWithDefaults(given);
    if (known === undefined) return this.#unknownNumber('max-parallel', path);
    try {
      return readMaxParallel(known.value);
    } catch {
      return this.#unknownNumber('max-parallel', path);
    }
  }

  #number(given: unknown, values: Values, what: string, path: Path): number {
    const known = values.readWithDefaults(given)?.value;
    if (typeof known === 'number' && Number.isInteger(known) && known >= 1) return known;
    return this.#unknownNumber(what, path);
  }

  #unknownNumber(what: string, path: Path): number {
    this.note(`${what} is not known before the run: 2 is tried`, path);
    return 2;
  }

  #list(stages: readonly StagePlan[], place: Place): readonly ThreadStep[] {
    return stages.flatMap((stage) => this.#stage(stage, place));
  }

  #stage(stage: StagePlan, place: Place): readonly ThreadStep[] {
    switch (stage.kind) {
      case 'parallel':
      case 'foreach':
      case 'until':
      case 'case':
        return this.#nested(stage, place);
      default:
        return [this.#leaf(stage, place)];
    }
  }

  #task(stage: StagePlan, parts: readonly string[], given: Omit<PlannedTask, 'task'>): PlannedTask {
    const task = this.names.take(...parts);
    if (!this.#tasks.has(stage)) this.#tasks.set(stage, task);
    this.places.set(task, stage.path);
    return { task, ...given };
  }

  #leaf(stage: StagePlan, place: Place): PlannedTask {
    const { fits } = this.#options;
    const parts = [...place.names, stage.name];
    const runs = place.values.decide(stage.condition);
    if (runs === false) {
      this.note(`${stage.name} is switched off by its if`, [...stage.path, 'if']);
      return this.#task(stage, parts, { over: ['skipped'], ends: [] });
    }
    const skips = runs === true ? [] : (['skipped'] as const);
    if (fits.never(stage)) return this.#task(stage, parts, { over: [...skips, 'refused'], ends: [] });
    if (stage.timeoutMs !== undefined) this.note('running out of time counts as failing', undefined);
    const attempts = this.#attemptsOf(stage);
    return this.#task(stage, parts, {
      needs: fits.needsOf(stage),
      ...(skips.length === 0 ? {} : { over: skips }),
      ...(attempts === 1 ? {} : { attempts }),
      ...(stage.kind === 'trigger' ? { suspends: this.#triggered(stage) } : {}),
      ends: stage.kind === 'raise' ? ['fail'] : isHarmless(stage) ? ['succeed'] : ['succeed', 'fail'],
    });
  }

  #attemptsOf(stage: StagePlan): number {
    const retries = 'retry' in stage ? (stage.retry?.retries ?? 0) : 0;
    if (retries + 1 > ATTEMPTS)
      this.note(`${ATTEMPTS} of its ${retries + 1} attempts are tried`, [...stage.path, 'retry']);
    return Math.min(retries + 1, ATTEMPTS);
  }

  #triggered({ trigger, path }: TriggerStage): number {
    this.note(
      `the workflow ${shown(trigger)} is not followed: it ends well or not; check it by itself`,
      path,
    );
    return 1;
  }

  #nested(stage: ParallelStage | ForEachStage | UntilStage | CaseStage, place: Place): readonly ThreadStep[] {
    const parts = [...place.names, stage.name];
    const holder = this.#task(stage, parts, {});
    const inner: Place = { ...place, names: parts, depth: place.depth };
    const group = { holder, ...this.#inside(stage, inner) };
    return this.#conditioned(stage.condition, place.values, holder.task, stage.path, [group]);
  }

  #inside(stage: ParallelStage | ForEachStage | UntilStage | CaseStage, place: Place): PlannedGroup {
    switch (stage.kind) {
      case 'parallel':
        return this.#parallel(stage, place);
      case 'foreach':
        return this.#foreach(stage, place);
      case 'until':
        return { inside: [this.#until(stage, place)] };
      case 'case':
        return { inside: [this.#case(stage, place)] };
      default:
        return stage satisfies never;
    }
  }

  /** One branch, item, loop or case: a task that holds the tasks of its stages. */
  #part(owner: StagePlan, stages: readonly StagePlan[], label: string, place: Place): PlannedGroup {
    const holder = this.#task(owner, [...place.names, label], {});
    const names = [...place.names, label];
    const steps = this.#list(stages, { ...place, names, depth: place.depth + 1 });
    return { holder, inside: [{ thread: this.names.take(...names, 'all of it'), steps }] };
  }

  #thread(place: Place, label: string, steps: readonly ThreadStep[]): PlannedThread {
    return { thread: this.names.take(...place.names, label, 'as a whole'), steps };
  }

  #parallel(stage: ParallelStage, place: Place): PlannedGroup {
    const { maxWorkers, branches, path } = stage;
    const atOnce = this.#number(maxWorkers, place.values, 'max-workers', path);
    const inside = Object.entries(branches).map(([label, stages]) =>
      this.#thread(place, label, [this.#part(stage, stages, label, place)]),
    );
    return { atOnce, inside };
  }

  #foreach(stage: ForEachStage, place: Place): PlannedGroup {
    const path = [...stage.path, 'foreach'];
    const atOnce = this.#number(stage.concurrent, place.values, 'concurrent', stage.path);
    const items = itemsOf(place.values.readWithDefaults(stage.foreach)?.value);
    if (items === undefined) return { inside: [this.#anyNumber(stage, atOnce, place)] };
    if (!isPlain(stage.foreach)) this.note('its items are those of the parameters and their defaults', path);
    const some = this.#some(items, atOnce, place, path, 'items');
    return { atOnce, failFast: true, inside: this.#items(stage, some, place) };
  }

  #items(stage: ForEachStage, items: readonly unknown[], place: Place): readonly PlannedThread[] {
    return items.map((item, loop) => {
      const label = `[${stage.useIndexAsKey ? loop : shown(item)}]`;
      const values = place.values.with({ item, loop });
      return this.#thread(place, label, [this.#part(stage, stage.stages, label, { ...place, values })]);
    });
  }

  /** A list that only the run knows: empty, one, two. */
  #anyNumber(stage: ForEachStage, atOnce: number, place: Place): PlannedThread {
    const path = [...stage.path, 'foreach'];
    const sizes = place.depth === 0 ? [0, 1, 2] : [0, 1];
    this.note(`its items are not known before the run: ${sizes.join(', ')} of them are tried`, path);
    const either = sizes.map((size): PlannedWay => {
      const items = Array.from({ length: size }, (_, index) => `item ${index + 1}`);
      const way = this.names.take(
        `${place.names.join(' > ')} has ${size === 1 ? '1 item' : `${size} items`}`,
      );
      if (size === 0) return { way, steps: [] };
      const inside = this.#unknownItems(stage, items, place);
      return { way, steps: [{ atOnce, failFast: true, inside }] };
    });
    return this.#thread(place, 'items', [{ either: [...either, this.#broken(place)] }]);
  }

  #unknownItems(stage: ForEachStage, items: readonly string[], place: Place): readonly PlannedThread[] {
    return items.map((item) =>
      this.#thread(place, `[${item}]`, [this.#part(stage, stage.stages, `[${item}]`, place)]),
    );
  }

  #broken(place: Place): PlannedWay {
    return { way: this.names.take(`${place.names.join(' > ')} has no list`), steps: ['fail'] };
  }

  #until(stage: UntilStage, place: Place): PlannedThread {
    const path = [...stage.path, 'until'];
    const ends = place.values.decide(stage.until);
    const loops = ends === true ? 1 : Math.min(stage.maxLoop, LOOPS);
    if (ends !== true && stage.maxLoop > loops)
      this.note(`${loops} of up to ${stage.maxLoop} loops are tried, then it may fail`, path);
    return this.#thread(place, 'loops', this.#loop(stage, 1, loops, ends, place));
  }

  #loop(
    stage: UntilStage,
    loop: number,
    last: number,
    ends: boolean | undefined,
    place: Place,
  ): readonly ThreadStep[] {
    const part = this.#part(stage, stage.stages, `[${loop}]`, place);
    if (ends === true) return [part];
    const next: readonly ThreadStep[] =
      loop < last ? this.#loop(stage, loop + 1, last, ends, place) : ['fail'];
    if (ends === false) return [part, ...next];
    const name = place.names.join(' > ');
    const goesOn = loop < last ? `loop ${loop} of ${name} was not the last` : `${name} goes round too often`;
    const ways: readonly PlannedWay[] = [
      { way: this.names.take(`loop ${loop} of ${name} was the last`), steps: [] },
      { way: this.names.take(goesOn), steps: next },
    ];
    return [part, { either: ways }];
  }

  #case(stage: CaseStage, place: Place): PlannedThread {
    const known = place.values.read(stage.case);
    const name = place.names.join(' > ');
    const fixed = known === undefined ? undefined : stage.match.filter(({ value }) => value === known.value);
    const others = stage.match.filter(({ value }) => value === undefined);
    const branches = fixed === undefined ? stage.match : fixed.length > 0 ? fixed : others;
    const ways = branches.map(({ value, stages }): PlannedWay => {
      const label = value === undefined ? 'else' : shown(value);
      return {
        way: this.names.take(`the case of ${name} is ${label}`),
        steps: [this.#part(stage, stages, label, place)],
      };
    });
    const isOpen = others.length === 0 && (fixed === undefined || fixed.length === 0);
    const none = { way: this.names.take(`no case of ${name} matches`), steps: unmatched(stage) };
    return this.#thread(place, 'cases', [{ either: isOpen ? [...ways, none] : ways }]);
  }
}

const unmatched = ({ skipNotMatch }: CaseStage): readonly ThreadStep[] => (skipNotMatch ? [] : ['fail']);

/** A list, or the JSON text of one; undefined where that is not known, or is none. */
function itemsOf(given: unknown): readonly unknown[] | undefined {
  if (Array.isArray(given)) return given;
  if (typeof given !== 'string') return undefined;
  try {
    const list: unknown = given.trim() === '' ? [] : JSON.parse(given);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}
