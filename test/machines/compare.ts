/**
 * The oracle: explores a chart with XState's own interpreter and holds a compiled logic against what it saw.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AnyStateMachine, StateValue } from 'xstate';
import type { CompiledMachine, Leaf } from '../../machines/compile.ts';
import type { Json } from './alphabet.ts';

export interface Subject {
  readonly machine: AnyStateMachine;
  /** Contexts to begin with, laid over the initial one. */
  readonly seeds: readonly Json[];
  readonly input?: unknown;
  readonly events: readonly Json[];
  /** States outside are compared with, but not explored further. */
  readonly within?: (context: Json) => boolean;
}

/** As much of a machine snapshot as both kinds show. */
export interface Shown {
  readonly status: string;
  readonly value: StateValue;
  readonly context: Json;
  readonly output: unknown;
  readonly error: unknown;
  readonly tags: Set<string>;
  readonly children: object;
  readonly historyValue: object;
  readonly machine: unknown;
  matches(value: StateValue): boolean;
  can(event: unknown): boolean;
  hasTag(tag: string): boolean;
  getMeta(): object;
  toJSON(): object;
}

export interface Move {
  readonly next: Shown;
  readonly log: readonly Line[];
}

/** What a recorder wrote: an action to execute, or a microstep told to inspectors. */
export interface Line {
  readonly event: unknown;
  readonly action?: unknown;
  readonly _transitions?: readonly unknown[];
  readonly [detail: string]: unknown;
}

export interface Fact {
  readonly at: Shown;
  /** By index of the event; what is missing was refused. */
  readonly moves: ReadonlyMap<number, Move>;
}

export interface Seen {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly values: readonly StateValue[];
  readonly moveCount: number;
}

/** An actor scope that performs nothing and writes everything down. */
export class Recorder {
  log: Line[] = [];
  readonly self = { id: 'self' };
  readonly id = 'self';
  readonly sessionId = 'x:0';
  readonly system = { _sendInspectionEvent: (event: Json) => this.#note(event) };
  readonly defer = () => {};
  readonly emit = () => {};
  readonly stopChild = () => {};
  readonly logger = () => {};
  actionExecutor = ({ type, params, info, exec }: Json): void => {
    const { context, event, self } = info as Json;
    this.log.push({ action: type, params, context, event, self: self === this.self, exec });
  };

  #note({ type, event, snapshot, actorRef, _transitions }: Json): void {
    const { value, status } = snapshot as Shown;
    const transitions = _transitions as readonly unknown[];
    const line = { type, event, value, status, self: actorRef === this.self, _transitions: transitions };
    this.log.push(line);
  }
  take(): Line[] {
    const { log } = this;
    this.log = [];
    return log;
  }
}

const keyOf = (snapshot: Shown): string =>
  JSON.stringify([snapshot.value, snapshot.status, snapshot.context]);

/** Breadth first, every event of the alphabet in every state. */
export function explore(subject: Subject): Seen {
  const { machine, events } = subject;
  const scope = new Recorder();
  const step = (at: Shown, event: unknown): Shown =>
    machine.transition(at as never, event as never, scope as never) as never;
  const born = machine.getInitialSnapshot(scope as never, subject.input as never) as unknown as Shown;
  const known = new Map<string, Shown>();
  const queue: Shown[] = [];
  const meet = (at: Shown): void => {
    const key = keyOf(at);
    if (known.has(key)) return;
    known.set(key, at);
    queue.push(at);
  };
  for (const seed of subject.seeds) {
    meet(
      machine.resolveState({ value: born.value, context: { ...born.context, ...seed } }) as unknown as Shown,
    );
  }
  const facts: Fact[] = [];
  let moveCount = 0;
  for (const at of queue) {
    const moves = new Map<number, Move>();
    const expand = subject.within?.(at.context) ?? true;
    for (const [index, event] of events.entries()) {
      scope.take();
      const next = step(at, event);
      const log = scope.take();
      if (next === at && transitionsOf(log).length === 0) continue;
      moves.set(index, { next, log });
      moveCount++;
      if (expand || next.status === 'done') meet(next);
    }
    facts.push({ at, moves });
  }
  const values = [...new Map(facts.map(({ at }) => [JSON.stringify(at.value), at.value])).values()];
  return { subject, facts, values, moveCount };
}

export type Logic = CompiledMachine<Json, never, never, unknown>;

/** Fields that must be equal after every step. */
function outline(shown: Shown): Json {
  const { status, value, context, output, error } = shown;
  return { status, value, context, output, error };
}

/** Everything else a user can read of a snapshot. */
function surface(shown: Shown, machine: AnyStateMachine | Logic, values: readonly StateValue[]): Json {
  const persisted = machine.getPersistedSnapshot(shown as never);
  return {
    ...outline(shown),
    json: JSON.stringify(shown),
    persisted: JSON.stringify(persisted),
    tags: [...shown.tags],
    hasTag: ['busy', 'none', 'toString'].map((tag) => shown.hasTag(tag)),
    children: { ...shown.children },
    historyValue: { ...shown.historyValue },
    meta: shown.getMeta(),
    matches: values.map((value) => shown.matches(value)),
    matchesTop: values.map((value) =>
      shown.matches(typeof value === 'string' ? value : Object.keys(value).join()),
    ),
  };
}

