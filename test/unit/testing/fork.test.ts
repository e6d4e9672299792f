/**
 * A fork must be equal and independent. The hunted bug is the field that somebody adds to a row and nobody
 * copies: the explorer would then explore another scheduler than the one that ships.
 */
import { describe, expect, it } from 'vitest';
import { enabledMoves } from '../../../src/testing/explore/enabled.ts';
import { firstWorld } from '../../../src/testing/explore/explore.ts';
import { forkSupervisor } from '../../../src/testing/explore/fork.ts';
import { keyOf } from '../../../src/testing/explore/key.ts';
import { perform } from '../../../src/testing/explore/perform.ts';
import type { World } from '../../../src/testing/explore/world.ts';
import { backfill, childAtOne, ordinary, stubborn } from '../../machines/explore-plans.ts';

/** What is alive in a row belongs to the host, and what refers to other rows is compared by its size. */
const LIVE = new Set(['actor', 'attempt', 'timer', 'waiters', 'handle', 'body', 'work', 'args']);

/** Immutable objects: a fork has the same ones. */
const SHARED = new Set(['snapshot', 'spec', 'vector', 'pendingEnd']);

function plainFields(row: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (LIVE.has(name)) continue;
    if (value instanceof Set) fields[name] = value.size;
    else if (Array.isArray(value)) fields[name] = value.length;
    else if (name === 'tally' || name === 'dropped') fields[name] = { ...value };
    else if (typeof value !== 'object' || SHARED.has(name)) fields[name] = value;
  }
  return fields;
}

/** Some way through the plan; other strides take other ways. */
function walk(world: World, steps: number, stride = 7): World {
  for (let i = 0; i < steps; i += 1) {
    const moves = enabledMoves(world);
    const move = moves[(i * stride) % moves.length];
    if (move === undefined) break;
    perform(world, move);
  }
  return world;
}

describe('a fork', () => {
  it.each([stubborn, childAtOne, ordinary, backfill])(
    'has every field of every row, everywhere on a walk (%#)',
    (plan) => {
      for (let way = 0; way < 60; way += 1) {
        const world = walk(firstWorld(plan, undefined), way % 25, 1 + 2 * (way % 4));
        const fork = world.fork();
        const rows = [...world.tasks, ...world.runs, ...world.runs.flatMap((run) => run?.stages ?? [])];
        const copies = [...fork.tasks, ...fork.runs, ...fork.runs.flatMap((run) => run?.stages ?? [])];
        rows.forEach((row, i) => {
          const copy = copies[i];
          expect(copy === undefined).toBe(row === undefined);
          if (row === undefined || copy === undefined) return;
          expect(copy).not.toBe(row);
          expect(plainFields(copy)).toEqual(plainFields(row));
        });
        expect(plainFields(fork.supervisor)).toEqual(plainFields(world.supervisor));
        expect(keyOf(fork)).toEqual(keyOf(world));
      }
    },
  );

  it('goes its own way: whatever happens to it, the original stays as it was', () => {
    const world = walk(firstWorld(stubborn, undefined), 6);
    const before = keyOf(world);
    walk(world.fork(), 30);
    expect(keyOf(world)).toEqual(before);
  });

  it('refuses to leave out a run that the rest refers to', () => {
    const world = firstWorld(stubborn, undefined);
    expect(() => forkSupervisor(world.supervisor, world, [])).toThrow('a row was not among the runs to fork');
  });
});
