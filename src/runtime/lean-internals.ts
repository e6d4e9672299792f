/**
 * The parts of XState 5.33.3 that lean actors stand on and its types do not show. The version is pinned; every
 * name here is exercised by test/contracts/lean-actor.test.ts.
 */
import { Actor, type Snapshot } from 'xstate';

/** XState's ProcessingStatus; some of its helpers read the field. */
export const NOT_STARTED = 0;
export const RUNNING = 1;
export const STOPPED = 2;

/** The event that ends an actor when its parent stops it. */
export const STOP = 'xstate.stop';

export interface Event {
  readonly type: string;
}

export interface System {
  readonly scheduler: { cancelAll(actor: unknown): void };
  _bookId(): string;
  _relay(source: unknown, target: unknown, event: unknown): void;
  _sendInspectionEvent(event: object): void;
}

/** The parts of XState's Actor that run unchanged on a lean one. */
interface Inherited {
  update(snapshot: Snapshot<unknown>, event: Event): void;
  _send(event: Event): void;
  _complete(): void;
  _error(error: unknown): void;
  send(event: Event): void;
}
// The class declares them private.
export const inherited = Actor.prototype as unknown as Inherited;

const PROBE = {
  get type(): never {
    throw PROBE;
  },
};

/** A probe that finds an observer is dear (it throws), so its answer stands for this many questions. */
const REMEMBERED = 1_000;
let remembered = 0;

/**
 * Whether somebody may be inspecting: false means that nobody does at this moment; true may be out of date or of
 * another system, and then costs time only, since XState's own code asks again.
 *
 * A system's observers are private, but it copies an event only if there are any, and copying the probe throws.
 * When nobody inspects this costs one call, and whoever begins to is seen at once.
 */
export function mayBeInspected(system: System): boolean {
  if (remembered > 0) {
    remembered--;
    return true;
  }
  try {
    system._sendInspectionEvent(PROBE);
    return false;
  } catch {
    remembered = REMEMBERED;
    return true;
  }
}
