/**
 * A genuine XState actor that is cheap to make: the same prototype and behaviour as one from `createActor`,
 * without running its constructor. What a task's short life does not use (mailbox, observers, listeners, scope
 * closures, session id) is made when first touched.
 *
 * Owns: construction, the mailbox and the quiet paths. Everything rare (observers, errors, deferred effects,
 * inspection) runs XState's own code, taken from `Actor.prototype`; it leans on the internals of the pinned
 * version, and test/contracts/lean-actor.test.ts compares every path with `createActor`.
 *
 * Deliberately different:
 * - `syncSnapshot`, `systemId`, `src`, `clock`, `logger` and `inspect` are not options (a parent is required).
 * - The session id is booked when first read; ids are unique, their order is that of reading.
 * - The actor is not entered into the system's private table of children, which XState writes and never reads.
 * - An event that is null or undefined reaches the logic; XState throws after the transition and its mailbox
 *   never runs again. A throwing inspector does not jam the mailbox either.
 * - The development build's warning about actions that call `raise()` and the like directly is not given.
 */
import { Actor, type AnyActorLogic, type AnyActorRef, type Snapshot } from 'xstate';
import {
  type Event,
  inherited,
  mayBeInspected,
  NOT_STARTED,
  RUNNING,
  STOP,
  STOPPED,
  type System,
} from './lean-internals.ts';
import { LeanScope, type ScopeOwner } from './lean-scope.ts';

export interface LeanActorOptions {
  /** The actor this one reports to; its system is used. */
  readonly parent: AnyActorRef;
  /** Default: the owner's `actorId`, asked for when somebody reads it. */
  readonly id?: string;
  /** A persisted snapshot, given to the logic's `restoreSnapshot`; with `live: true` taken as it is. */
  readonly snapshot?: Snapshot<unknown> | undefined;
  readonly live?: boolean;
  readonly input?: unknown;
  /** Anything; the logic reads it from `scope.self.owner`. Default undefined. */
  readonly owner?: unknown;
  /**
   * Says that the parent's logic ignores `xstate.done.actor.*`: the event is then made and relayed only where
   * somebody inspects or observes. Default false.
   */
  readonly silentDone?: boolean;
}

export interface LeanActor<TLogic extends AnyActorLogic = AnyActorLogic> extends Actor<TLogic> {
  readonly owner: unknown;
  readonly stopped: boolean;
  /** The parent sends the event: the effect and the inspection events of `system._relay(parent, actor, event)`. */
  deliver(event: Parameters<TLogic['transition']>[1]): void;
}

/** A logic may say what becomes of events that reach an actor after its end; XState drops them. */
export interface LateEvents {
  readonly late: (event: Event, owner: unknown) => void;
}

/** Makes an actor; `start()` starts it. Never throws: a logic that fails to begin gives an actor in `error`. */
export function createLeanActor<TLogic extends AnyActorLogic>(
  logic: TLogic,
  options: LeanActorOptions,
): LeanActor<TLogic> {
  // The class below stands in for Actor without its constructor, which TypeScript cannot express.
  return new Lean(logic, options) as unknown as LeanActor<TLogic>;
}

/** Whether events are processed at once, wait for `start()`, or wait for the one that is being processed. */
type Mail = 'closed' | 'idle' | 'busy';

/** What most actors never need. */
class Extras {
  readonly observers = new Set<object>();
  readonly eventListeners = new Map<string, Set<(event: Event) => void>>();
  readonly deferred: (() => void)[] = [];
  send: ((event: Event) => void) | undefined = undefined;

  get idle(): boolean {
    return this.observers.size + this.eventListeners.size + this.deferred.length === 0;
  }
}

/** An owner that names its actor. */
interface Identified {
  readonly actorId: string;
}

type Scope = Parameters<AnyActorLogic['transition']>[2];

