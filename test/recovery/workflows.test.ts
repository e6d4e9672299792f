/**
 * A workflow with every kind of nesting, killed at each of its commits and gone on with by a process that has only
 * the ledger. The hunted bugs: another result than without the crash; a stage that ran again after its success was
 * committed; a task with two ends.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const victim = fileURLToPath(new URL('./workflow-victim.mjs', import.meta.url));
const file = fileURLToPath(new URL('./every-kind.yml', import.meta.url));

type Kill = { readonly at: 'commit' | 'committed'; readonly n: number } | undefined;

interface Life {
  readonly killed: boolean;
  readonly commits: number;
  readonly result: unknown;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-workflows-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function live(home: string, mode: 'start' | 'resume', kill: Kill): Promise<Life> {
  const argument = { dist: join(root, 'dist'), db: join(home, 'runs.db'), file, runId: 'r', mode, kill };
  const env = { ...process.env, JOURNAL: join(home, 'journal') };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [victim, JSON.stringify(argument)], { env }, (error, stdout, stderr) => {
      if (error?.signal === 'SIGKILL') resolve({ killed: true, commits: 0, result: undefined });
      else if (error !== null) reject(new Error(`${error.message}\n${stderr}`));
      else resolve({ killed: false, ...(JSON.parse(stdout) as Omit<Life, 'killed'>) });
    });
  });
}

/** Times and generated ids are of the one run only. */
function lasting(result: unknown): unknown {
  return JSON.parse(
    JSON.stringify(result, (key, value) => (key === 'info' || key === 'retry' ? undefined : value)),
  );
}

async function homeOf(name: string): Promise<string> {
  const home = join(folder, name);
  await mkdir(home);
  return home;
}

/** How often each line was written. */
async function journalOf(home: string): Promise<Record<string, number>> {
  const lines = (await readFile(join(home, 'journal'), 'utf8')).trim().split('\n');
  return Object.fromEntries(
    [...new Set(lines)].sort().map((line) => [line, lines.filter((l) => l === line).length]),
  );
}

async function expectOneEndEach(home: string): Promise<void> {
  const store = sqliteStore(join(home, 'runs.db'));
  for (const run of await store.runs.list()) {
    expect([run.name, run.state, run.closed]).toEqual([run.name, 'succeeded', true]);
    const ends = new Map<string, number>();
    for (const { type, taskId } of await store.events(run.id))
      if (taskId !== undefined && /^task:(succeeded|failed|cancelled|blocked)$/.test(type))
        ends.set(taskId, (ends.get(taskId) ?? 0) + 1);
    expect(new Set(ends.values())).toEqual(new Set([1]));
  }
  await store.close();
}

describe('a workflow that is killed', () => {
  let whole: Life;
  beforeAll(async () => {
    whole = await live(await homeOf('whole'), 'start', undefined);
  });

  it('succeeds as a whole, stage by stage, when nobody kills it', async () => {
    expect(whole.result).toMatchObject({ status: 'SUCCESS' });
    const once = await journalOf(join(folder, 'whole'));
    expect(once).toEqual({ a: 1, b: 1, child: 1, end: 1, left: 1, x: 1, y: 1, yes: 1 });
  });

  it('comes to the same, at whichever commit, and repeats at most what was cut off', async () => {
    // Every fifth commit here, and every one with CRASHES set, as `npm run test:soak` does.
    const step = process.env['CRASHES'] === undefined ? 5 : 1;
    let kills = 0;
    for (let n = 1; n <= whole.commits; n += step) {
      for (const at of ['commit', 'committed'] as const) {
        const home = await homeOf(`${at}-${n}`);
        const first = await live(home, 'start', { at, n });
        if (first.killed) kills += 1;
        const last = first.killed ? await live(home, 'resume', undefined) : first;
        expect({ at, n, result: lasting(last.result) }).toEqual({ at, n, result: lasting(whole.result) });
        const written = await journalOf(home);
        expect({ at, n, lines: Object.keys(written) }).toEqual({
          at,
          n,
          lines: ['a', 'b', 'child', 'end', 'left', 'x', 'y', 'yes'],
        });
        // Three at once: no more can have been cut off.
        const again = Object.values(written).filter((times) => times > 1);
        expect(again.length).toBeLessThanOrEqual(3);
        expect(Math.max(...Object.values(written))).toBeLessThanOrEqual(2);
        await expectOneEndEach(home);
      }
    }
    console.log(`processes killed with SIGKILL in the middle of a workflow: ${kills}`);
    expect(kills).toBeGreaterThan(5);
  }, 600_000);
});
