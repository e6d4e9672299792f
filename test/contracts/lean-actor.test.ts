/**
 * A lean actor is what `createActor` makes, on every path: each story below is lived by both, with nobody
 * inspecting, somebody inspecting from the start, and somebody who comes later; everything that can be observed
 * is written down and must be equal. The one deliberate difference that a story could see, session ids being
 * booked when first read, is not written down; the others have their own tests at the end.
 *
 * Hunts: a quiet path that forgets an observer, an event out of order, a done or error event that does not reach
 * the parent, an error swallowed or reported twice, an actor that cannot be stopped or restored.
 */
import { createRequire } from 'node:module';
import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Actor,
  type AnyActorLogic,
  type AnyActorRef,
  assign,
  createActor,
  emit,
  fromCallback,
  fromPromise,
  fromTransition,
  raise,
  sendTo,
  setup,
  stopChild,
  toPromise,
  waitFor,
} from 'xstate';
import { taskLogic } from '../../machines/compiled.ts';
import { RUNTIME as token } from '../../machines/protocol.ts';
import { createLeanActor, type LeanActor } from '../../src/runtime/lean-actor.ts';
import { both, type Shown, type Watch, World } from './lean-actor.world.ts';

/** Another 5.x copy of the library, as a user may have one. */
const other = createRequire(import.meta.url)(
  '../../node_modules/xstate/dist/xstate.cjs.js',
) as typeof import('xstate');

const INPUT = { maxAttempts: 3, deadlineAt: null, canKill: true };
const TASK_LIFE = [
  { type: 'RELEASE', token },
  { type: 'NOPE' },
  { type: 'ADMIT', token },
  { type: 'START', token, attempt: 1, timeoutAt: null },
  { type: 'FAIL', token, attempt: 1, retryAt: 5, error: 'e' },
  { type: 'BACKOFF_OVER', token, at: 5 },
  { type: 'ADMIT', token },
  { type: 'START', token, attempt: 2, timeoutAt: null },
  { type: 'TERMINATE', reason: 'why', error: 'e' },
  { type: 'SUCCEED', token, attempt: 2, retryAt: null, value: 'v' },
];

const counter = fromTransition(
  (count: number, event: { type: string }, scope) => {
    if (event.type === 'THROW') throw new Error('transition threw');
    if (event.type === 'EMIT') scope.emit({ type: 'counted', count } as never);
    if (event.type === 'TWICE') {
      scope.self.send({ type: 'ADD' });
      scope.self.send({ type: 'EMIT' });
    }
    return event.type === 'ADD' ? count + 1 : count;
  },
  ({ input }) => Number(input ?? 0),
);

/** A logic by hand: whatever the part does not give, stays `active` with its events in a list. */
function logicOf(parts: Partial<Record<keyof AnyActorLogic, unknown>>): AnyActorLogic {
  const first = { status: 'active', output: undefined, error: undefined, context: [] as string[] };
  return {
    transition: (snapshot: typeof first, event: { type: string }) => ({
      ...snapshot,
      context: [...snapshot.context, event.type],
      ...(event.type === 'DONE' ? { status: 'done', output: 'out' } : {}),
      ...(event.type === 'FAIL' ? { status: 'error', error: 'failed' } : {}),
      ...(event.type === 'xstate.stop' ? { status: 'stopped' } : {}),
    }),
    getInitialSnapshot: () => first,
    getPersistedSnapshot: (snapshot: unknown) => snapshot,
    ...parts,
  } as unknown as AnyActorLogic;
}

