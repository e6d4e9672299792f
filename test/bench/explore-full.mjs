/**
 * The full exploration: 4 tasks, 2 pipelines, 2 labels, a child run at parallelism 1/1, both policies, with as
 * many events of the environment per path (k) as fit the states it may use. Prints the k that was completed.
 *
 *     npm run build && node --max-old-space-size=8192 test/bench/explore-full.mjs [states, default 20 million]
 */
import { explore } from '../../dist/src/testing/index.js';

const maxStates = Number(process.argv[2] ?? 20_000_000);

/** Retries, a stage, contention for both labels, an order between the two runs left open. */
const four = (policy) => ({
  resources: { cpu: 1, mem: 2 },
  taskParallelism: 2,
  pipelineParallelism: 2,
  policy,
  runs: {
    A: {
      ends: ['return', 'throw'],
      body: [
        { task: 'a1', needs: { cpu: 1 }, attempts: 3 },
        'stageForward',
        { task: 'a2', needs: { mem: 2 } },
        'wait',
      ],
    },
    B: {
      children: 'wait',
      body: [
        { task: 'b1', needs: { cpu: 1, mem: 1 } },
        { task: 'b2', needs: { mem: 1 }, priority: 1 },
      ],
    },
  },
});

/** Two levels of children below a task, everything at 1. */
const nested = (policy) => ({
  resources: { cpu: 1, mem: 1 },
  taskParallelism: 1,
  pipelineParallelism: 1,
  policy,
  runs: {
    A: { body: [{ task: 'a1', needs: { cpu: 1 }, attempts: 2, child: 'C' }, 'wait'] },
    C: { children: 'wait', body: [{ task: 'c1', needs: { mem: 1 }, child: 'D' }] },
    D: { body: [{ task: 'd1', needs: { cpu: 1 } }, 'wait'] },
    B: { after: ['A'], body: [{ task: 'b1', needs: { cpu: 1, mem: 1 } }] },
  },
});

/** Bodies that suspend, time out, outlive their grace. */
const unruly = (policy) => ({
  resources: { cpu: 2, mem: 1 },
  taskParallelism: 2,
  pipelineParallelism: 1,
  policy,
  runs: {
    A: {
      children: 'cancel',
      stubborn: true,
      body: [
        { task: 'a1', needs: { cpu: 2 }, attempts: 3, timeout: true, stubborn: true },
        { task: 'a2', needs: { cpu: 1, mem: 1 }, suspends: 1 },
      ],
    },
    B: {
      children: 'wait',
      body: [{ task: 'b1', needs: { mem: 1 }, deadline: true }, 'wait', { task: 'b2' }],
    },
  },
});

const policies = { strict: { policy: 'strict' }, backfill: { policy: 'backfill', bypassLimit: 1 } };
const progress = ({ states, depth, frontier }) =>
  process.stderr.write(`\r  ${states} states, depth ${depth}, ${frontier} waiting `);

let failed = false;
for (const [name, make] of Object.entries({ four, nested, unruly })) {
  for (const [policyName, policy] of Object.entries(policies)) {
    let reached = -1;
    for (let events = 0; ; events += 1) {
      const result = explore({ ...make(policy), events }, { maxStates, onProgress: progress });
      process.stderr.write('\r\u001b[K');
      const { states, edges, depth, complete, seconds, statesPerSecond, bytesPerState, counterexample } =
        result;
      console.log(
        `${name}, ${policyName}, k = ${events}: ${states} states, ${edges} edges, depth ${depth}, ` +
          `${complete ? 'complete' : 'not complete'}, ${seconds.toFixed(1)} s, ${statesPerSecond}/s, ` +
          `${bytesPerState} B/state, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`,
      );
      if (counterexample !== undefined) {
        console.log(`${counterexample}\n\n${counterexample.toTest()}`);
        failed = true;
      }
      if (!complete) break;
      reached = events;
    }
    console.log(`${name}, ${policyName}: every order explored up to k = ${reached}`);
  }
}
process.exitCode = failed ? 1 : 0;
