/**
 * Where the plan asks for `pace: 'prompt'`, a step of the search goes on until nothing more happens by itself: only
 * such states are kept. Everywhere else each move is a step.
 */
import { moveByItself } from './enabled.ts';
import { type Before, judgeState, judgeStep, tryMove, type Violation } from './judge.ts';
import { perform } from './perform.ts';
import type { Move } from './program.ts';
import { finalsOf, WorldView } from './view.ts';
import type { World } from './world.ts';

/** Moves that may follow one another by themselves; a scheduler that makes more goes round in circles. */
const MAX_MOVES = 10_000;

/** Makes what happens by itself. */
export function comeToRest(world: World): void {
  let move = moveByItself(world);
  for (let made = 0; move !== undefined && made < MAX_MOVES; made += 1) {
    perform(world, move);
    move = moveByItself(world);
  }
}

export interface Unrest extends Violation {
  /** The moves that were made by then. */
  readonly moves: readonly Move[];
}

/** The same, checking each step; the first violation ends it. */
export function judgeRest(world: World): Unrest | undefined {
  const moves: Move[] = [];
  for (let move = moveByItself(world); move !== undefined; move = moveByItself(world)) {
    moves.push(move);
    const before = beforeMove(world, move);
    const wrong = tryMove(world, move) ?? judgeAfter(before, world, move);
    if (wrong !== undefined) return { ...wrong, moves };
    if (moves.length > MAX_MOVES)
      return { invariant: 'fault', message: 'what happens by itself never ends', moves };
  }
  return undefined;
}

/** Holds what checks compare: tasks, and for admissions runs. The rest is the same before and after such a move. */
function beforeMove(world: World, { kind }: Move): Before {
  const view = new WorldView(world);
  view.keepTasks();
  if (kind === 'turn') view.keepRuns();
  return { view, finals: finalsOf(world) };
}

function judgeAfter(before: Before, world: World, move: Move): Violation | undefined {
  const after = new WorldView(world);
  return judgeStep(before, world, move, after) ?? judgeState(after);
}

/** The whole way of decisions, what happens by itself in between included; no further than `there`. */
export function wholeWay(
  first: World,
  decisions: readonly Move[],
  there: (world: World) => boolean = () => false,
): Move[] {
  const world = first.fork();
  const way: Move[] = [];
  const go = (move: Move): void => {
    way.push(move);
    tryMove(world, move);
  };
  const rest = (): void => {
    for (let move = moveByItself(world); move !== undefined && !there(world); move = moveByItself(world))
      go(move);
  };
  rest();
  for (const decision of decisions) {
    if (there(world)) break;
    go(decision);
    rest();
  }
  return way;
}
