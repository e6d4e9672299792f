/**
 * What threads do without asking anybody: they begin, see ends, stop one another, are over. Made by hand from
 * src/workflow/run/, with the judgements that those files call: trigger rules and merged statuses.
 *
 * Owns: `World.threads`. Does not own: submissions and choices, which are moves.
 */
import type { PipelineRow, TaskRow } from '../../runtime/rows.ts';
import { judgeNeeds } from '../../workflow/rules.ts';
import type { Status } from '../../workflow/status.ts';
import {
  endOfGroup,
  groupAt,
  has,
  instructionOf,
  isActive,
  isGroupStopped,
  isThreadOver,
  nextOf,
  PC,
  STATUSES,
  STOPPED,
  type State,
  stateOf,
  THREAD,
  taskOf,
  threadAt,
  threadsOver,
  WORKED,
} from './thread-state.ts';
import { BODY, type World } from './world.ts';

/** The way of a choice is gone. */
export function choose(world: World, choice: number): void {
  const way = world.program.threads.choices[choice];
  if (way !== undefined) goTo(world, way.thread, way.to);
}

function goTo(world: World, thread: number, pc: number): void {
  const flags = (world.threads[thread] ?? 0) & ((1 << PC) - 1);
  world.threads[thread] = (pc << PC) | flags;
}

function stepOn(world: World, thread: number): void {
  world.threads[thread] = (world.threads[thread] ?? 0) + (1 << PC);
}

/** Everything that follows by itself from what the last move did. */
export function settleThreads(world: World): void {
  for (const { index, group, hasFinally } of world.program.runs) {
    const row = world.runs[index];
    if (group === -1 || row === undefined || world.n.get('body', index) !== BODY.active) continue;
    if (row.snapshot.leaf.path === 'running.terminating' || row.snapshot.leaf.final)
      stopThreads(world, group, false);
    if (row.finallyTasks === 'given-up') stopThreads(world, group, true);
    while (settleGroup(world, group)) {}
    if (hasFinally && row.finallyTasks === 'due' && threadsOver(world, index))
      world.supervisor.expectNoFinallyTasks(row, 'none');
  }
}

function stopThreads(world: World, group: number, isFinally: boolean): void {
  for (const thread of groupAt(world, group).threads)
    if (!isThreadOver(world, thread) && threadAt(world, thread).isFinally === isFinally)
      stopThread(world, thread);
}

/** Returns whether anything changed. */
function settleGroup(world: World, index: number): boolean {
  const { threads, atOnce, failFast } = groupAt(world, index);
  let changed = false;
  if (failFast && isGroupStopped(world, index))
    for (const thread of threads) if (isActive(world, thread)) stopThread(world, thread);
  for (const thread of threads) {
    const state = stateOf(world, thread);
    if (state === THREAD.idle && settleIdle(world, index, thread, atOnce)) changed = true;
    if (state === THREAD.active && settleActive(world, thread)) changed = true;
  }
  return changed;
}

function settleIdle(world: World, group: number, thread: number, atOnce: number): boolean {
  const { threads, parent } = groupAt(world, group);
  if (parent !== -1 && isGroupStopped(world, group)) return false;
  if (has(world, thread, STOPPED)) return over(world, thread, THREAD.cancelled);
  if (threads.filter((other) => isActive(world, other)).length >= atOnce) return false;
  switch (judge(world, thread, threads)) {
    case 'wait':
      return false;
    case 'run':
      return begin(world, thread);
    case 'skip':
      return over(world, thread, THREAD.skipped);
    case 'cancel':
      return over(world, thread, THREAD.cancelled);
    case 'fail':
      return over(world, thread, THREAD.blocked);
  }
}

function judge(world: World, index: number, group: readonly number[]): ReturnType<typeof judgeNeeds> {
  const { when, rule, isFinally } = threadAt(world, index);
  const comesLater = (other: number) => threadAt(world, other).isFinally || isThreadOver(world, other);
  const isInBody = groupAt(world, threadAt(world, index).group).parent === -1;
  if (isFinally && isInBody && !group.every(comesLater)) return 'wait';
  if (when.length === 0) return 'run';
  return judgeNeeds(
    rule,
    when.map((thread) => STATUSES[stateOf(world, thread)] as Status),
  );
}

