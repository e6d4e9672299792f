/**
 * What an actor costs: task lives per second through `createActor` and through `createLeanActor`, each made at
 * `ready`, started, sent START and SUCCEED, and done. Build first:
 *
 *   npx tsc -p tsconfig.build.json && node --expose-gc test/bench/actors.mjs [lives per run] [runs]
 *
 * Prints the median of alternating runs with the spread, and the bytes that a running actor holds.
 */
import { createActor } from 'xstate';

const home = process.env.SIGNALBOX_DIST ?? new URL('../../dist/', import.meta.url).href;
const { taskLogic } = await import(new URL('machines/compiled.js', home).href);
const { RUNTIME: token } = await import(new URL('machines/protocol.js', home).href);
const { taskMachine } = await import(new URL('machines/task.js', home).href);
const { createLeanActor } = await import(new URL('src/runtime/lean-actor.js', home).href);

const lives = Number(process.argv[2] ?? 100_000);
const runs = Number(process.argv[3] ?? 7);

const RELEASE = { type: 'RELEASE', token };
const ADMIT = { type: 'ADMIT', token };
const START = { type: 'START', token, attempt: 1, timeoutAt: null };
const succeed = (value) => ({ type: 'SUCCEED', token, attempt: 1, retryAt: null, value });
const step = (snapshot, event) => taskLogic.follow(snapshot, taskLogic.edgeFor(snapshot, event), event);
const input = { maxAttempts: 1, deadlineAt: null, canKill: true };
const ready = step(step(taskLogic.initial(input), RELEASE), ADMIT);
const persisted = taskLogic.getPersistedSnapshot(ready);

/** The supervisor's share, as small as it can be: the row is the state. */
const rowLogic = {
  transition(_snapshot, event, scope) {
    const row = scope.self.owner;
    row.snapshot = step(row.snapshot, event);
    return row.snapshot;
  },
  getInitialSnapshot: () => ready,
  getPersistedSnapshot: (snapshot) => snapshot,
};

let ended = 0;
const still = { status: 'active', output: undefined, error: undefined };
const parentLogic = {
  transition(snapshot, event) {
    if (event.type.startsWith('xstate.done')) ended++;
    return snapshot;
  },
  getInitialSnapshot: () => still,
  getPersistedSnapshot: () => still,
};

function interpreted(parent, id) {
  const actor = createActor(taskMachine, { parent, id, snapshot: persisted }).start();
  actor.send(START);
  actor.send(succeed(id));
  return actor;
}
function created(parent, id) {
  const actor = createActor(taskLogic, { parent, id, snapshot: persisted }).start();
  actor.send(START);
  actor.send(succeed(id));
  return actor;
}
function lean(parent, id) {
  const actor = createLeanActor(taskLogic, { parent, id, snapshot: ready, live: true }).start();
  actor.deliver(START);
  actor.deliver(succeed(id));
  return actor;
}
function leanRow(parent, id) {
  const owner = { snapshot: ready };
  const actor = createLeanActor(rowLogic, { parent, id, snapshot: ready, live: true, owner }).start();
  actor.deliver(START);
  actor.deliver(succeed(id));
  return actor;
}
function leanSilent(parent, id) {
  const owner = { snapshot: ready };
  const options = { parent, id, snapshot: ready, live: true, owner, silentDone: true };
  const actor = createLeanActor(rowLogic, options).start();
  actor.deliver(START);
  actor.deliver(succeed(id));
  return actor;
}

const ids = Array.from({ length: lives }, (_, index) => `t${index}`);
function rate(life, inspected) {
  const parent = createActor(parentLogic, inspected ? { inspect: () => {} } : {}).start();
  const before = performance.now();
  let good = 0;
  for (const id of ids) if (life(parent, id).getSnapshot().status === 'done') good++;
  const seconds = (performance.now() - before) / 1000;
  if (good !== lives) throw new Error(`${lives - good} lives did not end`);
  return lives / seconds;
}

function bytes(make) {
  const parent = createActor(parentLogic).start();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const kept = ids.slice(0, 50_000).map((id) => make(parent, id));
  globalThis.gc();
  return (process.memoryUsage().heapUsed - before) / kept.length;
}

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const thousands = (value) => `${Math.round(value / 1000)}k`;
const cases = { interpreted, created, lean, leanRow, leanSilent };
for (const inspected of [false, true]) {
  const rates = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [name, life] of Object.entries(cases)) rates[name].push(rate(life, inspected));
  }
  console.log(inspected ? 'with an inspector that does nothing' : 'nobody inspects');
  for (const [name, all] of Object.entries(rates)) {
    const spread = `[${thousands(Math.min(...all))}..${thousands(Math.max(...all))}]`;
    const each = `${(1e9 / median(all)).toFixed(0)} ns`;
    console.log(`  ${name.padEnd(12)} ${thousands(median(all)).padStart(6)} lives/s ${spread} ${each}`);
  }
}
if (globalThis.gc !== undefined) {
  const first = (make) => (parent, id) => make({ parent, id, snapshot: ready, live: true }).start();
  console.log('bytes held by an actor that was sent START, its snapshot and context included');
  const viaCreate = (parent, id) => {
    const actor = createActor(taskLogic, { parent, id, snapshot: persisted }).start();
    actor.send(START);
    return actor;
  };
  const viaLean = (parent, id) => {
    const actor = first((options) => createLeanActor(taskLogic, options))(parent, id);
    actor.deliver(START);
    return actor;
  };
  console.log(`  created ${bytes(viaCreate).toFixed(0)}, lean ${bytes(viaLean).toFixed(0)}`);
}
console.log(`(${ended} done events reached the parents)`);
