/**
 * The finite alphabet that the exhaustive tests feed to every state: for each chart, well-formed events and
 * every way of getting one wrong.
 *
 * The abstraction: time has three points, 50 (before), 100 (every deadline) and none; attempts are 0 to 3 and
 * a next, out-of-date, absent, NaN and string one; `maxAttempts` is 1 or 3; a lost count begins at 0 or 3, so
 * that the fifth loss is within three attempts; values, errors and reasons are one of each, or absent.
 */
import { RUNTIME } from '../../machines/protocol.ts';

export type Json = Readonly<Record<string, unknown>>;

const token = RUNTIME;
const imposter = Symbol('signalbox.runtime');

/** Right, wrong and missing token. */
const guarded = (event: Json): Json[] => [{ ...event, token }, { ...event, token: imposter }, { ...event }];
const plain = (types: readonly string[]): Json[] => types.flatMap((type) => guarded({ type }));

const RIGHT_ATTEMPTS = [0, 1, 2, 3];
const WRONG_ATTEMPTS = [4, Number.NaN, '1', null];

/** The event for every attempt number with the token, and for the plausible ones with a wrong or no token. */
function ofAttempt(event: Json): Json[] {
  const missing = { ...event, token };
  const numbered = [...RIGHT_ATTEMPTS, ...WRONG_ATTEMPTS].map((attempt) => ({ ...event, token, attempt }));
  const untrusted = RIGHT_ATTEMPTS.flatMap((attempt) => guarded({ ...event, attempt }).slice(1));
  return [missing, ...numbered, ...untrusted];
}

const timed = (event: Json): Json[] => [
  ...guarded({ ...event, at: 100 }),
  ...[50, Number.NaN, '100', undefined].map((at) => ({ ...event, token, at })),
  { ...event, token },
];

const withRetry = (event: Json): Json[] => [
  ...ofAttempt({ ...event, retryAt: null }),
  ...ofAttempt({ ...event, retryAt: 100 }),
  ...RIGHT_ATTEMPTS.flatMap((attempt) =>
    [{}, { retryAt: Number.NaN }, { retryAt: '100' }].map((wrong) => ({
      ...event,
      ...wrong,
      attempt,
      token,
    })),
  ),
];

const FROM_OUTSIDE: Json[] = [
  { type: 'CANCEL' },
  { type: 'CANCEL', reason: 'why' },
  { type: 'CANCEL', reason: undefined },
  { type: 'CANCEL', reason: 5 },
  { type: 'CANCEL', reason: null },
  { type: 'TERMINATE' },
  { type: 'TERMINATE', reason: 'why', error: 'e' },
  { type: 'TERMINATE', reason: 5, error: 'e' },
];

const HOLDS: Json[] = [
  { type: 'HOLD' },
  { type: 'HOLD', reason: 'why', until: 100 },
  { type: 'HOLD', reason: 5 },
  { type: 'HOLD', until: Number.NaN },
  { type: 'HOLD', until: '100' },
  { type: 'HOLD', until: null },
  { type: 'UNHOLD' },
  { type: 'UNHOLD', token: imposter },
];

const ADMISSION: Json[] = [
  ...plain(['RELEASE', 'ADMIT', 'RECOVER']),
  ...guarded({ type: 'BLOCK', parent: 'p' }),
  { type: 'BLOCK', parent: 5, token },
  { type: 'BLOCK', token },
  ...guarded({ type: 'SKIP', reason: 'skipped', value: 'v' }),
  { type: 'SKIP', reason: 'cached', token },
  { type: 'SKIP', reason: 'other', value: 'v', token },
  { type: 'SKIP', token },
  ...guarded({ type: 'REFUSE', error: 'e' }),
  { type: 'REFUSE', token },
];

