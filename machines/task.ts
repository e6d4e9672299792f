/**
 * The task statechart: one task from submission to its one final outcome.
 *
 * Owns: which event is obeyed in which state, the attempt counters, and the deadlines in context.
 * Does not own: the clock (deadlines are absolute and events carry `at`), admission, bodies, events out.
 * Invariants: T1 every top-level move comes from the lifecycle table; T2 one outcome per attempt (ends name
 * their attempt and are refused when it is not the current one) and one final outcome per task.
 */
import { assign, setup } from 'xstate';
import { moves } from './lifecycle.ts';
import { type Outcome, RUNTIME, type TaskEvent } from './protocol.ts';
import {
  begun,
  type Ending,
  ended,
  firstContext,
  MAX_LOST,
  type On,
  type TaskContext,
  type TaskInput,
} from './task-context.ts';

interface Args {
  readonly context: TaskContext;
  readonly event: TaskEvent;
}

const to = moves('task');
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const trusted = ({ event }: Args): boolean => 'token' in event && event.token === RUNTIME;
const current = (args: Args): boolean =>
  trusted(args) && 'attempt' in args.event && args.event.attempt === args.context.attempt;
const timeOf = (event: TaskEvent): number =>
  'at' in event && isTime(event.at) ? event.at : Number.NEGATIVE_INFINITY;
const due = (at: number | null, event: TaskEvent): boolean => at !== null && timeOf(event) >= at;
const retryAtOf = (event: TaskEvent): number | null =>
  'retryAt' in event && isTime(event.retryAt) ? event.retryAt : null;
const canRetry = ({ context, event }: Args): boolean =>
  retryAtOf(event) !== null && context.failures + 1 < context.maxAttempts;
const overdue = (context: TaskContext): boolean =>
  context.ending !== null && context.ending.kind !== 'terminated';
const errorOf = (event: TaskEvent): unknown => ('error' in event ? event.error : undefined);
const resultOf = (event: TaskEvent): unknown => ('value' in event ? event.value : undefined);
const reasonOf = (event: TaskEvent, otherwise: string): string =>
  'reason' in event && typeof event.reason === 'string' ? event.reason : otherwise;

/** Whatever the body of an attempt that ran out of time does in the end: another attempt, or the failure. */
const overdueRetry = {
  guard: 'overdueRetryable' as const,
  target: to('running', 'queued', 'backoff'),
  actions: ['disarm' as const, 'backingOff' as const, 'release' as const, 'record' as const],
};
const overdueFailure = {
  guard: 'overdue' as const,
  target: to('running', 'failed'),
  actions: [
    'disarm' as const,
    'endOverdue' as const,
    'release' as const,
    'record' as const,
    'settle' as const,
  ],
};

