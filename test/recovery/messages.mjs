/**
 * Processes for tests of messages. Argument: JSON of { dist, db, runId, role, clean }, told on stdout, a line each.
 * `start` and `resume` run a graph: two commands that sleep, one that comes after them, and `clean` as the command of
 * its finally task; a line `send` on stdin has it send to its own run. `send` sends a message once and reads how the
 * run ends. `wait` has a run that waits for nothing that will come.
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { dist, db, runId, role, clean = 'echo cleaned', follow = true } = JSON.parse(process.argv[2]);
const load = (path) => import(pathToFileURL(`${dist}/src/${path}`).href);
const { sqliteStore } = await load('stores/sqlite/index.js');
const store = sqliteStore(db);
const message = { kind: 'terminate', reason: 'from another process' };

async function send() {
  console.log(`sent ${await store.runs.send(runId, message)}`);
  for (let run = await store.runs.get(runId); follow; run = await store.runs.get(runId)) {
    if (run?.closed) return console.log(`state ${run.state}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function own() {
  const { Scheduler, Task, TaskGraph } = await load('index.js');
  const graph = new TaskGraph({ title: 'sleepers' });
  const sleep = (title) => graph.add(Task.bash('echo "group $$"; sleep 60; echo slept', { title }));
  const both = [sleep('a'), sleep('b')];
  const last = graph.add(Task.bash('echo next', { title: 'next' }), { after: both });
  graph.add(Task.bash(clean, { title: 'clean' }), { after: [last], finally: true });
  const scheduler = new Scheduler({ store, taskParallelism: 2 });
  scheduler.events$.subscribe((event) => {
    if (event.type === 'task:output') console.log(`${event.name}: ${event.chunk.trimEnd()}`);
    else if (event.type.startsWith('task:') || event.type.startsWith('pipeline:'))
      console.log(`${event.type} ${event.name}`);
  });
  const lines = createInterface({ input: process.stdin });
  lines.once('line', () => void store.runs.send(runId, message));
  const handle = role === 'start' ? scheduler.runPipeline(graph, { runId }) : scheduler.resume(runId, graph);
  const { kind, error } = await handle.outcome();
  console.log(`outcome ${kind} ${error?.code} ${error?.message}`);
  await scheduler.close();
  lines.close();
}

async function wait() {
  const { Scheduler } = await load('index.js');
  const scheduler = new Scheduler({ store });
  const handle = scheduler.runPipeline(() => new Promise(() => {}), { runId });
  await handle.accepted;
  console.log('accepted');
}

await { start: own, resume: own, send, wait }[role]();
// One that still has an open run closes nothing, as a program would that does not know of it.
if (role !== 'wait') await store.close();
