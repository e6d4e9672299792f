// @ts-check
import pLimit from 'p-limit';
// @ts-expect-error: toposort ships no types
import toposort from 'toposort';

/** toposort finds cycles and the order, p-limit the 8 at a time; a node waits for the promises of its parents. @type {import('./runner.d.ts').GraphRunner} */
export const runner = {
  prepare(parents, body, atOnce) {
    const nodes = parents.map((_, node) => node);
    const edges = parents.flatMap((above, node) => above.map((parent) => [parent, node]));
    return async () => {
      const limit = pLimit(atOnce);
      /** @type {Promise<void>[]} */
      const ends = new Array(parents.length);
      for (const node of toposort.array(nodes, edges)) {
        const above = (parents[node] ?? []).map((parent) => ends[parent]);
        ends[node] = Promise.all(above).then(() => limit(body, node));
      }
      await Promise.all(ends);
    };
  },
};
