/** Reads `World.threads`: where every thread is, and what it may do next. */
import { mergeStatuses, type Status } from '../../workflow/status.ts';
import type { Instruction, ProgramGroup, ProgramThread } from './threads.ts';
import type { World } from './world.ts';

/** Where a thread is. `blocked`: its rule could not hold, so it failed without beginning. */
export const THREAD = {
  idle: 0,
  active: 1,
  succeeded: 2,
  failed: 3,
  skipped: 4,
  cancelled: 5,
  blocked: 6,
} as const;

export type State = (typeof THREAD)[keyof typeof THREAD];

/** A thread in one number: its state, whether it was told to stop, whether a step of it was not skipped, its place. */
const STATE = 7;
export const STOPPED = 8;
export const WORKED = 16;
export const PC = 5;

export const STATUSES: readonly Status[] = ['WAIT', 'WAIT', 'SUCCESS', 'FAILED', 'SKIP', 'CANCEL', 'FAILED'];

export const stateOf = (world: World, thread: number): State =>
  ((world.threads[thread] ?? 0) & STATE) as State;
export const has = (world: World, thread: number, flag: number): boolean =>
  ((world.threads[thread] ?? 0) & flag) !== 0;
export const isActive = (world: World, thread: number): boolean => stateOf(world, thread) === THREAD.active;
export const isThreadOver = (world: World, thread: number): boolean => stateOf(world, thread) > THREAD.active;
export const isThreadBlocked = (world: World, thread: number): boolean =>
  stateOf(world, thread) === THREAD.blocked;

export function threadAt(world: World, index: number): ProgramThread {
  return world.program.threads.threads[index] as ProgramThread;
}

export function groupAt(world: World, index: number): ProgramGroup {
  return world.program.threads.groups[index] as ProgramGroup;
}

/** The instruction that an active thread is at; undefined behind the last one. */
export function instructionOf(world: World, thread: number): Instruction | undefined {
  return threadAt(world, thread).code[(world.threads[thread] ?? 0) >> PC];
}

/** What an active thread may do next that is a move: the task to submit, or the ways to choose from. */
export function nextOf(
  world: World,
  thread: number,
): { readonly task: number } | { readonly choices: readonly number[] } | undefined {
  if (!isActive(world, thread)) return undefined;
  const what = instructionOf(world, thread);
  if (what?.do === 'choose') return what;
  const task = what === undefined ? -1 : taskOf(world, what);
  return task === -1 || world.tasks[task] !== undefined ? undefined : { task };
}

/** The task that an instruction submits; -1 for none. */
export function taskOf(world: World, what: Instruction): number {
  if (what.do === 'task') return what.task;
  return what.do === 'group' ? groupAt(world, what.group).holder : -1;
}

/** Every thread of the run's body is over. */
export function threadsOver(world: World, run: number): boolean {
  const group = world.program.runs[run]?.group ?? -1;
  return group === -1 || groupAt(world, group).threads.every((thread) => isThreadOver(world, thread));
}

/** A thread of the run's body failed: the body throws. */
export function threadsFailed(world: World, run: number): boolean {
  const { threads } = groupAt(world, world.program.runs[run]?.group ?? -1);
  return threads.some((thread) => STATUSES[stateOf(world, thread)] === 'FAILED');
}

/** How what is inside a group ended; undefined while it goes on. */
export function endOfGroup(world: World, index: number): Status | undefined {
  const { threads } = groupAt(world, index);
  const isStopped = isGroupStopped(world, index);
  const open = threads.some((thread) => {
    const state = stateOf(world, thread);
    return state === THREAD.active || (state === THREAD.idle && !isStopped);
  });
  if (open) return undefined;
  const begun = threads.map((thread) => stateOf(world, thread)).filter((state) => state !== THREAD.idle);
  const statuses = begun.map((state) => STATUSES[state] as Status);
  return mergeStatuses(isToldToStop(world, index) ? [...statuses, 'CANCEL'] : statuses);
}

function isToldToStop(world: World, group: number): boolean {
  const { parent } = groupAt(world, group);
  return parent !== -1 && has(world, parent, STOPPED);
}

/** Nothing more begins in it. */
export function isGroupStopped(world: World, index: number): boolean {
  const { failFast, threads } = groupAt(world, index);
  if (isToldToStop(world, index)) return true;
  return failFast && threads.some((thread) => stateOf(world, thread) === THREAD.failed);
}
