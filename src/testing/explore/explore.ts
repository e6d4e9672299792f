/**
 * Breadth-first exploration of the shipped scheduler: every order in which bodies, turns, timers and the
 * environment can move, over the very `Supervisor`, machines and `Admission` that run.
 *
 * Owns: the search. Invariants: (E1) a state is expanded once, and states are found in order of distance, so the
 * first counterexample is a shortest one; (E2) `complete` is said only when nothing was left unexpanded.
 * What a real turn keeps together may come apart here (a start after each other step, any order of starts, a
 * timer at any moment), so more is explored than can happen; never less.
 */
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import { Checkpoints } from './checkpoints.ts';
import { Counterexample } from './counterexample.ts';
import { enabledMoves } from './enabled.ts';
import { Firsts } from './firsts.ts';
import { type Before, beforeOf, judgeEnd, judgeState, judgeStep, tryMove, type Violation } from './judge.ts';
import { keyOf } from './key.ts';
import { Edges, Known } from './known.ts';
import { perform } from './perform.ts';
import type { ExplorePlan } from './plan.ts';
import { Probes } from './probes.ts';
import { type Move, Program } from './program.ts';
import { judgeRest, type Unrest, wholeWay } from './rest.ts';
import { WorldView } from './view.ts';
import { type Sabotage, World } from './world.ts';

export interface ExploreOptions {
  /** Stops after this many states. Default 1,000,000. */
  readonly maxStates?: number;
  /** Goes no further than this many moves from the start. Default: no bound. */
  readonly maxDepth?: number;
  /** Changes every supervisor on purpose: for tests that the explorer notices. */
  readonly sabotage?: Sabotage;
  /** Called every 65,536 states. */
  readonly onProgress?: (so: ExploreCounts) => void;
  /** For the times in the result. Default: the system's. */
  readonly clock?: Clock;
}

export interface ExploreCounts {
  readonly states: number;
  readonly edges: number;
  /** Moves on the longest shortest path. */
  readonly depth: number;
  /** Most states that were waiting to be expanded. */
  readonly frontier: number;
}

export interface ExploreResult extends ExploreCounts {
  /** Every reachable state was seen. */
  readonly complete: boolean;
  /** Events of the environment that a path may hold: the k of the plan. */
  readonly events: number;
  readonly seconds: number;
  readonly statesPerSecond: number;
  /** Of the tables that grow with the states; those that wait to be expanded are live and come on top. */
  readonly bytesPerState: number;
  readonly counterexample: Counterexample | undefined;
  /**
   * The labels of the moves on a shortest way to where the task is there, or has started; undefined if there is none
   * among the states seen. Of a complete exploration that is a proof.
   */
  readonly wayTo: (task: string, what?: 'submitted' | 'started') => readonly string[] | undefined;
}

const DEFAULT_MAX_STATES = 1_000_000;
const PROGRESS = 0xffff;

/**
 * Explores a plan until everything was seen, something is wrong, or a bound is reached.
 * @throws INVALID_ARGUMENT, UNKNOWN_RESOURCE, UNSCHEDULABLE_TASK for a plan that makes no sense
 */
export function explore(plan: ExplorePlan, options: ExploreOptions = {}): ExploreResult {
  return new Search(plan, options).run();
}

/** The state before the first move: the first root is submitted. */
export function firstWorld(plan: ExplorePlan, sabotage: Sabotage | undefined): World {
  const program = new Program(plan);
  const world = new World({ kind: 'first', program, sabotage });
  const [root] = program.roots;
  if (root !== undefined) perform(world, program.move('submit', root));
  return world;
}

class Search {
  readonly #options: ExploreOptions;
  readonly #clock: Clock;
  readonly #first: World;
  readonly #known = new Known();
  readonly #edges = new Edges();
  readonly #probes = new Probes();
  readonly #goals: number[] = [];
  readonly #firsts: Firsts;
  readonly #checkpoints: Checkpoints;
  /** Every state below is expanded; those from here on wait, in the order in which they were found. */
  #head = 0;
  #allEdges = 0;
  #depth = 0;
  #frontier = 0;
  #complete = true;
  #found: Counterexample | undefined = undefined;

  constructor(plan: ExplorePlan, options: ExploreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#first = firstWorld(plan, options.sabotage);
    this.#checkpoints = new Checkpoints(this.#known, this.#first);
    this.#firsts = new Firsts(this.#first.program.tasks.length);
  }

