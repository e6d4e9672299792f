/**
 * Random programs against an oracle that keeps plain lists and scans them. The real thing keeps heaps, lanes,
 * strays, stale entries and caches; every way in which these can lose, double or misplace a ticket shows as a
 * difference. A failure prints the seed and path that reproduce it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Admission,
  type AdmissionOptions,
  compareTickets,
  type ResourceVector,
  UNITS_PER_ONE,
} from '../../src/admission/index.ts';
import { Row } from '../unit/admission/row.ts';

const RATE = { limit: 3, intervalMs: 20 };
const LABELS = ['cpu', 'mem', 'api'] as const;

/** A scheduler of lists. Nothing here is clever. */
class Oracle {
  readonly queued: Row[] = [];
  readonly admitted: Row[] = [];
  readonly passed = new Map<Row, number>();
  readonly capacity = [3, 4, 5].map((amount) => amount * UNITS_PER_ONE);
  readonly keyLimit = new Map<string, number>();
  apiTimes: number[] = [];

  readonly parallelism: number;
  readonly bypass: number;

  constructor(parallelism: number, bypass: number) {
    this.parallelism = parallelism;
    this.bypass = bypass;
  }

  sorted(): Row[] {
    return [...this.queued].sort(compareTickets);
  }

  inUse(label: number): number {
    const needs = this.admitted.flatMap((row) => row.vector.needs);
    return needs.reduce((sum, need) => (need.label === label ? sum + need.units : sum), 0);
  }

  holders(name: string): number {
    return this.admitted.filter((row) => row.vector.concurrencyKey?.name === name).length;
  }

  enqueue(row: Row): void {
    const key = row.vector.concurrencyKey;
    this.passed.set(row, 0);
    this.queued.push(row);
    if (key !== undefined)
      this.keyLimit.set(key.name, Math.min(key.limit, this.keyLimit.get(key.name) ?? 1e9));
  }

  leave(list: Row[], row: Row): void {
    list.splice(list.indexOf(row), 1);
    const named = new Set([...this.queued, ...this.admitted].map((each) => each.vector.concurrencyKey?.name));
    for (const name of this.keyLimit.keys()) if (!named.has(name)) this.keyLimit.delete(name);
  }

  hasRoom({ needs, concurrencyKey: key }: ResourceVector): boolean {
    return (
      needs.every(({ label, units }) => this.inUse(label) + units <= (this.capacity[label] ?? 0)) &&
      (key === undefined || this.holders(key.name) < (this.keyLimit.get(key.name) ?? 0))
    );
  }

  /** When the rate limit lets the vector pass. */
  tokenAt({ needs }: ResourceVector, now: number): number {
    if (!needs.some(({ label }) => label === 2)) return now;
    const oldest = this.apiTimes.at(-RATE.limit);
    return oldest === undefined ? now : Math.max(now, oldest + RATE.intervalMs);
  }

  next(now: number): { row: Row | undefined; retryAt: number | undefined } {
    this.apiTimes = this.apiTimes.map((time) => Math.min(time, now));
    const sorted = this.sorted();
    const [smallest] = sorted;
    if (smallest === undefined || this.admitted.length >= this.parallelism)
      return { row: undefined, retryAt: undefined };
    const mayPass = (this.passed.get(smallest) ?? 0) < this.bypass;
    const candidates = (mayPass ? sorted : [smallest]).filter((row) => this.hasRoom(row.vector));
    const row = candidates.find((each) => this.tokenAt(each.vector, now) <= now);
    if (row === undefined) {
      const times = candidates.map((each) => this.tokenAt(each.vector, now));
      return { row, retryAt: times.length === 0 ? undefined : Math.min(...times) };
    }
    if (row !== smallest) this.passed.set(smallest, (this.passed.get(smallest) ?? 0) + 1);
    this.queued.splice(this.queued.indexOf(row), 1);
    this.admitted.push(row);
    if (row.vector.needs.some(({ label }) => label === 2)) this.apiTimes.push(now);
    return { row, retryAt: undefined };
  }
}

