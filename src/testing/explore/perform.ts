/** Makes a move happen, by the same calls that the runtime makes: see engine.ts, attempt-runner.ts, desk.ts. */
import { RUNTIME } from '../../../machines/protocol.ts';
import { compareTickets } from '../../admission/index.ts';
import { Deadlocks } from '../../runtime/deadlock.ts';
import { fireTimer } from '../../runtime/row-timers.ts';
import type { PipelineRow, TaskRow } from '../../runtime/rows.ts';
import { LATE, type Move, type ProgramRun, type ProgramTask, SOON, type Step } from './program.ts';
import { nextOf } from './thread-state.ts';
import { choose, settleThreads } from './thread-steps.ts';
import { BODY, CHILD, type World } from './world.ts';

/** Events have no use for a real error here; one object, so that states compare equal. */
const ERROR = Object.freeze(new Error('planned'));

/** Makes the move in this very world. The move must be enabled. */
export function perform(world: World, move: Move): void {
  world.clearLog();
  const { program } = world;
  if (move.costs) world.events += 1;
  const before =
    world.waits.length > 0 ? program.runs.map(({ index }) => world.n.get('pc', index)) : undefined;
  make(world, move);
  settleScripts(world);
  if (before !== undefined) noticeWaits(world, before);
}

/** As `Deadlocks.bodyWaits`: a body that begins to wait while a task waits may close a circle. */
function noticeWaits(world: World, before: readonly number[]): void {
  const { program, n } = world;
  for (const { index, group } of program.runs) {
    const began = n.get('pc', index) !== before[index] || world.log.entered === index || group !== -1;
    if (began && world.waits.length > 0 && world.bodyWaits(index)) world.wake();
  }
}

function make(world: World, move: Move): void {
  const { supervisor, program } = world;
  const { target } = move;
  switch (move.kind) {
    case 'turn':
      return turn(world);
    case 'submit':
      return submit(world, at(program.runs, target), undefined);
    case 'enter':
      return enter(world);
    case 'step':
      return step(world, at(program.runs, target));
    case 'go':
      return submitNext(world, target);
    case 'choose':
      return choose(world, target);
    case 'skip':
    case 'refuse':
      return beOver(world, at(program.tasks, target), move.kind);
    case 'return':
      return endBody(world, target, { type: 'SUCCEED', value: undefined, token: RUNTIME });
    case 'throw':
      return endBody(world, target, { type: 'FAIL', error: ERROR, token: RUNTIME });
    case 'leave':
      return endBody(world, target, { type: 'ABORTED', error: ERROR, token: RUNTIME });
    case 'run grace':
      return fire(world, at(world.runs, target), LATE);
    case 'cancel run':
      supervisor.sendRun(at(world.runs, target), { type: 'CANCEL' });
      return;
    case 'terminate run':
      return terminateRun(world, at(world.runs, target));
    case 'see':
    case 'see run':
      return world.seeNext();
    case 'pause':
      supervisor.applyMode({ type: 'PAUSE', token: RUNTIME });
      return;
    case 'unpause':
      supervisor.applyMode({ type: 'UNPAUSE', token: RUNTIME });
      return;
    case 'shutdown':
      supervisor.applyMode({ type: 'SHUTDOWN', token: RUNTIME });
      return;
    case 'set capacity':
      return setCapacity(world, at(program.labels, target), move.amount);
    case 'restore':
      return setCapacity(
        world,
        at(program.labels, target),
        program.plan.resources[at(program.labels, target)] ?? 0,
      );
    default:
      return ofTask(world, move.kind, target);
  }
}

/** As `Desk.requestTerminate`: asked twice, a run gives up its finally tasks. */
function terminateRun({ supervisor, log }: World, row: PipelineRow): void {
  log.again = row.snapshot.leaf.path === 'running.terminating';
  if (log.again) supervisor.stopFinallyTasks(row, ERROR);
  else supervisor.sendRun(row, { type: 'TERMINATE', error: ERROR });
}

/** As `Scheduler.setCapacity`. */
function setCapacity(world: World, label: string, amount: number): void {
  world.supervisor.admission.setCapacity(label, amount);
  world.wake();
}

