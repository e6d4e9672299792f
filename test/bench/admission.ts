/**
 * Nanoseconds per task for enqueue + next + release, medians of 7: each task passes once through a queue that is
 * kept at a given length, 8 running at a time. By hand: `npx tsc -p tsconfig.json --outDir DIR`, then
 * `node --expose-gc DIR/test/bench/admission.js`.
 */
import { performance } from 'node:perf_hooks';
import {
  Admission,
  type AdmissionPolicy,
  type ResourceVector,
  type Ticket,
} from '../../src/admission/index.ts';

class Row implements Ticket {
  readonly priority: number;
  readonly stage: number;
  readonly pipeline: number;
  readonly position: number;
  readonly vector: ResourceVector;
  place: Ticket['place'] = 'out';
  passedBy = 0;

  constructor(pipeline: number, position: number, vector: ResourceVector, stage = 0) {
    this.priority = 0;
    this.stage = stage;
    this.pipeline = pipeline;
    this.position = position;
    this.vector = vector;
  }
}

interface Scenario {
  readonly name: string;
  readonly queued: number;
  readonly pipelines?: number;
  readonly vectors?: number;
  readonly policy?: AdmissionPolicy;
  /** Enqueued in this order instead of ascending position. */
  readonly shuffled?: boolean;
  /** Every task has its own concurrency key. */
  readonly keys?: boolean;
}

const TASKS = 1_000_000;
const RUNNING = 8;
const BACKFILL: AdmissionPolicy = { policy: 'backfill', bypassLimit: 100 };

const SCENARIOS: readonly Scenario[] = [
  { name: '1 vector, 1 pipeline, 8 queued', queued: 8 },
  { name: '1 vector, 1 pipeline, 10k queued', queued: 10_000 },
  { name: '1 vector, 1 pipeline, 1M queued', queued: 1_000_000 },
  { name: '1 vector, 1000 pipelines, 10k queued', queued: 10_000, pipelines: 1000 },
  { name: '1 vector, 1000 pipelines, 1M queued', queued: 1_000_000, pipelines: 1000 },
  { name: '8 vectors, strict, 10k queued', queued: 10_000, vectors: 8 },
  { name: '8 vectors, backfill, 10k queued', queued: 10_000, vectors: 8, policy: BACKFILL },
  { name: '8 vectors, backfill, 1M queued', queued: 1_000_000, vectors: 8, policy: BACKFILL },
  { name: '1 vector, shuffled positions, 10k queued', queued: 10_000, shuffled: true },
  { name: '1 vector, shuffled positions, 1M queued', queued: 1_000_000, shuffled: true },
  { name: '1M concurrency keys, backfill, 100k queued', queued: 100_000, keys: true, policy: BACKFILL },
];

/** Fixed mixing, so that every run shuffles alike. */
const mixed = (n: number): number => (Math.imul(n, 0x9e3779b1) >>> 0) + n / 2 ** 32;

function once(scenario: Scenario): number {
  const { queued, pipelines = 1, vectors = 1 } = scenario;
  const policy = scenario.policy ?? { policy: 'strict' };
  const admission = new Admission<Row>({ resources: { cpu: 64, mem: 64 }, taskParallelism: RUNNING, policy });
  const shapes = Array.from({ length: vectors }, (_, index) => admission.vector({ cpu: 1, mem: index }));
  const total = Math.max(TASKS, queued);
  const rows = Array.from({ length: total }, (_, n) => {
    const vector = scenario.keys
      ? admission.vector({ cpu: 1 }, `k${n}`)
      : (shapes[n % vectors] ?? admission.vector({}));
    return new Row(n % pipelines, scenario.shuffled ? mixed(n) : n, vector);
  });
  globalThis.gc?.();
  const began = performance.now();
  let next = 0;
  const running: Row[] = [];
  const fill = (): void => {
    for (let row = rows[next]; row !== undefined && admission.queuedCount < queued; row = rows[next]) {
      admission.enqueue(row);
      next += 1;
    }
  };
  fill();
  for (let done = 0; done < total; ) {
    for (let row = admission.next(0); row !== undefined; row = admission.next(0)) running.push(row);
    for (const row of running) admission.release(row);
    done += running.length;
    running.length = 0;
    fill();
  }
  return ((performance.now() - began) * 1e6) / total;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

for (const scenario of SCENARIOS) {
  const runs = Array.from({ length: 7 }, () => once(scenario));
  console.log(`${scenario.name.padEnd(46)} ${median(runs).toFixed(0).padStart(5)} ns per task`);
}

function cloneCost(): void {
  const admission = new Admission<Row>({
    resources: { cpu: 2, mem: 4 },
    taskParallelism: 2,
    policy: BACKFILL,
  });
  const shapes = [admission.vector({ cpu: 1 }), admission.vector({ cpu: 1, mem: 2 }), admission.vector({})];
  const rows = Array.from(
    { length: 6 },
    (_, n) => new Row(1, n, shapes[n % 3] ?? admission.vector({}), n % 2),
  );
  for (const row of rows) admission.enqueue(row);
  admission.next(0);
  const map = (row: Row): Row => {
    const copy = new Row(row.pipeline, row.position, row.vector, row.stage);
    copy.place = row.place;
    copy.passedBy = row.passedBy;
    return copy;
  };
  const times = { clone: [] as number[], key: [] as number[] };
  for (let run = 0; run < 7; run += 1) {
    const began = performance.now();
    for (let n = 0; n < 100_000; n += 1) admission.clone(map);
    const cloned = performance.now();
    for (let n = 0; n < 100_000; n += 1) admission.stateKey((row) => row.position, 0);
    times.clone.push((cloned - began) * 10);
    times.key.push((performance.now() - cloned) * 10);
  }
  console.log(
    `6 tasks, 3 vectors: clone ${median(times.clone).toFixed(0)} ns, stateKey ${median(times.key).toFixed(0)} ns`,
  );
}
cloneCost();
