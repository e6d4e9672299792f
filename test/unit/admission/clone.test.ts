import { describe, expect, it } from 'vitest';
import { admissionOf, drain, Row, rowsOf } from './row.ts';

const plain = admissionOf().vector({});

function positions(rows: readonly Row[]): number[] {
  return rows.map((row) => row.position);
}

describe('clone', () => {
  function busy() {
    const a = admissionOf({
      resources: { cpu: 2, api: { capacity: 9, rateLimit: { limit: 2, intervalMs: 100 } } },
      taskParallelism: 3,
      policy: { policy: 'backfill', bypassLimit: 5 },
    });
    const rows = [
      ...rowsOf(a.vector({ cpu: 1, api: 1 }), 3, { priority: 3 }),
      ...rowsOf(a.vector({ cpu: 2 }), 2, { priority: 2, pipeline: 2 }),
      ...rowsOf(a.vector({}, 'db'), 4, { priority: 1, pipeline: 3 }),
      new Row(a.vector({}, 'db'), { priority: 1, pipeline: 3, position: -1 }),
    ];
    for (const row of rows) a.enqueue(row);
    drain(a, 10);
    const [, , , , cancelled] = rows;
    if (cancelled !== undefined) a.dequeue(cancelled);
    return { a, rows };
  }
  const idOf = (row: Row): string => `${row.pipeline}.${row.position}`;

  it('has the same future, and leaves the original alone', () => {
    const { a, rows } = busy();
    const key = a.stateKey(idOf);
    const usage = a.usage();
    const copies = new Map<Row, Row>();
    const copyOf = (row: Row): Row => {
      const copy = copies.get(row) ?? row.copy();
      copies.set(row, copy);
      return copy;
    };
    const b = a.clone(copyOf);
    expect([b.stateKey(idOf), b.usage(), b.queuedCount, b.admittedCount, b.retryAt]).toEqual([
      key,
      usage,
      a.queuedCount,
      a.admittedCount,
      a.retryAt,
    ]);
    const future = (admission: typeof a, of: (row: Row) => Row): string[] => {
      const order: string[] = [];
      for (const row of rows) if (of(row).place === 'admitted') admission.release(of(row));
      for (let now = 10; now < 1_000; now += 50) {
        for (const row of drain(admission, now)) {
          order.push(`${now}:${idOf(row)}`);
          admission.release(row);
        }
      }
      return order;
    };
    const ofCopy = future(b, copyOf);
    expect([a.stateKey(idOf), a.usage()]).toEqual([key, usage]);
    expect(rows.filter((row) => row.place === 'admitted')).toHaveLength(a.admittedCount);
    expect(future(a, (row) => row)).toEqual(ofCopy);
    expect(ofCopy).toHaveLength(6);
  });

  it('keeps stale tickets parked, so that queueing one again cannot lose it (lost wake-up)', () => {
    const a = admissionOf();
    const rows = rowsOf(plain, 3);
    for (const row of rows) a.enqueue(row);
    const [, middle] = rows;
    if (middle === undefined) return;
    a.dequeue(middle);
    const copies = new Map<Row, Row>();
    const b = a.clone((row) => {
      const copy = row.copy();
      copies.set(row, copy);
      return copy;
    });
    const copy = copies.get(middle);
    if (copy !== undefined) b.enqueue(copy);
    expect(positions(drain(b))).toEqual([0, 1, 2]);
    expect(positions(drain(a))).toEqual([0, 2]);
  });
});

describe('a clone of a lane', () => {
  it('still knows its last position: a retried ticket must not land behind the younger ones', () => {
    const a = admissionOf({ taskParallelism: 1 });
    for (const row of rowsOf(plain, 5)) a.enqueue(row);
    for (const row of drain(a)) a.release(row);
    for (const row of drain(a)) a.release(row);
    const b = a.clone((row) => row.copy());
    const retried = new Row(plain, { position: 1 });
    b.enqueue(retried);
    const order: number[] = [];
    for (let row = b.next(0); row !== undefined; row = b.next(0)) {
      order.push(row.position);
      b.release(row);
    }
    expect(order).toEqual([1, 2, 3, 4]);
  });
});

describe('stateKey', () => {
  const idOf = (row: Row): number => row.position;
  const make = () =>
    admissionOf({ resources: { cpu: 4, api: { capacity: 9, rateLimit: { limit: 2, intervalMs: 100 } } } });

  it('is the same for the same situation reached on different ways', () => {
    const [a, b] = [make(), make()];
    const queue = (admission: typeof a, order: readonly number[]): Row[] => {
      const rows = order.map((position) => new Row(admission.vector({ cpu: 1 }, 'db'), { position }));
      for (const row of rows) admission.enqueue(row);
      return rows;
    };
    queue(a, [1, 2, 3]);
    const [, , , extra] = queue(b, [3, 1, 2, 4]);
    if (extra !== undefined) b.dequeue(extra);
    expect(b.stateKey(idOf)).toBe(a.stateKey(idOf));
  });

  it('tells apart whatever can change the future', () => {
    const keys = new Set<string>();
    const add = (change: (a: ReturnType<typeof make>) => void): void => {
      const a = make();
      change(a);
      keys.add(a.stateKey(idOf));
    };
    const queued = (a: ReturnType<typeof make>, position = 1): Row => {
      const row = new Row(a.vector({ cpu: 1 }), { position });
      a.enqueue(row);
      return row;
    };
    add(() => {});
    add((a) => a.setCapacity('cpu', 3));
    add((a) => queued(a));
    add((a) => queued(a, 2));
    add((a) => {
      queued(a);
      drain(a);
    });
    add((a) => {
      queued(a).passedBy = 1;
    });
    add((a) => {
      a.enqueue(new Row(a.vector({}), { position: 7 }));
      drain(a);
    });
    for (const limit of [1, 2]) {
      add((a) => {
        a.enqueue(new Row(a.vector({}, { key: 'db', limit }), { position: 7 }));
        drain(a);
      });
    }
    for (const now of [5, 6]) {
      add((a) => {
        const row = new Row(a.vector({ api: 1 }));
        a.enqueue(row);
        drain(a, now);
        a.release(row);
      });
    }
    expect(keys.size).toBe(11);
  });

  it('writes rate windows relative to the time given, and forgets what has expired', () => {
    const at = (now: number): string => {
      const a = make();
      const row = new Row(a.vector({ api: 1 }));
      a.enqueue(row);
      drain(a, now);
      a.release(row);
      return a.stateKey(idOf, now + 40);
    };
    expect(at(1_000)).toBe(at(0));
    const fresh = make();
    const row = new Row(fresh.vector({ api: 1 }));
    fresh.enqueue(row);
    drain(fresh, 0);
    fresh.release(row);
    expect(fresh.stateKey(idOf, 100)).toBe(make().stateKey(idOf, 100));
  });

  it('cannot be confused by names that contain its own separators', () => {
    const keyOf = (ids: readonly string[]): string => {
      const a = make();
      for (const row of rowsOf(plain, ids.length)) a.enqueue(row);
      return a.stateKey((row) => ids[row.position] ?? '');
    };
    expect(keyOf(['a:0","b'])).not.toBe(keyOf(['a', 'b']));
    const keyWith = (names: readonly [string, string]): string => {
      const a = make();
      for (const [position, name] of names.entries()) a.enqueue(new Row(a.vector({}, name), { position }));
      return a.stateKey(idOf);
    };
    expect(keyWith(['a:0/1;b', 'a:0/1;b'])).not.toBe(keyWith(['a', 'b']));
  });
});
