/** Whether a step, and the state it leads to, keep the invariants. */
import { type Invariant, invariants, type View } from '../../../machines/invariants.ts';
import { perform } from './perform.ts';
import type { Move } from './program.ts';
import { finalsOf, stepOf, WorldView } from './view.ts';
import type { World } from './world.ts';

export interface Violation {
  /** Its number; `deadlock`, `finishable` and `fault` are the explorer's own. */
  readonly invariant: string;
  readonly message: string;
}

const stepInvariants = invariants.filter((invariant) => invariant.step !== undefined);

/** Makes the move and checks the step. What the scheduler throws is a `fault`. */
export function tryMove(world: World, move: Move): Violation | undefined {
  try {
    perform(world, move);
    return undefined;
  } catch (error) {
    return { invariant: 'fault', message: error instanceof Error ? error.message : String(error) };
  }
}

/** What is to be remembered of a world before one of its moves is made. */
export interface Before {
  readonly view: View;
  readonly finals: readonly number[];
}

/** `eager`: the world itself is about to move, not a copy. */
export function beforeOf(world: World, eager: boolean): Before {
  const view = new WorldView(world);
  return { view: eager ? frozenView(view) : view, finals: finalsOf(world) };
}

/** The parts that step invariants compare, made now. */
function frozenView(view: WorldView): View {
  const { tasks, runs, stages, labels, bypassLimit, paused, turnDue } = view;
  const { admitted, slotsInUse, abandoned, taskParallelism, pipelineParallelism } = view;
  return {
    ...{ tasks, runs, stages, labels, bypassLimit, paused, turnDue },
    ...{ admitted, slotsInUse, abandoned, taskParallelism, pipelineParallelism },
  };
}

export function judgeStep(before: Before, world: World, move: Move, after: View): Violation | undefined {
  const step = stepOf(world, move, before.finals);
  for (const invariant of stepInvariants) {
    const message = invariant.step?.(before.view, step, after);
    if (message !== undefined) return violated(invariant, message);
  }
  if (world.log.late === 0) return undefined;
  return { invariant: 'S6', message: `a second pass of the turn admitted ${world.log.late} more` };
}

const stateInvariants = invariants.filter((invariant) => invariant.state !== undefined);

export function judgeState(view: View): Violation | undefined {
  for (const invariant of stateInvariants) {
    const message = invariant.state?.(view);
    if (message !== undefined) return violated(invariant, message);
  }
  return undefined;
}

/** Nothing can happen by itself, and not everything is final. */
export function judgeEnd(world: World, moves: readonly Move[]): Violation | undefined {
  if (moves.some((move) => !move.costs) || world.done) return undefined;
  const open = new WorldView(world);
  const rows = [...open.runs, ...open.tasks].filter(({ settled, abandoned }) => settled === 0 || abandoned);
  const list = rows.map(
    ({ name, state, phase }) => `${name} ${state}${phase === undefined ? '' : `.${phase}`}`,
  );
  return { invariant: 'deadlock', message: `nothing can move: ${list.join(', ')}` };
}

function violated({ id, says }: Invariant, message: string): Violation {
  return { invariant: id, message: `${message} (${id}: ${says})` };
}
