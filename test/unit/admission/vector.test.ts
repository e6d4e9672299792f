import { describe, expect, it } from 'vitest';
import { Admission, type AdmissionOptions } from '../../../src/admission/index.ts';
import { admissionOf, Row } from './row.ts';

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe('constructor options', () => {
  const good: AdmissionOptions = { resources: { cpu: 1 }, taskParallelism: 1, policy: { policy: 'strict' } };
  const bad: readonly [string, Record<string, unknown>][] = [
    ['resources that are no object', { resources: 8 }],
    ['resources that are an array', { resources: [8] }],
    ['an empty label', { resources: { '': 1 } }],
    ['a label that looks like a concurrency key', { resources: { 'key:db': 1 } }],
    ['a negative capacity', { resources: { cpu: -1 } }],
    ['a capacity of NaN: the fit check would never pass', { resources: { cpu: Number.NaN } }],
    ['a capacity that is a boolean', { resources: { cpu: true } }],
    ['a capacity in text', { resources: { cpu: { capacity: '8' } } }],
    ['a spec without a capacity', { resources: { cpu: {} } }],
    ['an unknown field of a spec', { resources: { cpu: { capacity: 1, burst: 2 } } }],
    ['a rate limit that is a number', { resources: { cpu: { capacity: 1, rateLimit: 5 } } }],
    ['an unknown field of a rate limit', rate({ limit: 1, intervalMs: 1, burst: 1 })],
    ['a rate limit of 0', rate({ limit: 0, intervalMs: 1 })],
    ['a rate limit of one and a half', rate({ limit: 1.5, intervalMs: 1 })],
    ['a rate limit beyond the largest', rate({ limit: 1_000_001, intervalMs: 1 })],
    ['an interval of 0', rate({ limit: 1, intervalMs: 0 })],
    ['an endless interval', rate({ limit: 1, intervalMs: Number.POSITIVE_INFINITY })],
    ['an interval in text', rate({ limit: 1, intervalMs: '1s' })],
    ['taskParallelism 0: nothing would ever start', { taskParallelism: 0 }],
    ['taskParallelism 1.5', { taskParallelism: 1.5 }],
    ['taskParallelism true', { taskParallelism: true }],
    ['taskParallelism Infinity', { taskParallelism: Number.POSITIVE_INFINITY }],
    ['a policy that is no object', { policy: 'strict' }],
    ['an unknown policy', { policy: { policy: 'random' } }],
    ['a bypassLimit under strict', { policy: { policy: 'strict', bypassLimit: 1 } }],
    ['a backfill without a bypassLimit', { policy: { policy: 'backfill' } }],
    ['a negative bypassLimit', { policy: { policy: 'backfill', bypassLimit: -1 } }],
    ['an unknown field of a policy', { policy: { policy: 'strict', fair: true } }],
  ];

  function rate(rateLimit: unknown): Record<string, unknown> {
    return { resources: { cpu: { capacity: 1, rateLimit } } };
  }

  it.each(bad)('refuses %s', (_, options) => {
    const make = (): unknown => new Admission({ ...good, ...options } as AdmissionOptions);
    expect(make).toThrow(code('INVALID_ARGUMENT'));
  });

  it('takes a plain capacity, a spec with and without a rate limit, and a capacity of 0', () => {
    const admission = admissionOf({
      resources: {
        a: 1.5,
        b: { capacity: 2, rateLimit: { limit: 1, intervalMs: 0.5 } },
        c: { capacity: 0, rateLimit: undefined },
      },
    });
    expect(admission.usage().map(({ label, capacity }) => [label, capacity])).toEqual([
      ['a', 1.5],
      ['b', 2],
      ['c', 0],
    ]);
  });
});