const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('enqueue' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('dequeue' as const), pick: fc.nat() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('next' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drain' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), by: fc.integer({ min: -15, max: 30 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('capacity' as const), label: fc.nat(2), amount: fc.nat(6) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clone' as const) }) },
  // In bulk, so that lanes get long, sweeping starts, and many of them die.
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('enqueueMany' as const),
      every: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('dequeueMany' as const),
      every: fc.integer({ min: 1, max: 3 }),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const setup = fc.record({
  parallelism: fc.integer({ min: 1, max: 5 }),
  bypass: fc.oneof(fc.constant(0), fc.nat(4)),
  rows: fc.array(
    fc.record({
      priority: fc.constantFrom(0, 0, 0, 1, -1, 0.5),
      stage: fc.constantFrom(0, 0, 1),
      pipeline: fc.constantFrom(1, 1, 2, 2 ** 27),
      vector: fc.nat(8),
    }),
    { minLength: 1, maxLength: 250 },
  ),
  /** Few vectors make long lanes, many make many shapes. */
  vectors: fc.integer({ min: 1, max: 9 }),
  /** Whether positions descend: then every ticket but the first of a lane is a stray. */
  descending: fc.boolean(),
});

type Setup = typeof setup extends fc.Arbitrary<infer T> ? T : never;

class Trial {
  admission: Admission<Row>;
  readonly oracle: Oracle;
  rows: Row[];
  now = 100;

  constructor({ parallelism, bypass, rows, vectors: used, descending }: Setup) {
    const policy: AdmissionOptions['policy'] =
      bypass === 0 ? { policy: 'strict' } : { policy: 'backfill', bypassLimit: bypass };
    const api = { capacity: 5, rateLimit: RATE };
    const admission = new Admission<Row>({
      resources: { cpu: 3, mem: 4, api },
      taskParallelism: parallelism,
      policy,
    });
    const vectors = [
      admission.vector({}),
      admission.vector({ cpu: 1 }),
      admission.vector({ cpu: 3 }),
      admission.vector({ cpu: 1, mem: 2.5 }),
      admission.vector({ api: 1 }),
      admission.vector({ api: 2, cpu: 1 }),
      admission.vector({ cpu: 1 }, 'a'),
      admission.vector({}, { key: 'b', limit: 2 }),
      admission.vector({}, { key: 'b', limit: 1 }), // disagrees; the smaller limit must hold
    ];
    this.admission = admission;
    this.oracle = new Oracle(parallelism, bypass);
    this.rows = rows.map((row, index) => {
      const position = descending ? rows.length - index : index;
      return new Row(vectors[row.vector % used] ?? admission.vector({}), { ...row, position });
    });
  }

  perform(step: Command): void {
    const { queued, admitted } = this.oracle;
    switch (step.kind) {
      case 'enqueue':
        this.enqueue(this.rows[step.pick % this.rows.length]);
        break;
      case 'dequeue':
        this.dequeue(queued[step.pick % Math.max(1, queued.length)]);
        break;
      case 'next':
        this.next();
        break;
      case 'drain':
        while (this.next());
        break;
      case 'release':
        this.release(admitted[step.pick % Math.max(1, admitted.length)]);
        break;
      case 'clock':
        this.now += step.by;
        break;
      case 'capacity':
        this.setCapacity(step.label, step.amount);
        break;
      case 'clone':
        this.goOnWithAClone();
        break;
      case 'enqueueMany':
        for (const row of this.each(step.every)) this.enqueue(row);
        break;
      case 'dequeueMany':
        for (const row of this.each(step.every)) if (row.place === 'queued') this.dequeue(row);
        break;
      default:
        step satisfies never;
    }
  }

  each(nth: number): Row[] {
    return this.rows.filter((_, index) => index % nth === 0);
  }

  setCapacity(label: number, amount: number): void {
    this.admission.setCapacity(LABELS[label] ?? 'none', amount);
    this.oracle.capacity[label] = amount * UNITS_PER_ONE;
  }

  enqueue(row: Row | undefined): void {
    if (row === undefined || row.place === 'queued' || row.place === 'admitted') return;
    this.admission.enqueue(row);
    this.oracle.enqueue(row);
  }

  dequeue(row: Row | undefined): void {
    if (row === undefined) return;
    this.admission.dequeue(row);
    this.oracle.leave(this.oracle.queued, row);
  }

  release(row: Row | undefined): void {
    if (row === undefined) return;
    this.admission.release(row);
    this.oracle.leave(this.oracle.admitted, row);
    expect(() => this.admission.release(row)).toThrow('S5');
  }