/** An interpreted machine with what tasks do not have: delays, raised events, emitted ones, an invoked child. */
const lampOf = (world: World) =>
  setup({
    types: {
      context: {} as { n: number },
      events: {} as { type: string },
      emitted: {} as { type: 'lit'; n: number },
    },
    actors: { ticker: fromCallback(({ sendBack }) => sendBack({ type: 'TICK' })) },
    actions: {
      say: (_, params: { what: string }) => world.note('action', params.what),
      fail: () => {
        throw new Error('action threw');
      },
    },
  }).createMachine({
    id: 'lamp',
    context: { n: 0 },
    initial: 'off',
    entry: { type: 'say', params: { what: 'entered' } },
    output: ({ context }) => context.n,
    states: {
      off: {
        exit: { type: 'say', params: { what: 'off no more' } },
        on: {
          SWITCH: {
            target: 'on',
            actions: [assign({ n: ({ context }) => context.n + 1 }), raise({ type: 'RAISED' })],
          },
          LATER: { actions: raise({ type: 'SWITCH' }, { delay: 50 }) },
        },
      },
      on: {
        entry: [
          { type: 'say', params: { what: 'on' } },
          emit(({ context }) => ({ type: 'lit', n: context.n })),
        ],
        invoke: { src: 'ticker', id: 'ticker' },
        after: { 100: 'off' },
        on: {
          RAISED: { actions: { type: 'say', params: { what: 'raised' } } },
          TICK: { actions: { type: 'say', params: { what: 'tick' } } },
          SWITCH: 'off',
          BREAK: { actions: 'fail' },
          UP: {
            actions: sendTo(({ self }) => (self as unknown as { _parent: AnyActorRef })._parent, {
              type: 'HI',
            }),
          },
          END: 'end',
        },
      },
      end: { type: 'final' },
    },
  });

type Story = (world: World) => void | Promise<void>;