describe('vector', () => {
  const admission = (): Admission<Row> => admissionOf({ resources: { cpu: 4, mem: 8 } });

  it('is one object for equal mappings, whatever the order of the labels and the zeros', () => {
    const a = admission();
    const vector = a.vector({ cpu: 1, mem: 2 });
    expect(a.vector({ mem: 2, cpu: 1 })).toBe(vector);
    expect(a.vector({})).toBe(a.vector({ cpu: 0, mem: 0 }));
    expect(a.vector({ cpu: 2, mem: 1 })).not.toBe(vector);
    expect(vector.needs).toEqual([
      { label: 0, units: 1_000_000 },
      { label: 1, units: 2_000_000 },
    ]);
  });

  it('tells vectors apart by concurrency key and limit', () => {
    const a = admission();
    const plain = a.vector({ cpu: 1 });
    const keyed = a.vector({ cpu: 1 }, 'db');
    expect(a.vector({ cpu: 1 }, { key: 'db', limit: 1 })).toBe(keyed);
    expect(new Set([plain.key, keyed.key, a.vector({ cpu: 1 }, { key: 'db', limit: 2 }).key]).size).toBe(3);
    // A name that reads like a need must not be taken for one.
    expect(a.vector({}, '0=1000000,').key).not.toBe(a.vector({ cpu: 1 }, { key: '1', limit: 1 }).key);
  });

  it('checks label by label in the order of the mapping, and for one label amount, name, capacity', () => {
    const a = admission();
    expect(() => a.vector({ disk: Number.NaN })).toThrow(code('INVALID_ARGUMENT'));
    expect(() => a.vector({ disk: 1 })).toThrow(code('UNKNOWN_RESOURCE'));
    expect(() => a.vector({ cpu: 5, disk: 1 })).toThrow(code('UNSCHEDULABLE_TASK'));
    expect(() => a.vector({ disk: 1, cpu: 5 })).toThrow(code('UNKNOWN_RESOURCE'));
    expect(() => a.vector({ disk: 0 })).toThrow(code('UNKNOWN_RESOURCE'));
    expect(() => a.vector({ cpu: 5 }, '')).toThrow(code('UNSCHEDULABLE_TASK'));
  });

  it('says what was asked for and what there is', () => {
    expect(() => admission().vector({ cpu: 5 })).toThrow('needs 5 of "cpu", but its whole capacity is 4');
    expect(() => admission().vector({ disk: 5 })).toThrow('this scheduler has cpu, mem');
  });

  it.each([
    ['null', null],
    ['an array', [1]],
    ['text', 'cpu'],
  ])('refuses %s as a mapping', (_, mapping) => {
    expect(() => admission().vector(mapping as never)).toThrow(code('INVALID_ARGUMENT'));
  });

  it.each([
    ['an empty key', ''],
    ['a number', 7],
    ['an empty name', { key: '', limit: 1 }],
    ['a limit of 0', { key: 'db', limit: 0 }],
    ['a limit that is no amount any more', { key: 'db', limit: 9e9 + 1 }],
    ['no limit', { key: 'db' }],
    ['an unknown field', { key: 'db', limit: 1, ttl: 1 }],
  ])('refuses a concurrency key that is or has %s', (_, key) => {
    expect(() => admission().vector({}, key as never)).toThrow(code('INVALID_ARGUMENT'));
  });

  it('does not take the label of a concurrency key for a resource', () => {
    const a = admission();
    a.enqueue(new Row(a.vector({}, 'db')));
    expect(() => a.vector({ 'key:db': 1 })).toThrow(code('UNKNOWN_RESOURCE'));
    expect(() => a.setCapacity('key:db', 2)).toThrow(code('UNKNOWN_RESOURCE'));
  });

  it('changes nothing when it throws', () => {
    const a = admission();
    const before = [a.usage(), a.stateKey(() => 0)];
    expect(() => a.vector({ cpu: 1, disk: 1 }, 'db')).toThrow();
    expect(() => a.vector({ cpu: 1 }, { key: 'db', limit: -1 })).toThrow();
    expect([a.usage(), a.stateKey(() => 0)]).toEqual(before);
  });

  it('checks a frozen mapping once, but again after a capacity changed', () => {
    const a = admission();
    let reads = 0;
    const get = (): number => {
      reads += 1;
      return 3;
    };
    const mapping = Object.freeze(Object.defineProperty({ cpu: 0 }, 'cpu', { enumerable: true, get }));
    expect(a.vector(mapping)).toBe(a.vector(mapping));
    expect(reads).toBe(1);
    a.setCapacity('cpu', 2);
    expect(() => a.vector(mapping)).toThrow(code('UNSCHEDULABLE_TASK'));
  });

  it('reads a mapping that is not frozen anew each time', () => {
    const a = admission();
    const mapping = { cpu: 1 };
    const before = a.vector(mapping);
    mapping.cpu = 2;
    expect(a.vector(mapping)).not.toBe(before);
  });

  it('does not remember vectors without end', () => {
    const a = admissionOf({ resources: { mem: 9e9 } });
    const first = a.vector({ mem: 1 });
    for (let mem = 2; mem <= 5_000; mem += 1) a.vector({ mem });
    expect(a.vector({ mem: 1 })).not.toBe(first);
    expect(a.vector({ mem: 1 }).key).toBe(first.key);
  });
});
