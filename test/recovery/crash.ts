/** Runs a plan in processes that are killed, until one of them gets to the end; then looks at what is left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openDatabase } from '../../src/stores/sqlite/driver.ts';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { expected, planOf } from './plan.mjs';

/** `moment`: milliseconds after the process said that it begins. The others: see victim.mjs. */
export type Kill =
  | { readonly at: 'commit' | 'committed' | 'body'; readonly n: number }
  | { readonly at: 'moment'; readonly n: number };

export interface Crash {
  readonly seed: number;
  /** One per process; the last process is not killed. */
  readonly kills: readonly Kill[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const victim = fileURLToPath(new URL('./victim.mjs', import.meta.url));

/** The line that reproduces a failure. */
export function label({ seed, kills }: Crash): string {
  return `SEED=${seed} KILLS=${JSON.stringify(kills)}`;
}

/** Runs the plan through its crashes in `folder` and checks every promise. Gives how many kills really hit. */
export async function survive(crash: Crash, folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  const db = join(folder, 'runs.db');
  const journal = join(folder, 'journal');
  const runId = `run-${crash.seed}`;
  let hits = 0;
  for (const [life, kill] of [...crash.kills, undefined].entries()) {
    const mode = life === 0 ? 'start' : 'resume';
    const { signal, out } = await live({ db, journal, seed: crash.seed, runId, mode, kill });
    if (signal === 'SIGKILL') hits += 1;
    else expect(out, label(crash)).toContain('done');
    if (kill === undefined) expect(signal, `${label(crash)}\n${out}`).toBe(null);
    // To resume a run that is final would be to run again what failed in it.
    if (await isClosed(db, runId)) break;
  }
  await check(crash, db, journal, runId);
  return hits;
}

interface Life {
  readonly db: string;
  readonly journal: string;
  readonly seed: number;
  readonly runId: string;
  readonly mode: 'start' | 'resume';
  readonly kill: Kill | undefined;
}

async function live(life: Life): Promise<{ signal: NodeJS.Signals | null; out: string }> {
  const own = life.kill?.at === 'moment' ? undefined : life.kill;
  const child = spawn(process.execPath, [
    victim,
    JSON.stringify({ ...life, kill: own, dist: join(root, 'dist') }),
  ]);
  let out = '';
  const read = (chunk: Buffer) => {
    if (out === '' && life.kill?.at === 'moment') killLater(child, life.kill.n);
    out += chunk.toString();
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('close', (_code, how) => resolve(how));
  });
  return { signal, out };
}

/** A moment is a moment: this kill is the one thing here that goes by the real clock. */
function killLater(child: ChildProcess, ms: number): void {
  setTimeout(() => child.kill('SIGKILL'), ms);
}

async function isClosed(db: string, runId: string): Promise<boolean> {
  const store = sqliteStore(db);
  try {
    return (await store.runs.get(runId))?.closed === true;
  } finally {
    await store.close();
  }
}

function integrityOf(db: string): unknown {
  const database = openDatabase(db);
  try {
    return database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  } finally {
    database.close();
  }
}

async function check(crash: Crash, db: string, journal: string, runId: string): Promise<void> {
  const where = label(crash);
  expect(integrityOf(db), `${where}: integrity_check`).toBe('ok');
  const store = sqliteStore(db);
  try {
    const ends = expected(planOf(crash.seed));
    const tasks = await store.tasks.list(runId);
    const statuses = Object.fromEntries(tasks.map((task) => [task.name, task.state]));
    expect(statuses, `${where}: final statuses`).toEqual(ends);
    expect((await store.runs.get(runId))?.closed, `${where}: the run is closed`).toBe(true);
    const ran = existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : [];
    for (const task of tasks) {
      const bodies = ran.filter((line) => line.startsWith(`${task.name} `)).length;
      if (task.state === 'succeeded') expect(bodies, `${where}: ${task.name} ran`).toBeGreaterThan(0);
      if (task.state === 'blocked') expect(bodies, `${where}: ${task.name} was blocked`).toBe(0);
    }
    const events = await store.events(runId);
    const seqs = events.map((event) => event.runSeq);
    expect(seqs, `${where}: events are counted up`).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    for (const task of tasks)
      checkEvents(
        where,
        task.name,
        events.filter((event) => event.taskId === task.id),
      );
  } finally {
    await store.close();
  }
}

/** (T2, L2) One end per attempt, one end per task, and nothing after that. */
function checkEvents(
  where: string,
  name: string,
  events: readonly { type: string; attempt?: number }[],
): void {
  const types = events.map((event) => event.type);
  const ends = types.filter((type) => /^task:(succeeded|failed|cancelled|blocked)$/.test(type));
  expect(ends, `${where}: ends of ${name}: ${types.join(' ')}`).toHaveLength(1);
  expect(types.at(-1), `${where}: ${name} ends last: ${types.join(' ')}`).toBe(ends[0]);
  const open = new Set<number>();
  for (const { type, attempt = 0 } of events) {
    if (type === 'attempt:started') {
      expect(open.has(attempt), `${where}: attempt ${attempt} of ${name} starts once`).toBe(false);
      open.add(attempt);
    } else if (type.startsWith('attempt:')) {
      expect(open.delete(attempt), `${where}: ${type} ${attempt} of ${name} had a start`).toBe(true);
    }
  }
  expect(open.size, `${where}: attempts of ${name} without an end`).toBe(0);
}
