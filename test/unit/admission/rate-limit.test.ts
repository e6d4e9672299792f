import { describe, expect, it } from 'vitest';
import type { Admission, AdmissionPolicy } from '../../../src/admission/index.ts';
import { RateWindow } from '../../../src/admission/rate-window.ts';
import { admissionOf, drain, type Row, rowsOf } from './row.ts';

function limited(limit: number, intervalMs: number, policy?: AdmissionPolicy): Admission<Row> {
  const resources = { api: { capacity: 100, rateLimit: { limit, intervalMs } }, cpu: 1 };
  return admissionOf({ resources, ...(policy === undefined ? {} : { policy }) });
}

describe('rate limits', () => {
  it('count admissions in a sliding window, and name the time of the next token', () => {
    const a = limited(2, 100);
    for (const row of rowsOf(a.vector({ api: 1 }), 10)) a.enqueue(row);
    expect(a.next(1_000)).toBeDefined();
    expect(drain(a, 1_030)).toHaveLength(1);
    expect(a.retryAt).toBe(1_100);
    expect(drain(a, 1_099)).toHaveLength(0);
    expect(drain(a, 1_100)).toHaveLength(1); // exactly at retryAt, else the timer would spin
    expect(a.retryAt).toBe(1_130);
    expect(drain(a, 5_000)).toHaveLength(2);
    expect(a.retryAt).toBe(5_100);
  });

  it('take one token per admission, whatever the amount; their tokens do not come back by release', () => {
    const a = limited(2, 100);
    for (const row of rowsOf(a.vector({ api: 50 }), 3)) a.enqueue(row);
    for (const row of drain(a, 0)) a.release(row);
    expect(drain(a, 50)).toEqual([]);
    expect(a.retryAt).toBe(100);
  });

  it('take no token for a ticket that needs 0 of the label', () => {
    const a = limited(1, 100);
    for (const row of rowsOf(a.vector({ api: 0 }), 3)) a.enqueue(row);
    expect(drain(a, 0)).toHaveLength(3);
  });

  it('set no time when a release is needed anyway, or nothing is queued', () => {
    const a = limited(1, 100);
    for (const row of rowsOf(a.vector({ api: 1, cpu: 1 }), 2)) a.enqueue(row);
    const [first] = drain(a, 0);
    expect(a.retryAt).toBeUndefined(); // cpu is taken, too
    if (first !== undefined) a.release(first);
    drain(a, 0);
    expect(a.retryAt).toBe(100);
    expect(drain(a, 100)).toHaveLength(1);
    expect(a.retryAt).toBeUndefined();
  });

  it('under backfill let others pass, and name the earliest token of all that wait', () => {
    const resources = {
      slow: { capacity: 9, rateLimit: { limit: 1, intervalMs: 1_000 } },
      fast: { capacity: 9, rateLimit: { limit: 1, intervalMs: 10 } },
    };
    const a = admissionOf({ resources, policy: { policy: 'backfill', bypassLimit: 2 } });
    const slow = rowsOf(a.vector({ slow: 1 }), 2);
    const fast = rowsOf(a.vector({ fast: 1 }), 9, { pipeline: 2 });
    for (const row of [...slow, ...fast]) a.enqueue(row);
    expect(drain(a, 0)).toEqual([slow[0], fast[0]]);
    expect(a.retryAt).toBe(10);
    expect(drain(a, 10)).toEqual([fast[1]]);
    expect(a.retryAt).toBe(1_000); // passed twice: only the smallest counts now (S4)
    expect(drain(a, 20)).toEqual([]);
  });

  it('wait for the last of several windows', () => {
    const resources = {
      slow: { capacity: 9, rateLimit: { limit: 1, intervalMs: 1_000 } },
      fast: { capacity: 9, rateLimit: { limit: 1, intervalMs: 10 } },
    };
    const a = admissionOf({ resources });
    for (const row of rowsOf(a.vector({ fast: 1, slow: 1 }), 2)) a.enqueue(row);
    drain(a, 0);
    expect(a.retryAt).toBe(1_000);
    expect(drain(a, 999)).toEqual([]);
    expect(drain(a, 1_000)).toHaveLength(1);
  });

  it('do not block for longer than an interval after the clock jumped back', () => {
    const a = limited(2, 100);
    for (const row of rowsOf(a.vector({ api: 1 }), 9)) a.enqueue(row);
    drain(a, 1_000_000);
    expect(drain(a, 500)).toEqual([]);
    expect(a.retryAt).toBe(600);
    expect(drain(a, 599)).toEqual([]);
    expect(drain(a, 600)).toHaveLength(2);
  });

  it('go on in a clone: the tokens, the time of the next one, and the clock they were taken by', () => {
    const a = limited(2, 100);
    for (const row of rowsOf(a.vector({ api: 1 }), 9)) a.enqueue(row);
    drain(a, 1_000);
    const b = a.clone((row) => row.copy());
    expect(b.retryAt).toBe(1_100);
    expect(drain(b, 500)).toEqual([]);
    expect(b.retryAt).toBe(600); // the clone sees that the clock jumped back
    expect(drain(a, 1_100)).toHaveLength(2);
    expect(b.clone((row) => row.copy()).next(600)).toBeDefined();
  });
});

describe('RateWindow', () => {
  it('agrees with counting all admissions of the last interval, over a long life', () => {
    const window = new RateWindow({ limit: 60, intervalMs: 7 });
    const taken: number[] = [];
    for (let step = 0; step < 20_000; step += 1) {
      const now = step * 0.05;
      const inWindow = taken.filter((time) => time + 7 > now).length;
      const ready = window.readyAt(now);
      expect(ready <= now).toBe(inWindow < 60);
      if (ready > now) expect(ready).toBe((taken.at(-60) ?? 0) + 7);
      else if (step % 3 !== 0 || step < 300) {
        window.take(now);
        taken.push(now);
        if (taken.length > 200) taken.shift();
      }
    }
    expect(window.waits(20_000 * 0.05).length).toBeLessThanOrEqual(60);
  });
});