class Lean implements ScopeOwner {
  readonly logic: AnyActorLogic;
  readonly owner: unknown;
  readonly _parent: AnyActorRef;
  _snapshot: Snapshot<unknown>;
  _processingStatus: number;
  readonly #system: System;
  readonly #id: string | undefined;
  readonly #input: unknown;
  readonly #silentDone: boolean;
  #mail: Mail;
  #waiting: Event[] | undefined;
  #extras: Extras | undefined;
  #scope: Scope | undefined;
  #sessionId: string | undefined;

  constructor(logic: AnyActorLogic, options: LeanActorOptions) {
    const { parent } = options;
    this.logic = logic;
    this.#id = options.id;
    this.owner = options.owner;
    this._parent = parent;
    this._snapshot = NONE;
    this._processingStatus = NOT_STARTED;
    this.#system = parent.system as unknown as System;
    this.#input = options.input;
    this.#silentDone = options.silentDone === true;
    this.#mail = 'closed';
    this.#waiting = undefined;
    this.#extras = undefined;
    this.#scope = undefined;
    this.#sessionId = undefined;
    if (mayBeInspected(this.#system))
      this.#system._sendInspectionEvent({ type: '@xstate.actor', actorRef: this });
    this._snapshot =
      options.live === true && options.snapshot !== undefined
        ? options.snapshot
        : this.#begin(options.snapshot);
  }

  get id(): string {
    return this.#id ?? (this.owner as Identified).actorId;
  }
  get system(): AnyActorRef['system'] {
    return this._parent.system;
  }
  get clock(): AnyActorRef['system']['_clock'] {
    return this.system._clock;
  }
  get logger(): AnyActorRef['system']['_logger'] {
    return this.system._logger;
  }
  get src(): AnyActorLogic {
    return this.logic;
  }
  get ref(): this {
    return this;
  }
  get options(): object {
    const { id, clock, logger } = this;
    return { clock, logger, devTools: false, parent: this._parent, id, input: this.#input };
  }
  get sessionId(): string {
    this.#sessionId ??= this.#system._bookId();
    return this.#sessionId;
  }
  /** Bound, so that it may be taken off the actor. */
  get send(): (event: Event) => void {
    const extras = this.#more;
    extras.send ??= inherited.send.bind(this);
    return extras.send;
  }

  get observers(): Extras['observers'] {
    return this.#more.observers;
  }
  get eventListeners(): Extras['eventListeners'] {
    return this.#more.eventListeners;
  }
  get _deferred(): Extras['deferred'] {
    return this.#more.deferred;
  }
  get _actorScope(): Scope {
    // A LeanScope's self is this stand-in, which TypeScript does not take for an ActorRef.
    this.#scope ??= new LeanScope(this) as unknown as Scope;
    return this.#scope;
  }
  get #more(): Extras {
    this.#extras ??= new Extras();
    return this.#extras;
  }

  start(): this {
    if (this._processingStatus === RUNNING) return this;
    this._processingStatus = RUNNING;
    if (this.#isQuiet() && this._snapshot.status === 'active' && this.logic.start === undefined) this.#open();
    else this.#startAloud();
    return this;
  }

  deliver(event: Event): void {
    if (mayBeInspected(this.#system)) this.#system._relay(this._parent, this, event);
    else this._send(event);
  }

  _send(event: Event): void {
    if (this._processingStatus === STOPPED) this.#sendLate(event);
    else if (this.#mail !== 'idle' || this.#waiting !== undefined) this.#wait(event);
    else {
      this.#take(event);
      this.#drain();
    }
  }

  #sendLate(event: Event): void {
    const { late } = this.logic as Partial<LateEvents>;
    if (late === undefined) inherited._send.call(this, event);
    else late(event, this.owner);
  }

  /** It takes no more events. */
  get stopped(): boolean {
    return this._processingStatus === STOPPED;
  }

  /** Asked by the parent: what was sent before is dropped, the event in hand is finished. */
  _stop(): this {
    if (this._processingStatus === STOPPED) return this;
    this.#clear();
    if (this._processingStatus === NOT_STARTED) this._processingStatus = STOPPED;
    else this._send({ type: STOP });
    return this;
  }

  update(snapshot: Snapshot<unknown>, event: Event): void {
    if (!this.#isQuiet()) {
      inherited.update.call(this, snapshot, event);
      return;
    }
    this._snapshot = snapshot;
    if (snapshot.status === 'done') this.#finish(snapshot.output);
    else if (snapshot.status === 'error') inherited._error.call(this, snapshot.error);
  }

  _stopProcedure(): this {
    if (this._processingStatus !== RUNNING) return this;
    this.#system.scheduler.cancelAll(this);
    this.#waiting = undefined;
    this.#mail = 'closed';
    this._processingStatus = STOPPED;
    return this;
  }

  /** Nobody observes, listens or inspects, and nothing is deferred. */
  #isQuiet(): boolean {
    return this.#extras?.idle !== false && !mayBeInspected(this.#system);
  }

  #begin(persisted: Snapshot<unknown> | undefined): Snapshot<unknown> {
    const { logic } = this;
    try {
      if (!persisted) return logic.getInitialSnapshot(this._actorScope, this.#input);
      return logic.restoreSnapshot ? logic.restoreSnapshot(persisted, this._actorScope) : persisted;
    } catch (error) {
      return { status: 'error', output: undefined, error };
    }
  }

  /** `start` in full, as XState does it. */
  #startAloud(): void {
    const event = { type: 'xstate.init', input: this.#input };
    const sourceRef = this._parent;
    this.#system._sendInspectionEvent({ type: '@xstate.event', sourceRef, actorRef: this, event });
    const snapshot = this._snapshot;
    if (snapshot.status === 'error') inherited._error.call(this, snapshot.error);
    if (snapshot.status === 'done') this.update(snapshot, event);
    if (snapshot.status === 'error' || snapshot.status === 'done') return;
    try {
      this.logic.start?.(snapshot, this._actorScope);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.update(this._snapshot, event);
    this.#open();
  }

  #fail(error: unknown): void {
    this._snapshot = { ...this._snapshot, status: 'error', error } as Snapshot<unknown>;
    inherited._error.call(this, error);
  }

  #finish(output: unknown): void {
    this._stopProcedure();
    if (this.#silentDone) return;
    const { id } = this;
    this.#system._relay(this, this._parent, { type: `xstate.done.actor.${id}`, output, actorId: id });
  }

  #process(event: Event): void {
    let next: Snapshot<unknown>;
    try {
      next = this.logic.transition(this._snapshot, event, this._actorScope);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.update(next, event);
    if (event?.type !== STOP) return;
    this._stopProcedure();
    inherited._complete.call(this);
  }

  #open(): void {
    this.#mail = 'idle';
    this.#drain();
  }

  #wait(event: Event): void {
    this.#waiting ??= [];
    this.#waiting.push(event);
    this.#drain();
  }

  #take(event: Event): void {
    this.#mail = 'busy';
    try {
      this.#process(event);
    } finally {
      if (this.#mail === 'busy') this.#mail = 'idle';
    }
  }

  #drain(): void {
    while (this.#waiting !== undefined && this.#mail === 'idle') {
      const [event] = this.#waiting.splice(0, 1);
      if (this.#waiting.length === 0) this.#waiting = undefined;
      this.#take(event as Event);
    }
  }

  /** Before the mailbox opens, XState takes the first event that waits for the one in hand, and keeps it. */
  #clear(): void {
    this.#waiting = this.#mail === 'closed' ? this.#waiting?.slice(0, 1) : undefined;
  }
}

/** What `getSnapshot()` gives while the logic makes the first one. */
const NONE = undefined as unknown as Snapshot<unknown>;

Object.setPrototypeOf(Lean.prototype, Actor.prototype);
