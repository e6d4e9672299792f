/**
 * kill -9 at chosen and at random moments. The hunted bugs: work lost, work done again after its success was
 * committed, a task with two ends. A failure prints the seed and kills that reproduce it:
 * `SEED=... KILLS='[...]' npx vitest run test/recovery/crash.test.ts`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Crash, type Kill, label, survive } from './crash.ts';
import { planOf, randomOf } from './plan.mjs';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-crash-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const POINTS = ['commit', 'committed', 'body', 'moment'] as const;

/** Crashes of a seed: one to three processes that are killed, each somewhere. */
function crashOf(seed: number): Crash {
  const random = randomOf(seed * 7919);
  const kills = Array.from({ length: 1 + Math.floor(random() * 2) }, (): Kill => {
    const at = POINTS[Math.floor(random() * POINTS.length)] ?? 'moment';
    return { at, n: 1 + Math.floor(random() * (at === 'moment' ? 40 : 6)) };
  });
  return { seed, kills };
}

/** Every point of one small run of each style, before and after each commit, one crash each: none is left out. */
function everyPoint(): readonly Crash[] {
  const styles = ['code', 'graph'].map((style) => SEEDS.find((seed) => planOf(seed).style === style) ?? 1);
  const points = Array.from({ length: 12 }, (_, i) => i + 1);
  return styles.flatMap((seed) =>
    points.flatMap((n) => [
      { seed, kills: [{ at: 'commit', n }] },
      { seed, kills: [{ at: 'committed', n }] },
    ]),
  ) as readonly Crash[];
}

const SEEDS = Array.from({ length: 50 }, (_, i) => i + 1);

/** `npm run test:soak` sets CRASHES; a failure is repeated with SEED and KILLS. */
function chosen(): readonly Crash[] {
  const { SEED, KILLS, CRASHES = '20' } = process.env;
  if (SEED !== undefined)
    return [KILLS === undefined ? crashOf(Number(SEED)) : { seed: Number(SEED), kills: JSON.parse(KILLS) }];
  const random = Array.from({ length: Number(CRASHES) }, (_, i) => crashOf(i + 1));
  return process.env['CRASHES'] === undefined ? random : [...everyPoint(), ...random];
}

describe('a run that is killed', () => {
  let kills = 0;
  it.each(chosen().map((crash, i) => [label(crash), crash, i] as const))(
    '%s ends as if nothing had happened',
    async (_, crash, i) => {
      kills += await survive(crash, join(folder, String(i)));
    },
    60_000,
  );

  it.skipIf(process.env['SEED'] !== undefined)('was really killed, at least 20 times', () => {
    console.log(`processes killed with SIGKILL: ${kills}`);
    expect(kills).toBeGreaterThanOrEqual(Number(process.env['CRASHES'] ?? 20));
  });
});
