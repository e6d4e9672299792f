import { describe, expect, it } from 'vitest';
import { laneKey } from '../../../src/admission/lane.ts';
import { Shape } from '../../../src/admission/shape.ts';
import { TaskQueue } from '../../../src/admission/task-queue.ts';
import { admissionOf, drain, Row, rowsOf } from './row.ts';

const plain = admissionOf().vector({});

function positions(rows: readonly Row[]): number[] {
  return rows.map((row) => row.position);
}

describe('laneKey', () => {
  const corner = [
    0,
    1,
    -1,
    -512,
    511,
    512,
    -513,
    0.5,
    2 ** 17 - 1,
    2 ** 17,
    2 ** 26 - 1,
    2 ** 26,
    2 ** 31,
    2 ** 32,
    2 ** 43,
  ];

  it('is equal exactly for equal priority, stage and pipeline: two lanes in one would break the order', () => {
    const seen = new Map<number | string, string>();
    for (const priority of corner) {
      for (const stage of corner) {
        for (const pipeline of corner) {
          const key = laneKey({ priority, stage, pipeline });
          const text = `${priority} ${stage} ${pipeline}`;
          expect(seen.get(key) ?? text).toBe(text);
          seen.set(key, text);
          expect(typeof key === 'string' || Number.isSafeInteger(key)).toBe(true);
        }
      }
    }
    expect(laneKey({ priority: -0, stage: 0, pipeline: 7 })).toBe(7);
    expect(laneKey({ priority: 0.5, stage: 0, pipeline: 7 })).toBe(
      laneKey({ priority: 0.5, stage: 0, pipeline: 7 }),
    );
  });
});

describe('stale tickets', () => {
  it('stay parked when taken out of the middle, and come back to the same place', () => {
    const a = admissionOf();
    const rows = rowsOf(plain, 5);
    for (const row of rows) a.enqueue(row);
    const [, , middle] = rows;
    if (middle === undefined) return;
    a.dequeue(middle);
    expect([middle.place, a.queuedCount]).toEqual(['stale', 4]);
    a.enqueue(middle);
    expect(positions(drain(a))).toEqual([0, 1, 2, 3, 4]); // and once, not twice
  });

  it('are dropped when they come to the head, so that the head is always one that may be admitted', () => {
    const a = admissionOf();
    const rows = rowsOf(plain, 4);
    for (const row of rows) a.enqueue(row);
    for (const row of rows.slice(0, 3)) a.dequeue(row);
    expect(a.smallest).toBe(rows[3]);
    expect(rows.map((row) => row.place)).toEqual(['out', 'out', 'out', 'queued']);
  });

  it('leave with the last live ticket, by cancelling and by admission: a key nobody uses keeps nothing', () => {
    const a = admissionOf({ taskParallelism: 1 });
    const rows = rowsOf(plain, 3);
    for (const row of rows) a.enqueue(row);
    for (const row of [...rows].reverse()) a.dequeue(row);
    expect(rows.map((row) => row.place)).toEqual(['out', 'out', 'out']);
    for (const row of rows) a.enqueue(row);
    for (const row of rows.slice(1)) a.dequeue(row);
    expect(drain(a)).toEqual([rows[0]]);
    expect(rows.map((row) => row.place)).toEqual(['admitted', 'out', 'out']);
  });

  it('are swept up when there are more than 64 and more than live ones: a million cancelled tasks must not stay', () => {
    const a = admissionOf();
    // Lanes of three pipelines, one of which dies out, and strays between them.
    const rows = [1, 2, 3].flatMap((pipeline) => rowsOf(plain, 100, { pipeline }));
    const strays = rowsOf(plain, 100, { pipeline: 2 }).map(
      (row) => new Row(plain, { pipeline: 2, position: row.position - 0.5 }),
    );
    for (const row of [...rows, ...strays]) a.enqueue(row);
    const live = (row: Row): boolean => row.pipeline !== 3 && row.position % 10 === 0;
    for (const row of [...rows, ...strays].reverse()) if (!live(row)) a.dequeue(row);
    const stale = [...rows, ...strays].filter((row) => row.place === 'stale');
    expect(a.queuedCount).toBe(20);
    expect(stale.length).toBeLessThanOrEqual(64);
    const late = new Row(plain, { pipeline: 3, position: 5 });
    a.enqueue(late);
    expect(drain(a)).toEqual([...rows.filter(live), late]);
  });

  it('are not swept up while most of the queue lives: that would be quadratic', () => {
    const a = admissionOf();
    const rows = rowsOf(plain, 300);
    for (const row of rows) a.enqueue(row);
    for (const row of rows.slice(200)) a.dequeue(row);
    expect(rows.filter((row) => row.place === 'stale')).toHaveLength(100);
  });

  it('cost nothing quadratic: a head cancelled and queued again, over and over, in front of a long queue', () => {
    const a = admissionOf();
    const rows = rowsOf(plain, 50_000);
    for (const row of rows) a.enqueue(row);
    const [head] = rows;
    if (head === undefined) return;
    for (let n = 0; n < 50_000; n += 1) {
      a.dequeue(head);
      a.enqueue(head);
    }
    expect(positions(drain(a).slice(0, 3))).toEqual([0, 1, 2]);
  });
});

