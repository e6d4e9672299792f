// @ts-check
/** States per second of `explore` over the shipped scheduler, and the bytes of its tables. */
import * as testing from '../../../dist/src/testing/index.js';

const task = (/** @type {string} */ name, /** @type {number} */ cpu) => ({ task: name, needs: { cpu } });
const plan = {
  resources: { cpu: 2 },
  taskParallelism: 2,
  pipelineParallelism: 1,
  policy: { policy: 'strict' },
  runs: {
    main: {
      body: [
        task('a', 1),
        task('b', 2),
        task('c', 1),
        'stageForward',
        task('d', 1),
        task('e', 2),
        task('f', 1),
        'wait',
      ],
    },
  },
  events: 3,
};

/** @param {import('./job.d.ts').Job} job */
export async function measure({ n }) {
  const explore = Reflect.get(testing, 'explore');
  if (typeof explore !== 'function') return { skipped: 'signalbox/testing does not export explore yet' };
  explore(plan, { maxStates: Math.min(n, 20_000) });
  globalThis.gc?.();
  const result = explore(plan, { maxStates: n });
  if (result.counterexample !== undefined) throw new Error(`a counterexample: ${result.counterexample}`);
  return { perSecond: result.statesPerSecond, bytes: result.bytesPerState, states: result.states };
}
