/** The parts of the census that decide and add up: no files, no clock, no processes. */
import assert from 'node:assert/strict';
import { fc, test } from '@fast-check/vitest';
import { Subject } from 'rxjs';
import { describe, it } from 'vitest';
import { readCommandLine } from '../../examples/source-census/command-line.ts';
import { Ledger } from '../../examples/source-census/ledger.ts';
import { batchAmounts, planFiles, within } from '../../examples/source-census/plan.ts';
import { type EndedSpan, RunRecord } from '../../examples/source-census/run-record.ts';
import { percentile, summarise } from '../../examples/source-census/summary.ts';
import { assignLanes } from '../../examples/source-census/timeline.ts';
import type { RuntimeEvent } from '../../src/index.ts';

describe('the command line of the census', () => {
  it.each([
    [['--colour'], 'unknown option --colour; allowed: --out, --cpu, --mem, --quiet, --help'],
    [['--cpu', '0'], '--cpu was "0"; allowed: a whole number from 1 on, such as --cpu 4'],
    [['--cpu', '1e3'], '--cpu was "1e3"; allowed: a whole number from 1 on, such as --cpu 4'],
    [['--mem=lots'], '--mem was "lots"; allowed: a whole number from 1 on, of megabytes, such as --mem 256'],
    [['--out'], '--out needs a value'],
    [['one', 'two'], '2 folders were given (one, two); allowed: one'],
  ])('refuses %j and says what is allowed', (args, problem) => {
    assert.deepEqual(readCommandLine(args), { kind: 'wrong', problem });
  });

  it('takes values after a space or an equals sign, and a folder like an option after --', () => {
    const read = readCommandLine(['--cpu=3', '--out', 'x.html', '-q', '--', '--odd']);
    const options = { folder: '--odd', out: 'x.html', cpu: 3, memMb: 192, quiet: true };
    assert.deepEqual(read, { kind: 'census', options });
  });
});

const files = fc
  .array(fc.nat(40_000_000), { maxLength: 400 })
  .map((sizes) => sizes.map((bytes, index) => ({ path: `${index}`, bytes })));

describe('the plan of the census', () => {
  test.prop([files, fc.integer({ min: 1, max: 16 }), fc.boolean()])(
    'gives every file to exactly one piece of work',
    (all, cpu, toolsExist) => {
      const { large, batches } = planFiles(all, cpu, toolsExist);
      const planned = [...large, ...batches.flat()].map((file) => Number(file.path));
      assert.deepEqual(
        planned.sort((a, b) => a - b),
        all.map((_, index) => index),
      );
      assert.ok(batches.every((batch) => batch.length > 0));
      if (!toolsExist) assert.equal(large.length, 0);
    },
  );

  it('never asks for more than the whole capacity, which could never be admitted', () => {
    const huge = batchAmounts([{ path: 'huge', bytes: 9e12 }]);
    assert.deepEqual(within(huge, 1, 8), { cpu: 1, mem: 8 });
    assert.deepEqual(huge, { cpu: 1, mem: 44 }); // read in pieces, it needs no more than a file read whole
  });
});

/** A record of events that happen at the given times. */
function recordOf(events: readonly object[]): RunRecord {
  const record = new RunRecord({ cpu: 2 });
  const events$ = new Subject<RuntimeEvent>();
  record.follow(events$);
  for (const event of events) events$.next(event as RuntimeEvent);
  return record;
}

const task = (state: string, at: number, id = 'a') => ({
  type: `task:${state}`,
  taskId: id,
  name: id,
  stage: 1,
  at,
  state,
});
const use = (at: number, inUse: number) => ({
  type: 'resource:changed',
  label: 'cpu',
  capacity: 2,
  inUse,
  at,
});

