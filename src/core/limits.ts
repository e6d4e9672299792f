/** Every default is finite, and named here. */

/** Upper bound of tasks a scheduler holds queued; beyond it a submission is refused with LIMIT_EXCEEDED. */
export const MAX_QUEUED_TASKS = 10_000_000;
/** Finished runs kept for look-ups once no handle refers to them (rule 12). */
export const KEEP_FINISHED_RUNS = 1_000;
/** Finished tasks kept in the `tasks` list of a run that goes on. */
export const KEEP_FINISHED_TASKS = 100_000;
/** Past events kept for replay to late subscribers; live subscribers get every event. */
export const EVENT_RING = 1_024;
/** Events a turn may process before it lets I/O in (rule 6). */
export const TURN_EVENTS = 4_096;
/** Milliseconds a turn may take before it lets I/O in (rule 6). */
export const TURN_MS = 5;
/** Time between the polite stop of an attempt and the kill (or abandonment), in milliseconds. */
export const GRACE_MS = 5_000;
/** Bytes of stdout and of stderr a process attempt keeps for its result; the stream gets everything. */
export const KEEP_OUTPUT_BYTES = 8 * 1024 * 1024;
/** Attempts lost to crashes after which a task is failed as poisonous (rule 10). */
export const MAX_LOST_ATTEMPTS = 5;
/** How long a store that takes no commits is tried again before its runs are given up, in milliseconds. */
export const STORE_RETRY_MS = 60_000;
/** First and longest wait between two tries, in milliseconds. */
export const LEDGER_RETRY_FIRST_MS = 50;
export const LEDGER_RETRY_LONGEST_MS = 2_000;
/** Tasks at once of a graph that is run without a scheduler. */
export const GRAPH_WORKERS = 4;
/** Larger keys that may pass the smallest one under backfill. */
export const BYPASS_LIMIT = 100;
/** Most admissions per window a rate limit may state. */
export const MAX_RATE_LIMIT = 1_000_000;
/** Time one attempt of a prompt may take, unless its Task says otherwise, in milliseconds. */
export const PROMPT_TIMEOUT_MS = 60_000;
/** Turns of an agent: each is one request, and the calls of tools that it asks for. */
export const AGENT_STEPS = 20;