export interface Difference {
  readonly at: StateValue;
  readonly context: Json;
  readonly event?: unknown;
  readonly what: string;
}

/** What the leaf of a state has to say, from the value and the chart alone. */
function leafOf({ value }: Shown, machine: AnyStateMachine): Json {
  const [state, phase] = typeof value === 'string' ? [value] : (Object.entries(value)[0] as [string, string]);
  const paths = Object.values(machine.root.states).flatMap(({ key, states }) => {
    const inner = Object.keys(states);
    return inner.length === 0 ? [key] : inner.map((each) => `${key}.${each}`);
  });
  const path = phase === undefined ? state : `${state}.${phase}`;
  const final = machine.root.states[state]?.type === 'final';
  return { index: paths.indexOf(path), path, state, phase, value, final };
}

class Comparison {
  readonly #seen: Seen;
  readonly #logic: Logic;
  readonly #scope = new Recorder();

  constructor(seen: Seen, logic: Logic) {
    this.#seen = seen;
    this.#logic = logic;
  }

  *state({ at, moves }: Fact): Generator<Difference> {
    const { machine, events } = this.#seen.subject;
    const { values } = this.#seen;
    const place = { at: at.value, context: at.context };
    const persisted = machine.getPersistedSnapshot(at as never);
    const mine = this.#restore(persisted);
    if (!isDeepStrictEqual(surface(at, machine, values), surface(mine, this.#logic, values)))
      yield { ...place, what: 'the snapshot' };
    if (!isDeepStrictEqual(leafOf(at, machine), { ...(mine as unknown as { leaf: Leaf }).leaf }))
      yield { ...place, what: 'the leaf' };
    const again = this.#restore(JSON.parse(JSON.stringify(this.#logic.getPersistedSnapshot(mine as never))));
    for (const [index, event] of events.entries()) {
      const what = this.#event(mine, again, event, moves.get(index));
      if (what !== undefined) yield { ...place, event, what };
    }
  }

  #restore(persisted: unknown): Shown {
    return this.#logic.restoreSnapshot?.(persisted as never, this.#scope as never) as unknown as Shown;
  }

  #event(at: Shown, again: Shown, event: Json, move: Move | undefined): string | undefined {
    const edge = this.#logic.edgeFor(at as never, event as never);
    const { type } = event;
    const stops = type === 'xstate.stop';
    if (edge !== this.#logic.edgeFor(again as never, event as never))
      return 'the edge once restored from JSON';
    if ((edge !== undefined) !== (move !== undefined && !stops)) return 'whether it is obeyed';
    if (at.can(event) !== (edge !== undefined)) return 'can()';
    this.#scope.take();
    const next = this.#logic.transition(
      at as never,
      event as never,
      this.#scope as never,
    ) as unknown as Shown;
    const log = this.#scope.take();
    if (move === undefined) return next === at && isQuiet(log, event) ? undefined : 'the refusal';
    if (next === at) return 'the same object although obeyed';
    if (!isDeepStrictEqual(outline(move.next), outline(next))) return 'the next snapshot';
    if (!isDeepStrictEqual(move.log, log)) return 'the actions or the microstep';
    if (edge === undefined) return undefined;
    if (!isDeepStrictEqual(edge.commands, commandsOf(log))) return "the edge's commands";
    const followed = this.#logic.follow(at as never, edge, event as never) as unknown as Shown;
    return isDeepStrictEqual(outline(next), outline(followed)) && followed !== next ? undefined : 'follow()';
  }
}

const commandsOf = (log: readonly Line[]): unknown[] =>
  log.flatMap((line) => ('action' in line ? [line.action] : []));

export const transitionsOf = (log: readonly Line[]): unknown[] =>
  log.flatMap((line) => line._transitions ?? []);

/** A refusal performs nothing and tells inspectors of an empty microstep. */
function isQuiet(log: readonly Line[], event: unknown): boolean {
  return log.length === 1 && log[0]?.event === event && log[0]?._transitions?.length === 0;
}

/** Every way in which the logic is not what the interpreter showed; lazily, so that a test may stop at one. */
export function* differences(seen: Seen, logic: Logic): Generator<Difference> {
  const { machine, input } = seen.subject;
  const theirs = machine.getInitialSnapshot(new Recorder() as never, input as never) as unknown as Shown;
  const mine = logic.initial(input as never) as unknown as Shown;
  if (!isDeepStrictEqual(surface(theirs, machine, seen.values), surface(mine, logic, seen.values)))
    yield { at: theirs.value, context: theirs.context, what: 'the beginning' };
  const comparison = new Comparison(seen, logic);
  for (const fact of seen.facts) yield* comparison.state(fact);
}
