/** A violation with the shortest way to it, for reading and for pasting into a test. */
import type { Violation } from './judge.ts';
import { tryMove } from './judge.ts';
import type { ExplorePlan } from './plan.ts';
import type { Move } from './program.ts';
import type { Moved, Sabotage, World } from './world.ts';

export class Counterexample implements Violation {
  readonly invariant: string;
  readonly message: string;
  /** The labels of the moves; `replay` takes them. */
  readonly steps: readonly string[];
  readonly #plan: ExplorePlan;
  readonly #sabotage: Sabotage | undefined;
  readonly #lines: readonly string[];

  constructor(violation: Violation, first: World, moves: readonly Move[]) {
    this.invariant = violation.invariant;
    this.message = violation.message;
    this.steps = moves.map((move) => move.label);
    this.#plan = first.program.plan;
    this.#sabotage = first.sabotage;
    this.#lines = narrate(first, moves);
  }

  /** Every step and the moves that it caused. */
  toString(): string {
    return [`${this.invariant}: ${this.message}`, ...this.#lines].join('\n');
  }

  /** A test that fails as long as the violation is there. */
  toTest(): string {
    const sabotage = this.#sabotage;
    return [
      `import { expect, test } from 'vitest';`,
      `import { replay } from 'signalbox/testing';`,
      ``,
      `test(${JSON.stringify(`${this.invariant}: ${this.message}`)}, () => {`,
      `  const plan = ${indented(JSON.stringify(this.#plan, null, 2))};`,
      `  const steps = ${indented(JSON.stringify(this.steps, null, 2))};`,
      ...(sabotage === undefined ? [] : [`  const sabotage = ${indented(String(sabotage))};`]),
      `  expect(replay(plan, steps${sabotage === undefined ? '' : ', { sabotage }'})).toBeUndefined();`,
      `});`,
      ``,
    ].join('\n');
  }
}

const indented = (text: string): string => text.replaceAll('\n', '\n  ');

function narrate(first: World, moves: readonly Move[]): string[] {
  const world = first.fork();
  return moves.map((move, index) => {
    tryMove(world, move);
    const told = world.log.moves.map(describeMove).join('; ');
    const line = `${String(index + 1).padStart(3)}. ${move.label}`;
    return told === '' ? line : `${line.padEnd(36)} ${told}`;
  });
}

function describeMove({ kind, name, from, to }: Moved): string {
  return from === to ? `${kind} ${name} stays ${to}` : `${kind} ${name} ${from} -> ${to}`;
}
