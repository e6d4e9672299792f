/**
 * What compile() takes and what it refuses at load (C1), on small charts. Hunts: a feature that would be
 * flattened wrongly instead of being refused, and differences on shapes that the four charts do not have.
 */
import { describe, expect, it } from 'vitest';
import { and, assign, createActor, createMachine, emit, fromPromise, raise, setup } from 'xstate';
import { compile } from '../../machines/compile.ts';
import { taskLogic } from '../../machines/compiled.ts';
import type { Json } from './alphabet.ts';
import { differences, explore, type Logic, type Subject } from './compare.ts';

const nothing = (): void => {};
type Config = Parameters<typeof createMachine>[0];
const chart = (config: unknown, implementations: Json = {}) =>
  createMachine(
    { id: 'odd', ...(config as object) } as Config,
    {
      actions: { note: nothing },
      guards: { yes: () => true, both: and(['yes', 'yes']) },
      actors: { work: fromPromise(async () => 1) },
      ...implementations,
    } as never,
  );

const inA = (a: Json, more: Json = {}): Json => ({ initial: 'a', states: { a, b: {} }, ...more });
const onGo = (go: unknown): Json => inA({ on: { GO: go } });

describe('compile', () => {
  it.each<[string, Json, string]>([
    ['a root without states', {}, 'the type atomic'],
    ['a parallel root', { type: 'parallel', states: { a: {}, b: {} } }, 'the type parallel'],
    ['transitions on the root', inA({}, { on: { GO: '.b' } }), 'transitions on the root'],
    ['entry actions on the root', inA({}, { entry: 'note' }), 'actions on the root'],
    ['a parallel state', inA({ type: 'parallel', states: { x: {} } }), 'the type parallel'],
    ['a history state', inA({ initial: 'x', states: { x: {}, h: { type: 'history' } } }), 'the type history'],
    [
      'a third level',
      inA({ initial: 'x', states: { x: { initial: 'y', states: { y: {} } } } }),
      'more than two levels',
    ],
    ['an eventless transition', inA({ always: { target: 'b', guard: 'yes' } }), 'an eventless transition'],
    ['a delayed transition', inA({ after: { 10: 'b' } }), 'a delayed transition'],
    ['an invoked actor', inA({ invoke: { src: 'work' } }), 'an invoked actor'],
    [
      'actions on an initial transition',
      inA({ initial: { target: 'x', actions: 'note' }, states: { x: {} } }),
      'actions on its initial transition',
    ],
    ['entry actions where it begins', inA({ entry: 'note' }), 'entry actions where the machine begins'],
    [
      'a nested end',
      inA({ initial: 'x', states: { x: { type: 'final' } } }),
      'an end that is not the end of the machine',
    ],
    [
      'an output on an end',
      inA({}, { states: { a: {}, b: { type: 'final', output: 1 } } }),
      'an output of its own',
    ],
    [
      'exit actions on an end',
      inA({}, { states: { a: {}, b: { type: 'final', exit: 'note' } } }),
      'exit actions although',
    ],
    [
      'transitions on an end',
      inA({}, { states: { a: {}, b: { type: 'final', on: { GO: 'a' } } } }),
      'transitions although',
    ],
    ['a beginning that is the end', inA({ type: 'final' }), 'an end where the machine begins'],
    ['a wildcard', inA({ on: { '*': 'b' } }), 'a reserved event type'],
    ['a partial wildcard', inA({ on: { 'go.*': 'b' } }), 'a reserved event type'],
    ["XState's own events", inA({ on: { 'xstate.done.actor.x': 'b' } }), 'a reserved event type'],
    ['re-entry', onGo({ target: 'a', reenter: true }), 're-entry'],
    ['several targets', onGo({ target: ['a', 'b'] }), 'several targets'],
    ['a forbidden event', onGo({}), 'a transition that does nothing'],
    ['an inline guard', onGo({ target: 'b', guard: () => true }), 'a guard that is not one named function'],
    ['a guard of guards', onGo({ target: 'b', guard: 'both' }), 'a guard that is not one named function'],
    [
      'a guard with parameters',
      onGo({ target: 'b', guard: { type: 'yes', params: 1 } }),
      'a guard that is not one',
    ],
    [
      'a guard that is not there',
      onGo({ target: 'b', guard: 'no' }),
      'a guard that is not one named function',
    ],
    ['an action with parameters', onGo({ actions: { type: 'note', params: 1 } }), 'parameters'],
    ['an inline action', onGo({ actions: nothing }), 'a function without a name in setup (nothing)'],
    ['raise', onGo({ actions: raise({ type: 'X' }) }), 'a function without a name in setup (raise)'],
  ])('refuses %s at load', (_, config, message) => {
    expect(() => compile(chart(config))).toThrow(message);
    expect(() => compile(chart(config))).toThrow(/^cannot compile odd: /);
  });

  it('refuses built-in actions other than assign', () => {
    const machine = chart(onGo({ actions: 'tell' }), { actions: { tell: emit({ type: 'told' }) } });
    expect(() => compile(machine)).toThrow('cannot compile odd: tell has a built-in action');
  });

  it('refuses assigns that spawn, whole or by property', () => {
    const whole = assign(({ spawn }) => ({ child: spawn('work' as never) }));
    const partial = assign({ child: ({ spawn }) => spawn('work' as never) });
    for (const start of [whole, partial]) {
      const machine = chart(onGo({ actions: 'start' }), { actions: { start } });
      expect(() => compile(machine)).toThrow('cannot compile odd: assign start has a call of spawn');
    }
  });
});