/** Names that an object already has, that XState gives a meaning, or that nobody uses. */
export const UNKNOWN: Json[] = [
  ...['NOPE', 'admit', 'ADMIT ', '', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'],
  ...[
    'xstate.init',
    'xstate.done.actor.x',
    'xstate.done.state.task',
    'xstate.snapshot.x',
    'xstate.after.1.task',
  ],
].map((type) => ({ type, token }));

export const TASK_EVENTS: Json[] = [
  ...FROM_OUTSIDE,
  ...HOLDS,
  ...ADMISSION,
  ...ofAttempt({ type: 'START', timeoutAt: null }),
  ...ofAttempt({ type: 'START', timeoutAt: 100 }),
  ...[Number.NaN, '100', undefined].map((timeoutAt) => ({ type: 'START', token, attempt: 1, timeoutAt })),
  ...withRetry({ type: 'SUCCEED', value: 'v' }),
  ...RIGHT_ATTEMPTS.map((attempt) => ({ type: 'SUCCEED', token, attempt, retryAt: null })),
  ...withRetry({ type: 'FAIL', error: 'e' }),
  ...RIGHT_ATTEMPTS.map((attempt) => ({ type: 'FAIL', token, attempt, retryAt: null })),
  ...withRetry({ type: 'ABORTED', error: 'e' }),
  ...['SUSPEND', 'WAKE', 'GRACE_OVER'].flatMap((type) => ofAttempt({ type })),
  ...ofAttempt({ type: 'LOSE', error: 'e' }),
  ...ofAttempt({ type: 'LOSE', error: 'e', final: true }),
  ...timed({ type: 'BACKOFF_OVER' }),
  ...timed({ type: 'HOLD_OVER' }),
  ...timed({ type: 'DEADLINE', error: 'e' }),
  { type: 'DEADLINE', at: 100, token },
  ...ofAttempt({ type: 'TIMEOUT', at: 100, error: 'e' }),
  ...RIGHT_ATTEMPTS.flatMap((attempt) => [
    { type: 'TIMEOUT', at: 50, attempt, token },
    { type: 'TIMEOUT', at: Number.NaN, attempt, token },
    { type: 'TIMEOUT', attempt, token },
  ]),
  ...UNKNOWN,
  { type: 'xstate.stop' },
];

export const PIPELINE_EVENTS: Json[] = [
  ...FROM_OUTSIDE,
  ...HOLDS,
  ...ADMISSION,
  ...plain(['START', 'SUSPEND', 'WAKE', 'GRACE_OVER', 'SUCCEED', 'FAIL', 'ABORTED', 'LOSE', 'TIMEOUT']),
  ...guarded({ type: 'SUCCEED', value: 'v' }),
  ...guarded({ type: 'FAIL', error: 'e' }),
  ...guarded({ type: 'ABORTED', error: 'e' }),
  ...UNKNOWN,
  { type: 'xstate.stop' },
];

const tally = (succeeded: unknown, failed: unknown, cancelled: unknown, blocked: unknown): Json => ({
  succeeded,
  failed,
  cancelled,
  blocked,
});
const counts = [0, 2];
const TALLIES: Json[] = counts.flatMap((s) =>
  counts.flatMap((f) => counts.flatMap((c) => counts.map((b) => tally(s, f, c, b)))),
);

export const STAGE_EVENTS: Json[] = [
  ...plain(['REACH', 'BEGIN', 'CLOSE', 'CANCEL', 'TERMINATE', 'ADMIT']),
  ...TALLIES.flatMap((given) => guarded({ type: 'CLOSE', tally: given })),
  ...[
    null,
    5,
    'x',
    [],
    {},
    tally(1, 1, 1, -1),
    tally(1, Number.NaN, 0, 0),
    tally('1', 1, 0, 0),
    tally(0, 1.5, 0, 0),
  ].map((given) => ({ type: 'CLOSE', token, tally: given })),
  ...UNKNOWN,
  { type: 'xstate.stop' },
];

export const SUPERVISOR_EVENTS: Json[] = [
  ...plain(['PAUSE', 'UNPAUSE', 'SHUTDOWN', 'CLOSE', 'CANCEL']),
  ...guarded({ type: 'PAUSE', reason: 'why' }),
  { type: 'PAUSE', reason: 5, token },
  ...guarded({ type: 'CLOSE', idle: true }),
  ...[false, 1, 'true'].map((idle) => ({ type: 'CLOSE', idle, token })),
  ...UNKNOWN,
  { type: 'xstate.stop' },
];

/** What is no event: refused by the compiled logic (D3), thrown at by the interpreter or its development build. */
export const NO_EVENTS: readonly unknown[] = [
  ...[null, undefined, 5, 'ADMIT', true, Symbol('ADMIT'), [], {}, () => {}],
  ...['*', 5, null, undefined, {}, ['ADMIT'], Symbol('ADMIT'), { toString: () => 'ADMIT' }].map((type) => ({
    type,
    token,
  })),
];
