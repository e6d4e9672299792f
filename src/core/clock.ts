/**
 * The clock port. Everything that tells time or waits takes one of these, so that tests and the simulator
 * own time. `systemClock` is the only place that touches the global timers.
 */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `fn` once, not before `delayMs`. Returns a token for `clearTimeout`. */
  setTimeout(fn: () => void, delayMs: number): unknown;
  clearTimeout(token: unknown): void;
  /** Calls `fn` in a later macrotask: the boundary of a turn. */
  setImmediate(fn: () => void): void;
}

/** setTimeout takes a signed 32-bit delay; a longer one would fire at once. */
const LONGEST_DELAY_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, delayMs) => setTimeout(fn, Math.min(Math.max(0, delayMs), LONGEST_DELAY_MS)),
  clearTimeout: (token) => clearTimeout(token as NodeJS.Timeout),
  setImmediate: (fn) => {
    setImmediate(fn);
  },
};