const STORIES: Readonly<Record<string, Story>> = {
  'a task from submission to its end': (world) => {
    const actor = world.make(taskLogic, { input: INPUT });
    world.observe(actor);
    actor.start();
    world.inspect();
    for (const event of TASK_LIFE) world.deliver(actor, event);
    world.note(actor.getSnapshot(), actor.getPersistedSnapshot());
  },
  'a task that nobody observes': (world) => {
    const actor = world.make(taskLogic, { input: INPUT });
    actor.start();
    for (const event of TASK_LIFE.slice(0, 5)) world.deliver(actor, event);
    world.inspect();
    for (const event of TASK_LIFE.slice(5)) world.deliver(actor, event);
    world.note(actor.getSnapshot());
  },
  'events sent by anybody, also from a bare send': (world) => {
    const actor = world.make(taskLogic, { input: INPUT });
    const { send } = actor;
    actor.start();
    world.inspect();
    for (const event of TASK_LIFE) send(event as never);
    world.note(send === actor.send, actor.getSnapshot());
  },
  'an interpreted machine with delays, raised and emitted events and a child': async (world) => {
    const actor = world.make(lampOf(world));
    world.observe(actor);
    actor.on('lit', (event) => world.note('heard', event));
    world.inspect();
    actor.start();
    world.deliver(actor, { type: 'SWITCH' });
    world.deliver(actor, { type: 'UP' });
    await world.settle();
    world.deliver(actor, { type: 'LATER' });
    await world.settle();
    world.deliver(actor, { type: 'SWITCH' });
    world.deliver(actor, { type: 'END' });
    world.note(actor.getSnapshot());
  },
  'a machine stopped while a delay is running': async (world) => {
    const actor = world.make(lampOf(world));
    actor.start();
    world.deliver(actor, { type: 'LATER' });
    world.inspect();
    world.stop(actor);
    world.note('pending', Object.keys(actor.system.getSnapshot()._scheduledEvents).length);
    await world.settle();
    world.note(actor.getSnapshot());
  },
  'an action that throws': (world) => {
    const actor = world.make(lampOf(world));
    world.observe(actor);
    actor.start();
    world.deliver(actor, { type: 'SWITCH' });
    world.inspect();
    world.deliver(actor, { type: 'BREAK' });
    world.note(actor.getSnapshot());
  },
  'an entry action that throws when it starts': (world) => {
    const machine = setup({
      actions: {
        fail: () => {
          throw new Error('entry threw');
        },
      },
    }).createMachine({ entry: 'fail' });
    const actor = world.make(machine);
    world.observe(actor);
    world.inspect();
    actor.start();
    world.note(actor.getSnapshot());
  },
  'observers who come and go': (world) => {
    const actor = world.make(counter);
    const one = world.observe(actor, 'one');
    actor.start();
    const two = actor.subscribe((snapshot: Shown) => world.note('two', snapshot));
    world.deliver(actor, { type: 'ADD' });
    one.unsubscribe();
    one.unsubscribe();
    world.deliver(actor, { type: 'ADD' });
    two.unsubscribe();
    world.inspect();
    world.deliver(actor, { type: 'ADD' });
  },
  'observers that throw': (world) => {
    const actor = world.make(logicOf({}));
    world.observe(actor, 'one', ['next', 'complete']);
    world.observe(actor, 'two');
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'A' });
    world.deliver(actor, { type: 'DONE' });
    world.observe(actor, 'late', ['complete']);
  },
  'an error that observers hear, one of them throwing': (world) => {
    const actor = world.make(counter);
    world.observe(actor, 'one', ['error']);
    world.observe(actor, 'two');
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'THROW' });
    world.observe(actor, 'late', ['error']);
    world.note(actor.getSnapshot());
  },
  'an error that an observer without a handler leaves unhandled': (world) => {
    const actor = world.make(counter);
    actor.subscribe((snapshot: Shown) => world.note('next', snapshot));
    world.observe(actor, 'other');
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'THROW' });
    actor.subscribe(() => {});
  },
  'an error that nobody observes': (world) => {
    const actor = world.make(counter);
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'ADD' });
    world.deliver(actor, { type: 'THROW' });
    world.deliver(actor, { type: 'ADD' });
    world.note(actor.getSnapshot());
    actor.subscribe(() => {});
  },
  'a transition into the error status': (world) => {
    const actor = world.make(logicOf({}));
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'FAIL' });
    world.note(actor.getSnapshot());
  },
  'a logic whose start throws': (world) => {
    const failing = logicOf({
      start: () => {
        throw new Error('start threw');
      },
    });
    for (const seen of [false, true]) {
      const actor = world.make(failing, { id: `seen ${seen}` });
      if (seen) world.observe(actor);
      world.inspect();
      actor.start();
      world.deliver(actor, { type: 'A' });
      world.note(actor.getSnapshot());
    }
  },
  'a logic that cannot begin': (world) => {
    const failing = logicOf({
      getInitialSnapshot: () => {
        throw new Error('cannot begin');
      },
    });
    for (const seen of [false, true]) {
      const actor = world.make(failing, { id: `seen ${seen}` });
      if (seen) world.observe(actor);
      world.note(actor.getSnapshot());
      world.inspect();
      actor.start();
    }
  },
  'a logic that cannot restore': (world) => {
    const snapshot = { status: 'active', value: 'nowhere', context: {} } as never;
    const actor = world.make(taskLogic, { snapshot });
    world.observe(actor);
    world.note(actor.getSnapshot());
    actor.start();
  },
  'a logic that restores by taking what it gets': (world) => {
    const snapshot = { status: 'active', output: undefined, error: undefined, context: ['kept'] } as never;
    const actor = world.make(logicOf({}), { snapshot });
    actor.start();
    world.deliver(actor, { type: 'A' });
    world.note(actor.getSnapshot());
  },
  'a logic that is done from the beginning': (world) => {
    const snapshot = { status: 'done', output: 'out', error: undefined, context: [] } as never;
    for (const seen of [false, true]) {
      const actor = world.make(logicOf({}), { id: `seen ${seen}`, snapshot });
      if (seen) world.observe(actor);
      world.inspect();
      actor.start();
      world.deliver(actor, { type: 'A' });
      world.note(actor.getSnapshot());
    }
  },
  'a task restored in every state of its life': (world) => {
    world.inspect();
    let at = taskLogic.initial(INPUT);
    for (const event of [...TASK_LIFE, { type: 'NOPE' }]) {
      const snapshot = JSON.parse(JSON.stringify(taskLogic.getPersistedSnapshot(at)));
      const actor = world.make(taskLogic, { id: at.leaf.path, snapshot });
      world.observe(actor);
      actor.start();
      world.deliver(actor, event);
      world.note(actor.getSnapshot(), actor.getPersistedSnapshot());
      at = taskLogic.transition(at, event as never, actor.system && (scopeOf(actor) as never));
    }
  },
  'snapshots of stopped and of failed actors restored': (world) => {
    for (const status of ['stopped', 'error']) {
      const snapshot = {
        ...taskLogic.getPersistedSnapshot(taskLogic.initial(INPUT)),
        status,
        error: 'e',
      } as never;
      const actor = world.make(taskLogic, { id: status, snapshot });
      world.observe(actor);
      actor.start();
      world.deliver(actor, { type: 'RELEASE', token });
      world.note(actor.getSnapshot());
    }
  },
  'events before the start wait, in order': (world) => {
    const actor = world.make(counter, { input: 5 });
    world.observe(actor);
    actor.send({ type: 'ADD' });
    world.deliver(actor, { type: 'TWICE' });
    actor.send({ type: 'ADD' });
    world.note('not yet', actor.getSnapshot());
    world.inspect();
    actor.start();
    actor.start();
    world.note('now', actor.getSnapshot());
  },
  'events sent while one is processed wait for their turn': (world) => {
    const actor = world.make(logicOf({}));
    actor.subscribe((snapshot: { context: string[] }) => {
      world.note('next', snapshot.context);
      if (snapshot.context.at(-1) === 'A') {
        actor.send({ type: 'B' });
        world.deliver(actor, { type: 'C' });
        world.note('sent two');
      }
    });
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'A' });
    world.deliver(actor, { type: 'D' });
  },
  'a transition that sends to its own actor': (world) => {
    const actor = world.make(counter);
    actor.start();
    actor.on('*', (event) => world.note('heard', event));
    world.inspect();
    world.deliver(actor, { type: 'TWICE' });
    world.deliver(actor, { type: 'ADD' });
    world.note(actor.getSnapshot());
  },
  'an observer that sends while the actor starts': (world) => {
    const actor = world.make(counter);
    let sent = false;
    actor.subscribe((snapshot: Shown) => {
      world.note('next', snapshot);
      if (!sent) actor.send({ type: 'ADD' });
      sent = true;
    });
    actor.start();
    world.note(actor.getSnapshot());
  },
  'what is sent after the end is ignored': (world) => {
    const actor = world.make(logicOf({}));
    actor.subscribe({
      next: () => {},
      complete: () => actor.send({ type: 'FROM_COMPLETE' }),
    } as never);
    actor.start();
    actor.send({ type: 'A' });
    world.inspect();
    actor.send({ type: 'DONE' });
    actor.send({ type: 'LATE' });
    world.deliver(actor, { type: 'LATE' });
    world.note(actor.getSnapshot());
    world.stop(actor);
    actor.start();
    world.note(actor.getSnapshot());
  },
  'what waits behind the end is dropped': (world) => {
    const actor = world.make(logicOf({}));
    actor.send({ type: 'A' });
    actor.send({ type: 'DONE' });
    actor.send({ type: 'B' });
    actor.start();
    world.note(actor.getSnapshot());
  },
  'stopped by its parent': (world) => {
    const actor = world.make(logicOf({}));
    world.observe(actor);
    actor.start();
    world.inspect();
    world.stop(actor);
    world.note(actor.getSnapshot());
    world.stop(actor);
    actor.send({ type: 'A' });
    world.observe(actor, 'late');
    world.note(actor.getSnapshot());
  },
  'stopped without anybody observing': (world) => {
    const actor = world.make(taskLogic, { input: INPUT });
    actor.start();
    world.inspect();
    world.stop(actor);
    world.deliver(actor, { type: 'RELEASE', token });
    world.note(actor.getSnapshot(), actor.getPersistedSnapshot());
  },
  'stopped before it starts, then started': (world) => {
    const actor = world.make(logicOf({}));
    actor.send({ type: 'A' });
    actor.send({ type: 'B' });
    world.stop(actor);
    actor.send({ type: 'C' });
    world.note(actor.getSnapshot());
    world.inspect();
    actor.start();
    actor.send({ type: 'D' });
    world.note(actor.getSnapshot());
  },
  'stopped while it processes an event': (world) => {
    const actor = world.make(
      logicOf({
        transition: (snapshot: { context: string[] }, { type }: { type: string }) => {
          if (type === 'A') world.stop(actor);
          return { ...snapshot, context: [...snapshot.context, type] };
        },
      }),
    );
    world.observe(actor);
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'A' });
    world.deliver(actor, { type: 'B' });
    world.note(actor.getSnapshot());
  },
  'stopped with something behind the stop, then started again': (world) => {
    const actor = world.make(
      logicOf({
        transition: (snapshot: { context: string[] }, { type }: { type: string }, scope: Scope) => {
          if (type === 'xstate.stop') scope.self.send({ type: 'BEHIND' });
          return { ...snapshot, context: [...snapshot.context, type] };
        },
      }),
    );
    actor.start();
    world.deliver(actor, { type: 'A' });
    world.stop(actor);
    world.inspect();
    let sent = false;
    const again = (snapshot: { context: string[] }) => {
      world.note('next', snapshot.context);
      if (!sent) actor.send({ type: 'WAITS' });
      sent = true;
      world.note('sent');
    };
    Reflect.get(actor, 'observers').add({ next: again });
    actor.start();
    world.note(actor.getSnapshot());
  },
  'stopped by an observer while it starts': (world) => {
    const actor = world.make(logicOf({}));
    actor.send({ type: 'A' });
    actor.send({ type: 'B' });
    actor.subscribe(() => world.stop(actor));
    actor.start();
    world.note(actor.getSnapshot());
  },
  'nobody but the parent may stop it': (world) => {
    const actor = world.make(counter);
    const stranger = world.make(counter, { id: 'stranger' });
    actor.start();
    const attempts = [() => actor.stop(), () => scopeOf(stranger).stopChild(actor)];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch (error) {
        world.note('refused', error);
      }
    }
    world.note(actor.getSnapshot());
  },
  'stopped by the action of a machine that holds it': (world) => {
    const machine = setup({}).createMachine({
      on: { DROP: { actions: stopChild(({ event }) => (event as unknown as { ref: AnyActorRef }).ref) } },
    });
    const holder = createActor(machine, { id: 'holder' }).start();
    const options = { parent: holder as never, id: 'held' };
    const held =
      world.kind === 'createActor' ? createActor(counter, options) : createLeanActor(counter, options);
    world.observe(held as never);
    held.start();
    holder.send({ type: 'DROP', ref: held } as never);
    world.note(held.getSnapshot());
  },
  'listeners of emitted events': (world) => {
    const actor = world.make(counter);
    const heard = (name: string) => (event: object) => world.note(name, event);
    const one = actor.on('counted', heard('one'));
    actor.on('*', heard('any'));
    actor.on('counted', () => {
      throw new Error('listener threw');
    });
    actor.on('counted', heard('two'));
    actor.on('never', heard('never'));
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'EMIT' });
    one.unsubscribe();
    world.deliver(actor, { type: 'EMIT' });
    world.deliver(actor, { type: 'THROW' });
    world.deliver(actor, { type: 'EMIT' });
  },
  'nobody listens to what is emitted': (world) => {
    const actor = world.make(counter);
    actor.start();
    world.deliver(actor, { type: 'EMIT' });
    world.deliver(actor, { type: 'ADD' });
    world.note(actor.getSnapshot());
  },
  'effects deferred and actions executed by hand': (world) => {
    const act = (scope: Scope, name: string) => {
      const { defer, actionExecutor } = scope;
      defer(() => world.note('deferred', name));
      actionExecutor({
        type: name,
        params: 1,
        info: 'info',
        exec: (...all) => world.note('executed', name, ...all),
      });
      actionExecutor({ type: `${name} without effect` });
    };
    const actor = world.make(
      logicOf({
        getInitialSnapshot: (scope: Scope) => {
          act(scope, 'initial');
          return { status: 'active', context: [] };
        },
        transition: (snapshot: object, { type }: { type: string }, scope: Scope) => {
          act(scope, type);
          return { ...snapshot };
        },
      }),
    );
    world.observe(actor);
    world.inspect();
    actor.start();
    world.deliver(actor, { type: 'A' });
  },
  'what a logic finds in its scope': (world) => {
    const scopes = new Set<unknown>();
    const actor = world.make(
      logicOf({
        transition: (snapshot: object, _: unknown, scope: Scope) => {
          const { self, system, id, sessionId, logger, emit: tell, defer } = scope;
          world.note(self === actor, system === world.parent.system, id, sessionId === actor.sessionId);
          world.note(logger === system._logger, tell === scope.emit, defer === scope.defer);
          const { actionExecutor } = scope;
          scope.actionExecutor = () => {};
          world.note(scope.actionExecutor === actionExecutor, scopes.add(scope).size);
          scope.actionExecutor = actionExecutor;
          return snapshot;
        },
      }),
    );
    actor.start();
    world.deliver(actor, { type: 'A' });
    world.deliver(actor, { type: 'B' });
  },
  'a promise that resolves, and one that rejects': async (world) => {
    const logics = {
      good: fromPromise(async ({ input }) => `${input} done`),
      bad: fromPromise(async () => Promise.reject(new Error('rejected'))),
    };
    for (const [id, logic] of Object.entries(logics)) {
      const actor = world.make(logic, { id, input: 'in' });
      if (id === 'good') world.observe(actor);
      world.inspect();
      actor.start();
      await world.settle();
      world.note(actor.getSnapshot(), actor.getPersistedSnapshot());
    }
  },
  'a promise stopped before it settles': async (world) => {
    let resolve: (value: string) => void = () => {};
    const logic = fromPromise(({ signal }) => {
      signal.addEventListener('abort', () => world.note('aborted'));
      return new Promise<string>((settle) => {
        resolve = settle;
      });
    });
    const actor = world.make(logic);
    world.observe(actor);
    actor.start();
    world.stop(actor);
    resolve('late');
    await world.settle();
    world.note(actor.getSnapshot());
  },
  'callback logic: sending back, receiving, emitting, cleaning up': async (world) => {
    const logic = fromCallback<{ type: string }, string>(({ sendBack, receive, emit: tell, input }) => {
      sendBack({ type: 'HELLO', input });
      receive((event) => {
        world.note('received', event);
        tell({ type: 'echo', of: event.type } as never);
      });
      return () => world.note('cleaned up');
    });
    const actor = world.make(logic, { input: 'in' });
    actor.on('echo', (event) => world.note('heard', event));
    actor.start();
    world.inspect();
    world.deliver(actor, { type: 'A' });
    world.stop(actor);
    await world.settle();
  },
  'several children of one parent, talking to each other': (world) => {
    const names = ['a', 'b', 'c'];
    const actors = names.map((id) => world.make(counter, { id }));
    for (const actor of actors) actor.start();
    world.inspect();
    for (const [index, actor] of actors.entries()) {
      actor.subscribe((snapshot: Shown) => {
        world.note(names[index], snapshot);
        actors[index + 1]?.send({ type: 'ADD' });
      });
    }
    actors[0]?.send({ type: 'ADD' });
    world.note(Object.keys(world.parent.system.getAll()));
  },
  'the fields and faces of an actor': (world) => {
    const actor = world.make(counter, { input: 3 });
    const field = (name: string | symbol): unknown => Reflect.get(actor, name);
    const { clock, logger, logic, options } = actor as unknown as Faces;
    world.note(actor instanceof Actor, actor.id, typeof actor.sessionId, actor.systemId, actor.ref === actor);
    world.note(actor._parent === world.parent, actor.system === world.parent.system, actor.src === counter);
    world.note(logic === counter, clock === actor.system._clock, logger === actor.system._logger);
    world.note(options.input, options.id, options.parent === world.parent);
    world.note(JSON.stringify(actor), actor.toJSON(), field('_processingStatus'), field('_syncSnapshot'));
    world.note((field(Symbol.observable ?? '@@observable') as () => unknown).call(actor) === actor);
    actor.start();
    world.note(field('_processingStatus'), actor.getSnapshot(), actor.getPersistedSnapshot());
  },
  selections: (world) => {
    const actor = world.make(counter);
    const selected = actor.select((snapshot) => Number(snapshot.context) > 1);
    selected.subscribe((value) => world.note('selected', value));
    actor.start();
    for (let sent = 0; sent < 4; sent++) world.deliver(actor, { type: 'ADD' });
    world.note(selected.get());
  },
  'waiting for it, with the library and with another copy of it': async (world) => {
    for (const [id, library] of Object.entries({ own: { waitFor, toPromise }, other })) {
      const actor = world.make(taskLogic, { id, input: INPUT });
      actor.start();
      const wait = library.waitFor(actor as never, (snapshot: Shown) => snapshot.status === 'done');
      const end = library.toPromise(actor as never);
      for (const event of TASK_LIFE) world.deliver(actor, event);
      world.note(await wait, await end);
      world.note(await library.toPromise(actor as never));
      const failing = world.make(counter, { id: `${id} failing` });
      failing.start();
      const failed = library.toPromise(failing as never);
      world.deliver(failing, { type: 'THROW' });
      world.note(await failed.catch((error: unknown) => error));
      const stopped = world.make(counter, { id: `${id} stopped` });
      stopped.start();
      const never = library.waitFor(stopped as never, () => false);
      world.stop(stopped);
      world.note(await never.catch((error: unknown) => error));
    }
  },
  'its parent is stopped before it is done': (world) => {
    const actor = world.make(logicOf({}));
    world.observe(actor);
    actor.start();
    world.inspect();
    world.parent.stop();
    world.deliver(actor, { type: 'A' });
    world.deliver(actor, { type: 'DONE' });
    world.note(actor.getSnapshot());
  },
  'seen as an RxJS stream': (world) => {
    for (const end of ['DONE', 'FAIL']) {
      const actor = world.make(logicOf({}), { id: end });
      from(actor as never).subscribe({
        next: (snapshot) => world.note('next', snapshot),
        error: (error) => world.note('error', error),
        complete: () => world.note('complete'),
      });
      actor.start();
      world.deliver(actor, { type: 'A' });
      world.deliver(actor, { type: end });
    }
  },
  'a machine of another copy holding it': (world) => {
    const machine = other.setup({}).createMachine({
      context: ({ input }) => ({ held: input as AnyActorRef }),
      on: {
        POKE: {
          actions: other.sendTo(({ context }) => (context as { held: AnyActorRef }).held as never, {
            type: 'ADD',
          } as never),
        },
      },
    });
    const actor = world.make(counter);
    world.observe(actor);
    actor.start();
    const holder = other.createActor(machine, { input: actor as never }).start();
    holder.send({ type: 'POKE' });
    world.note(holder.getPersistedSnapshot());
  },
  'an inspector who leaves again': (world) => {
    const actor = world.make(counter);
    actor.start();
    const inspector = world.inspect();
    world.deliver(actor, { type: 'ADD' });
    inspector.unsubscribe();
    world.deliver(actor, { type: 'ADD' });
    world.inspect();
    world.deliver(actor, { type: 'ADD' });
    world.note(actor.getSnapshot());
  },
  'an inspector who begins inside a transition': (world) => {
    const actor = world.make(
      logicOf({
        transition: (snapshot: { context: string[] }, { type }: { type: string }) => {
          if (type === 'LOOK') world.inspect();
          return { ...snapshot, context: [...snapshot.context, type] };
        },
      }),
    );
    actor.start();
    world.deliver(actor, { type: 'LOOK' });
    world.deliver(actor, { type: 'A' });
    world.note(actor.getSnapshot());
  },
};

