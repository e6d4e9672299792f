/** Some at a time, in order. Deterministic: the next one starts when one has ended, and none after `stopped`. */

/**
 * Runs `each` for every item, at most `limit` at once. Resolves when all that were started have ended. `each` never
 * rejects; `stopped` is asked before each start.
 */
export async function inPool<T>(
  items: readonly T[],
  limit: number,
  each: (item: T, index: number) => Promise<void>,
  stopped: () => boolean,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && !stopped()) {
      const index = next;
      next += 1;
      await each(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
