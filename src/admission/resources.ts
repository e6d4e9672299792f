import { UnknownResourceError } from '../core/errors.ts';
import { capacityToUnits, UNITS_PER_ONE, unitsToAmount } from './amounts.ts';
import { fault } from './fault.ts';
import { KEY_PREFIX, type LabelSpec } from './options.ts';
import { RateWindow } from './rate-window.ts';
import type { ConcurrencyKey, ResourceNeed, ResourceVector } from './resource-vector.ts';

/*
 * Owns what there is and what of it is in use. It does not know tickets or order.
 *
 * R1 `inUse` of a label is the sum of what was taken and not given back; never negative, and above the capacity
 *    only after the capacity was made smaller (S1).
 * R2 a concurrency key exists exactly while a ticket that names it is queued or admitted; `references` counts
 *    them. Its limit never grows in that time.
 */

/** One row of `usage()`. Amounts, not units. */
export interface LabelUsage {
  readonly label: string;
  readonly capacity: number;
  readonly inUse: number;
  /** Never negative, also when the capacity was made smaller than what is in use. */
  readonly available: number;
}

interface Label {
  readonly name: string;
  capacity: number;
  inUse: number;
  readonly window: RateWindow | undefined;
}

interface Key {
  limit: number;
  holders: number;
  references: number;
}

/** The answer of `readyAt` when only a release or a larger capacity helps. */
export const NOT_BY_TIME = Number.POSITIVE_INFINITY;

export class Resources {
  private readonly labels: Label[];
  private readonly keys: Map<string, Key>;
  /** Label names to indices; never changes, so clones share it. */
  private readonly indices: ReadonlyMap<string, number>;

  /** Whether any label has a rate limit. */
  private readonly limited: boolean;

  private constructor(labels: Label[], keys: Map<string, Key>, indices: ReadonlyMap<string, number>) {
    this.labels = labels;
    this.limited = labels.some(({ window }) => window !== undefined);
    this.keys = keys;
    this.indices = indices;
  }

  static of(specs: readonly LabelSpec[]): Resources {
    const labels = specs.map(({ name, capacityUnits, rateLimit }) => ({
      name,
      capacity: capacityUnits,
      inUse: 0,
      window: rateLimit === undefined ? undefined : new RateWindow(rateLimit),
    }));
    return new Resources(labels, new Map(), new Map(labels.map(({ name }, index) => [name, index])));
  }

  /** Throws UNKNOWN_RESOURCE. */
  indexOf(name: string): number {
    const index = this.indices.get(name);
    if (index === undefined) throw new UnknownResourceError(name, [...this.indices.keys()].sort());
    return index;
  }

  capacityUnits(label: number): number {
    return this.at(label).capacity;
  }

  inUseUnits(label: number): number {
    return this.at(label).inUse;
  }

  /** Throws UNKNOWN_RESOURCE and INVALID_ARGUMENT. */
  setCapacity(name: string, amount: unknown): void {
    const label = this.at(this.indexOf(name));
    label.capacity = capacityToUnits(`the capacity of ${name}`, amount);
  }

  /** The limit of a concurrency key, or undefined when nothing refers to it. */
  keyLimit(name: string): number | undefined {
    return this.keys.get(name)?.limit;
  }

  /** A ticket that names this key was queued (R2). */
  refer(to: ConcurrencyKey): void {
    const key = this.keys.get(to.name);
    if (key === undefined) {
      this.keys.set(to.name, { limit: to.limit, holders: 0, references: 1 });
      return;
    }
    key.references += 1;
    // Vectors made at different times may disagree; the smaller limit keeps the promise of both.
    key.limit = Math.min(key.limit, to.limit);
  }

  /** A ticket that names this key left the queue, or ended. */
  unrefer(to: ConcurrencyKey): void {
    const key = this.key(to);
    key.references -= 1;
    if (key.references === 0) this.keys.delete(to.name);
  }

  /** Whether there is room for the vector; rate limits are not asked. */
  hasRoom(vector: ResourceVector): boolean {
    for (const need of vector.needs) {
      const label = this.at(need.label);
      // A sum beyond 2^53 may be rounded, but then it is far beyond any capacity.
      if (label.inUse + need.units > label.capacity) return false;
    }
    return vector.concurrencyKey === undefined || this.keyHasRoom(vector.concurrencyKey);
  }

