/** What can happen in an explored world, by name and number. */
import type { EnvironmentEvent } from './plan.ts';
import type { Program } from './program.ts';

export type MoveKind =
  | 'submit'
  | 'see'
  | 'see run'
  | 'turn'
  | 'enter'
  | 'step'
  | 'return'
  | 'throw'
  | 'leave'
  | 'run grace'
  | 'start'
  | 'succeed'
  | 'fail'
  | 'abort'
  | 'suspend'
  | 'wake'
  | 'child'
  | 'soon'
  | 'late'
  | 'grace'
  | 'settle'
  | 'unhold'
  | 'unpause'
  | 'restore'
  /** A thread submits what comes next. */
  | 'go'
  /** A task is over before it could begin. */
  | 'skip'
  | 'refuse'
  /** A thread goes one of several ways. */
  | 'choose'
  | EnvironmentEvent;

export interface Move {
  readonly index: number;
  readonly kind: MoveKind;
  /** Index of the task, run or label it is about; -1 for none. */
  readonly target: number;
  /** Name of the task or run that it is about. */
  readonly about: string | undefined;
  readonly label: string;
  /** Counts against `events`. */
  readonly costs: boolean;
  readonly amount: number;
}

const ALL_EVENTS: readonly EnvironmentEvent[] = [
  'cancel task',
  'terminate task',
  'hold task',
  'cancel run',
  'terminate run',
  'pause',
  'shutdown',
];

const TASK_MOVES: readonly [MoveKind, (name: string) => string][] = [
  ['start', (name) => `${name} starts`],
  ['succeed', (name) => `${name} succeeds`],
  ['fail', (name) => `${name} fails`],
  ['abort', (name) => `${name} gives up`],
  ['suspend', (name) => `${name} suspends`],
  ['wake', (name) => `${name} is woken`],
  ['child', (name) => `${name} submits its child`],
  ['soon', (name) => `the timer of ${name} fires`],
  ['late', (name) => `the deadline of ${name} passes`],
  ['grace', (name) => `the grace of ${name} is over`],
  ['see', (name) => `the end of ${name} is seen`],
  ['settle', (name) => `the abandoned body of ${name} settles`],
  ['unhold', (name) => `unhold ${name}`],
  ['skip', (name) => `${name} is skipped`],
  ['refuse', (name) => `${name} is refused`],
];

const RUN_MOVES: readonly [MoveKind, (name: string) => string][] = [
  ['submit', (name) => `submit ${name}`],
  ['enter', (name) => `enter ${name}`],
  ['step', (name) => `${name} goes on`],
  ['return', (name) => `${name} returns`],
  ['throw', (name) => `${name} throws`],
  ['leave', (name) => `${name} leaves`],
  ['see run', (name) => `the end of ${name} is seen`],
  ['run grace', (name) => `the grace of ${name} is over`],
];

/** Every move that can ever be made. */
export function listMoves({ plan, tasks, runs, labels, threads }: Program): Move[] {
  const moves: Move[] = [];
  const add = (kind: MoveKind, target: number, label: string, given: Partial<Move> = {}) => {
    const costs = given.costs === true;
    const { about, amount = 0 } = given;
    moves.push({ index: moves.length, kind, target, about, label, costs, amount });
  };
  const names = (kind: EnvironmentEvent) =>
    kind.endsWith('task') ? tasks : kind.endsWith('run') ? runs : [];
  add('turn', -1, 'turn');
  for (const [kind, text] of RUN_MOVES)
    for (const { index, name } of runs) add(kind, index, text(name), { about: name });
  for (const [kind, text] of TASK_MOVES)
    for (const { index, name } of tasks) add(kind, index, text(name), { about: name });
  for (const { index, name } of threads.threads) add('go', index, `${name} goes on`);
  for (const { index, label } of threads.choices) add('choose', index, label);
  add('unpause', -1, 'unpause');
  for (const [index, label] of labels.entries()) add('restore', index, `restore ${label}`);
  if ((plan.events ?? 0) === 0) return moves;
  for (const kind of plan.kinds ?? ALL_EVENTS) {
    if (kind === 'pause' || kind === 'shutdown') add(kind, -1, kind, { costs: true });
    for (const { index, name } of names(kind))
      add(kind, index, `${kind.split(' ')[0]} ${name}`, { costs: true, about: name });
    if (kind !== 'set capacity') continue;
    for (const [label, amounts] of Object.entries(plan.capacities ?? {}))
      for (const amount of amounts)
        add(kind, labels.indexOf(label), `set ${label} to ${amount}`, { costs: true, amount });
  }
  return moves;
}
