/**
 * Gives the world of a state that waits to be expanded. A live world is some kilobytes, so most are not kept:
 * every sixth level is, and what lies between is made again from there. The moves are deterministic.
 */
import type { Known } from './known.ts';
import { perform } from './perform.ts';
import type { Move } from './program.ts';
import { comeToRest } from './rest.ts';
import type { World } from './world.ts';

const APART = 6;
/** Where a move has others behind it that happen by themselves. */
const APART_PROMPT = 2;

export class Checkpoints {
  readonly #known: Known;
  readonly #apart: number;
  #kept = new Map<number, World>();
  #coming = new Map<number, World>();

  constructor(known: Known, first: World) {
    this.#known = known;
    this.#apart = first.program.prompt ? APART_PROMPT : APART;
    const atRest = first.fork();
    comeToRest(atRest);
    this.#kept.set(0, atRest);
  }

  /** A level of the search begins: the one before a kept level needs the older ones no more. */
  beginLevel(level: number): void {
    if (level % this.#apart !== 1 || level === 1) return;
    this.#kept = this.#coming;
    this.#coming = new Map();
  }

  /** A world of its own for the state. */
  make(id: number): World {
    const way: Move[] = [];
    let at = id;
    let kept = this.#kept.get(at);
    while (kept === undefined) {
      const { moves } = (this.#kept.values().next().value as World).program;
      way.push(moves[this.#known.moveTo(at)] as Move);
      at = this.#known.parentOf(at);
      kept = this.#kept.get(at);
    }
    const world = kept.fork();
    for (let i = way.length - 1; i >= 0; i -= 1) {
      perform(world, way[i] as Move);
      comeToRest(world);
    }
    return world;
  }

  /** Whether the worlds of this level are to be handed to `keep`, and left alone afterwards. */
  keeps(level: number): boolean {
    return level > 0 && level % this.#apart === 0;
  }

  keep(id: number, world: World): void {
    this.#coming.set(id, world);
  }
}
