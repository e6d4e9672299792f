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
/** Between two looks for messages that the runs of a scheduler were sent through its store, in milliseconds. */
export const INBOX_POLL_MS = 250;
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
/** Bytes of the outputs.json that a container may leave. */
export const CONTAINER_OUTPUTS_BYTES = 1024 * 1024;
/** Longest wait for a Docker engine to remove a container, in milliseconds; then it is left behind, with a warning. */
export const CONTAINER_REMOVAL_MS = 10_000;
/** Longest wait for the end of a container that was ended by force, in milliseconds. */
export const CONTAINER_KILL_MS = 5_000;
/** Longest silence of a container's output after its end, in milliseconds; then the rest is given up. */
export const CONTAINER_DRAIN_MS = 5_000;
/** Time the code of a JavaScript stage may take, unless the stage has a `timeout`, in milliseconds. */
export const JS_STAGE_TIMEOUT_MS = 60_000;
/** Heap of the thread that runs a JavaScript stage, in MiB. */
export const JS_STAGE_MEMORY_MB = 512;
/** Characters between `${{` and `}}` of a workflow file, or of a condition. */
export const EXPRESSION_CHARACTERS = 10_000;
/** Brackets inside brackets of one expression. */
export const EXPRESSION_DEPTH = 50;
/** Names, values and calls of one expression; a list of constants counts once. */
export const EXPRESSION_OPERANDS = 200;
/** Broken placeholders of one text that are told of; what follows them is not read. */
export const EXPRESSION_FAULTS = 20;
/** Depth of maps and lists that are rendered. */
export const RENDERED_DEPTH = 200;
/** Texts of workflow files whose parsed form is kept, and their characters over all of them. */
export const PARSED_TEXTS = 5_000;
export const PARSED_CHARACTERS = 1_000_000;
/** Combinations of one matrix. */
export const MATRIX_COMBINATIONS = 10_000;
/** Digits after the point of a `float` or `decimal` parameter, unless the file says otherwise. */
export const PARAM_PRECISION = 6;
/** Runs of a schedule that are listed at once. */
export const LISTED_RUNS = 100_000;
/** Bytes of a workflow file. */
export const WORKFLOW_FILE_BYTES = 1024 * 1024;
/** Maps and lists inside each other in a workflow file, aliases followed. */
export const WORKFLOW_DEPTH = 64;
/** Aliases (`*name`) of a workflow file, and the values that all of them stand for together. */
export const WORKFLOW_ALIASES = 1_000;
export const WORKFLOW_ALIASED_VALUES = 100_000;
/** Jobs of a workflow file, and stages of all its jobs, those inside stages included. */
export const WORKFLOW_JOBS = 1_000;
export const WORKFLOW_STAGES = 10_000;
/** Retries that a job or stage of a workflow file may have. */
export const WORKFLOW_RETRIES = 19;
/** A `sleep` of a workflow file is shorter than this, in seconds. */
export const WORKFLOW_SLEEP_S = 1_800;
/** Syntax errors after which the rest of a workflow file is not read. */
export const WORKFLOW_SYNTAX_FAULTS = 100;
/** Problems of a workflow file that are shown with their lines; all of them are in the details of the error. */
export const WORKFLOW_PROBLEMS_SHOWN = 50;
/** Time a run of a workflow may take, unless the file says otherwise, in milliseconds. */
export const WORKFLOW_TIMEOUT_MS = 3_600_000;
/** Longest `timeout` of a workflow file, in seconds: what timers can wait for. */
export const WORKFLOW_LONGEST_TIMEOUT_S = 2_147_483;
/** Entries of `on.schedule`. */
export const WORKFLOW_SCHEDULES = 10;
/** States of a workflow's schedule that `signalbox check` looks at before it says that there are more. */
export const CHECK_STATES = 200_000;