describe('the summary of the census', () => {
  it('weighs utilisation by time, up to the end of the run and not to the end of the scheduler', () => {
    const record = recordOf([
      { type: 'pipeline:queued', at: 1000 },
      use(1100, 2), // 2 of 2 for 100 ms, then 1 of 2 for 200 ms, in 400 ms
      use(1200, 1),
      { type: 'pipeline:succeeded', at: 1400 },
      use(1450, 0),
      { type: 'scheduler:closed', at: 9000 },
    ]);
    const { elapsedMs, resources } = summarise(record, new Map());
    assert.equal(elapsedMs, 400);
    assert.deepEqual(resources, [{ label: 'cpu', capacity: 2, peak: 2, utilisation: 400 / 800 }]);
  });

  it('counts the wait of a task from its submission to its start', () => {
    const events = [task('queued', 0), task('running', 30), task('succeeded', 50)];
    const record = recordOf([{ type: 'pipeline:queued', at: 0 }, ...events]);
    const { queueWait, where } = summarise(record, new Map([['a', 'process']]));
    assert.deepEqual(queueWait, { p50Ms: 30, p99Ms: 30 });
    assert.deepEqual(where, { thread: 0, process: 1, inline: 0 });
  });

  it('takes percentiles by nearest rank, and 0 of nothing', () => {
    assert.equal(percentile([4, 1, 3, 2], 0.5), 2);
    assert.equal(percentile([4, 1, 3, 2], 0.99), 4);
    assert.equal(percentile([], 0.5), 0);
  });
});

describe('the ledger of the census', () => {
  it('calls a file done only when all of its tasks succeeded, and begun when any has started', () => {
    const ledger = new Ledger();
    ledger.add({ files: 1, bytes: 99, taskIds: ['a', 'b'] });
    ledger.add({ files: 5, bytes: 95, taskIds: ['c'] });
    const begin = [task('queued', 0, 'a'), task('queued', 0, 'b'), task('queued', 0, 'c')];
    const half = [...begin, task('running', 1, 'a'), task('succeeded', 2, 'a')];
    const counts = (events: readonly object[]) => ledger.counts(recordOf(events));
    assert.deepEqual(counts(begin), { total: 6, done: 0, failed: 0, begun: 0, waiting: 6 });
    assert.deepEqual(counts(half), { total: 6, done: 0, failed: 0, begun: 1, waiting: 5 });
    assert.equal(ledger.share(recordOf(half)), 0.25);
    const stop = [...half, task('running', 3, 'b'), task('cancelled', 4, 'b'), task('cancelled', 4, 'c')];
    assert.deepEqual(counts(stop), { total: 6, done: 0, failed: 0, begun: 1, waiting: 5 });
    const end = [
      ...half,
      task('running', 3, 'b'),
      task('succeeded', 4, 'b'),
      task('running', 4, 'c'),
      task('failed', 5, 'c'),
    ];
    assert.deepEqual(counts(end), { total: 6, done: 1, failed: 5, begun: 0, waiting: 0 });
  });
});

const spans = fc
  .array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 20 })), { maxLength: 60 })
  .map((times) =>
    times.map(([startedAt, length], id): EndedSpan => {
      const fixed = {
        id: `${id}`,
        name: '',
        stage: 1,
        queuedAt: 0,
        state: 'ended',
        end: 'succeeded',
      } as const;
      return { ...fixed, startedAt, endedAt: startedAt + length };
    }),
  );

describe('the timeline of the census', () => {
  test.prop([spans])('puts no two tasks of the same time into one row, and uses no row too many', (all) => {
    const placed = assignLanes(all);
    assert.equal(placed.length, all.length);
    const at = (ms: number) => placed.filter((span) => span.startedAt <= ms && ms < span.endedAt);
    const most = Math.max(0, ...placed.map((span) => at(span.startedAt).length));
    for (const span of placed) {
      const together = at(span.startedAt).map((other) => other.lane);
      assert.equal(new Set(together).size, together.length);
      assert.ok(span.lane < most);
    }
  });
});
