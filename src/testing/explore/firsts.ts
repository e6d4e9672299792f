/** In which state each task was first there, and in which it had first started. */
import type { World } from './world.ts';

export class Firsts {
  readonly #submitted = new Map<number, number>();
  readonly #started = new Map<number, number>();
  /** Tasks that have not started in any state so far. */
  #missing: readonly number[];

  constructor(tasks: number) {
    this.#missing = Array.from({ length: tasks }, (_, index) => index);
  }

  static isThere(world: World, task: number, what: 'submitted' | 'started'): boolean {
    return what === 'submitted' ? world.tasks[task] !== undefined : world.n.get('attempts', task) > 0;
  }

  /** States come in the order in which they are found: nearest first. */
  look(world: World, state: number): void {
    for (const task of this.#missing) {
      if (!Firsts.isThere(world, task, 'submitted')) continue;
      if (!this.#submitted.has(task)) this.#submitted.set(task, state);
      if (!Firsts.isThere(world, task, 'started')) continue;
      this.#started.set(task, state);
      this.#missing = this.#missing.filter((other) => other !== task);
    }
  }

  first(task: number, what: 'submitted' | 'started'): number | undefined {
    return what === 'submitted' ? this.#submitted.get(task) : this.#started.get(task);
  }
}
