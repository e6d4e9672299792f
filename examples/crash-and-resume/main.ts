/**
 * A program that crashes and goes on: it runs a durable pipeline in a process of its own, kills that process with
 * SIGKILL while the third of four steps is at work, starts the very same command again, and shows from the journal
 * and from the ledger what was done in which life.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import { type Place, placesIn, RUN_ID } from './release.ts';

const program = fileURLToPath(new URL('./worker.js', import.meta.url));

const folder = await mkdtemp(join(tmpdir(), 'crash-and-resume-'));
try {
  print('life 1: starts the run');
  const first = start(1);
  await says(first, 'upload: attempt 1');
  first.kill('SIGKILL');
  print(`life 1: ended by ${(await ended(first)).signal} during upload`, '');

  print('life 2: the same command again');
  const second = start(2);
  second.stdout?.on('data', (chunk: Buffer) => void process.stdout.write(chunk));
  const { code } = await ended(second);
  print(`life 2: ended with exit code ${code}`);

  await show(placesIn(folder));
  process.exitCode = code ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function start(life: number): ChildProcess {
  return spawn(process.execPath, [program, folder, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode };
}

/** Resolves when the process says this; it is told of an event only once that is committed. */
async function says(child: ChildProcess, words: string): Promise<void> {
  if (child.stdout === null) throw new Error('the worker has no output');
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(words)) return;
  throw new Error(`the worker ended before it said ${JSON.stringify(words)}`);
}

async function show({ database, journal }: Place): Promise<void> {
  const lines = (await readFile(journal, 'utf8')).trimEnd().split('\n');
  print('', 'The journal, one line for each body that was entered:', ...lines.map((line) => `  ${line}`));

  const store = sqliteStore(database);
  const tasks = await store.tasks.list(RUN_ID);
  print('', 'The ledger, tasks of the run:');
  for (const { name, state, attempts } of tasks) print(`  ${name.padEnd(8)} ${state}, attempts: ${attempts}`);

  print('', 'The ledger, what happened to upload:');
  const events = (await store.events(RUN_ID)).filter(({ name }) => name === 'upload');
  for (const { type, attempt } of events)
    print(`  ${type}${type.startsWith('attempt') ? ` ${attempt}` : ''}`);
  await store.close();
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
