/** What may happen next in a world: steps of bodies, of the scheduler, of timers, and of the environment. */
import type { PipelineRow, TaskRow } from '../../runtime/rows.ts';
import type { PlannedRun, RunEnding } from './plan.ts';
import type { Move, MoveKind, ProgramRun, ProgramTask } from './program.ts';
import { LATE, SOON } from './program.ts';
import { endOfGroup, nextOf, threadsFailed, threadsOver } from './thread-state.ts';
import { BODY, CHILD, GRACE, type World } from './world.ts';

type Add = (move: Move) => void;

/** Every move that may be made from here, in a fixed order. */
export function enabledMoves(world: World): Move[] {
  const moves: Move[] = [];
  const add: Add = (move) => {
    moves.push(move);
  };
  const { program, supervisor } = world;
  if (world.due) add(program.move('turn'));
  addSubmission(world, add);
  const entering = supervisor.readyRuns.find((row) => row.snapshot.leaf.state === 'ready');
  if (entering !== undefined) add(program.move('enter', world.indexOfRun(entering)));
  const unseen = world.nextUnseen;
  if (unseen?.kind === 'task') add(program.move('see', world.indexOfTask(unseen)));
  else if (unseen !== undefined) add(program.move('see run', world.indexOfRun(unseen)));
  for (const run of program.runs) addRun(world, run, add);
  for (const task of program.tasks) addTask(world, task, add);
  const mode = supervisor.mode.leaf.path;
  if (mode === 'paused' || mode === 'drainingPaused') add(program.move('unpause'));
  if (world.events > 0) addRestorations(world, add);
  if (world.events < program.events) addEnvironment(world, add);
  return program.prompt ? withoutWaiting(world, moves) : moves;
}

/** What happens by itself, in the order in which it does. */
const BY_ITSELF: readonly MoveKind[] = [
  ...(['go', 'skip', 'refuse', 'step', 'see', 'see run', 'turn', 'enter', 'start'] as const),
  ...(['suspend', 'wake', 'succeed', 'fail', 'abort', 'leave', 'return', 'throw'] as const),
];

/** The first of those, if there is one: nothing else comes before it. */
function withoutWaiting(world: World, moves: Move[]): Move[] {
  const move = firstByItself(world, moves);
  return move === undefined ? moves : [move];
}

function firstByItself(world: World, moves: readonly Move[]): Move | undefined {
  for (const kind of BY_ITSELF) {
    const move = moves.find((one) => one.kind === kind && isByItself(world, one));
    if (move !== undefined) return move;
  }
  return undefined;
}

/** What happens next without anybody deciding it, where the plan wants that to come first. */
export function moveByItself(world: World): Move | undefined {
  if (!world.program.prompt) return undefined;
  const moves = enabledMoves(world);
  return moves.length === 1 ? firstByItself(world, moves) : undefined;
}

/** Nobody decides whether or when: not the work of a task, and not one of several ways. */
function isByItself(world: World, { kind, target }: Move): boolean {
  const { program } = world;
  const task = program.tasks[target];
  switch (kind) {
    case 'succeed':
    case 'fail':
    case 'abort':
    case 'suspend':
    case 'wake':
      return task?.holds !== -1;
    case 'go': {
      const next = nextOf(world, target);
      return next !== undefined && 'task' in next && waysToBegin(program.tasks[next.task]) === 1;
    }
    case 'step': {
      const step = program.runs[target]?.steps[world.n.get('pc', target)];
      return step?.kind !== 'task' || waysToBegin(program.tasks[step.index]) === 1;
    }
    case 'skip':
    case 'refuse':
      return waysToBegin(task) === 1;
    case 'return':
    case 'throw':
    case 'leave':
      return program.runs[target]?.group !== -1 || (program.runs[target]?.planned.ends?.length ?? 1) === 1;
    default:
      return true;
  }
}

const DEFAULT_ENDS = ['succeed', 'fail'] as const;

/** One if it can start, and one for each way to be over before. */
function waysToBegin(task: ProgramTask | undefined): number {
  const { ends = DEFAULT_ENDS, over = [] } = task?.planned ?? {};
  return over.length + (ends.length === 0 ? 0 : 1);
}

/** Roots come in the order of the plan. */
function addSubmission({ program, runs, supervisor }: World, add: Add): void {
  if (!supervisor.open) return;
  const next = program.roots.find((index) => runs[index] === undefined);
  if (next !== undefined) add(program.move('submit', next));
}

function addRun(world: World, { index, planned, steps, group, hasFinally }: ProgramRun, add: Add): void {
  const row = world.runs[index];
  if (row === undefined) return;
  const { program, n } = world;
  const { path, final } = row.snapshot.leaf;
  if (
    path === 'running.terminating' &&
    n.get('runArmed', index) === GRACE &&
    (planned.stubborn || row.bodyOver)
  )
    add(program.move('run grace', index));
  if (n.get('body', index) !== BODY.active) return;
  const isStopped = final || path === 'running.terminating';
  if (group !== -1 && (!isStopped || hasFinally)) {
    addThreads(world, index, add);
    if (!threadsOver(world, index)) return isStopped ? undefined : addStep(world, index, add);
  }
  if (isStopped) {
    add(program.move('return', index));
    if (!final) add(program.move('leave', index));
  } else if (n.get('pc', index) === steps.length) {
    for (const end of endsOf(world, index, planned)) add(program.move(end, index));
  } else addStep(world, index, add);
}

/** A body with threads throws if one of them failed. */
function endsOf(world: World, run: number, { ends, threads = [] }: PlannedRun): readonly RunEnding[] {
  if (threads.length === 0) return ends ?? ['return'];
  return threadsFailed(world, run) ? ['throw'] : ['return'];
}

