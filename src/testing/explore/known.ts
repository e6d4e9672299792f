/** The states seen so far: their keys in an open-addressing table, how each was first reached, and the edges. */
import type { Key } from './key.ts';

const FIRST_SLOTS = 1 << 12;

export class Known {
  #low = new Int32Array(FIRST_SLOTS);
  #high = new Int32Array(FIRST_SLOTS);
  /** State number + 1 in a slot; 0 is free. */
  #ids = new Int32Array(FIRST_SLOTS);
  #parents = new Int32Array(FIRST_SLOTS);
  #moves = new Uint16Array(FIRST_SLOTS);
  size = 0;

  /** Bytes of all tables. */
  get bytes(): number {
    return this.#ids.byteLength * 3 + this.#parents.byteLength + this.#moves.byteLength;
  }

  /** The number of the state; negative (minus one minus the number) when it is new. */
  add(key: Key, parent: number, move: number): number {
    if (this.size * 2 >= this.#ids.length) this.#grow();
    const slot = this.#slotOf(key.low, key.high);
    const known = this.#ids[slot] ?? 0;
    if (known !== 0) return known - 1;
    const id = this.size;
    this.size += 1;
    this.#low[slot] = key.low;
    this.#high[slot] = key.high;
    this.#ids[slot] = this.size;
    if (id >= this.#parents.length) this.#growPaths();
    this.#parents[id] = parent;
    this.#moves[id] = move;
    return -1 - id;
  }

  /** The state from which this one was first reached; -1 for the first. */
  parentOf(id: number): number {
    return this.#parents[id] ?? -1;
  }

  /** The number of the move that first led to this state. */
  moveTo(id: number): number {
    return this.#moves[id] ?? 0;
  }

  /** The moves that lead to a state, by their numbers. */
  pathTo(id: number): number[] {
    const path: number[] = [];
    for (let at = id; this.parentOf(at) >= 0; at = this.parentOf(at)) path.push(this.moveTo(at));
    return path.reverse();
  }

  #slotOf(low: number, high: number): number {
    const mask = this.#ids.length - 1;
    let slot = low & mask;
    while (this.#ids[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [low, high, ids] = [this.#low, this.#high, this.#ids];
    const slots = ids.length * 2;
    this.#low = new Int32Array(slots);
    this.#high = new Int32Array(slots);
    this.#ids = new Int32Array(slots);
    for (let i = 0; i < ids.length; i += 1) {
      const id = ids[i] ?? 0;
      if (id === 0) continue;
      const slot = this.#slotOf(low[i] ?? 0, high[i] ?? 0);
      this.#low[slot] = low[i] ?? 0;
      this.#high[slot] = high[i] ?? 0;
      this.#ids[slot] = id;
    }
  }

  #growPaths(): void {
    const parents = new Int32Array(this.#parents.length * 2);
    parents.set(this.#parents);
    this.#parents = parents;
    const moves = new Uint16Array(this.#moves.length * 2);
    moves.set(this.#moves);
    this.#moves = moves;
  }
}

/** Edges by their source, which come in ascending order. */
export class Edges {
  #targets = new Int32Array(FIRST_SLOTS);
  #begins = new Int32Array(FIRST_SLOTS);
  size = 0;
  sources = 0;

  get bytes(): number {
    return this.#targets.byteLength + this.#begins.byteLength;
  }

  /** What is added from now on leaves the next source. */
  nextSource(): void {
    if (this.sources === this.#begins.length) this.#begins = doubled(this.#begins);
    this.#begins[this.sources] = this.size;
    this.sources += 1;
  }

  add(target: number): void {
    if (this.size === this.#targets.length) this.#targets = doubled(this.#targets);
    this.#targets[this.size] = target;
    this.size += 1;
  }

  /** The smallest state from which no goal can be reached; undefined if there is none. */
  firstThatCannotReach(goals: readonly number[], states: number): number | undefined {
    const [begins, sources] = this.#reversed(states);
    const reached = new Uint8Array(states);
    const stack = goals.slice();
    for (const goal of goals) reached[goal] = 1;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (let i = begins[at] ?? 0; i < (begins[at + 1] ?? 0); i += 1) {
        const source = sources[i] ?? 0;
        if (reached[source] === 1) continue;
        reached[source] = 1;
        stack.push(source);
      }
    }
    const first = reached.indexOf(0);
    return first === -1 ? undefined : first;
  }

  /** For every state, who leads to it. */
  #reversed(states: number): [Int32Array, Int32Array] {
    const begins = new Int32Array(states + 1);
    for (let i = 0; i < this.size; i += 1) {
      const target = (this.#targets[i] ?? 0) + 1;
      begins[target] = (begins[target] ?? 0) + 1;
    }
    for (let i = 1; i <= states; i += 1) begins[i] = (begins[i] ?? 0) + (begins[i - 1] ?? 0);
    const next = begins.slice();
    const sources = new Int32Array(this.size);
    for (let source = 0; source < this.sources; source += 1) {
      const end = source + 1 < this.sources ? (this.#begins[source + 1] ?? 0) : this.size;
      for (let i = this.#begins[source] ?? 0; i < end; i += 1) {
        const target = this.#targets[i] ?? 0;
        const place = next[target] ?? 0;
        next[target] = place + 1;
        sources[place] = source;
      }
    }
    return [begins, sources];
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
