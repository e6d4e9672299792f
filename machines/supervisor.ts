/**
 * The supervisor's modes. `paused` admits nothing new; `draining` refuses new runs and finishes what is there;
 * both at once is `drainingPaused`; `closed` is the end and needs an empty scheduler.
 */
import { assign, setup } from 'xstate';
import { RUNTIME, type SupervisorEvent } from './protocol.ts';

export interface SupervisorContext {
  /** Why admission is paused, for people. */
  readonly pauseReason: string | null;
}

const trusted = ({ event }: { readonly event: SupervisorEvent }): boolean => event.token === RUNTIME;

export const supervisorMachine = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent },
  guards: {
    trusted,
    idle: ({ event }) => event.token === RUNTIME && event.type === 'CLOSE' && event.idle === true,
  },
  actions: {
    record: () => {},
    paused: assign(({ event }) => ({
      pauseReason: event.type === 'PAUSE' && typeof event.reason === 'string' ? event.reason : null,
    })),
    unpaused: assign({ pauseReason: null }),
  },
}).createMachine({
  id: 'supervisor',
  context: { pauseReason: null },
  initial: 'open',
  states: {
    open: {
      on: {
        PAUSE: { guard: 'trusted', target: 'paused', actions: ['paused', 'record'] },
        SHUTDOWN: { guard: 'trusted', target: 'draining', actions: ['record'] },
      },
    },
    paused: {
      on: {
        UNPAUSE: { guard: 'trusted', target: 'open', actions: ['unpaused', 'record'] },
        SHUTDOWN: { guard: 'trusted', target: 'drainingPaused', actions: ['record'] },
      },
    },
    draining: {
      on: {
        PAUSE: { guard: 'trusted', target: 'drainingPaused', actions: ['paused', 'record'] },
        CLOSE: { guard: 'idle', target: 'closed', actions: ['record'] },
      },
    },
    drainingPaused: {
      on: {
        UNPAUSE: { guard: 'trusted', target: 'draining', actions: ['unpaused', 'record'] },
        CLOSE: { guard: 'idle', target: 'closed', actions: ['record'] },
      },
    },
    closed: { type: 'final' },
  },
});
