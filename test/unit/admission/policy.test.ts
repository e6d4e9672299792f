import { describe, expect, it } from 'vitest';
import type { Admission } from '../../../src/admission/index.ts';
import { admissionOf, drain, Row, rowsOf } from './row.ts';

const backfill = (bypassLimit: number) => ({ policy: 'backfill', bypassLimit }) as const;

describe('order (rule 4)', () => {
  it('is larger priority, later stage, older pipeline, smaller position', () => {
    const a = admissionOf();
    const vector = a.vector({});
    const inOrder = [
      new Row(vector, { priority: 1, stage: 0, pipeline: 9, position: 9 }),
      new Row(vector, { stage: 2, pipeline: 9, position: 9 }),
      new Row(vector, { stage: 1, pipeline: 1, position: 9 }),
      new Row(vector, { stage: 1, pipeline: 2, position: 1 }),
      new Row(vector, { stage: 1, pipeline: 2, position: 2 }),
      new Row(vector, { priority: -1, stage: 5, pipeline: 0, position: 0 }),
    ];
    for (const row of [...inOrder].reverse()) a.enqueue(row);
    expect(drain(a)).toEqual(inOrder);
  });

  it('runs later stages first: A0s1 A1s1 B0s1 B1s1 A0s0 A1s0 B0s0 B1s0', () => {
    const a = admissionOf({ taskParallelism: 1 });
    const names = new Map<Row, string>();
    for (const pipeline of [1, 2]) {
      for (const [position, stage] of [0, 0, 1, 1].entries()) {
        const row = new Row(a.vector({}), { pipeline, stage, position });
        names.set(row, `${pipeline === 1 ? 'A' : 'B'}${position % 2}s${stage}`);
        a.enqueue(row);
      }
    }
    const order: (string | undefined)[] = [];
    for (let row = a.next(0); row !== undefined; row = a.next(0)) {
      order.push(names.get(row));
      a.release(row);
    }
    expect(order.join(' ')).toBe('A0s1 A1s1 B0s1 B1s1 A0s0 A1s0 B0s0 B1s0');
  });

  it('puts a retried ticket back in its old place', () => {
    const a = admissionOf({ taskParallelism: 1 });
    const rows = rowsOf(a.vector({}), 200);
    for (const row of rows) a.enqueue(row);
    const first = a.next(0);
    expect(first).toBe(rows[0]);
    if (first === undefined) return;
    a.release(first);
    a.enqueue(first);
    expect(a.smallest).toBe(first);
    expect(a.next(0)).toBe(first);
  });

  it('lets a newly queued larger priority be the new head', () => {
    const a = admissionOf({ resources: { cpu: 1 } });
    const [vector, none] = [a.vector({ cpu: 1 }), a.vector({})];
    const low = new Row(vector, { position: 1 });
    const high = new Row(none, { priority: 1, position: 2 });
    a.enqueue(low);
    a.enqueue(high);
    expect(drain(a)).toEqual([high, low]);
  });
});

describe('strict (S3)', () => {
  it('lets nothing pass the smallest key, not even a ticket that needs nothing; cancelling it unblocks', () => {
    const a = admissionOf({ resources: { cpu: 1 } });
    const [first, blocked] = rowsOf(a.vector({ cpu: 1 }), 2);
    const free = new Row(a.vector({}), { position: 9 });
    if (first === undefined || blocked === undefined) return;
    for (const row of [first, blocked, free]) a.enqueue(row);
    expect(drain(a)).toEqual([first]);
    expect(a.smallest).toBe(blocked);
    a.dequeue(blocked);
    expect(drain(a)).toEqual([free]);
  });
});

describe('backfill (S4)', () => {
  function blockedHead(
    bypassLimit: number,
    taskParallelism = 1_000,
  ): { a: Admission<Row>; head: Row; small: Row[] } {
    const a = admissionOf({ resources: { cpu: 4 }, policy: backfill(bypassLimit), taskParallelism });
    const holder = new Row(a.vector({ cpu: 2 }), { priority: 9 });
    const head = new Row(a.vector({ cpu: 4 }), { priority: 1 });
    const small = rowsOf(a.vector({}), 10);
    for (const row of [holder, head, ...small]) a.enqueue(row);
    return { a, head, small };
  }

  it('lets at most bypassLimit larger keys pass the smallest, then none: a wide task is not starved', () => {
    const { a, head, small } = blockedHead(3);
    expect(drain(a).slice(1)).toEqual(small.slice(0, 3));
    expect(head.passedBy).toBe(3);
    expect([a.mayBePassed(head), small.some((row) => a.mayBePassed(row))]).toEqual([false, true]);
    expect(a.retryAt).toBeUndefined();
  });

  it('counts no pass while all slots are taken', () => {
    const { a, head } = blockedHead(3, 2);
    expect(drain(a)).toHaveLength(2);
    expect(head.passedBy).toBe(1);
  });

  it('keeps the count while a smaller key is in front for a time, and starts anew after the ticket left', () => {
    const { a, head } = blockedHead(2);
    drain(a);
    const smaller = new Row(a.vector({ cpu: 3 }), { priority: 2 });
    a.enqueue(smaller);
    expect(drain(a)).toHaveLength(2); // passing the smaller one, which has its own count
    a.dequeue(smaller);
    expect([head.passedBy, drain(a)]).toEqual([2, []]);
    a.dequeue(head);
    a.enqueue(head);
    expect(head.passedBy).toBe(0);
    expect(drain(a)).toHaveLength(2);
  });

  it('with a limit of 0 is strict', () => {
    const { a, head } = blockedHead(0);
    expect(drain(a)).toHaveLength(1);
    expect(head.passedBy).toBe(0);
  });

  it('picks the smallest key among all that fit, not the first vector that does', () => {
    const a = admissionOf({ resources: { cpu: 3, mem: 3 }, policy: backfill(10) });
    const holder = new Row(a.vector({ cpu: 3 }), { priority: 9 });
    const blocked = new Row(a.vector({ cpu: 1 }), { priority: 8 });
    const late = new Row(a.vector({ mem: 1 }), { priority: 1 });
    const soon = new Row(a.vector({ mem: 2 }), { priority: 2 });
    for (const row of [late, blocked, soon, holder]) a.enqueue(row);
    expect(drain(a)).toEqual([holder, soon, late]);
    expect(blocked.passedBy).toBe(2);
  });

  it('says nothing may be admitted when no head fits', () => {
    const a = admissionOf({ resources: { cpu: 1 }, policy: backfill(10) });
    for (const row of rowsOf(a.vector({ cpu: 1 }), 3)) a.enqueue(row);
    expect(drain(a)).toHaveLength(1);
    expect(a.smallest?.passedBy).toBe(0);
  });
});
