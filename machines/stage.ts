/**
 * The stage statechart. A stage is derived from its tasks and owns nothing: it is reached, it runs from its
 * first admission, and it closes when nothing more can carry its index. How its tasks ended decides how it
 * ends: any failed, else any cancelled, else all blocked, else succeeded.
 */
import { assign, setup } from 'xstate';
import { moves } from './lifecycle.ts';
import { type Outcome, RUNTIME, type StageEvent, type StageTally } from './protocol.ts';

export interface StageContext {
  readonly outcome: Outcome | null;
}

interface Args {
  readonly event: StageEvent;
}

const to = moves('stage');
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const trusted = ({ event }: Args): boolean => event.token === RUNTIME;

function tallyOf({ event }: Args): StageTally | undefined {
  if (event.type !== 'CLOSE' || event.token !== RUNTIME) return undefined;
  const tally: StageTally | null | undefined = event.tally;
  const counts = [tally?.succeeded, tally?.failed, tally?.cancelled, tally?.blocked];
  return counts.every(isCount) ? tally : undefined;
}

export const stageMachine = setup({
  types: { context: {} as StageContext, events: {} as StageEvent, output: {} as Outcome },
  guards: {
    trusted,
    anyFailed: (args) => (tallyOf(args)?.failed ?? 0) > 0,
    anyCancelled: (args) => (tallyOf(args)?.cancelled ?? 0) > 0,
    allBlocked: (args) => (tallyOf(args)?.blocked ?? 0) > 0 && tallyOf(args)?.succeeded === 0,
    tallied: (args) => tallyOf(args) !== undefined,
  },
  actions: {
    record: () => {},
    settle: () => {},
    endFailed: assign({ outcome: { kind: 'failed' } as const }),
    endCancelled: assign({ outcome: { kind: 'cancelled' } as const }),
    endBlocked: assign({ outcome: { kind: 'blocked' } as const }),
    endSucceeded: assign({ outcome: { kind: 'succeeded' } as const }),
  },
}).createMachine({
  id: 'stage',
  context: { outcome: null },
  /** Every end writes the outcome (T2). */
  output: ({ context }) => context.outcome as Outcome,
  initial: 'queued',
  states: {
    queued: {
      on: {
        REACH: { guard: 'trusted', target: to('queued', 'ready'), actions: ['record'] },
        CLOSE: [
          { guard: 'anyFailed', target: to('queued', 'failed'), actions: ['endFailed', 'record', 'settle'] },
          {
            guard: 'anyCancelled',
            target: to('queued', 'cancelled'),
            actions: ['endCancelled', 'record', 'settle'],
          },
          {
            guard: 'allBlocked',
            target: to('queued', 'blocked'),
            actions: ['endBlocked', 'record', 'settle'],
          },
          {
            guard: 'tallied',
            target: to('queued', 'succeeded'),
            actions: ['endSucceeded', 'record', 'settle'],
          },
        ],
      },
    },
    ready: {
      on: {
        BEGIN: { guard: 'trusted', target: to('ready', 'running'), actions: ['record'] },
        CLOSE: [
          { guard: 'anyFailed', target: to('ready', 'failed'), actions: ['endFailed', 'record', 'settle'] },
          {
            guard: 'anyCancelled',
            target: to('ready', 'cancelled'),
            actions: ['endCancelled', 'record', 'settle'],
          },
          {
            guard: 'allBlocked',
            target: to('ready', 'blocked'),
            actions: ['endBlocked', 'record', 'settle'],
          },
          {
            guard: 'tallied',
            target: to('ready', 'succeeded'),
            actions: ['endSucceeded', 'record', 'settle'],
          },
        ],
      },
    },
    running: {
      on: {
        CLOSE: [
          { guard: 'anyFailed', target: to('running', 'failed'), actions: ['endFailed', 'record', 'settle'] },
          {
            guard: 'anyCancelled',
            target: to('running', 'cancelled'),
            actions: ['endCancelled', 'record', 'settle'],
          },
          {
            guard: 'tallied',
            target: to('running', 'succeeded'),
            actions: ['endSucceeded', 'record', 'settle'],
          },
        ],
      },
    },
    succeeded: { type: 'final' },
    failed: { type: 'final' },
    cancelled: { type: 'final' },
    blocked: { type: 'final' },
  },
});
