/**
 * The lifecycle table and the charts, both ways. Hunts: a chart that moves where the table does not allow it
 * (T1), and a row of the table that no chart uses, which would be a promise that nothing keeps.
 */
import { describe, expect, it } from 'vitest';
import {
  FINAL_STATES,
  isFinal,
  isLegalMove,
  type Kind,
  LIFECYCLE,
  type LifecycleState,
  moves,
  STATES,
} from '../../machines/lifecycle.ts';
import type { Fact } from './compare.ts';
import { seenOf } from './subjects.ts';

const KINDS: readonly Kind[] = ['task', 'stage', 'pipeline'];

function topOf({ value }: Fact['at']): LifecycleState {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as LifecycleState;
}

/** Every move from one top-level state to another that the interpreter made. */
function movesOf(kind: Kind): Set<string> {
  const made = new Set<string>();
  for (const { at, moves: taken } of seenOf(kind).facts) {
    for (const { next } of taken.values())
      if (topOf(at) !== topOf(next)) made.add(`${topOf(at)} -> ${topOf(next)}`);
  }
  return made;
}

const tableOf = (kind: Kind): Set<string> =>
  new Set(LIFECYCLE.filter(({ kinds }) => kinds.includes(kind)).map(({ from, to }) => `${from} -> ${to}`));

describe('the lifecycle table', () => {
  it.each(KINDS)('lists every move that a %s makes, and none that it does not make', (kind) => {
    expect([...movesOf(kind)].sort()).toEqual([...tableOf(kind)].sort());
  });

  it('names states of the lifecycle only, each move once, and leaves no end', () => {
    for (const { from, to } of LIFECYCLE) {
      expect(STATES).toContain(from);
      expect(STATES).toContain(to);
      expect(isFinal(from)).toBe(false);
    }
    expect(new Set(LIFECYCLE.map(({ from, to }) => `${from} ${to}`)).size).toBe(LIFECYCLE.length);
  });

  it('calls the four ends final and nothing else', () => {
    expect(STATES.filter(isFinal)).toEqual([...FINAL_STATES]);
  });

  it('gives a chart its targets and stops it at load from drawing a move that is not in the table', () => {
    expect(moves('task')('queued', 'ready')).toBe('#task.ready');
    expect(moves('task')('running', 'queued', 'backoff')).toBe('#task.queued.backoff');
    expect(() => moves('stage')('running', 'queued')).toThrow(
      '(T1) the lifecycle has no move running -> queued for a stage',
    );
    expect(isLegalMove('stage', 'running', 'queued')).toBe(false);
    expect(isLegalMove('pipeline', 'succeeded', 'queued')).toBe(false);
  });
});