export const taskMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
    output: {} as Outcome,
  },
  guards: {
    trusted,
    current,
    external: ({ event }) => isText('reason' in event ? event.reason : undefined),
    holdable: ({ event }) =>
      event.type === 'HOLD' && isText(event.reason) && (event.until === undefined || isTime(event.until)),
    startable: ({ context, event }) =>
      event.type === 'START' &&
      event.token === RUNTIME &&
      event.attempt === (context.suspended ? context.attempt : context.attempt + 1) &&
      (event.timeoutAt === null || isTime(event.timeoutAt)),
    skippable: (args) =>
      trusted(args) &&
      args.event.type === 'SKIP' &&
      (args.event.reason === 'skipped' || args.event.reason === 'cached'),
    blockable: (args) =>
      trusted(args) && args.event.type === 'BLOCK' && typeof args.event.parent === 'string',
    retryable: (args) => current(args) && canRetry(args),
    poisonous: (args) =>
      current(args) &&
      args.event.type === 'LOSE' &&
      (args.context.lost + 1 >= MAX_LOST || args.event.final === true),
    lostForGood: (args) => current(args) && args.event.type === 'LOSE' && args.event.final === true,
    deadlinePassed: (args) => trusted(args) && due(args.context.deadlineAt, args.event),
    timedOut: (args) => current(args) && due(args.context.timeoutAt, args.event),
    backoffOver: (args) => trusted(args) && due(args.context.backoffUntil, args.event),
    holdOver: (args) => trusted(args) && due(args.context.heldUntil, args.event),
    holdOverUnreleased: (args) =>
      trusted(args) && due(args.context.heldUntil, args.event) && !args.context.released,
    holdOverInBackoff: (args) =>
      trusted(args) && due(args.context.heldUntil, args.event) && args.context.backoffUntil !== null,
    unreleased: ({ context }) => !context.released,
    inBackoff: ({ context }) => context.backoffUntil !== null,
    overdueRetryable: (args) => current(args) && args.context.ending?.kind === 'timeout' && canRetry(args),
    overdue: (args) => current(args) && overdue(args.context),
    killable: (args) => current(args) && args.context.canKill,
    notYetTerminated: ({ context, event }) =>
      isText('reason' in event ? event.reason : undefined) && overdue(context),
  },
  actions: {
    enqueue: () => {},
    dequeue: () => {},
    admit: () => {},
    release: () => {},
    start: () => {},
    notify: () => {},
    kill: () => {},
    abandon: () => {},
    arm: () => {},
    disarm: () => {},
    record: () => {},
    settle: () => {},
    released: assign(({ context }) => ({ ...context, released: true })),
    started: assign(({ context, event }) => begun(context, event as On<'START'>)),
    heldUntil: assign(({ context, event }) => ({
      ...context,
      heldUntil: (event as On<'HOLD'>).until ?? null,
    })),
    unheld: assign(({ context }) => ({ ...context, heldUntil: null })),
    backoffDone: assign(({ context }) => ({ ...context, backoffUntil: null })),
    backingOff: assign(({ context, event }) => ({
      ...context,
      failures: context.failures + 1,
      timeoutAt: null,
      ending: null,
      backoffUntil: retryAtOf(event),
    })),
    suspendedBody: assign(({ context }) => ({ ...context, suspended: true, timeoutAt: null })),
    /** It only waited: what took its process away was not its doing. */
    lostWaiting: assign(({ context }) => ({ ...context, suspended: false, timeoutAt: null, ending: null })),
    lostAttempt: assign(({ context }) => ({
      ...context,
      lost: context.lost + 1,
      suspended: false,
      timeoutAt: null,
      ending: null,
    })),
    endingTerminated: assign(({ context, event }) => ({
      ...context,
      timeoutAt: null,
      ending: { kind: 'terminated' as const, error: errorOf(event) },
    })),
    endingTimeout: assign(({ context, event }) => ({
      ...context,
      timeoutAt: null,
      ending: { kind: 'timeout' as const, error: errorOf(event) },
    })),
    endingDeadline: assign(({ context, event }) => ({
      ...context,
      timeoutAt: null,
      ending: { kind: 'deadline' as const, error: errorOf(event) },
    })),
    endSucceeded: assign(({ context, event }) =>
      ended(context, { kind: 'succeeded', value: resultOf(event) }),
    ),
    endSkipped: assign(({ context, event }) =>
      ended(context, {
        kind: 'succeeded',
        value: resultOf(event),
        reason: reasonOf(event, 'skipped'),
      }),
    ),
    endFailed: assign(({ context, event }) => ended(context, { kind: 'failed', error: errorOf(event) })),
    endLost: assign(({ context, event }) =>
      ended(
        { ...context, lost: context.lost + 1 },
        { kind: 'failed', error: errorOf(event), reason: 'lost' },
      ),
    ),
    endDeadline: assign(({ context, event }) =>
      ended(context, {
        kind: 'failed',
        error: errorOf(event),
        reason: 'deadline',
      }),
    ),
    endOverdue: assign(({ context }) =>
      ended(context, {
        kind: 'failed',
        error: context.ending?.error,
        reason: (context.ending as Ending).kind,
      }),
    ),
    endCancelled: assign(({ context, event }) =>
      ended(context, {
        kind: 'cancelled',
        reason: reasonOf(event, event.type === 'TERMINATE' ? 'terminated' : 'cancelled'),
      }),
    ),
    endAborted: assign(({ context, event }) =>
      ended(context, {
        kind: 'cancelled',
        error: errorOf(event),
        reason: 'cancelled',
      }),
    ),
    endTerminated: assign(({ context }) =>
      ended(context, { kind: 'cancelled', error: context.ending?.error, reason: 'terminated' }),
    ),
    endBlocked: assign(({ context, event }) =>
      ended(context, { kind: 'blocked', reason: (event as On<'BLOCK'>).parent }),
    ),
  },
}).createMachine({
  id: 'task',
  context: ({ input }) => firstContext(input),
  /** Every end writes the outcome (T2). */
  output: ({ context }) => context.outcome as Outcome,
  initial: 'queued',
  states: {
    queued: {
      initial: 'waiting',
      on: {
        CANCEL: {
          guard: 'external',
          target: to('queued', 'cancelled'),
          actions: ['notify', 'disarm', 'endCancelled', 'record', 'settle'],
        },
        TERMINATE: {
          guard: 'external',
          target: to('queued', 'cancelled'),
          actions: ['notify', 'disarm', 'endCancelled', 'record', 'settle'],
        },
        BLOCK: {
          guard: 'blockable',
          target: to('queued', 'blocked'),
          actions: ['disarm', 'endBlocked', 'record', 'settle'],
        },
        SKIP: {
          guard: 'skippable',
          target: to('queued', 'succeeded'),
          actions: ['disarm', 'endSkipped', 'record', 'settle'],
        },
        REFUSE: {
          guard: 'trusted',
          target: to('queued', 'failed'),
          actions: ['notify', 'disarm', 'endFailed', 'record', 'settle'],
        },
        DEADLINE: {
          guard: 'deadlinePassed',
          target: to('queued', 'failed'),
          actions: ['notify', 'disarm', 'endDeadline', 'record', 'settle'],
        },
      },
      states: {
        /** Dependencies are not yet satisfied. */
        waiting: {
          on: {
            RELEASE: { guard: 'trusted', target: 'eligible', actions: ['released', 'record'] },
            HOLD: { guard: 'holdable', target: 'held', actions: ['heldUntil', 'record'] },
          },
        },
        /** In the admission queue. */
        eligible: {
          entry: 'enqueue',
          exit: 'dequeue',
          on: {
            ADMIT: { guard: 'trusted', target: to('queued', 'ready'), actions: ['admit', 'record'] },
            HOLD: { guard: 'holdable', target: 'held', actions: ['heldUntil', 'record'] },
          },
        },
        /** Between two attempts. */
        backoff: {
          entry: 'arm',
          on: {
            BACKOFF_OVER: {
              guard: 'backoffOver',
              target: 'eligible',
              actions: ['disarm', 'backoffDone', 'record'],
            },
            HOLD: { guard: 'holdable', target: 'held', actions: ['heldUntil', 'record'] },
          },
        },
        /** Held back by a person; keeps its place. */
        held: {
          entry: 'arm',
          on: {
            RELEASE: { guard: 'trusted', actions: ['released'] },
            UNHOLD: [
              { guard: 'unreleased', target: 'waiting', actions: ['disarm', 'unheld', 'record'] },
              { guard: 'inBackoff', target: 'backoff', actions: ['disarm', 'unheld', 'record'] },
              { target: 'eligible', actions: ['disarm', 'unheld', 'record'] },
            ],
            HOLD_OVER: [
              { guard: 'holdOverUnreleased', target: 'waiting', actions: ['disarm', 'unheld', 'record'] },
              { guard: 'holdOverInBackoff', target: 'backoff', actions: ['disarm', 'unheld', 'record'] },
              { guard: 'holdOver', target: 'eligible', actions: ['disarm', 'unheld', 'record'] },
            ],
          },
        },
      },
    },
    /** Admitted: slot and resources are taken, the body is not entered. */
    ready: {
      on: {
        START: {
          guard: 'startable',
          target: to('ready', 'running', 'executing'),
          actions: ['started', 'record'],
        },
        CANCEL: {
          guard: 'external',
          target: to('ready', 'cancelled'),
          actions: ['notify', 'disarm', 'endCancelled', 'release', 'record', 'settle'],
        },
        TERMINATE: {
          guard: 'external',
          target: to('ready', 'cancelled'),
          actions: ['notify', 'disarm', 'endCancelled', 'release', 'record', 'settle'],
        },
        DEADLINE: {
          guard: 'deadlinePassed',
          target: to('ready', 'failed'),
          actions: ['notify', 'disarm', 'endDeadline', 'release', 'record', 'settle'],
        },
        RECOVER: {
          guard: 'trusted',
          target: to('ready', 'queued', 'eligible'),
          actions: ['release', 'record'],
        },
      },
    },
    running: {
      initial: 'executing',
      states: {
        executing: {
          entry: ['arm', 'start'],
          on: {
            SUCCEED: {
              guard: 'current',
              target: to('running', 'succeeded'),
              actions: ['disarm', 'endSucceeded', 'release', 'record', 'settle'],
            },
            FAIL: [
              {
                guard: 'retryable',
                target: to('running', 'queued', 'backoff'),
                actions: ['disarm', 'backingOff', 'release', 'record'],
              },
              {
                guard: 'current',
                target: to('running', 'failed'),
                actions: ['disarm', 'endFailed', 'release', 'record', 'settle'],
              },
            ],
            ABORTED: {
              guard: 'current',
              target: to('running', 'cancelled'),
              actions: ['disarm', 'endAborted', 'release', 'record', 'settle'],
            },
            LOSE: [
              {
                guard: 'poisonous',
                target: to('running', 'failed'),
                actions: ['disarm', 'endLost', 'release', 'record', 'settle'],
              },
              {
                guard: 'current',
                target: to('running', 'queued', 'eligible'),
                actions: ['disarm', 'lostAttempt', 'release', 'record'],
              },
            ],
            SUSPEND: {
              guard: 'current',
              target: 'suspended',
              actions: ['disarm', 'suspendedBody', 'release', 'record'],
            },
            TERMINATE: {
              guard: 'external',
              target: 'terminating',
              actions: ['disarm', 'endingTerminated', 'record'],
            },
            TIMEOUT: {
              guard: 'timedOut',
              target: 'terminating',
              actions: ['disarm', 'endingTimeout', 'record'],
            },
            DEADLINE: {
              guard: 'deadlinePassed',
              target: 'terminating',
              actions: ['disarm', 'endingDeadline', 'record'],
            },
          },
        },
        /** The body waits for something else and holds nothing (rule 3). */
        suspended: {
          on: {
            WAKE: { guard: 'current', target: to('running', 'queued', 'eligible'), actions: ['record'] },
            LOSE: [
              {
                guard: 'lostForGood',
                target: to('running', 'failed'),
                actions: ['disarm', 'endLost', 'record', 'settle'],
              },
              {
                guard: 'current',
                target: to('running', 'queued', 'eligible'),
                actions: ['disarm', 'lostWaiting', 'record'],
              },
            ],
            TERMINATE: {
              guard: 'external',
              target: 'terminating',
              actions: ['disarm', 'endingTerminated', 'record'],
            },
            DEADLINE: {
              guard: 'deadlinePassed',
              target: 'terminating',
              actions: ['disarm', 'endingDeadline', 'record'],
            },
          },
        },
        /** The body was told to stop; what it does now decides (rule 1). */
        terminating: {
          entry: ['arm', 'notify'],
          on: {
            SUCCEED: [
              overdueRetry,
              overdueFailure,
              {
                guard: 'current',
                target: to('running', 'succeeded'),
                actions: ['disarm', 'endSucceeded', 'release', 'record', 'settle'],
              },
            ],
            FAIL: [
              overdueRetry,
              overdueFailure,
              {
                guard: 'current',
                target: to('running', 'failed'),
                actions: ['disarm', 'endFailed', 'release', 'record', 'settle'],
              },
            ],
            ABORTED: [
              overdueRetry,
              overdueFailure,
              {
                guard: 'current',
                target: to('running', 'cancelled'),
                actions: ['disarm', 'endTerminated', 'release', 'record', 'settle'],
              },
            ],
            /** A crash ends the attempt as the stop would have. */
            LOSE: [
              overdueFailure,
              {
                guard: 'current',
                target: to('running', 'cancelled'),
                actions: ['disarm', 'endTerminated', 'release', 'record', 'settle'],
              },
            ],
            /** A user who terminates what already runs out of time asks for no further attempt. */
            TERMINATE: { guard: 'notYetTerminated', actions: ['endingTerminated', 'record'] },
            GRACE_OVER: [
              { guard: 'killable', actions: ['kill'] },
              {
                guard: 'overdue',
                target: to('running', 'failed'),
                actions: ['disarm', 'endOverdue', 'abandon', 'record', 'settle'],
              },
              {
                guard: 'current',
                target: to('running', 'cancelled'),
                actions: ['disarm', 'endTerminated', 'abandon', 'record', 'settle'],
              },
            ],
          },
        },
      },
    },
    succeeded: { type: 'final' },
    failed: { type: 'final' },
    cancelled: { type: 'final' },
    blocked: { type: 'final' },
  },
});