function ofTask(world: World, kind: Move['kind'], index: number): void {
  const { supervisor, n } = world;
  const row = at(world.tasks, index);
  const { attempt, failures, maxAttempts } = row.snapshot.context;
  const retryAt = failures + 1 < maxAttempts ? SOON : null;
  const end = { attempt, retryAt, token: RUNTIME } as const;
  switch (kind) {
    case 'start':
      return start(world, row, index);
    case 'succeed':
      supervisor.sendTask(row, { type: 'SUCCEED', value: undefined, ...end });
      return;
    case 'fail':
      supervisor.sendTask(row, { type: 'FAIL', error: ERROR, ...end });
      return;
    case 'abort':
      supervisor.sendTask(row, { type: 'ABORTED', error: ERROR, ...end });
      return;
    case 'suspend':
      n.add('suspends', index, 1);
      supervisor.sendTask(row, { type: 'SUSPEND', attempt, token: RUNTIME });
      return;
    case 'wake':
      supervisor.sendTask(row, { type: 'WAKE', attempt, token: RUNTIME });
      return;
    case 'child':
      return submitChild(world, row, index);
    case 'soon':
    case 'grace':
      return fire(world, row, SOON);
    case 'late':
      return fire(world, row, LATE);
    case 'settle':
      return supervisor.releaseAbandonedTask(row);
    case 'cancel task':
      supervisor.sendTask(row, { type: 'CANCEL' });
      return;
    case 'terminate task':
      supervisor.sendTask(row, { type: 'TERMINATE', error: ERROR });
      return;
    case 'hold task':
      supervisor.sendTask(row, { type: 'HOLD', until: SOON });
      return;
    case 'unhold':
      supervisor.sendTask(row, { type: 'UNHOLD' });
      return;
    default:
      throw new Error(`${kind} is not a move of a task`);
  }
}

