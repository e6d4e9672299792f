/**
 * Equal ends share one snapshot. A finished task stays in memory with its run, and most tasks of a run end
 * alike (same attempt, same value or none), so comparing with the last end of that kind saves most of what a
 * finished task would hold.
 */
import type { TaskSnapshot } from './rows.ts';

export class SharedEnds {
  readonly #last = new Map<string, TaskSnapshot>();

  /** The last snapshot of this final state if it is equal in everything, else the given one. */
  share(snapshot: TaskSnapshot): TaskSnapshot {
    const last = this.#last.get(snapshot.leaf.state);
    if (last !== undefined && isEqual(last, snapshot)) return last;
    // An object as the value is hardly ever that of the next one, and must not be kept alive here.
    if (isPlain(snapshot)) this.#last.set(snapshot.leaf.state, snapshot);
    return snapshot;
  }
}

function isEqual(a: TaskSnapshot, b: TaskSnapshot): boolean {
  const left = a.context;
  const right = b.context;
  return (
    Object.is(left.outcome?.value, right.outcome?.value) &&
    Object.is(left.outcome?.error, right.outcome?.error) &&
    left.outcome?.reason === right.outcome?.reason &&
    left.attempt === right.attempt &&
    left.failures === right.failures &&
    left.lost === right.lost &&
    left.maxAttempts === right.maxAttempts &&
    left.canKill === right.canKill &&
    left.released === right.released &&
    left.deadlineAt === right.deadlineAt
  );
}

function isPlain({ context: { outcome } }: TaskSnapshot): boolean {
  return Object(outcome?.value) !== outcome?.value && Object(outcome?.error) !== outcome?.error;
}
