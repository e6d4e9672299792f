import { describe, expect, it } from 'vitest';
import { AdmissionFault } from '../../../src/admission/index.ts';
import { admissionOf, drain, Row, rowsOf } from './row.ts';

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe('capacity (S1, S2, S5)', () => {
  it('admits three of 0.1 into 0.3, and 0.4 after 0.1 and 0.3 came back (float drift)', () => {
    const a = admissionOf({ resources: { cpu: 0.3, mem: 0.4 } });
    for (const row of rowsOf(a.vector({ cpu: 0.1 }), 4)) a.enqueue(row);
    expect(drain(a)).toHaveLength(3);
    const b = admissionOf({ resources: { mem: 0.4 } });
    const rows = [0.1, 0.3, 0.4].map((mem, position) => new Row(b.vector({ mem }), { position }));
    for (const row of rows) b.enqueue(row);
    for (const row of drain(b)) b.release(row);
    expect(drain(b)).toEqual([rows[2]]);
  });

  it('does not lose precision when use and amount add up to more than 2^53', () => {
    const a = admissionOf({ resources: { mem: 9e9 }, policy: { policy: 'backfill', bypassLimit: 9 } });
    a.enqueue(new Row(a.vector({ mem: 9e9 - 1e-6 }), { position: 1 }));
    a.enqueue(new Row(a.vector({ mem: 9e9 }), { position: 2 }));
    a.enqueue(new Row(a.vector({ mem: 1e-6 }), { position: 3 }));
    expect(drain(a).map((row) => row.position)).toEqual([1, 3]);
  });

  it('counts slots: taskParallelism at once, and one more per release', () => {
    const a = admissionOf({ taskParallelism: 2 });
    for (const row of rowsOf(a.vector({}), 4)) a.enqueue(row);
    const [first] = drain(a);
    expect([a.admittedCount, a.queuedCount, a.taskParallelism]).toEqual([2, 2, 2]);
    if (first !== undefined) a.release(first);
    expect(drain(a)).toHaveLength(1);
    expect([a.admittedCount, a.queuedCount]).toEqual([2, 1]);
  });

  it('stops at a second release although another ticket of the same vector is admitted (S5)', () => {
    const a = admissionOf({ resources: { cpu: 4 } });
    for (const row of rowsOf(a.vector({ cpu: 1 }), 2)) a.enqueue(row);
    const [first] = drain(a);
    if (first === undefined) return;
    a.release(first);
    expect(() => a.release(first)).toThrow(AdmissionFault);
    expect(a.usage()[0]?.inUse).toBe(1);
    expect(a.admittedCount).toBe(1);
  });

  it('stops at the release of what was never admitted, and at a second enqueue', () => {
    const a = admissionOf({ resources: { cpu: 4 } });
    const row = new Row(a.vector({ cpu: 1 }));
    expect(() => a.release(row)).toThrow('assertion failed');
    a.enqueue(row);
    expect(() => a.enqueue(row)).toThrow(AdmissionFault);
    drain(a);
    expect(() => a.enqueue(row)).toThrow(AdmissionFault);
    expect(a.queuedCount).toBe(0);
  });

  it('stops when a ticket that lies about its place would make the use negative (R1, R2)', () => {
    const a = admissionOf({ resources: { cpu: 4 } });
    const liar = new Row(a.vector({ cpu: 1 }));
    liar.place = 'admitted';
    expect(() => a.release(liar)).toThrow('more of cpu was released than taken');
    const keyed = new Row(a.vector({}, 'db'));
    keyed.place = 'admitted';
    expect(() => a.release(keyed)).toThrow('nothing refers to the concurrency key db');
  });

  it('stops at a vector of another scheduler', () => {
    const other = admissionOf({ resources: { a: 1, b: 1 } });
    const a = admissionOf({ resources: { a: 1 } });
    a.enqueue(new Row(other.vector({ b: 1 })));
    expect(() => a.next(0)).toThrow('belongs to another scheduler');
  });

  it('ignores the dequeue of a ticket that is not queued', () => {
    const a = admissionOf();
    const row = new Row(a.vector({}));
    a.dequeue(row);
    a.enqueue(row);
    a.dequeue(row);
    a.dequeue(row);
    expect([a.queuedCount, a.smallest, a.next(0)]).toEqual([0, undefined, undefined]);
    a.enqueue(row);
    drain(a);
    a.dequeue(row);
    expect(a.admittedCount).toBe(1);
  });
});

