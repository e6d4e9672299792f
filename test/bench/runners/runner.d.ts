/** What a file in this folder exports as `runner`. */
export interface Runner {
  /**
   * Submits `n` tasks with the body, 8 at a time, and resolves when all have ended. With `at`, writes
   * `performance.now()` of each submission into it; without it nothing is measured inside.
   */
  run(n: number, body: () => Promise<void>, at?: Float64Array): Promise<unknown>;
  /** Queues one task per element of `kept`, none of which starts, and keeps in it what a caller keeps. */
  hold?(body: () => Promise<void>, kept: unknown[]): Promise<unknown>;
}

/** What a file named `dag-*` exports as `runner`. */
export interface GraphRunner {
  /**
   * Builds what the library takes, from the parents of each node. What it gives validates and runs that, `atOnce`
   * nodes at a time, each after its parents have ended.
   */
  prepare(
    parents: readonly (readonly number[])[],
    body: (node: number) => Promise<void>,
    atOnce: number,
  ): () => Promise<unknown>;
}
