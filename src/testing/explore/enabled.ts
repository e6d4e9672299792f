/** What may happen next in a world: steps of bodies, of the scheduler, of timers, and of the environment. */
import type { PipelineRow, TaskRow } from '../../runtime/rows.ts';
import type { Move, ProgramRun, ProgramTask } from './program.ts';
import { LATE, SOON } from './program.ts';
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
  return moves;
}

/** Roots come in the order of the plan. */
function addSubmission({ program, runs, supervisor }: World, add: Add): void {
  if (!supervisor.open) return;
  const next = program.roots.find((index) => runs[index] === undefined);
  if (next !== undefined) add(program.move('submit', next));
}

function addRun(world: World, { index, planned, steps }: ProgramRun, add: Add): void {
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
  const ends = planned.ends ?? ['return'];
  if (final || path === 'running.terminating') {
    add(program.move('return', index));
    if (!final) add(program.move('leave', index));
  } else if (n.get('pc', index) === steps.length) {
    for (const end of ends) add(program.move(end, index));
  } else if (!world.bodyWaits(index)) {
    add(program.move('step', index));
  }
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
  if (path === 'running.suspended') add(program.move('wake', index));
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