interface Faces {
  readonly clock: unknown;
  readonly logger: unknown;
  readonly logic: unknown;
  readonly options: { readonly input: unknown; readonly id: unknown; readonly parent: unknown };
}

interface Scope {
  readonly self: AnyActorRef;
  readonly system: AnyActorRef['system'];
  readonly id: string;
  readonly sessionId: string;
  readonly logger: unknown;
  readonly emit: (event: object) => void;
  readonly defer: (fn: () => void) => void;
  readonly stopChild: (child: AnyActorRef) => void;
  actionExecutor: (action: {
    type: string;
    params?: unknown;
    info?: unknown;
    exec?: (...all: unknown[]) => void;
  }) => void;
}

const scopeOf = (actor: AnyActorRef): Scope => (actor as unknown as { _actorScope: Scope })._actorScope;

describe.each<Watch>(['never', 'always', 'later'])(
  'a lean actor, inspected %s, is an actor in every story:',
  (watch) => {
    it.each(Object.keys(STORIES))('%s', async (name) => {
      const { theirs, ours } = await both(STORIES[name] as Story, watch);
      expect(theirs.length).toBeGreaterThan(1);
      expect(ours).toEqual(theirs);
    });
  },
);

describe('where a lean actor differs on purpose', () => {
  const make = (
    logic: AnyActorLogic,
    options: Partial<Parameters<typeof createLeanActor>[1]> = {},
  ): LeanActor =>
    createLeanActor(logic, { parent: new World('createLeanActor', 'never').parent, id: 'child', ...options });

  it('takes a live snapshot as it is and hands the owner to the logic', () => {
    const live = taskLogic.initial(INPUT);
    const owner = { row: 1 };
    const seen: unknown[] = [];
    const logic = logicOf({
      restoreSnapshot: () => {
        throw new Error('not to be restored');
      },
      transition: (snapshot: unknown, _: unknown, scope: { self: LeanActor }) => {
        seen.push(scope.self.owner);
        return snapshot;
      },
    });
    const actor = make(logic, { snapshot: live as never, live: true, owner });
    expect(actor.getSnapshot()).toBe(live);
    actor.start();
    actor.deliver({ type: 'A' });
    expect(seen).toEqual([owner]);
    expect(actor.owner).toBe(owner);
  });

  it('books its session id when it is first read, and keeps it', () => {
    const [one, two] = [make(counter), make(counter)];
    const later = two.sessionId;
    expect(one.sessionId).not.toBe(later);
    expect(two.sessionId).toBe(later);
    expect(later).toMatch(/^x:\d+$/);
  });

  it('lives on after an event that is null, where XState throws and never processes another', () => {
    const actor = make(taskLogic, { input: INPUT }).start();
    for (const nothing of [null, undefined]) actor.send(nothing as never);
    actor.deliver({ type: 'RELEASE', token });
    expect(actor.getSnapshot().leaf.path).toBe('queued.eligible');
  });

  it('is not jammed by an inspector that throws, and forgets nothing that waits', () => {
    const world = new World('createLeanActor', 'never');
    const actor = world.make(counter) as LeanActor<typeof counter>;
    actor.start();
    let throws = true;
    world.parent.system.inspect((event) => {
      if (!throws || event.type !== '@xstate.snapshot') return;
      throws = false;
      actor.send({ type: 'ADD' });
      throw new Error('inspector threw');
    });
    expect(() => actor.deliver({ type: 'ADD' })).toThrow('inspector threw');
    actor.deliver({ type: 'ADD' });
    expect(actor.getSnapshot().context).toBe(3);
  });

  it('keeps its end from a parent that ignores it, unless somebody inspects', () => {
    const world = new World('createLeanActor', 'later');
    const silent = { parent: world.parent, silentDone: true } as const;
    const quiet = createLeanActor(logicOf({}), { ...silent, id: 'quiet' }).start();
    // An inspector of an earlier test may still be remembered; that wears off.
    for (let sent = 0; sent < 1_000; sent++) quiet.deliver({ type: 'A' });
    quiet.deliver({ type: 'DONE' });
    expect(quiet.getSnapshot().status).toBe('done');
    expect(world.log).toEqual([]);
    world.inspect();
    createLeanActor(logicOf({}), { ...silent, id: 'seen' })
      .start()
      .deliver({ type: 'DONE' });
    expect(world.log.map(([what]) => what)).toContain('parent got');
  });

  it('sees an inspector at once after a long time without one, and rests again after he has left', () => {
    const world = new World('createLeanActor', 'later');
    const actor = createLeanActor(counter, { parent: world.parent, id: 'child' }).start();
    const inspector = world.inspect();
    actor.deliver({ type: 'ADD' });
    expect(world.log).toHaveLength(2);
    inspector.unsubscribe();
    for (let sent = 0; sent < 2_000; sent++) actor.deliver({ type: 'ADD' });
    expect(world.log).toHaveLength(2);
    world.inspect();
    actor.deliver({ type: 'ADD' });
    expect(world.log).toHaveLength(4);
  });
});
