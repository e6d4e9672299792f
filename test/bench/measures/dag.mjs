// @ts-check
/**
 * Nodes per second of a layered graph, 8 at a time. Building what the library takes is timed by itself: the rate is
 * that of running it, with all the checks and sorting that the library does then. Every body of every pass
 * checks that its parents have ended and that no more than 8 are running.
 */
import { layeredGraph } from '../layered-graph.mjs';

/** @typedef {import('../runners/runner.d.ts').GraphRunner} GraphRunner */
/** @typedef {import('../layered-graph.mjs').Parents} Parents */

const AT_ONCE = 8;
const WARM_UPS = 20;
/** Passes are repeated for so long, in milliseconds. */
const LONG_ENOUGH = 1_000;

/** @param {import('./job.d.ts').Job} job @param {GraphRunner} runner */
export async function measure({ n }, runner) {
  const small = layeredGraph(Math.round(n / 10));
  for (let i = 0; i < WARM_UPS; i += 1) await pass(runner, small);
  const parents = layeredGraph(n);
  let sum = await pass(runner, parents);
  // That was a warm-up too, but for a runner that takes minutes.
  if (sum.ran < LONG_ENOUGH) sum = { built: 0, ran: 0 };
  let passes = sum.ran > 0 ? 1 : 0;
  for (; sum.ran < LONG_ENOUGH; passes += 1) {
    const { built, ran } = await pass(runner, parents);
    sum = { built: sum.built + built, ran: sum.ran + ran };
  }
  return { perSecond: (n * passes * 1_000) / sum.ran, buildMs: sum.built / passes };
}

/** @param {GraphRunner} runner @param {Parents} parents */
async function pass(runner, parents) {
  const { body, check } = checked(parents);
  const began = performance.now();
  const run = runner.prepare(parents, body, AT_ONCE);
  const prepared = performance.now();
  await run();
  const ended = performance.now();
  check();
  return { built: prepared - began, ran: ended - prepared };
}

/** @param {Parents} parents */
function checked(parents) {
  const ended = new Uint8Array(parents.length);
  let running = 0;
  let ends = 0;
  /** @type {string | undefined} */
  let wrong;
  const body = async (/** @type {number} */ node) => {
    for (const parent of parents[node] ?? []) {
      if (ended[parent] !== 1) wrong = `the node ${node} was started before its parent ${parent} had ended`;
    }
    running += 1;
    if (running > AT_ONCE) wrong = `${running} bodies ran at once`;
    // Or a runner that does not wait for the end would look right.
    await undefined;
    running -= 1;
    ended[node] = 1;
    ends += 1;
  };
  const check = () => {
    if (wrong !== undefined) throw new Error(wrong);
    if (ends !== parents.length) throw new Error(`${ends} bodies of ${parents.length} nodes ran`);
  };
  return { body, check };
}
