/** What one admission takes: an immutable list of label amounts, and perhaps a concurrency key. */

export interface ResourceNeed {
  /** Index of the label among the scheduler's labels; the same for the life of the scheduler. */
  readonly label: number;
  /** Never 0: zero amounts are dropped. */
  readonly units: number;
}

export interface ConcurrencyKey {
  readonly name: string;
  /** How many may hold the key at once. */
  readonly limit: number;
}

export interface ResourceVector {
  /** Equal vectors have equal keys, whatever order and zeros they were written with. */
  readonly key: string;
  /** Ascending by label. */
  readonly needs: readonly ResourceNeed[];
  readonly concurrencyKey: ConcurrencyKey | undefined;
}
