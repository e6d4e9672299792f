/** The four charts with what it takes to reach all of their states. */
import { pipelineMachine, stageMachine, supervisorMachine, taskMachine } from '../../machines/index.ts';
import { type Json, PIPELINE_EVENTS, STAGE_EVENTS, SUPERVISOR_EVENTS, TASK_EVENTS } from './alphabet.ts';
import { explore, type Seen, type Subject } from './compare.ts';

const choices = (key: string, values: readonly unknown[], seeds: readonly Json[]): Json[] =>
  seeds.flatMap((seed) => values.map((value) => ({ ...seed, [key]: value })));

export const TASK_SEEDS: readonly Json[] = choices(
  'lost',
  [0, 3],
  choices('canKill', [true, false], choices('deadlineAt', [null, 100], choices('maxAttempts', [1, 3], [{}]))),
);

export const SUBJECTS = {
  task: {
    machine: taskMachine,
    seeds: TASK_SEEDS,
    input: { maxAttempts: 1, deadlineAt: null, canKill: true },
    events: TASK_EVENTS,
    within: ({ attempt, lost }) => Number(attempt) <= 3 && Number(lost) <= 5,
  },
  stage: { machine: stageMachine, seeds: [{}], events: STAGE_EVENTS },
  pipeline: { machine: pipelineMachine, seeds: [{}], events: PIPELINE_EVENTS },
  supervisor: { machine: supervisorMachine, seeds: [{}], events: SUPERVISOR_EVENTS },
} as const satisfies Record<string, Subject>;

export type Name = keyof typeof SUBJECTS;
export const NAMES = Object.keys(SUBJECTS) as Name[];

const seen = new Map<Name, Seen>();

/** What the interpreter does; explored once per test file. */
export function seenOf(name: Name): Seen {
  const known = seen.get(name) ?? explore(SUBJECTS[name]);
  seen.set(name, known);
  return known;
}
