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
import { randomOf } from './plan.mjs';

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

function chosen(): readonly Crash[] {
  const { SEED, KILLS, CRASHES = '16' } = process.env;
  if (SEED !== undefined)
    return [KILLS === undefined ? crashOf(Number(SEED)) : { seed: Number(SEED), kills: JSON.parse(KILLS) }];
  return Array.from({ length: Number(CRASHES) }, (_, i) => crashOf(i + 1));
}

describe('a run that is killed', () => {
  const hits: number[] = [];
  it.each(chosen().map((crash) => [label(crash), crash] as const))(
    '%s ends as if nothing had happened',
    async (_, crash) => {
      hits.push(await survive(crash, folder));
    },
    60_000,
  );

  it('was really killed', () => {
    if (process.env['SEED'] === undefined)
      expect(hits.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(hits.length);
  });
});