describe('a long lane', () => {
  it('keeps its order while it is served and refilled for a long time', () => {
    const a = admissionOf({ taskParallelism: 1 });
    const rows = rowsOf(plain, 10_000);
    const served: Row[] = [];
    for (const [index, row] of rows.entries()) {
      a.enqueue(row);
      if (index < 300) continue;
      const next = a.next(0);
      if (next === undefined) continue;
      served.push(next);
      a.release(next);
    }
    expect(served).toEqual(rows.slice(0, served.length));
    expect(served.length).toBe(9_700);
    expect(a.clone((row) => row.copy()).smallest?.position).toBe(9_700);
  });
});

describe('shapes', () => {
  it('keep no more than 64 idle ones: a million concurrency keys over a long life', () => {
    const a = admissionOf();
    const queue = new TaskQueue<Row>();
    for (let n = 0; n < 1_000; n += 1) {
      const row = new Row(a.vector({}, `k${n}`));
      queue.add(row);
      const shape = queue.top;
      if (shape !== undefined) queue.takeHead(shape);
    }
    expect([queue.size, queue.shapeCount]).toEqual([0, 64]);
  });

  it('find a dropped vector again: a shape that is remembered but not in the queue would lose its tickets', () => {
    const a = admissionOf({ taskParallelism: 10_000 });
    const others = Array.from({ length: 100 }, (_, n) => new Row(a.vector({}, `k${n}`), { pipeline: 2 }));
    for (const row of others) a.enqueue(row);
    const vector = a.vector({}, 'again');
    const [first, second, third] = rowsOf(vector, 3);
    if (first === undefined || second === undefined || third === undefined) return;
    a.enqueue(first);
    a.dequeue(first);
    a.enqueue(second);
    a.enqueue(third);
    a.enqueue(new Row(a.vector({}), { pipeline: 3 }));
    a.dequeue(third);
    a.enqueue(third);
    expect(a.next(0)).toBe(second);
    a.release(second);
    expect(drain(a)[0]).toBe(third);
  });

  it('treat two objects of one vector as one shape, so that cleared caches cannot split a queue', () => {
    const queue = new TaskQueue<Row>();
    for (const position of [2, 1]) queue.add(new Row({ ...plain }, { position }));
    expect(queue.shapeCount).toBe(1);
    expect(queue.top?.first.position).toBe(1);
  });

  it('have no head while they are empty', () => {
    expect(() => new Shape<Row>(plain).first).toThrow('an empty shape was asked for its head');
  });
});
