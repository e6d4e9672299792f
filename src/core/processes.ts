/**
 * Processes as the platform tells of them: whether a pid is still the process it was, and what is alive of a
 * process group. Owns the reading of /proc (Linux) and `ps` (elsewhere, best effort). Does not own: who started
 * the groups, and when they are to end.
 *
 * A pid is given out again, so a process is named by pid and start time; a start time is opaque text, compared
 * and never read. Windows tells neither: there every start time is empty and no group has survivors.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { systemClock } from './clock.ts';

/** A process group by its leader. */
export interface ProcessGroup {
  readonly pid: number;
  /** Of the leader, as `processStartTime` gave it while the group ran. */
  readonly startTime: string;
}

interface ProcessStatus {
  readonly pid: number;
  /** The letter of ps: R S D Z ... */
  readonly state: string;
  readonly group: number;
  readonly startTime: string;
}

/** Set in the environment of every process that runs for a task. */
export const TASK_ID_VARIABLE = 'SIGNALBOX_TASK_ID';
export const RUN_ID_VARIABLE = 'SIGNALBOX_RUN_ID';

/** Longest wait for killed processes to be gone, in milliseconds: one stuck in the kernel must not hang us. */
const KILL_WAIT_MS = 5_000;
const KILL_POLL_MS = 5;

const linux = process.platform === 'linux';
const windows = process.platform === 'win32';

/** When the process started, as opaque text; empty when it is gone, is a zombie, or the platform does not tell. */
export function processStartTime(pid: number): string {
  const status = statusOf(pid);
  return status === undefined || isGone(status) ? '' : status.startTime;
}

/** Whether the process of that pid and start time lives. A zombie is dead. */
export function processState(pid: number, startTime: string): 'alive' | 'dead' | 'unknown' {
  const status = statusOf(pid);
  if (status === undefined) return exists(pid) ? 'unknown' : 'dead';
  if (isGone(status)) return 'dead';
  if (startTime === '' || status.startTime === '') return 'unknown';
  return status.startTime === startTime ? 'alive' : 'dead';
}

/**
 * Pids of the living processes of the group that are truly the task's: all of them while the leader is the one
 * that was recorded; else those that carry the task's id in their environment (a group id can be given out again).
 */
export function groupSurvivors(group: ProcessGroup, taskId: string): number[] {
  const all = members(group.pid);
  const leader = all.find((one) => one.pid === group.pid);
  // A zombie leader is not yet reaped: its pid cannot have been given out again.
  const ours = leader !== undefined && group.startTime !== '' && leader.startTime === group.startTime;
  return all
    .filter((one) => !isGone(one) && (ours || carries(one.pid, TASK_ID_VARIABLE, taskId)))
    .map((one) => one.pid);
}

/**
 * Kills what `groupSurvivors` finds, again until nothing is left: a process may fork while it is being killed.
 * Resolves once all are gone, with an empty array; or after `waitMs` with the pids that are still there.
 */
export async function killGroup(
  group: ProcessGroup,
  taskId: string,
  { waitMs = KILL_WAIT_MS }: KillOptions = {},
): Promise<readonly number[]> {
  return killAll(() => groupSurvivors(group, taskId), waitMs);
}

/**
 * Kills every process of this machine that carries the run's id in its environment, wherever it has moved to:
 * also what left its group, and what was started right before a crash and not yet recorded. Linux only; resolves
 * like `killGroup`.
 */
export async function killRun(
  runId: string,
  { waitMs = KILL_WAIT_MS }: KillOptions = {},
): Promise<readonly number[]> {
  const ours = ({ pid }: ProcessStatus): boolean =>
    pid !== process.pid && carries(pid, RUN_ID_VARIABLE, runId);
  return killAll(() => living(allProcesses().filter(ours)), waitMs);
}

export interface KillOptions {
  /** Longest wait for killed processes to be gone, in milliseconds. Default 5,000. */
  readonly waitMs?: number;
}

async function killAll(survivors: () => number[], waitMs: number): Promise<readonly number[]> {
  const until = systemClock.now() + waitMs;
  for (;;) {
    const left = survivors();
    if (left.length === 0) return left;
    for (const pid of left) kill(pid);
    if (systemClock.now() >= until) return survivors();
    await new Promise<void>((resolve) => {
      systemClock.setTimeout(resolve, KILL_POLL_MS);
    });
  }
}

function living(all: readonly ProcessStatus[]): number[] {
  return all.filter((one) => !isGone(one)).map((one) => one.pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone, or not ours to kill: the next look tells.
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isGone({ state }: ProcessStatus): boolean {
  return state.startsWith('Z') || state.startsWith('X');
}

function statusOf(pid: number): ProcessStatus | undefined {
  if (linux) return readStat(pid);
  /* v8 ignore next -- not run on Linux */
  return windows ? undefined : listProcesses(['-p', String(pid)])[0];
}

function members(group: number): ProcessStatus[] {
  if (!Number.isSafeInteger(group) || group <= 1) return [];
  /* v8 ignore next -- not run on Linux */
  if (!linux) return windows ? [] : listProcesses(['-A']).filter((one) => one.group === group);
  return allProcesses().filter((one) => one.group === group);
}

function allProcesses(): ProcessStatus[] {
  /* v8 ignore next -- not run on Linux */
  if (!linux) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => readStat(Number(pid)) ?? []);
}

/** Fields of /proc/<pid>/stat (proc(5)), counted after the name, which may hold anything, `) R 1` included. */
const STATE = 0;
const GROUP = 2;
const START_TIME = 19;

function readStat(pid: number): ProcessStatus | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      state: fields[STATE] ?? '',
      group: Number(fields[GROUP]),
      startTime: fields[START_TIME] ?? '',
    };
  } catch {
    return undefined;
  }
}

function carries(pid: number, variable: string, value: string): boolean {
  /* v8 ignore next -- not run on Linux */
  if (!linux) return false;
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.includes(`${variable}=${value}`);
  } catch {
    return false;
  }
}

/* v8 ignore start -- not run on Linux */
function listProcesses(which: readonly string[]): ProcessStatus[] {
  try {
    const text = execFileSync('ps', [...which, '-o', 'pid=,pgid=,stat=,lstart='], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.split('\n').flatMap((line) => {
      const [, pid, group, state = '', startTime = ''] =
        /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
      return pid === undefined ? [] : [{ pid: Number(pid), group: Number(group), state, startTime }];
    });
  } catch {
    return [];
  }
}
/* v8 ignore stop */
