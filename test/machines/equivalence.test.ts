/**
 * The compiled tables against XState's interpreter: every reachable state of every chart, every event of the
 * alphabet (test/machines/alphabet.ts states the abstraction). Hunts: an edge lost or misdirected in
 * flattening, commands out of order, a guard that sees another context, a context that is not whole, an output
 * or a status that differs, a snapshot that cannot be restored.
 */
import { describe, expect, it } from 'vitest';
import { compile } from '../../machines/compile.ts';
import { pipelineLogic, stageLogic, supervisorLogic, taskLogic } from '../../machines/compiled.ts';
import { NO_EVENTS } from './alphabet.ts';
import {
  differences,
  type Fact,
  type Logic,
  type Move,
  Recorder,
  type Shown,
  transitionsOf,
} from './compare.ts';
import { NAMES, type Name, SUBJECTS, seenOf } from './subjects.ts';

const LOGICS: Record<Name, Logic> = {
  task: taskLogic as never,
  stage: stageLogic as never,
  pipeline: pipelineLogic as never,
  supervisor: supervisorLogic as never,
};

/** States, moves and transition definitions; a change of a chart changes them and is worth a look. */
const SIZES: Record<
  Name,
  { states: number; moves: number; leaves: number; transitions: number; edges: number }
> = {
  task: { states: 11_296, moves: 102_944, leaves: 12, transitions: 54, edges: 72 },
  stage: { states: 14, moves: 114, leaves: 7, transitions: 13, edges: 13 },
  pipeline: { states: 46, moves: 220, leaves: 10, transitions: 22, edges: 27 },
  supervisor: { states: 16, moves: 48, leaves: 5, transitions: 8, edges: 8 },
};

const first = <T>(all: Iterable<T>): T | undefined => [...take(all, 1)][0];
function* take<T>(all: Iterable<T>, count: number): Generator<T> {
  for (const each of all) {
    if (count-- <= 0) return;
    yield each;
  }
}

describe.each(NAMES)('the compiled %s chart', (name) => {
  it('does in every reachable state, for every event, what the interpreter does', () => {
    expect(first(differences(seenOf(name), LOGICS[name]))).toBeUndefined();
  });

  it('is the same when assigns are merged as the interpreter merges them: every assigner gives the whole context', () => {
    const merging = compile(SUBJECTS[name].machine) as unknown as Logic;
    expect(first(differences(seenOf(name), merging))).toBeUndefined();
  });

  it('was compared in every leaf and over every edge of the chart', () => {
    const { facts, values, moveCount } = seenOf(name);
    const edges = LOGICS[name].leaves.flatMap((leaf) => leaf.edges);
    const taken = new Set(facts.flatMap((fact) => [...fact.moves.values()].map((move) => wayOf(fact, move))));
    const untaken = edges.filter(
      (edge) => !taken.has(`${JSON.stringify(edge.source.value)} ${nameOf(edge.definition)}`),
    );
    expect(untaken.map(({ source, eventType, guardName }) => [source.path, eventType, guardName])).toEqual(
      [],
    );
    const transitions = new Set(edges.map((edge) => edge.definition)).size;
    const size = {
      states: facts.length,
      moves: moveCount,
      leaves: values.length,
      transitions,
      edges: edges.length,
    };
    expect(size).toEqual(SIZES[name]);
    expect(values.length).toBe(LOGICS[name].leaves.length);
  });

  it('refuses what is no event at all, without throwing, in every state (D3)', () => {
    const logic = LOGICS[name];
    const scope = new Recorder();
    for (const { at } of seenOf(name).facts) {
      const mine = restored(logic, at);
      const obeyed = NO_EVENTS.filter(
        (event) =>
          logic.edgeFor(mine as never, event as never) !== undefined ||
          (logic.transition(mine as never, event as never, scope as never) as unknown) !== mine ||
          mine.can(event),
      );
      if (obeyed.length > 0) expect.fail(`${JSON.stringify(at)} obeys ${obeyed.map(String)}`);
    }
  });

  it('refuses an error event that names an actor, which would fail an interpreted one (D2)', () => {
    const logic = LOGICS[name];
    for (const { at } of seenOf(name).facts) {
      const mine = restored(logic, at);
      const event = { type: 'xstate.error.actor.x', error: 'e' };
      expect(logic.transition(mine as never, event as never, new Recorder() as never)).toBe(mine);
    }
  });

  it('begins as the interpreter begins', () => {
    const { machine } = SUBJECTS[name];
    const input = { maxAttempts: 3, deadlineAt: 100, canKill: false };
    const theirs = machine.getInitialSnapshot(new Recorder() as never, input as never);
    for (const mine of [
      LOGICS[name].initial(input as never),
      LOGICS[name].getInitialSnapshot(new Recorder() as never, input as never),
    ]) {
      expect(JSON.stringify(mine)).toBe(JSON.stringify(theirs));
      expect((mine as unknown as Shown).machine).toBe(machine);
    }
  });
});

/** One name for each transition definition. */
const names = new Map<unknown, number>();
function nameOf(definition: unknown): number {
  const known = names.get(definition) ?? names.size;
  names.set(definition, known);
  return known;
}

function wayOf({ at }: Fact, { log }: Move): string {
  return `${JSON.stringify(at.value)} ${nameOf(transitionsOf(log)[0])}`;
}

function restored(logic: Logic, at: Shown): Shown {
  const { status, value, context, output, error } = at;
  const persisted = { status, value, context, output, error, children: {}, historyValue: {} };
  return logic.restoreSnapshot?.(persisted as never, new Recorder() as never) as unknown as Shown;
}
