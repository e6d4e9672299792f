/**
 * The pipeline statechart: one run, from submission to its outcome. `ready` means the slot is granted and the
 * body not entered; `queued.waiting` waits for the runs named by `after`; terminating a run ends it cancelled
 * whatever its body then does.
 */
import { assign, setup } from 'xstate';
import { moves } from './lifecycle.ts';
import { type Outcome, type PipelineEvent, RUNTIME } from './protocol.ts';

export interface PipelineContext {
  /** The error that the signal of a terminating run was aborted with. */
  readonly ending: { readonly error: unknown } | null;
  /** A body is alive although the run is queued: it was suspended and waits for its slot (rule 3). */
  readonly suspended: boolean;
  readonly outcome: Outcome | null;
}

/** `endBlocked` stands under this event alone. */
type Block = Extract<PipelineEvent, { readonly type: 'BLOCK' }>;

interface Args {
  readonly event: PipelineEvent;
}

const to = moves('pipeline');
const trusted = ({ event }: Args): boolean => 'token' in event && event.token === RUNTIME;
const errorOf = (event: PipelineEvent): unknown => ('error' in event ? event.error : undefined);
const resultOf = (event: PipelineEvent): unknown => ('value' in event ? event.value : undefined);
const reasonOf = (event: PipelineEvent, otherwise: string): string =>
  'reason' in event && typeof event.reason === 'string' ? event.reason : otherwise;

function ended(context: PipelineContext, outcome: Outcome): PipelineContext {
  return { ...context, suspended: false, ending: null, outcome };
}

export const pipelineMachine = setup({
  types: { context: {} as PipelineContext, events: {} as PipelineEvent, output: {} as Outcome },
  guards: {
    trusted,
    external: ({ event }) =>
      !('reason' in event) || event.reason === undefined || typeof event.reason === 'string',
    blockable: (args) =>
      trusted(args) && args.event.type === 'BLOCK' && typeof args.event.parent === 'string',
    skippable: (args) =>
      trusted(args) &&
      args.event.type === 'SKIP' &&
      (args.event.reason === 'skipped' || args.event.reason === 'cached'),
  },
  actions: {
    enqueue: () => {},
    dequeue: () => {},
    admit: () => {},
    release: () => {},
    start: () => {},
    notify: () => {},
    abandon: () => {},
    arm: () => {},
    disarm: () => {},
    record: () => {},
    settle: () => {},
    entered: assign(({ context }) => ({ ...context, suspended: false })),
    suspendedBody: assign(({ context }) => ({ ...context, suspended: true })),
    endingTerminated: assign(({ context, event }) => ({
      ...context,
      ending: { error: errorOf(event) },
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
      ended(context, { kind: 'blocked', reason: (event as Block).parent }),
    ),
  },
}).createMachine({
  id: 'pipeline',
  context: { ending: null, suspended: false, outcome: null },
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
          actions: ['notify', 'endCancelled', 'record', 'settle'],
        },
        TERMINATE: {
          guard: 'external',
          target: to('queued', 'cancelled'),
          actions: ['notify', 'endCancelled', 'record', 'settle'],
        },
        BLOCK: {
          guard: 'blockable',
          target: to('queued', 'blocked'),
          actions: ['endBlocked', 'record', 'settle'],
        },
        SKIP: {
          guard: 'skippable',
          target: to('queued', 'succeeded'),
          actions: ['endSkipped', 'record', 'settle'],
        },
        REFUSE: {
          guard: 'trusted',
          target: to('queued', 'failed'),
          actions: ['notify', 'endFailed', 'record', 'settle'],
        },
      },
      states: {
        waiting: { on: { RELEASE: { guard: 'trusted', target: 'eligible', actions: ['record'] } } },
        eligible: {
          entry: 'enqueue',
          exit: 'dequeue',
          on: { ADMIT: { guard: 'trusted', target: to('queued', 'ready'), actions: ['admit', 'record'] } },
        },
      },
    },
    ready: {
      on: {
        START: {
          guard: 'trusted',
          target: to('ready', 'running', 'executing'),
          actions: ['entered', 'record'],
        },
        CANCEL: {
          guard: 'external',
          target: to('ready', 'cancelled'),
          actions: ['notify', 'endCancelled', 'release', 'record', 'settle'],
        },
        TERMINATE: {
          guard: 'external',
          target: to('ready', 'cancelled'),
          actions: ['notify', 'endCancelled', 'release', 'record', 'settle'],
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
          entry: 'start',
          on: {
            SUCCEED: {
              guard: 'trusted',
              target: to('running', 'succeeded'),
              actions: ['endSucceeded', 'release', 'record', 'settle'],
            },
            FAIL: {
              guard: 'trusted',
              target: to('running', 'failed'),
              actions: ['endFailed', 'release', 'record', 'settle'],
            },
            ABORTED: {
              guard: 'trusted',
              target: to('running', 'cancelled'),
              actions: ['endAborted', 'release', 'record', 'settle'],
            },
            SUSPEND: {
              guard: 'trusted',
              target: 'suspended',
              actions: ['suspendedBody', 'release', 'record'],
            },
            TERMINATE: { guard: 'external', target: 'terminating', actions: ['endingTerminated', 'record'] },
          },
        },
        /** Waits durably and holds no slot (rule 3). */
        suspended: {
          on: {
            WAKE: { guard: 'trusted', target: to('running', 'queued', 'eligible'), actions: ['record'] },
            TERMINATE: { guard: 'external', target: 'terminating', actions: ['endingTerminated', 'record'] },
          },
        },
        terminating: {
          entry: ['arm', 'notify'],
          on: {
            SUCCEED: {
              guard: 'trusted',
              target: to('running', 'cancelled'),
              actions: ['disarm', 'endTerminated', 'release', 'record', 'settle'],
            },
            FAIL: {
              guard: 'trusted',
              target: to('running', 'cancelled'),
              actions: ['disarm', 'endTerminated', 'release', 'record', 'settle'],
            },
            ABORTED: {
              guard: 'trusted',
              target: to('running', 'cancelled'),
              actions: ['disarm', 'endTerminated', 'release', 'record', 'settle'],
            },
            GRACE_OVER: {
              guard: 'trusted',
              target: to('running', 'cancelled'),
              actions: ['disarm', 'endTerminated', 'abandon', 'record', 'settle'],
            },
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
