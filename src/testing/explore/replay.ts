/** Goes one way through a plan again: what a printed counterexample calls. */
import { invalidArgument } from '../../core/errors.ts';
import { enabledMoves } from './enabled.ts';
import { firstWorld } from './explore.ts';
import { beforeOf, judgeEnd, judgeState, judgeStep, tryMove, type Violation } from './judge.ts';
import { keyOf } from './key.ts';
import { Known } from './known.ts';
import type { ExplorePlan } from './plan.ts';
import type { Move } from './program.ts';
import { WorldView } from './view.ts';
import type { Sabotage, World } from './world.ts';

export interface ReplayOptions {
  readonly sabotage?: Sabotage;
}

/** States looked at for a way to the end. */
const SEARCH_LIMIT = 100_000;

/**
 * Makes the steps, checking everything that `explore` checks. Returns the first violation; undefined when all
 * is well, or when the last step cannot be made any more.
 * @throws INVALID_ARGUMENT when an earlier step cannot be made
 */
export function replay(
  plan: ExplorePlan,
  steps: readonly string[],
  options: ReplayOptions = {},
): Violation | undefined {
  const world = firstWorld(plan, options.sabotage);
  let wrong = judgeState(new WorldView(world));
  for (let i = 0; i < steps.length && wrong === undefined; i += 1) {
    const move = find(enabledMoves(world), steps[i] ?? '', i === steps.length - 1);
    if (move === undefined) return undefined;
    wrong = makeStep(world, move);
  }
  return wrong ?? judgeEnd(world, enabledMoves(world)) ?? judgeFinishable(world);
}

function find(moves: readonly Move[], label: string, isLast: boolean): Move | undefined {
  const move = moves.find((each) => each.label === label);
  if (move !== undefined || isLast) return move;
  throw invalidArgument('a step', label, moves.map((each) => each.label).join(', '));
}

function makeStep(world: World, move: Move): Violation | undefined {
  const before = beforeOf(world, true);
  const fault = tryMove(world, move);
  if (fault !== undefined) return fault;
  const after = new WorldView(world);
  return judgeStep(before, world, move, after) ?? judgeState(after);
}

/** Depth first, since one way to the end is enough. */
function judgeFinishable(first: World): Violation | undefined {
  const known = new Known();
  const stack = [first.fork()];
  known.add(keyOf(first), -1, 0);
  for (let world = stack.pop(); world !== undefined; world = stack.pop()) {
    if (world.done || known.size > SEARCH_LIMIT) return undefined;
    for (const move of enabledMoves(world)) {
      if (move.costs) continue;
      const next = world.fork();
      if (tryMove(next, move) === undefined && known.add(keyOf(next), 0, move.index) < 0) stack.push(next);
    }
  }
  return { invariant: 'finishable', message: 'from here on not everything can become final' };
}
