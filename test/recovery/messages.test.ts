/**
 * Messages between real processes. The hunted bugs: a run that nobody but its own process can stop, a command that goes
 * on after its run was cancelled, a dead owner's run that starts again although it was cancelled, a process that is
 * kept alive by looking for messages.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteStore } from '../../src/stores/sqlite/index.ts';
import type { StoredEvent } from '../../src/stores/store.ts';

const dist = process.env['SIGNALBOX_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url));
const program = fileURLToPath(new URL('./messages.mjs', import.meta.url));

let folder = '';
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-messages-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Given {
  readonly role: 'start' | 'resume' | 'send' | 'wait';
  /** Command of the finally task. */
  readonly clean?: string;
  /** Reads how the run ends. */
  readonly follow?: boolean;
}

class Program {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  #over = false;
  #look: () => void = () => {};

  constructor(given: Given) {
    const all = { ...given, dist, db: join(folder, 'runs.db'), runId: 'r' };
    const child = spawn(process.execPath, [program, JSON.stringify(all)], { stdio: 'pipe' });
    children.push(child);
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#look();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#over = true;
        resolve(code);
        this.#look();
      });
    });
  }

  /** Resolves with the lines that begin like this, once there are so many. */
  async says(start: string, count = 1): Promise<string[]> {
    for (;;) {
      const said = this.lines.filter((line) => line.startsWith(start));
      if (said.length >= count) return said;
      if (this.#over) throw new Error(`it ended without saying ${start}: ${this.lines.join(' | ')}`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** Process groups of its two sleeping commands, once both sleep. */
  async sleeping(): Promise<number[]> {
    const said = [await this.says('a: group'), await this.says('b: group')].flat();
    return said.map((line) => Number(line.split(' ').at(-1)));
  }
}

/** Processes of a group that are alive; where nobody reaps orphans, dead ones stay in the list of processes. */
function alive(group: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(pgrp) === group && state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}

async function recorded() {
  const store = sqliteStore(join(folder, 'runs.db'));
  try {
    const [tasks, events] = await Promise.all([store.tasks.list('r'), store.events('r')]);
    const states = Object.fromEntries(tasks.map((task) => [task.name, task.state]));
    return { states, told: events.map(shown), run: await store.runs.get('r') };
  } finally {
    await store.close();
  }
}

const shown = (event: StoredEvent): string => `${event.type} ${event.name}`;

/** All are there, in this order. */
function inOrder(told: readonly string[], ...expected: readonly string[]): void {
  const places = expected.map((one) => told.indexOf(one));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
}

describe.skipIf(process.platform !== 'linux')('a run of another process', () => {
  it('is terminated by a message: its commands end, its finally task runs, everybody sees the same end', async () => {
    const owner = new Program({ role: 'start' });
    const groups = await owner.sleeping();
    expect(groups.map((group) => alive(group).length)).toEqual([2, 2]);
    const sender = new Program({ role: 'send' });
    await sender.says('sent true');
    expect(await owner.says('outcome')).toEqual(['outcome cancelled TERMINATED from another process']);
    expect(await sender.says('state')).toEqual(['state cancelled']);
    expect(groups.flatMap(alive)).toEqual([]);
    expect([await owner.ended, await sender.ended]).toEqual([0, 0]);
    const { states, told, run } = await recorded();
    expect(run).toMatchObject({ state: 'cancelled', closed: true, outcome: { reason: 'terminated' } });
    expect(states).toEqual({ a: 'cancelled', b: 'cancelled', next: 'cancelled', clean: 'succeeded' });
    const end = 'pipeline:cancelled sleepers';
    for (const name of ['a', 'b'])
      inOrder(told, `attempt:started ${name}`, `attempt:cancelled ${name}`, `task:cancelled ${name}`, end);
    inOrder(told, 'task:cancelled next', 'attempt:started clean', 'task:succeeded clean', end);
    expect(owner.lines.filter((line) => /slept|next: /.test(line))).toEqual([]);
  });

  it('gives up its finally task when it is sent a second one', async () => {
    const owner = new Program({ role: 'start', clean: 'echo "group $$"; sleep 60' });
    await owner.sleeping();
    await new Program({ role: 'send', follow: false }).ended;
    const [line = ''] = await owner.says('clean: group');
    const second = new Program({ role: 'send' });
    expect(await owner.says('outcome')).toEqual(['outcome cancelled TERMINATED from another process']);
    expect(await second.says('state')).toEqual(['state cancelled']);
    expect(alive(Number(line.split(' ').at(-1)))).toEqual([]);
    expect((await recorded()).states).toMatchObject({ a: 'cancelled', clean: 'cancelled' });
  });

  it('may send it to itself', async () => {
    const owner = new Program({ role: 'start' });
    await owner.sleeping();
    owner.child.stdin?.write('send\n');
    expect(await owner.says('outcome')).toEqual(['outcome cancelled TERMINATED from another process']);
    expect(await owner.ended).toBe(0);
  });

  it('whose owner was killed is stopped when it is resumed, and starts nothing but its finally task', async () => {
    const owner = new Program({ role: 'start' });
    const groups = await owner.sleeping();
    owner.child.kill('SIGKILL');
    await owner.ended;
    expect(await new Program({ role: 'send', follow: false }).says('sent')).toEqual(['sent true']);
    const heir = new Program({ role: 'resume' });
    expect(await heir.says('outcome')).toEqual(['outcome cancelled TERMINATED from another process']);
    expect(await heir.ended).toBe(0);
    expect(groups.flatMap(alive)).toEqual([]);
    expect(heir.lines.filter((line) => line.startsWith('task:running'))).toEqual(['task:running clean']);
    const { states, run } = await recorded();
    expect([run?.state, run?.closed]).toEqual(['cancelled', true]);
    expect(states).toEqual({ a: 'cancelled', b: 'cancelled', next: 'cancelled', clean: 'succeeded' });
    // What is over takes no more messages.
    expect(await new Program({ role: 'send' }).says('sent')).toEqual(['sent false']);
  });
});

it('a process is not kept alive by looking for messages', async () => {
  const waiting = new Program({ role: 'wait' });
  expect(await waiting.ended).toBe(0);
  expect(waiting.lines).toEqual(['accepted']);
});