function at<T>(items: readonly (T | undefined)[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing has the index ${index}`);
  return item;
}

/** One turn: admission until nobody asks for more, then the look for circles (engine.ts). */
function turn(world: World): void {
  const { supervisor, program, log } = world;
  const queue = queueOf(world);
  let atOnce = 0;
  for (let passes = 0; world.due; passes += 1) {
    world.due = false;
    const admitted = supervisor.admit(0, program.turnBudget);
    if (passes === 0) atOnce = log.admittedTasks.length + log.admittedRuns.length;
    if (admitted >= program.turnBudget) {
      log.cut = true;
      world.due = true;
      break;
    }
  }
  if (!log.cut) log.late = log.admittedTasks.length + log.admittedRuns.length - atOnce;
  countPassed(world, queue);
  if (!log.cut) findCircles(world);
}

/** The queue by the states of the rows, smallest key first. */
function queueOf({ tasks }: World): TaskRow[] {
  const eligible = tasks.filter((row) => row?.snapshot.leaf.path === 'queued.eligible');
  return (eligible as TaskRow[]).sort(compareTickets);
}

/** Counts who was passed by the admissions of this turn (S3, S4). */
function countPassed(world: World, queue: TaskRow[]): void {
  for (const index of world.log.admittedTasks) {
    const admitted = world.tasks[index];
    const smallest = queue[0];
    if (smallest !== undefined && smallest !== admitted) {
      world.n.add('passed', world.indexOfTask(smallest), 1);
    }
    queue = queue.filter((row) => row !== admitted);
  }
}

/** Each body waits as desk.ts registers it; which runs' bodies wait, the rows say. */
function findCircles(world: World): void {
  const { supervisor, program } = world;
  if (world.waits.length === 0) return;
  const deadlocks = new Deadlocks(supervisor);
  for (const index of world.waits) {
    const on = at(world.runs, at(program.tasks, index).child);
    const reject = () => {
      world.n.set('child', index, CHILD.rejected);
    };
    deadlocks.taskWaits({ task: at(world.tasks, index), on: [on], when: 'all-completed', reject });
  }
  world.due = false; // `Deadlocks` asks for the turn that this is
  deadlocks.check();
}

function submit(world: World, run: ProgramRun, parent: PipelineRow | undefined): void {
  const after = run.after.map((upstream) => at(world.runs, upstream));
  world.supervisor.addRun(world.program.runSpec(run, parent), after, (row) => {
    world.runs[run.index] = row;
  });
}

function enter(world: World): void {
  const row = world.supervisor.startNextRun();
  if (row === undefined) throw new Error('there is no run to enter');
  const { planned, hasFinally } = at(world.program.runs, world.indexOfRun(row));
  const { supervisor } = world;
  if (planned.stages === undefined) supervisor.reachStage(row, undefined);
  for (const { name, depth } of planned.stages ?? []) supervisor.declareStage(row, name, depth);
  if (hasFinally) supervisor.expectFinallyTasks(row);
  world.log.entered = world.indexOfRun(row);
  world.n.set('body', world.log.entered, BODY.active);
}

/** A thread submits the task that it is at. */
function submitNext(world: World, thread: number): void {
  const next = nextOf(world, thread);
  if (next === undefined || !('task' in next)) throw new Error('the thread has nothing to submit');
  const task = at(world.program.tasks, next.task);
  world.tasks[next.task] = addTask(world, at(world.runs, task.run), task);
}

/** Submitted and over, as `TaskPlace.ended` does it. */
function beOver(world: World, task: ProgramTask, how: 'skip' | 'refuse'): void {
  const row = addTask(world, at(world.runs, task.run), task);
  world.tasks[task.index] = row;
  if (task.thread === -1) world.n.add('pc', task.run, 1);
  const event = how === 'skip' ? SKIPPED : REFUSED;
  world.supervisor.sendTask(row, event);
}

const SKIPPED = Object.freeze({ type: 'SKIP', reason: 'skipped', token: RUNTIME } as const);
const REFUSED = Object.freeze({ type: 'REFUSE', error: ERROR, token: RUNTIME } as const);

function step(world: World, { index, steps }: ProgramRun): void {
  const row = at(world.runs, index);
  const pc = world.n.get('pc', index);
  statement(world, row, at(steps, pc));
  world.n.set('pc', index, pc + 1);
}

function statement(world: World, row: PipelineRow, what: Step): void {
  const { supervisor, program } = world;
  switch (what.kind) {
    case 'task':
      world.tasks[what.index] = addTask(world, row, at(program.tasks, what.index));
      return;
    case 'stage':
      supervisor.reachStage(row, undefined);
      return;
    case 'run':
      return submit(world, at(program.runs, what.index), row);
    case 'reach':
      return supervisor.reach(supervisor.stage(row, what.index));
    case 'pass':
      return supervisor.passStage(supervisor.stage(row, what.index));
    case 'wait':
    case 'await':
      throw new Error('a wait is over, or it is no move');
    default:
      what satisfies never;
  }
}

function addTask(world: World, run: PipelineRow, task: ProgramTask): TaskRow {
  const { spec, vector, first, after, isFinally } = task;
  const stage = task.stage === -1 ? run.stages.length - 1 : task.stage;
  const submission = { run, stage, spec, vector, snapshot: first };
  if (after === undefined) return world.supervisor.addTask(submission);
  const parents = after.map((parent) => at(world.tasks, parent));
  return world.supervisor.addTask({ ...submission, after: parents, isFinally });
}

function endBody(world: World, index: number, event: Parameters<World['supervisor']['endBody']>[1]): void {
  world.n.set('body', index, BODY.over);
  world.supervisor.endBody(at(world.runs, index), event);
}

/** As attempt-runner.ts does: a suspended body goes on under its old number. */
function start(world: World, row: TaskRow, index: number): void {
  const { supervisor, n, log } = world;
  const { suspended, attempt } = row.snapshot.context;
  supervisor.readyTasks = supervisor.readyTasks.filter((ready) => ready !== row);
  log.resumes = suspended;
  const number = suspended ? attempt : attempt + 1;
  const timeoutAt = row.spec.timeoutMs ?? null;
  supervisor.sendTask(row, { type: 'START', attempt: number, timeoutAt, token: RUNTIME });
  if (suspended || n.get('child', index) === CHILD.none) return;
  n.set('child', index, CHILD.submitted); // a further attempt awaits the run that the first one submitted
  beginWait(world, index);
}

function submitChild(world: World, row: TaskRow, index: number): void {
  submit(world, at(world.program.runs, at(world.program.tasks, index).child), row.run);
  world.n.set('child', index, CHILD.submitted);
  beginWait(world, index);
}

function beginWait(world: World, index: number): void {
  if (!world.awaitsChild(index)) return;
  world.waits = [...world.waits, index];
  world.wake(); // as `Deadlocks.taskWaits`
}

/** As `Engine#onTimer`. */
function fire(world: World, row: TaskRow | PipelineRow, now: number): void {
  world.arm(row, 0);
  fireTimer(world.supervisor, row, now);
  const armed =
    row.kind === 'task'
      ? world.n.get('armed', world.indexOfTask(row))
      : world.n.get('runArmed', world.indexOfRun(row));
  if (armed === 0 && row.snapshot.leaf.path !== 'running.terminating') world.retime(row);
}

/**
 * What bodies do without asking anybody: waits that are over are left at once, rows that were cancelled leave
 * the ready lists (the runtime drops them when it comes to them).
 */
function settleScripts(world: World): void {
  const { supervisor, n, program } = world;
  if (program.threads.threads.length > 0) settleThreads(world);
  if (supervisor.readyTasks.length > 0)
    supervisor.readyTasks = supervisor.readyTasks.filter((row) => row.snapshot.leaf.state === 'ready');
  if (supervisor.readyRuns.length > 0)
    supervisor.readyRuns = supervisor.readyRuns.filter((row) => row.snapshot.leaf.state === 'ready');
  if (world.waits.length > 0) world.waits = world.waits.filter((index) => world.awaitsChild(index));
  for (const { index, steps } of program.runs) {
    if (n.get('body', index) !== BODY.active) continue;
    for (let pc = n.get('pc', index); isWait(steps[pc]) && !world.bodyWaits(index); pc += 1)
      n.set('pc', index, pc + 1);
  }
  for (const { index } of program.runs) {
    const row = world.runs[index];
    if (row !== undefined) row.bodyWaits = world.bodyWaits(index) ? 1 : 0;
  }
}

const isWait = (what: Step | undefined): boolean => what?.kind === 'wait' || what?.kind === 'await';
