import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, IndexedHeap } from '../../../src/core/heap.ts';

const byNumber = (a: number, b: number): number => a - b;
const ascending = (values: readonly number[]): number[] => [...values].sort(byNumber);

function popAll<T>(heap: Heap<T>): T[] {
  const out: T[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) out.push(item);
  return out;
}

function heapOf(values: readonly number[]): Heap<number> {
  const heap = new Heap(byNumber);
  for (const value of values) heap.push(value);
  return heap;
}

describe('Heap', () => {
  it('gives back what was pushed, sorted', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (values) => {
        const heap = heapOf(values);
        expect(heap.size).toBe(values.length);
        expect(heap.peek()).toBe(ascending(values)[0]);
        expect(popAll(heap)).toEqual(ascending(values));
      }),
    );
  });

  it('keeps what passes `retain`, still in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (values) => {
        const heap = heapOf(values);
        heap.retain((value) => value % 3 === 0);
        expect(popAll(heap)).toEqual(ascending(values.filter((value) => value % 3 === 0)));
      }),
    );
  });

  it('finds the smallest that passes, wherever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 40 }), fc.nat(7), (values, modulus) => {
        const test = (value: number): boolean => value % (modulus + 1) === modulus;
        expect(heapOf(values).firstWhere(test)).toBe(ascending(values.filter(test))[0]);
      }),
    );
  });

  it('asks no item that goes after one that passed: admission must stay cheap when most things fit', () => {
    const asked: number[] = [];
    const heap = heapOf(Array.from({ length: 1_000 }, (_, n) => n));
    heap.firstWhere((value) => asked.push(value) > 0);
    expect(asked).toEqual([0]);
  });

  it('copies without touching the original', () => {
    const heap = heapOf([3, 1, 2]);
    const copy = new Heap(byNumber);
    copy.copyFrom(heap, (value) => value * 10);
    expect(popAll(copy)).toEqual([10, 20, 30]);
    expect(popAll(heap)).toEqual([1, 2, 3]);
  });
});

describe('IndexedHeap', () => {
  interface Item {
    key: number;
    heapIndex: number;
  }
  const item = (key: number): Item => ({ key, heapIndex: -1 });
  const command = fc.record({
    kind: fc.constantFrom('push', 'pop', 'remove', 'update', 'retain'),
    pick: fc.nat(),
    key: fc.integer({ min: 0, max: 100_000 }),
  });

  it('stays a heap, and knows where each item is, through any mixture of push, pop, remove and update', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 80 }), (program) => {
        const heap = new IndexedHeap<Item>((a, b) => a.key - b.key);
        const inside = new Set<Item>();
        const outside: Item[] = [];
        const out = (gone: Item): void => {
          inside.delete(gone);
          outside.push(gone);
        };
        for (const { kind, pick, key } of program) {
          const chosen = [...inside][pick % Math.max(1, inside.size)];
          if (kind === 'push' || chosen === undefined) {
            const added = item(key);
            heap.push(added);
            inside.add(added);
          } else if (kind === 'pop') {
            const popped = heap.pop();
            expect(popped?.key).toBe(Math.min(...[...inside].map((each) => each.key)));
            if (popped !== undefined) out(popped);
          } else if (kind === 'remove') {
            heap.remove(chosen);
            out(chosen);
          } else if (kind === 'update') {
            chosen.key = key;
            heap.update(chosen);
          } else {
            heap.retain((each) => each !== chosen);
            out(chosen);
          }
          expect(heap.size).toBe(inside.size);
          expect([...inside].every((each) => heap.has(each))).toBe(true);
          expect(outside.some((each) => heap.has(each))).toBe(false);
        }
        expect(popAll(heap).map((each) => each.key)).toEqual(ascending([...inside].map((each) => each.key)));
      }),
    );
  });
});
