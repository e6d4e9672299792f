// @ts-check
import { PGraph } from 'p-graph';

/** @type {import('./runner.d.ts').GraphRunner} */
export const runner = {
  prepare(parents, body, atOnce) {
    const nodes = new Map(parents.map((_, node) => [String(node), { run: () => body(node) }]));
    /** @type {[string, string][]} */
    const dependencies = parents.flatMap((above, node) =>
      above.map((parent) => /** @type {[string, string]} */ ([String(parent), String(node)])),
    );
    return () => new PGraph(nodes, dependencies).run({ concurrency: atOnce });
  },
};
