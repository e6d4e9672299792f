/** A binary min-heap. `peek` O(1), `push` and `pop` O(log n), `from` O(n). */
export class BinaryHeap<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[] = [];

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  static from<T>(items: readonly T[], compare: (a: T, b: T) => number): BinaryHeap<T> {
    const heap = new BinaryHeap(compare);
    for (const item of items) heap.push(item);
    return heap;
  }

  get size(): number {
    return this.#items.length;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex] as T;
      if (this.#compare(parent, item) <= 0) break;
      items[index] = parent;
      index = parentIndex;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) this.#sink(last);
    return first;
  }

  #sink(item: T): void {
    const items = this.#items;
    const { length } = items;
    let index = 0;
    for (let child = 1; child < length; child = 2 * index + 1) {
      const right = child + 1;
      if (right < length && this.#compare(items[right] as T, items[child] as T) < 0) child = right;
      const smallest = items[child] as T;
      if (this.#compare(item, smallest) <= 0) break;
      items[index] = smallest;
      index = child;
    }
    items[index] = item;
  }
}