describe('setCapacity', () => {
  it('may shrink below use: running work stays, admission waits, `available` is never negative', () => {
    const a = admissionOf({ resources: { cpu: 4 } });
    for (const row of rowsOf(a.vector({ cpu: 2 }), 3)) a.enqueue(row);
    const [first, second] = drain(a);
    a.setCapacity('cpu', 1);
    expect(a.usage()).toEqual([{ label: 'cpu', capacity: 1, inUse: 4, available: 0 }]);
    if (first !== undefined) a.release(first);
    if (second !== undefined) a.release(second);
    expect(drain(a)).toEqual([]); // what is queued does not fit any more: it waits
    a.setCapacity('cpu', 2);
    expect(drain(a)).toHaveLength(1);
  });

  it('refuses a label it does not have and an amount it cannot read, and then changes nothing', () => {
    const a = admissionOf({ resources: { cpu: 4 } });
    expect(() => a.setCapacity('gpu', 1)).toThrow(code('UNKNOWN_RESOURCE'));
    expect(() => a.setCapacity('cpu', Number.NaN)).toThrow(code('INVALID_ARGUMENT'));
    expect(a.usage()[0]?.capacity).toBe(4);
  });

  it('decides from then on what is schedulable', () => {
    const a = admissionOf({ resources: { cpu: 4 } });
    a.setCapacity('cpu', 5);
    expect(() => a.vector({ cpu: 5 })).not.toThrow();
  });
});

describe('concurrency keys', () => {
  it('admit one at a time unless a limit is stated', () => {
    const a = admissionOf({ policy: { policy: 'backfill', bypassLimit: 100 } });
    for (const row of rowsOf(a.vector({}, 'db'), 3)) a.enqueue(row);
    for (const row of rowsOf(a.vector({}, { key: 'api', limit: 2 }), 3, { pipeline: 2 })) a.enqueue(row);
    const admitted = drain(a);
    expect(admitted.map((row) => row.vector.concurrencyKey?.name)).toEqual(['db', 'api', 'api']);
    expect(a.usage()).toEqual([
      { label: 'key:api', capacity: 2, inUse: 2, available: 0 },
      { label: 'key:db', capacity: 1, inUse: 1, available: 0 },
    ]);
    for (const row of admitted) a.release(row);
    expect(drain(a)).toHaveLength(2);
  });

  it('live while a ticket that names them is queued or admitted, and are forgotten then', () => {
    const a = admissionOf({ resources: { cpu: 1 } });
    const row = new Row(a.vector({ cpu: 1 }, 'db'));
    const second = new Row(a.vector({ cpu: 1 }, 'db'), { position: 1 });
    a.enqueue(row);
    a.enqueue(second);
    a.dequeue(second);
    expect(a.usage()).toHaveLength(2);
    const [admitted] = drain(a);
    expect(a.usage()).toHaveLength(2);
    if (admitted !== undefined) a.release(admitted);
    expect(a.usage().map(({ label }) => label)).toEqual(['cpu']);
  });

  it('refuse another limit while they live, and take it afterwards', () => {
    const a = admissionOf();
    const row = new Row(a.vector({}, { key: 'db', limit: 2 }));
    a.enqueue(row);
    expect(() => a.vector({}, 'db')).toThrow(code('INVALID_ARGUMENT'));
    expect(() => a.vector({}, { key: 'db', limit: 2 })).not.toThrow();
    a.dequeue(row);
    expect(() => a.vector({}, 'db')).not.toThrow();
  });

  it('keep the smaller limit when vectors made before the key lived disagree', () => {
    const a = admissionOf({ policy: { policy: 'backfill', bypassLimit: 100 } });
    const wide = rowsOf(a.vector({}, { key: 'db', limit: 3 }), 3);
    const narrow = rowsOf(a.vector({}, 'db'), 2, { pipeline: 2 });
    for (const row of [...wide, ...narrow]) a.enqueue(row);
    const admitted = drain(a);
    expect(admitted).toHaveLength(1);
    for (const row of narrow) a.dequeue(row);
    expect(drain(a)).toEqual([]); // the limit does not grow while the key lives (R2)
  });
});

describe('fits and fitsBeside', () => {
  it('`fits` asks for room, not for slots', () => {
    const a = admissionOf({ resources: { cpu: 2 }, taskParallelism: 1 });
    a.enqueue(new Row(a.vector({ cpu: 1 }, 'db')));
    drain(a);
    expect(a.fits(a.vector({ cpu: 1 }))).toBe(true);
    expect(a.fits(a.vector({ cpu: 2 }))).toBe(false);
    expect(a.fits(a.vector({ cpu: 1 }, 'db'))).toBe(false);
    expect(a.fits(a.vector({ cpu: 1 }, 'other'))).toBe(true);
    expect([a.capacityUnits(0), a.inUseUnits(0)]).toEqual([2_000_000, 1_000_000]);
  });

  it('`fitsBeside` asks for room and a slot beside exactly what is held: the deadlock question', () => {
    const a = admissionOf({ resources: { cpu: 2, mem: 1 }, taskParallelism: 2 });
    const [one, both, free, key] = [
      a.vector({ cpu: 1 }),
      a.vector({ cpu: 1, mem: 1 }),
      a.vector({}),
      a.vector({}, 'db'),
    ];
    expect(a.fitsBeside(both, [])).toBe(true);
    expect(a.fitsBeside(both, [one])).toBe(true);
    expect(a.fitsBeside(both, [both])).toBe(false);
    expect(a.fitsBeside(free, [one, one])).toBe(false); // no slot left
    expect(a.fitsBeside(key, [key])).toBe(false);
    expect(a.fitsBeside(key, [a.vector({}, 'other')])).toBe(true);
  });
});
