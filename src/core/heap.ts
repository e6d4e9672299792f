/** Negative when `a` goes before `b`. */
export type Compare<T> = (a: T, b: T) => number;

/** A binary heap: the smallest item on top, push and pop in O(log n). Items are never `undefined`. */
export class Heap<T> {
  protected readonly items: T[] = [];
  protected readonly compare: Compare<T>;

  constructor(compare: Compare<T>) {
    this.compare = compare;
  }

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    this.items.push(item);
    this.rise(this.items.length - 1, item);
  }

  pop(): T | undefined {
    const top = this.items[0];
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) this.sink(0, last);
    if (top !== undefined) this.leave(top);
    return top;
  }

  /** Drops every item that fails. */
  retain(keep: (item: T) => boolean): void {
    for (const item of this.items.splice(0)) {
      if (keep(item)) this.push(item);
      else this.leave(item);
    }
  }

  forEach(visit: (item: T) => void): void {
    this.items.forEach(visit);
  }

  /** The smallest item that passes. Looks only at items that fail, or go before the best found so far. */
  firstWhere(test: (item: T) => boolean): T | undefined {
    return this.search(0, test, undefined);
  }

  /** Fills this empty heap with the items of another, each mapped to one of equal order. */
  copyFrom(other: Heap<T>, map: (item: T) => T): void {
    other.items.forEach((item, index) => {
      this.put(index, map(item));
    });
  }

  protected put(index: number, item: T): void {
    this.items[index] = item;
  }

  /** Called with each item that left. */
  protected leave(_item: T): void {}

  protected rise(from: number, item: T): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.items[parent];
      if (above === undefined || this.compare(item, above) >= 0) break;
      this.put(index, above);
      index = parent;
    }
    this.put(index, item);
  }

  protected sink(from: number, item: T): void {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      let below = this.items[child];
      if (below === undefined) break;
      const right = this.items[child + 1];
      if (right !== undefined && this.compare(right, below) < 0) {
        below = right;
        child += 1;
      }
      if (this.compare(item, below) <= 0) break;
      this.put(index, below);
      index = child;
    }
    this.put(index, item);
  }

  private search(index: number, test: (item: T) => boolean, best: T | undefined): T | undefined {
    const item = this.items[index];
    if (item === undefined || (best !== undefined && this.compare(best, item) < 0)) return best;
    if (test(item)) return item; // everything below it goes later
    const left = this.search(2 * index + 1, test, best);
    return this.search(2 * index + 2, test, left);
  }
}

/** An item that knows where in its heap it is. */
export interface Indexed {
  /** Kept by the heap; -1 while the item is in none. */
  heapIndex: number;
}

/** A heap whose items can be found again: taken out of the middle, or moved after their key changed. */
export class IndexedHeap<T extends Indexed> extends Heap<T> {
  has(item: T): boolean {
    return item.heapIndex >= 0;
  }

  /** The item must be in this heap. */
  remove(item: T): void {
    const index = item.heapIndex;
    const last = this.items.pop();
    if (last !== undefined && last !== item) {
      this.put(index, last);
      this.update(last);
    }
    this.leave(item);
  }

  /** To be called after the order of an item in this heap changed. */
  update(item: T): void {
    this.rise(item.heapIndex, item);
    this.sink(item.heapIndex, item);
  }

  protected override put(index: number, item: T): void {
    super.put(index, item);
    item.heapIndex = index;
  }
  protected override leave(item: T): void {
    item.heapIndex = -1;
  }
}
