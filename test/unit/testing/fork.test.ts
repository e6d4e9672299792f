/**
 * A fork must be equal and independent. The hunted bug is the field that somebody adds to a row and nobody
 * copies: the explorer would then explore another scheduler than the one that ships.
 */
import { describe, expect, it } from 'vitest';
import type { Row } from '../../../src/runtime/rows.ts';
import { enabledMoves } from '../../../src/testing/explore/enabled.ts';
import { firstWorld } from '../../../src/testing/explore/explore.ts';
import { forkSupervisor } from '../../../src/testing/explore/fork.ts';
import { keyOf } from '../../../src/testing/explore/key.ts';
import { perform } from '../../../src/testing/explore/perform.ts';
import type { World } from '../../../src/testing/explore/world.ts';
import {
  badParentsAtOne,
  graphsInOrder,
  stubbornGraph,
  twoGraphsAtTwo,
} from '../../machines/explore-graphs.ts';
import { backfill, childAtOne, ordinary, stubborn } from '../../machines/explore-plans.ts';

/** What is alive in a row belongs to the host. */
const LIVE = new Set(['actor', 'attempt', 'timer', 'waiters', 'handle', 'body', 'work', 'args', 'host']);

/** Immutable objects, and the host's own: a fork has the same ones. */
const SHARED = new Set([
  'snapshot',
  'spec',
  'vector',
  'pendingEnd',
  'end',
  'mode',
  'ids',
  'binding',
  'ledger',
  'refusal',
]);

/** Other rows: a fork has its own ones. */
const ROWS = new Set(['run', 'stageRow', 'parent', 'parentTask', 'root']);

/** Compared by `keyOf`, and by the tests of their own. */
const PARTS = new Set(['admission', 'pipelineQueue']);

function plainFields(of: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(of)) {
    if (LIVE.has(name) || PARTS.has(name)) continue;
    fields[name] = plain(name, value);
  }
  return fields;
}

/** A field that nobody has thought of here throws. */
function plain(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || SHARED.has(name)) return value;
  if (value instanceof Set || Array.isArray(value)) return Array.from<unknown, unknown>(value, nameOf);
  if (name === 'tally' || name === 'dropped') return { ...value };
  if (name === 'links') return plainFields(value);
  if (ROWS.has(name)) return nameOf(value);
  throw new Error(`is the field ${name} to be copied, shared or left?`);
}

const nameOf = (row: unknown): string => (row as Row).actorId;

/** Gives every plain field another value; places in queues belong to the queues. */
function disturb(of: object): void {
  for (const [name, value] of Object.entries(of)) {
    if (LIVE.has(name) || PARTS.has(name) || ROWS.has(name) || name === 'heapIndex' || name === 'index')
      continue;
    if (typeof value === 'number') Reflect.set(of, name, value + 1_000);
    else if (typeof value === 'boolean') Reflect.set(of, name, !value);
    else if (typeof value === 'function') Reflect.set(of, name, () => name);
    else if (value === undefined && name !== 'links') Reflect.set(of, name, `some ${name}`);
  }
}

/** The rows that a row refers to. */
function rowsOf(row: Row): readonly Row[] {
  if (row.kind === 'stage') return [row.run];
  if (row.kind === 'task')
    return [row.run, row.stageRow, ...(row.links?.parents ?? []), ...(row.links?.dependents ?? [])];
  return [row.root, ...row.stages, ...row.tasks, ...row.childRuns, ...row.dependents];
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
  const graphs = [badParentsAtOne, graphsInOrder, stubbornGraph, twoGraphsAtTwo];
  it.each([stubborn, childAtOne, ordinary, backfill, ...graphs])(
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
          const own = rowsOf(row);
          for (const other of rowsOf(copy)) expect(own.includes(other)).toBe(false);
        });
        expect(plainFields(fork.supervisor)).toEqual(plainFields(world.supervisor));
        expect(keyOf(fork)).toEqual(keyOf(world));
      }
    },
  );

  it('has every field, also those that no plan ever sets', () => {
    const world = walk(firstWorld(twoGraphsAtTwo, undefined), 20);
    const rows = [...world.tasks, ...world.runs, ...world.runs.flatMap((run) => run?.stages ?? [])];
    for (const row of rows) if (row !== undefined) disturb(row);
    for (const task of world.tasks) if (task?.links !== undefined) disturb(task.links);
    disturb(world.supervisor);
    const fork = world.fork();
    const copies = [...fork.tasks, ...fork.runs, ...fork.runs.flatMap((run) => run?.stages ?? [])];
    rows.forEach((row, i) => {
      if (row !== undefined) expect(plainFields(copies[i] ?? {})).toEqual(plainFields(row));
    });
    expect(plainFields(fork.supervisor)).toEqual(plainFields(world.supervisor));
  });

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