function addStep(world: World, run: number, add: Add): void {
  const { program, n } = world;
  const step = program.runs[run]?.steps[n.get('pc', run)];
  if (step === undefined || world.bodyWaits(run)) return;
  if (step.kind === 'task') addBeginnings(world, step.index, program.move('step', run), add);
  else add(program.move('step', run));
}

/** What the threads of the body may submit or choose. */
function addThreads(world: World, run: number, add: Add): void {
  const { program } = world;
  for (const { index, run: its } of program.threads.threads) {
    const next = its === run ? nextOf(world, index) : undefined;
    if (next === undefined) continue;
    if ('task' in next) addBeginnings(world, next.task, program.move('go', index), add);
    else for (const choice of next.choices) add(program.move('choose', choice));
  }
}

/** The task is submitted, or over before. */
function addBeginnings({ program }: World, index: number, submit: Move, add: Add): void {
  const { ends = DEFAULT_ENDS, over = [] } = program.tasks[index]?.planned ?? {};
  if (ends.length > 0) add(submit);
  if (over.includes('skipped')) add(program.move('skip', index));
  if (over.includes('refused')) add(program.move('refuse', index));
}

function addTask(world: World, task: ProgramTask, add: Add): void {
  const row = world.tasks[task.index];
  if (row === undefined) return;
  const { program, supervisor, n } = world;
  const { index, planned } = task;
  const { final, path } = row.snapshot.leaf;
  if (row.abandoned) add(program.move('settle', index));
  if (final) return;
  if (path === 'ready' && supervisor.readyTasks.includes(row)) add(program.move('start', index));
  if (path === 'running.suspended' && (task.holds === -1 || endOfGroup(world, task.holds) !== undefined))
    add(program.move('wake', index));
  if (path === 'queued.held') add(program.move('unhold', index));
  if (path === 'running.executing' || path === 'running.terminating') addEnds(world, task, path, add);
  if (path === 'running.terminating') {
    if (planned.stubborn === true && n.get('armed', index) === GRACE) add(program.move('grace', index));
    return;
  }
  if (n.get('armed', index) === SOON) add(program.move('soon', index));
  if (planned.deadline === true && (n.get('armed', index) === SOON || n.get('armed', index) === LATE))
    add(program.move('late', index));
}

function addEnds(world: World, task: ProgramTask, path: string, add: Add): void {
  const { program, n } = world;
  const { index, planned } = task;
  const stopping = path === 'running.terminating';
  if (task.holds !== -1) return add(holderMove(world, task, stopping));
  if (task.child !== -1 && n.get('child', index) === CHILD.none && (!stopping || planned.stubborn === true))
    add(program.move('child', index));
  if (stopping) {
    for (const end of ['succeed', 'fail', 'abort'] as const) add(program.move(end, index));
    return;
  }
  if (world.awaitsChild(index) || (task.child !== -1 && n.get('child', index) === CHILD.none)) return;
  for (const end of planned.ends ?? (['succeed', 'fail'] as const)) add(program.move(end, index));
  if (n.get('suspends', index) < (planned.suspends ?? 0)) add(program.move('suspend', index));
}

/** It waits until the threads inside are over, and ends as they did; told to stop, it stops. */
function holderMove(world: World, { index, holds }: ProgramTask, stopping: boolean): Move {
  const { program } = world;
  if (stopping) return program.move('abort', index);
  const status = endOfGroup(world, holds);
  if (status === undefined) return program.move('suspend', index);
  return program.move(status === 'FAILED' ? 'fail' : status === 'CANCEL' ? 'abort' : 'succeed', index);
}

/** A capacity that was changed comes back, like an unpause: what no longer fits would wait for ever. */
function addRestorations({ program, supervisor }: World, add: Add): void {
  program.labels.forEach((label, index) => {
    const planned = program.units(index, program.plan.resources[label] ?? 0);
    if (supervisor.admission.capacityUnits(index) !== planned) add(program.move('restore', index));
  });
}

/** Events that the machines take; what they refuse is tried by probes.ts. */
function addEnvironment(world: World, add: Add): void {
  for (const move of world.program.costly) if (isAllowed(world, move)) add(move);
}

const HOLDABLE: ReadonlySet<string> = new Set(['queued.waiting', 'queued.eligible', 'queued.backoff']);

/** A second request to terminate the run would stop something: a finally task of it, or of a child run. */
function sparesSome(run: PipelineRow | undefined): boolean {
  if (run === undefined) return false;
  const spared = ({ isFinally, snapshot: { leaf, context } }: TaskRow): boolean =>
    isFinally && !leaf.final && context.ending?.kind !== 'terminated';
  return run.tasks.some(spared) || [...run.childRuns].some(sparesSome);
}

function isAllowed({ tasks, runs, supervisor, program }: World, { kind, target, amount }: Move): boolean {
  const task = tasks[target]?.snapshot;
  const row = runs[target];
  const run = row?.snapshot;
  switch (kind) {
    case 'cancel task':
      return task?.leaf.state === 'queued' || task?.leaf.state === 'ready';
    case 'terminate task':
      return task?.leaf.state === 'running' && task.context.ending?.kind !== 'terminated';
    case 'hold task':
      return HOLDABLE.has(task?.leaf.path ?? '');
    case 'cancel run':
      return run?.leaf.state === 'queued' || run?.leaf.state === 'ready';
    case 'terminate run':
      return run?.leaf.state === 'running' && (run.leaf.phase !== 'terminating' || sparesSome(row));
    case 'pause':
      return supervisor.mode.leaf.path === 'open' || supervisor.mode.leaf.path === 'draining';
    case 'shutdown':
      return supervisor.open;
    case 'set capacity':
      return supervisor.admission.capacityUnits(target) !== program.units(target, amount);
    default:
      return false;
  }
}
