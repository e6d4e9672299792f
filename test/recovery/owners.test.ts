/**
 * Who owns a run (rule 8), between real processes. The hunted bugs: two processes on one run, an owner that wakes up
 * late and writes, a process group that goes on beside its next attempt, a task that kills its process for ever.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const program = fileURLToPath(new URL('./owner.mjs', import.meta.url));

let folder = '';
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-owners-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Given {
  readonly mode: 'start' | 'resume';
  readonly work: 'gate' | 'poison' | 'deaf';
  readonly leaseMs?: number;
}

class Owner {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly ended: Promise<NodeJS.Signals | null>;
  #look: () => void = () => {};

  constructor(given: Given) {
    const all = { ...given, dist, db: join(folder, 'runs.db'), log: join(folder, 'log'), runId: 'r' };
    const child = spawn(process.execPath, [program, JSON.stringify(all)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.push(child);
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#look();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (_code, signal) => {
        resolve(signal);
        this.#look();
      });
    });
  }

  /** Resolves with the first line that begins like this. */
  async says(start: string): Promise<string> {
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const line = this.lines.find((one) => one.startsWith(start));
      if (line !== undefined) return line;
      if (over) throw new Error(`it ended without saying ${start}: ${this.lines.join(' | ')}`);
      await new Promise<void>((resolve) => (this.#look = resolve));
    }
  }

  go(): void {
    this.child.stdin?.write('go\n');
  }
}

async function recorded() {
  const store = sqliteStore(join(folder, 'runs.db'));
  try {
    const [tasks, events] = await Promise.all([store.tasks.list('r'), store.events('r')]);
    return { tasks, events, run: await store.runs.get('r') };
  } finally {
    await store.close();
  }
}

describe('two processes', () => {
  it('never have one run at once', async () => {
    const first = new Owner({ mode: 'start', work: 'gate' });
    await first.says('body 1');
    const second = new Owner({ mode: 'resume', work: 'gate' });
    expect(await second.says('error')).toMatch(/^error RUN_LEASED \d+$/);
    expect(second.lines.some((line) => line.startsWith('body'))).toBe(false);
    first.go();
    expect(await first.says('result')).toBe('result 1');
    await first.ended;
  });

  it('go on one after the other at once when the first was killed', async () => {
    const first = new Owner({ mode: 'start', work: 'gate' });
    await first.says('started 1');
    first.child.kill('SIGKILL');
    await first.ended;
    const second = new Owner({ mode: 'resume', work: 'gate' });
    expect(await second.says('result')).toBe('result 2');
    expect((await recorded()).tasks[0]?.attempts).toBe(2);
  });

  it('let a stopped owner that wakes up too late write nothing', async () => {
    const first = new Owner({ mode: 'start', work: 'gate', leaseMs: 300 });
    await first.says('started 1');
    first.child.kill('SIGSTOP');
    let second = new Owner({ mode: 'resume', work: 'gate', leaseMs: 300 });
    // Until the lease has run out, the stopped process may still be at work.
    for (;;) {
      await second.ended;
      if (!second.lines.some((line) => line.startsWith('error RUN_LEASED'))) break;
      second = new Owner({ mode: 'resume', work: 'gate', leaseMs: 300 });
    }
    expect(await second.says('result')).toBe('result 2');
    const before = await recorded();
    first.child.kill('SIGCONT');
    first.go();
    expect(await first.says('error')).toMatch(/^error LEASE_LOST/);
    await first.ended;
    const after = await recorded();
    expect(after).toEqual(before);
    expect(after.events.filter((event) => event.type === 'attempt:lost')).toHaveLength(1);
    expect(after.run?.outcome).toEqual({ kind: 'succeeded', value: 2 });
  });
});

describe('a process that dies', () => {
  it('leaves no command running beside its next attempt', async () => {
    const first = new Owner({ mode: 'start', work: 'deaf' });
    await first.says('began 1');
    first.child.kill('SIGKILL');
    await first.ended;
    const second = new Owner({ mode: 'resume', work: 'deaf' });
    expect(await second.says('result')).toBe('result "began 2\\n"');
    expect(second.lines.filter((line) => line.startsWith('alive'))).toEqual([]);
  });

  it('because of a task, each time, is killed by it five times and no more', async () => {
    let lives = 0;
    for (let mode: 'start' | 'resume' = 'start'; ; mode = 'resume') {
      const owner = new Owner({ mode, work: 'poison' });
      lives += 1;
      if ((await owner.ended) === null) {
        expect(owner.lines.join('\n')).toContain('error ATTEMPT_LOST');
        break;
      }
      expect(lives).toBeLessThan(8);
    }
    const { tasks, events } = await recorded();
    expect(tasks).toMatchObject([
      { state: 'failed', attempts: 5, outcome: { error: { code: 'ATTEMPT_LOST' } } },
    ]);
    expect(events.filter((event) => event.type === 'attempt:lost')).toHaveLength(5);
  });
});
