/**
 * Random work whose outcome does not depend on chance, time or crashes: whatever happens on the way, every task of a
 * plan has to end as `expected` says. A plan is a function of its seed alone.
 *
 * @typedef {{ name: string, body: 'inline' | 'bash', end: 'succeeds' | 'fails' | 'flaky', after: string[], finally: boolean }} Node
 */

/** Numbers from 0 up to 1 (mulberry32, by Tommy Ettinger; public domain). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @returns {{ seed: number, style: 'code' | 'graph', nodes: Node[], workers: number }} */
export function planOf(seed) {
  const random = randomOf(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const count = 3 + Math.floor(random() * 6);
  const nodes = [];
  for (let i = 0; i < count; i += 1) {
    const after = nodes.filter(() => random() < 0.3).map((node) => node.name);
    nodes.push({
      name: `n${i}`,
      body: random() < 0.25 ? 'bash' : 'inline',
      end: pick(['succeeds', 'succeeds', 'succeeds', 'fails', 'flaky']),
      after,
      finally: random() < 0.15,
    });
  }
  return { seed, style: random() < 0.5 ? 'code' : 'graph', nodes, workers: 1 + Math.floor(random() * 4) };
}

/** How each task has to end, by name. In code every node is submitted, whatever came before it. */
export function expected({ style, nodes }) {
  const ends = {};
  for (const node of nodes) {
    const own = node.end === 'fails' ? 'failed' : 'succeeded';
    const blocked =
      style === 'graph' && !node.finally && node.after.some((name) => ends[name] !== 'succeeded');
    ends[node.name] = blocked ? 'blocked' : own;
  }
  return ends;
}

/** The body of an inline node: notes that it ran, and ends as planned. */
export function bodyOf(node, note) {
  const body = async (context) => {
    note(`${node.name} ${context.attempt}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (node.end === 'fails') throw new Error(`${node.name} fails`);
    // An attempt that a crash cut off was none, so the second one may be the first to fail.
    if (node.end === 'flaky' && context.attempt === 1) throw new Error(`${node.name} fails once`);
    return { of: node.name };
  };
  return body;
}

/** The same as a command line; `$SIGNALBOX_ATTEMPT` is the number of the attempt. */
export function commandOf(node, journal) {
  const note = `echo "${node.name} $SIGNALBOX_ATTEMPT" >> '${journal}'`;
  if (node.end === 'fails') return `${note}; exit 3`;
  if (node.end === 'flaky') return `${note}; [ "$SIGNALBOX_ATTEMPT" != 1 ]`;
  return `${note}; sleep 0.01`;
}

const retryOf = (node) => (node.end === 'flaky' ? { retry: { maxAttempts: 2, backoffMs: 5 } } : {});

/** The pipeline of a plan, made of the given library. `note` appends a line to the journal. */
export function pipelineOf({ Task, TaskGraph }, plan, journal, note) {
  const subject = (node) => {
    if (node.body === 'bash')
      return Task.bash(commandOf(node, journal), { title: node.name, ...retryOf(node) });
    return Task.call(bodyOf(node, note), { title: node.name, ...retryOf(node) });
  };
  if (plan.style === 'code') return codeOf(plan, subject);
  const graph = new TaskGraph({ title: `plan ${plan.seed}` });
  const tasks = new Map();
  for (const node of plan.nodes) {
    const task = subject(node);
    tasks.set(node.name, task);
    graph.add(task, { after: node.after.map((name) => tasks.get(name)), finally: node.finally });
  }
  return graph;
}

/** Code that decides by what it sees: who ends first, recorded numbers, stages. */
function codeOf(plan, subject) {
  return async function code(pipeline) {
    const pending = new Set();
    const order = [];
    const drain = async (until) => {
      while (pending.size > until) {
        const { done } = await pipeline.wait(pending, { returnWhen: 'first-completed' });
        for (const handle of done) {
          pending.delete(handle);
          order.push(handle.name);
        }
      }
    };
    for (const node of plan.nodes) {
      pending.add(pipeline.task(subject(node)).run());
      if (pipeline.random() < 0.4) await drain(1);
      if (pipeline.random() < 0.2) pipeline.stageForward();
    }
    await drain(0);
    return { order: order.length, at: pipeline.now() > 0 };
  };
}
