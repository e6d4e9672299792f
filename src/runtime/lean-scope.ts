/**
 * What a logic gets to act with, made without a closure until one is asked for.
 *
 * XState builds six closures for every actor, used or not. Here they are made together when the first is read,
 * so they can be taken off the scope and called on their own, as XState's machines and promise logic do.
 */
import type { ActorScope, AnyActorRef, EventObject } from 'xstate';
import { systemClock } from '../core/clock.ts';
import { RUNNING, type System } from './lean-internals.ts';

type AnyActorSystem = AnyActorRef['system'];
type Executor = ActorScope<never, never>['actionExecutor'];
type Handler = (event: EventObject) => void;

/** What a scope needs of its actor, in XState's own names. */
export interface ScopeOwner {
  readonly id: string;
  readonly sessionId: string;
  readonly system: AnyActorSystem;
  readonly logger: (...args: never[]) => void;
  readonly _processingStatus: number;
  readonly eventListeners: ReadonlyMap<string, ReadonlySet<Handler>>;
  /** Effects to perform when the transition is over. */
  readonly _deferred: (() => void)[];
}

interface Effects {
  readonly defer: (fn: () => void) => void;
  readonly emit: (event: EventObject) => void;
  readonly stopChild: (child: Child) => void;
  actionExecutor: Executor;
}

export class LeanScope {
  readonly self: ScopeOwner;
  #made: Effects | undefined = undefined;

  constructor(self: ScopeOwner) {
    this.self = self;
  }

  get id(): string {
    return this.self.id;
  }
  get sessionId(): string {
    return this.self.sessionId;
  }
  get system(): AnyActorSystem {
    return this.self.system;
  }
  get logger(): ScopeOwner['logger'] {
    return this.self.logger;
  }
  get defer(): Effects['defer'] {
    return this.#effects.defer;
  }
  get emit(): Effects['emit'] {
    return this.#effects.emit;
  }
  get stopChild(): Effects['stopChild'] {
    return this.#effects.stopChild;
  }
  get actionExecutor(): Executor {
    return this.#effects.actionExecutor;
  }
  /** XState's machines put a recorder in its place for the length of a microstep. */
  set actionExecutor(executor: Executor) {
    this.#effects.actionExecutor = executor;
  }

  get #effects(): Effects {
    this.#made ??= effectsOf(this.self);
    return this.#made;
  }
}

function effectsOf(self: ScopeOwner): Effects {
  return {
    defer: (fn) => {
      self._deferred.push(fn);
    },
    emit: (event) => emitTo(self, event),
    stopChild: (child) => stopChild(self, child),
    actionExecutor: (action) => {
      if (self._processingStatus === RUNNING) execute(self, action);
      else self._deferred.push(() => execute(self, action));
    },
  };
}

interface Child {
  readonly id: string;
  readonly _parent?: unknown;
  _stop(): unknown;
}

function stopChild(self: ScopeOwner, child: Child): void {
  if (child._parent !== self)
    throw new Error(`Cannot stop child actor ${child.id} of ${self.id} because it is not a child`);
  child._stop();
}

function execute(self: ScopeOwner, action: Parameters<Executor>[0]): void {
  const { type, params } = action;
  const system = self.system as AnyActorSystem & System;
  system._sendInspectionEvent({ type: '@xstate.action', actorRef: self, action: { type, params } });
  action.exec?.(action.info, params);
}

/** The handlers of the moment, those of the type first; one that throws harms no other. */
function emitTo({ eventListeners }: ScopeOwner, event: EventObject): void {
  for (const handler of [...(eventListeners.get(event.type) ?? []), ...(eventListeners.get('*') ?? [])]) {
    try {
      handler(event);
    } catch (error) {
      throwLater(error);
    }
  }
}

/** As XState does: in a macrotask of its own, where global error handlers see it. */
function throwLater(error: unknown): void {
  systemClock.setTimeout(() => {
    throw error;
  }, 0);
}
