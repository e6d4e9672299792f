/** What is told of other processes. Hunts: a stranger killed for having the pid of ours, a survivor overlooked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import {
  groupSurvivors,
  killGroup,
  killRun,
  processStartTime,
  processState,
} from '../../../src/core/processes.ts';

const leaders: ChildProcess[] = [];

afterEach(() => {
  for (const { pid } of leaders.splice(0)) {
    try {
      process.kill(-Number(pid), 'SIGKILL');
    } catch {
      // All of it is gone.
    }
  }
});

interface Started {
  readonly leader: ChildProcess & { readonly pid: number };
  readonly startTime: string;
  /** Pids that the script printed, one per line. */
  readonly pids: readonly number[];
}

/** A shell that leads a group of its own; resolves once it has printed as many pids. */
async function start(script: string, prints: number, env: Record<string, string> = {}): Promise<Started> {
  const leader = spawn('/bin/sh', ['-c', script], {
    detached: true,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  leaders.push(leader);
  const pids: number[] = [];
  for await (const line of createInterface({ input: leader.stdout })) {
    if (pids.push(Number(line)) === prints) break;
  }
  const pid = Number(leader.pid);
  return { leader: leader as Started['leader'], startTime: processStartTime(pid), pids };
}

const TWO = 'sleep 1000 >/dev/null & echo $!; sleep 1000 >/dev/null & echo $!; wait';

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => systemClock.setImmediate(resolve));
}

async function end(leader: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => leader.once('exit', resolve));
  leader.kill('SIGKILL');
  await exited;
}

describe.skipIf(process.platform !== 'linux')('a process', () => {
  it('lives while its pid has its start time', async () => {
    const { leader, startTime } = await start('echo 1; exec sleep 1000', 1);
    expect(startTime).not.toBe('');
    expect(processStartTime(leader.pid)).toBe(startTime);
    expect(processState(leader.pid, startTime)).toBe('alive');
    expect(processState(leader.pid, `${startTime}0`)).toBe('dead');
    expect(processState(leader.pid, '')).toBe('unknown');
    await end(leader);
    expect(processState(leader.pid, startTime)).toBe('dead');
    expect(processStartTime(leader.pid)).toBe('');
  });

  it('that ended and was not waited for is dead', async () => {
    // The shell becomes a program that never waits for its child.
    const { pids } = await start('sleep 0 >/dev/null & echo $!; exec sleep 1000', 1);
    const [zombie = 0] = pids;
    await until(() => processState(zombie, processStartTime(zombie)) === 'dead');
    expect(() => process.kill(zombie, 0)).not.toThrow();
    expect(processStartTime(zombie)).toBe('');
  });

  it('with a name that looks like its own status is read right', async () => {
    const { leader } = await start('echo 1; exec sleep 1000', 1);
    const folder = await mkdtemp(`${tmpdir()}/signalbox-`);
    const named = await start(
      `ln -s "$(command -v sleep)" "$DIR/a) R 1 ("; "$DIR/a) R 1 (" 1000 >/dev/null & echo $!; wait`,
      1,
      {
        DIR: folder,
      },
    );
    const [odd = 0] = named.pids;
    await until(() => readFileSync(`/proc/${odd}/comm`, 'utf8') === 'a) R 1 (\n');
    const time = processStartTime(odd);
    expect(Number(time)).toBeGreaterThanOrEqual(Number(processStartTime(leader.pid)));
    expect(groupSurvivors({ pid: named.leader.pid, startTime: named.startTime }, '')).toContain(odd);
    await rm(folder, { recursive: true });
  });
});

describe.skipIf(process.platform !== 'linux')('a process group', () => {
  it('is ours as a whole while its leader is the one that was recorded', async () => {
    const { leader, startTime, pids } = await start(TWO, 2);
    const group = { pid: leader.pid, startTime };
    expect(groupSurvivors(group, 'none').sort()).toEqual([leader.pid, ...pids].sort());
  });

  it('whose leader is another process now is not ours: its id was given out again', async () => {
    const { leader, startTime } = await start(TWO, 2);
    for (const other of [`${startTime}0`, ''])
      expect(groupSurvivors({ pid: leader.pid, startTime: other }, 'none')).toEqual([]);
  });

  it('whose leader is gone is ours in what carries the id of the task', async () => {
    const ours = await start(TWO, 2, { SIGNALBOX_TASK_ID: 'task-1' });
    const theirs = await start(TWO, 2, { SIGNALBOX_TASK_ID: 'task-11', OTHER: 'SIGNALBOX_TASK_ID=task-1' });
    await Promise.all([end(ours.leader), end(theirs.leader)]);
    const survivors = ({ leader, startTime }: Started): number[] =>
      groupSurvivors({ pid: leader.pid, startTime }, 'task-1').sort();
    expect(survivors(ours)).toEqual([...ours.pids].sort());
    expect(survivors(theirs)).toEqual([]);
    expect(groupSurvivors({ pid: 0, startTime: '' }, 'task-1')).toEqual([]);
    expect(groupSurvivors({ pid: 1, startTime: processStartTime(1) }, 'task-1')).toEqual([]);
  });

  it('is killed to the last, also what ignores polite signals and what is started meanwhile', async () => {
    const stubborn = 'trap "" TERM INT HUP; while :; do sleep 0.01; done';
    const { leader, startTime, pids } = await start(`sh -c '${stubborn}' >/dev/null & echo $!; wait`, 1);
    const group = { pid: leader.pid, startTime };
    expect(await killGroup(group, 'none')).toEqual([]);
    expect(groupSurvivors(group, 'none')).toEqual([]);
    for (const pid of [leader.pid, ...pids]) expect(processStartTime(pid)).toBe('');
    expect(await killGroup(group, 'none')).toEqual([]);
  });

  it('of somebody else is left alone', async () => {
    const { leader, startTime, pids } = await start(TWO, 2);
    expect(await killGroup({ pid: leader.pid, startTime: '1' }, 'none')).toEqual([]);
    expect(processState(leader.pid, startTime)).toBe('alive');
    expect(pids.map((pid) => processStartTime(pid) !== '')).toEqual([true, true]);
  });
});

describe.skipIf(process.platform !== 'linux')('the processes of a run', () => {
  it('are killed wherever they are, and no others', async () => {
    const one = await start(TWO, 2, { SIGNALBOX_RUN_ID: 'run-of-processes-test' });
    const two = await start(TWO, 2, { SIGNALBOX_RUN_ID: 'run-of-processes-test' });
    const other = await start(TWO, 2, { SIGNALBOX_RUN_ID: 'run-of-processes-test2' });
    await end(one.leader);
    expect(await killRun('run-of-processes-test')).toEqual([]);
    const alive = ({ pids }: Started): boolean[] => pids.map((pid) => processStartTime(pid) !== '');
    expect([one, two, other].map(alive)).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
  });
});