  next(): boolean {
    const before = this.oracle.sorted();
    const expected = this.oracle.next(this.now);
    const row = this.admission.next(this.now);
    expect(row).toBe(expected.row);
    expect(this.admission.retryAt).toBe(expected.retryAt);
    if (row === undefined) return false;
    this.checkAdmission(row, before);
    return true;
  }

  /** S1 to S4 in their own words, not in those of the oracle's `next`. */
  checkAdmission(row: Row, before: readonly Row[]): void {
    for (const { label } of row.vector.needs) {
      expect(this.admission.inUseUnits(label)).toBeLessThanOrEqual(this.admission.capacityUnits(label)); // S1
    }
    expect(this.admission.admittedCount).toBeLessThanOrEqual(this.admission.taskParallelism); // S2
    if (this.oracle.bypass === 0) expect(row).toBe(before[0]); // S3
    expect(before[0]?.passedBy).toBeLessThanOrEqual(this.oracle.bypass); // S4
  }

  goOnWithAClone(): void {
    const copies = new Map(this.rows.map((row) => [row, row.copy()]));
    const copyOf = (row: Row): Row => copies.get(row) ?? row;
    const key = this.admission.stateKey((row) => row.position);
    const original = this.admission;
    this.admission = original.clone(copyOf);
    // Whatever happens to the original is none of the copy's business.
    for (const row of this.rows) if (row.place === 'queued' && row.position % 2 === 0) original.dequeue(row);
    for (const row of this.oracle.admitted) original.release(row);
    while (original.next(this.now) !== undefined);
    original.setCapacity('cpu', 1);
    this.rows = this.rows.map(copyOf);
    for (const list of [this.oracle.queued, this.oracle.admitted])
      list.splice(0, list.length, ...list.map(copyOf));
    const passed = [...this.oracle.passed].map(([row, count]) => [copyOf(row), count] as const);
    this.oracle.passed.clear();
    for (const [row, count] of passed) this.oracle.passed.set(row, count);
    expect(this.admission.stateKey((row) => row.position)).toBe(key);
  }

  check(): void {
    const { admission, oracle } = this;
    expect(admission.smallest).toBe(oracle.sorted()[0]);
    expect([admission.queuedCount, admission.admittedCount]).toEqual([
      oracle.queued.length,
      oracle.admitted.length,
    ]);
    for (const row of oracle.queued)
      expect([row.place, row.passedBy]).toEqual(['queued', oracle.passed.get(row)]);
    for (const row of oracle.admitted) expect(row.place).toBe('admitted');
    for (const label of LABELS.keys()) expect(admission.inUseUnits(label)).toBe(oracle.inUse(label)); // S5
    const keys = admission.usage().filter((row) => row.label.startsWith('key:'));
    const expected = [...oracle.keyLimit].map(([name, capacity]) => {
      const inUse = oracle.holders(name);
      return { label: `key:${name}`, capacity, inUse, available: Math.max(0, capacity - inUse) };
    });
    expect(keys).toEqual(expected.sort((a, b) => (a.label < b.label ? -1 : 1)));
    const stale = this.rows.filter((row) => row.place === 'stale').length;
    expect(stale).toBeLessThanOrEqual(Math.max(64 * 9, oracle.queued.length));
    if (oracle.queued.length === 0) expect(stale).toBe(0);
  }

  /** Everything queued gets its turn once there is room: nothing was lost on the way (S6). */
  finish(): void {
    for (const label of LABELS.keys()) this.setCapacity(label, 6);
    this.next(); // after a jump back of the clock an interval counts from here
    while (this.oracle.queued.length + this.oracle.admitted.length > 0) {
      this.now += RATE.intervalMs;
      while (this.next());
      expect(this.oracle.admitted.length).toBeGreaterThan(0);
      for (const row of [...this.oracle.admitted]) this.release(row);
    }
    this.check();
    expect(this.admission.usage().every(({ inUse }) => inUse === 0)).toBe(true);
    expect(this.rows.every((row) => row.place === 'out')).toBe(true);
  }
}

describe('admission', () => {
  it('does what a list of everything would do, in any program, under both policies (S1 to S6)', () => {
    fc.assert(
      fc.property(setup, fc.array(command, { maxLength: 60, size: 'max' }), (start, program) => {
        const trial = new Trial(start);
        for (const step of program) {
          trial.perform(step);
          trial.check();
        }
        trial.finish();
      }),
      { numRuns: 400 },
    );
  });
});