interface Count {
  readonly n: number;
  readonly log: readonly string[];
}

/** Everything that is allowed: nesting both ways, entry and exit around assigns, tags, meta, self-transitions. */
const oddMachine = setup({
  types: { context: {} as Count, events: {} as { type: string }, output: {} as number },
  guards: { small: ({ context }) => context.n < 3 },
  actions: {
    inX: nothing,
    outX: nothing,
    inA: nothing,
    outA: nothing,
    say: nothing,
    more: assign({ n: ({ context }) => context.n + 1, log: ['more'] }),
    part: assign(({ context }) => ({ n: context.n + 10 })),
    entered: assign({ log: ({ context }) => [...context.log, 'entered'].slice(-2) }),
  },
}).createMachine({
  id: 'odd',
  context: { n: 0, log: [] },
  initial: 'start',
  output: 7,
  states: {
    start: { on: { GO: 'a', SKIP: { target: 'a.y' }, END: 'end' } },
    a: {
      id: 'theA',
      tags: ['busy'],
      meta: { colour: 'red' },
      initial: 'x',
      entry: ['inA', 'entered'],
      exit: ['outA'],
      on: {
        BACK: { target: 'start', actions: ['say', 'more', 'say'] },
        AGAIN: { target: '#theA', actions: 'say' },
        DOWN: { target: '.y', actions: 'say' },
        MORE: { guard: 'small', actions: [assign({ n: 1 }), 'more'] },
        SAY: { actions: 'say' },
      },
      states: {
        x: {
          entry: 'inX',
          exit: ['outX', 'more'],
          on: {
            STEP: 'y',
            MORE: { guard: 'small', actions: ['part'] },
            OUT: '#theA',
            SELF: { target: 'x', actions: 'say' },
          },
        },
        y: { on: { STEP: { target: 'x' }, END: '#odd.end' }, tags: 'none', meta: { shape: 'round' } },
      },
    },
    end: { type: 'final', entry: ['say', 'more'], tags: ['busy'] },
  },
});

const SUBJECT: Subject = {
  machine: oddMachine,
  seeds: [{}],
  events: [
    'GO',
    'SKIP',
    'END',
    'BACK',
    'AGAIN',
    'DOWN',
    'MORE',
    'SAY',
    'STEP',
    'OUT',
    'SELF',
    'NO',
    'xstate.stop',
  ].map((type) => ({ type })),
  within: ({ n }) => Number(n) < 25,
};

describe('a compiled chart', () => {
  const seen = explore(SUBJECT);
  const logic = compile(oddMachine);

  it('enters, leaves and assigns in the order of the interpreter, whatever the nesting', () => {
    expect(seen.facts.length).toBeGreaterThan(50);
    expect([...differences(seen, logic as unknown as Logic)]).toEqual([]);
  });

  it('says refused by the same object and obeyed by another, also for a command alone (D1)', () => {
    const at = logic.follow(logic.initial(undefined), edge('start', 'GO'), { type: 'GO' });
    const said = logic.follow(at, edge('a.x', 'SAY'), { type: 'SAY' });
    expect(said).not.toBe(at);
    expect(said).toEqual(at);
  });

  it('shares values, children and history, and freezes what it shares', () => {
    const snapshot = logic.initial(undefined);
    expect(Object.isFrozen(logic.leaves[1]?.value)).toBe(true);
    expect(Object.isFrozen(snapshot.children)).toBe(true);
    expect(Object.isFrozen(snapshot.historyValue)).toBe(true);
    expect(snapshot.machine).toBe(oddMachine);
  });

  it('restores a partial value to its initial leaf, as the interpreter does, and refuses one that is no state', () => {
    const restore = (value: unknown) => {
      const persisted = { status: 'active', value, context: { n: 0, log: [] } };
      return logic.restoreSnapshot?.(persisted as never, {} as never).leaf.path;
    };
    expect(restore('a')).toBe('a.x');
    expect(restore({ a: 'y' })).toBe('a.y');
    expect(() => restore('a.y')).toThrow("State 'a.y' does not exist on 'odd'");
    expect(() => restore({ a: 'z' })).toThrow("State 'z' does not exist");
    expect(() => restore({ a: 'x', start: {} })).toThrow('{"a":"x","start":{}} is no state of odd');
  });

  it('runs as the logic of an ordinary actor and shows inspectors the chart', () => {
    const actor = createActor(logic).start();
    actor.send({ type: 'SKIP' });
    expect(actor.getSnapshot().matches('a')).toBe(true);
    expect(actor.getSnapshot().value).toEqual({ a: 'y' });
    expect(createActor(logic, { snapshot: actor.getPersistedSnapshot() }).getSnapshot().leaf.path).toBe(
      'a.y',
    );
    actor.send({ type: 'END' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: 7 });
    expect(logic.config).toBe(oddMachine.config);
    expect(JSON.stringify(logic)).toBe(JSON.stringify(oddMachine));
  });

  it('prints without its table', () => {
    expect(Object.keys(taskLogic.leaves[0] ?? {})).toEqual([
      'index',
      'path',
      'state',
      'phase',
      'value',
      'final',
    ]);
  });

  function edge(path: string, type: string) {
    const found = logic.leaves
      .find((leaf) => leaf.path === path)
      ?.edges.find((each) => each.eventType === type);
    if (found === undefined) throw new Error(`no edge ${type} from ${path}`);
    return found;
  }
});