  /** Whether there would be room for the vector if exactly `held` were in use. */
  hasRoomBeside(vector: ResourceVector, held: readonly ResourceVector[]): boolean {
    const hasRoom = (need: ResourceNeed): boolean => {
      const holding = held.reduce((sum, { needs }) => sum + unitsOf(needs, need.label), 0);
      return holding <= this.at(need.label).capacity - need.units;
    };
    const { concurrencyKey } = vector;
    return (
      vector.needs.every(hasRoom) &&
      (concurrencyKey === undefined || holdersOf(held, concurrencyKey.name) < concurrencyKey.limit)
    );
  }

  /** `now` if the vector may be taken, later if a rate limit says so, NOT_BY_TIME if there is no room. */
  readyAt(vector: ResourceVector, now: number): number {
    if (!this.hasRoom(vector)) return NOT_BY_TIME;
    let ready = now;
    if (!this.limited) return ready;
    for (const need of vector.needs) {
      const { window } = this.at(need.label);
      if (window !== undefined) ready = Math.max(ready, window.readyAt(now));
    }
    return ready;
  }

  /** The clock jumped back to `now`: no rate limit may wait for the time it showed before. */
  turnBack(now: number): void {
    for (const { window } of this.labels) window?.turnBack(now);
  }

  take(vector: ResourceVector, now: number): void {
    for (const need of vector.needs) {
      const label = this.at(need.label);
      label.inUse += need.units;
      label.window?.take(now);
    }
    if (vector.concurrencyKey !== undefined) this.key(vector.concurrencyKey).holders += 1;
  }

  /** Gives back what `take` took, but for the rate tokens: those return by time. */
  give(vector: ResourceVector): void {
    for (const need of vector.needs) {
      const label = this.at(need.label);
      if (label.inUse < need.units) fault(`more of ${label.name} was released than taken (R1)`);
      label.inUse -= need.units;
    }
    if (vector.concurrencyKey !== undefined) this.key(vector.concurrencyKey).holders -= 1;
  }

  /** Every label and every living concurrency key, sorted by label. */
  usage(): LabelUsage[] {
    const rows = this.labels.map(({ name, capacity, inUse }) => usageRow(name, capacity, inUse));
    for (const [name, { limit, holders }] of this.keys) {
      rows.push(usageRow(KEY_PREFIX + name, limit * UNITS_PER_ONE, holders * UNITS_PER_ONE));
    }
    return rows.sort((a, b) => (a.label < b.label ? -1 : 1));
  }

  clone(): Resources {
    const labels = this.labels.map(({ name, capacity, inUse, window }) => ({
      name,
      capacity,
      inUse,
      window: window?.clone(),
    }));
    const keys = new Map<string, Key>();
    for (const [name, key] of this.keys) keys.set(name, { ...key });
    return new Resources(labels, keys, this.indices);
  }

  /** All that can influence the future, as text; rate limits as seen from `now`. */
  stateKey(now: number): string {
    const labels = this.labels.map(
      ({ capacity, inUse, window }) =>
        `${inUse}/${capacity}@${window === undefined ? '' : window.waits(now)}`,
    );
    const keys = [...this.keys].map(([name, key]) => `${JSON.stringify(name)}:${key.holders}/${key.limit}`);
    return `${labels.join(';')}|${keys.sort().join(';')}`;
  }

  private keyHasRoom(to: ConcurrencyKey): boolean {
    const key = this.keys.get(to.name);
    return key === undefined || key.holders < key.limit;
  }

  private key(to: ConcurrencyKey): Key {
    return this.keys.get(to.name) ?? fault(`nothing refers to the concurrency key ${to.name} (R2)`);
  }

  private at(index: number): Label {
    return this.labels[index] ?? fault(`label ${index} belongs to another scheduler`);
  }
}

function usageRow(label: string, capacityUnits: number, inUseUnits: number): LabelUsage {
  return {
    label,
    capacity: unitsToAmount(capacityUnits),
    inUse: unitsToAmount(inUseUnits),
    available: unitsToAmount(Math.max(0, capacityUnits - inUseUnits)),
  };
}

function unitsOf(needs: readonly ResourceNeed[], label: number): number {
  return needs.reduce((sum, need) => (need.label === label ? sum + need.units : sum), 0);
}

function holdersOf(held: readonly ResourceVector[], name: string): number {
  return held.filter(({ concurrencyKey }) => concurrencyKey?.name === name).length;
}