  run(): ExploreResult {
    const began = this.#clock.now();
    this.#begin();
    while (this.#head < this.#known.size && this.#found === undefined && this.#complete) this.#goOneLevel();
    if (this.#found === undefined && this.#complete) this.#checkFinishable();
    const seconds = (this.#clock.now() - began) / 1_000;
    const states = this.#known.size;
    return {
      ...this.#counts(),
      complete: this.#complete && this.#found === undefined,
      events: this.#first.program.events,
      seconds,
      statesPerSecond: Math.round(states / Math.max(seconds, 0.001)),
      bytesPerState: Math.round((this.#known.bytes + this.#edges.bytes) / states),
      counterexample: this.#found,
      wayTo: (task, what = 'started') => this.#wayTo(task, what),
    };
  }

  #wayTo(task: string, what: 'submitted' | 'started'): readonly string[] | undefined {
    const index = this.#first.program.tasks.findIndex(({ name }) => name === task);
    const id = this.#firsts.first(index, what);
    if (id === undefined) return undefined;
    const there = (world: World) => Firsts.isThere(world, index, what);
    return wholeWay(this.#first, this.#pathTo(id), there).map(({ label }) => label);
  }

  #pathTo(id: number): Move[] {
    const { moves } = this.#first.program;
    return this.#known.pathTo(id).map((index) => moves[index] as Move);
  }

  #counts(): ExploreCounts {
    return {
      states: this.#known.size,
      edges: this.#allEdges,
      depth: this.#depth,
      frontier: this.#frontier,
    };
  }

  #begin(): void {
    const atRest = this.#first.fork();
    const unrest = judgeRest(atRest);
    this.#known.add(keyOf(atRest), -1, 0);
    const wrong = unrest ?? judgeState(new WorldView(atRest));
    if (wrong !== undefined) this.#found = new Counterexample(wrong, this.#first, unrest?.moves ?? []);
  }

  #goOneLevel(): void {
    if (this.#depth >= (this.#options.maxDepth ?? Number.POSITIVE_INFINITY)) {
      this.#complete = false;
      return;
    }
    this.#checkpoints.beginLevel(this.#depth);
    for (const end = this.#known.size; this.#head < end; this.#head += 1) {
      this.#frontier = Math.max(this.#frontier, this.#known.size - this.#head);
      this.#expand(this.#head, this.#checkpoints.make(this.#head));
      if (this.#found !== undefined || !this.#complete) return;
    }
    if (this.#head < this.#known.size) this.#depth += 1;
  }

  #expand(id: number, world: World): void {
    this.#edges.nextSource();
    const moves = enabledMoves(world);
    const probed = this.#probes.check(world);
    if (probed !== undefined) return this.#report({ invariant: 'T1', message: probed }, id);
    const end = judgeEnd(world, moves);
    if (end !== undefined) return this.#report(end, id);
    if (world.done) this.#goals.push(id);
    const keeps = this.#checkpoints.keeps(this.#depth);
    if (keeps) this.#checkpoints.keep(id, world);
    const before = beforeOf(world, moves.length === 1);
    for (let i = 0; i < moves.length; i += 1) {
      const move = moves[i] as Move;
      // The last move may use the world up: only a turn looks back at the queue, and a turn comes first.
      const to = i < moves.length - 1 || keeps ? world.fork() : world;
      const wrong = tryMove(to, move) ?? this.#arrive(to, id, move, before);
      if (wrong !== undefined) return this.#report(wrong, id, move);
    }
    if (this.#known.size >= (this.#options.maxStates ?? DEFAULT_MAX_STATES)) this.#complete = false;
    return undefined;
  }

  #arrive(world: World, from: number, move: Move, before: Before): Violation | undefined {
    this.#allEdges += 1;
    const wrong = judgeStep(before, world, move, new WorldView(world)) ?? judgeRest(world);
    if (wrong !== undefined) return wrong;
    const id = this.#known.add(keyOf(world), from, move.index);
    const isNew = id < 0;
    if (!move.costs) this.#edges.add(isNew ? -1 - id : id);
    if (!isNew) return undefined;
    this.#firsts.look(world, -1 - id);
    if ((this.#known.size & PROGRESS) === 0) this.#options.onProgress?.(this.#counts());
    return judgeState(new WorldView(world));
  }

  #report(violation: Violation, id: number, last?: Move): void {
    const way = wholeWay(this.#first, this.#pathTo(id));
    const moves = (violation as Partial<Unrest>).moves ?? [];
    this.#found = new Counterexample(violation, this.#first, [
      ...way,
      ...(last === undefined ? [] : [last]),
      ...moves,
    ]);
  }

  /** From everywhere the end can still be reached, without help from the environment. */
  #checkFinishable(): void {
    const lost = this.#edges.firstThatCannotReach(this.#goals, this.#known.size);
    if (lost !== undefined)
      this.#report(
        { invariant: 'finishable', message: 'from here on not everything can become final' },
        lost,
      );
  }
}
