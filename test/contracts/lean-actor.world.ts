/** A small world in which an actor lives, and which writes down everything that can be observed of it. */
import { vi } from 'vitest';
import {
  type Actor,
  type ActorScope,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type Snapshot,
} from 'xstate';
import { createLeanActor, type LeanActor } from '../../src/runtime/lean-actor.ts';

export type Kind = 'createActor' | 'createLeanActor';
/** When somebody inspects: never, from the first moment, or from the call of `world.inspect()` on. */
export type Watch = 'never' | 'always' | 'later';

export interface Options {
  readonly id?: string;
  readonly input?: unknown;
  readonly snapshot?: Snapshot<unknown>;
}

type Ref = Actor<AnyActorLogic>;

export interface Shown {
  readonly status?: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
}

/** As data: refs by id, errors by message, snapshots by their documented fields. */
function plain(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return String(value);
  if (typeof value === 'function') return 'function';
  if (typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 6) return '...';
  if (Array.isArray(value)) return value.map((each) => plain(each, depth + 1));
  if ('sessionId' in value && 'send' in value) return `ref ${(value as AnyActorRef).id}`;
  if ('status' in value) {
    const { status, value: at, context, output, error } = value as Shown;
    return Object.fromEntries(
      Object.entries({ status, at, context, output, error }).map(([key, part]) => [
        key,
        plain(part, depth + 1),
      ]),
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part, depth + 1)]));
}

export class World {
  readonly log: unknown[][] = [];
  readonly kind: Kind;
  readonly parent: Ref;
  readonly #watch: Watch;
  #rootId: string | undefined;

  constructor(kind: Kind, watch: Watch) {
    this.kind = kind;
    this.#watch = watch;
    const inspect = watch === 'always' ? { inspect: (event: object) => this.#inspected(event) } : {};
    this.parent = createActor(this.#parentLogic(), { id: 'parent', ...inspect });
    this.parent.start();
  }

  note(...what: unknown[]): void {
    this.log.push(what.map((each) => plain(each)));
  }

  make(logic: AnyActorLogic, { id = 'child', ...rest }: Options = {}): Ref {
    const options = { parent: this.parent, id, ...rest };
    if (this.kind === 'createActor') return createActor(logic, options as never);
    return createLeanActor(logic, options);
  }

  /** As the parent sends. */
  deliver(actor: AnyActorRef, event: object): void {
    if (this.kind === 'createLeanActor') (actor as LeanActor).deliver(event);
    else (this.parent.system as unknown as Relay)._relay(this.parent, actor, event);
  }

  /** Has the parent do something with its own scope, in its own transition. */
  asParent(act: (scope: ActorScope<never, never>) => void): void {
    this.parent.send({ type: 'ACT', act } as never);
  }
  stop(actor: AnyActorRef): void {
    this.asParent((scope) => scope.stopChild(actor));
  }

  /** An observer that writes everything down; `throwing` names the calls that throw. */
  observe(actor: AnyActorRef, name = 'observer', throwing: readonly string[] = []): { unsubscribe(): void } {
    const hear = (what: string) => (value?: unknown) => {
      this.note(name, what, value);
      if (throwing.includes(what)) throw new Error(`${name} ${what} threw`);
    };
    return actor.subscribe({ next: hear('next'), error: hear('error'), complete: hear('complete') } as never);
  }

  /** Whoever comes late sees everything from then on. */
  inspect(): { unsubscribe(): void } {
    if (this.#watch !== 'later') return { unsubscribe: () => {} };
    return this.parent.system.inspect((event: object) => this.#inspected(event));
  }

  /** Promises settle, then timers fire; what they throw is written down as reported. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) {
      for (let tick = 0; tick < 20; tick++) await Promise.resolve();
      while (vi.getTimerCount() > 0) {
        try {
          vi.advanceTimersToNextTimer();
        } catch (error) {
          this.note('reported', error);
        }
      }
    }
  }

  #inspected(event: object): void {
    const { rootId, ...rest } = event as { rootId: string };
    this.#rootId ??= rootId;
    const shown = { ...rest } as Record<string, unknown>;
    if ('_transitions' in shown) shown['_transitions'] = (shown['_transitions'] as unknown[]).length;
    this.note('inspected', rootId === this.#rootId, Object.keys(event).sort().join(), shown);
  }

  #parentLogic(): AnyActorLogic {
    const still = { status: 'active', output: undefined, error: undefined };
    return {
      transition: (
        snapshot: unknown,
        event: { type: string; act?: (scope: unknown) => void },
        scope: unknown,
      ) => {
        if (event.act === undefined) this.note('parent got', event);
        else event.act(scope);
        return snapshot;
      },
      getInitialSnapshot: () => still,
      getPersistedSnapshot: () => still,
    } as unknown as AnyActorLogic;
  }
}

interface Relay {
  _relay(source: unknown, target: unknown, event: unknown): void;
}

/** Runs the same story with both kinds of actor and gives what was seen of each. */
export async function both(
  story: (world: World) => void | Promise<void>,
  watch: Watch,
): Promise<{ theirs: unknown[][]; ours: unknown[][] }> {
  const told = async (kind: Kind): Promise<unknown[][]> => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const world = new World(kind, watch);
      await story(world);
      await world.settle();
      // The warning names the session; ids differ in their order alone.
      const warnings = warned.mock.calls.map(([text]) => String(text).replace(/\(x:\d+\)/, '(session)'));
      return [...world.log, ['warned', ...warnings]];
    } finally {
      warned.mockRestore();
      vi.useRealTimers();
    }
  };
  return { theirs: await told('createActor'), ours: await told('createLeanActor') };
}