function begin(world: World, index: number): true {
  world.threads[index] = THREAD.active;
  const { ownsStage, stage, run } = threadAt(world, index);
  if (ownsStage) world.supervisor.reach(world.supervisor.stage(world.runs[run] as PipelineRow, stage));
  return true;
}

function over(world: World, index: number, state: State): true {
  world.threads[index] = state;
  const { ownsStage, stage, run } = threadAt(world, index);
  if (!ownsStage) return true;
  const row = world.runs[run] as PipelineRow;
  world.supervisor.passStage(
    world.supervisor.stage(row, stage),
    state === THREAD.blocked ? 'blocked' : undefined,
  );
  return true;
}

function settleActive(world: World, thread: number): boolean {
  const what = instructionOf(world, thread);
  const next = nextOf(world, thread);
  if (next !== undefined) return has(world, thread, STOPPED) && over(world, thread, THREAD.cancelled);
  switch (what?.do) {
    case undefined:
      return over(world, thread, has(world, thread, WORKED) ? THREAD.succeeded : THREAD.skipped);
    case 'fail':
      return over(world, thread, THREAD.failed);
    case 'jump':
      goTo(world, thread, what.to);
      return true;
    case 'task':
      return seeTask(world, thread, world.tasks[what.task] as TaskRow);
    case 'group':
      return seeGroup(world, thread, what.group);
    case 'choose':
      return false;
    default:
      return what satisfies never;
  }
}

function seeTask(world: World, thread: number, row: TaskRow): boolean {
  if (!row.visible) return false;
  const { leaf, context } = row.snapshot;
  if (leaf.state === 'failed') return over(world, thread, THREAD.failed);
  if (leaf.state !== 'succeeded') return over(world, thread, THREAD.cancelled);
  return goOn(world, thread, context.outcome?.reason === 'skipped');
}

function goOn(world: World, thread: number, isSkipped: boolean): true {
  stepOn(world, thread);
  if (!isSkipped) world.threads[thread] = (world.threads[thread] ?? 0) | WORKED;
  return true;
}

function seeGroup(world: World, thread: number, index: number): boolean {
  const { holder, threads } = groupAt(world, index);
  const row = world.tasks[holder];
  if (row?.snapshot.leaf.final && !has(world, thread, STOPPED))
    for (const inside of threads) if (isActive(world, inside)) stopThread(world, inside);
  const changed = settleGroup(world, index);
  const status = endOfGroup(world, index);
  if (status === undefined || changed) return changed;
  if (row !== undefined && status !== 'SKIP') return seeTask(world, thread, row);
  if (row !== undefined) return row.visible && goOn(world, thread, true);
  if (status === 'FAILED') return over(world, thread, THREAD.failed);
  if (status === 'CANCEL') return over(world, thread, THREAD.cancelled);
  return goOn(world, thread, status === 'SKIP');
}

/** As Halt.stop: it starts nothing new, and what it has running is cancelled, or terminated where it is too late. */
function stopThread(world: World, thread: number): void {
  if (has(world, thread, STOPPED)) return;
  world.threads[thread] = (world.threads[thread] ?? 0) | STOPPED;
  if (!isActive(world, thread)) return;
  const what = instructionOf(world, thread);
  if (what === undefined) return;
  if (what.do === 'group')
    for (const inside of groupAt(world, what.group).threads)
      if (isActive(world, inside)) stopThread(world, inside);
  const row = world.tasks[taskOf(world, what)];
  if (row !== undefined) stopTask(world, row);
}

const ERROR = Object.freeze(new Error('stopped'));

function stopTask({ supervisor }: World, row: TaskRow): void {
  const { state, final, path } = row.snapshot.leaf;
  if (final || path === 'running.terminating') return;
  if (state === 'running') supervisor.sendTask(row, { type: 'TERMINATE', error: ERROR });
  else supervisor.sendTask(row, { type: 'CANCEL' });
}
